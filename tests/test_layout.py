"""Rules of the tree that keep it readable."""

import ast
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[1]
LIBRARY = sorted((ROOT / "ade_tf").rglob("*.py"))
# Modules and packages of the library, each of which imports from those before it only.
ORDER = (
    "imports",
    "keras_names",
    "files",
    "lock",
    "processes",
    "keras_settings",
    "private_doors",
    "lazy",
    "versions",
    "terms",
    "randomness",
    "example_draws",
    "archives",
    "progress",
    "strategies",
    "config",
    "networks",
    "bijectors",
    "distributions",
    "objectives",
    "data",
    "metrics",
    "models",
    "extractors",
    "runs",
    "drawing",
    "evaluation",
    "samples",
    "training",
    "report",
    "endpoints",
    "export",
)


def place(path):
    """Returns the name of a file's package, or its own where it stands in none."""
    return path.relative_to(ROOT / "ade_tf").parts[0].removesuffix(".py")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_library_file(path):
    text = path.read_text()
    assert text.count("\n") <= 400
    if path.name != "__init__.py":
        assert "\n__all__ = [" in text
    for name in imports(path):
        assert not name.startswith(("absl.flags", "experiments"))
        if name.split(".")[0] == "matplotlib":
            assert place(path) == "drawing"
    asserts = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Assert)]
    assert not asserts


@pytest.mark.parametrize("path", LIBRARY, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path):
    here = place(path)
    if here == "__init__":
        return
    for name in imports(path):
        package, *rest = name.split(".")
        if package == "ade_tf" and rest and rest[0] != here:
            assert ORDER.index(rest[0]) < ORDER.index(here), name


def test_top_level():
    kept = {"setup.cfg", "README.md", "ade_tf", "flags", "experiments", "tests"}
    tools = {"pyproject.toml", "mkdocs.yml", "docs"}
    tools |= {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}
    # Not what the README's commands leave beside them.
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is no git checkout")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = {pathlib.Path(name).parts[0] for name in listed.stdout.splitlines()}
    found = {name for name in names if not name.startswith(".")}
    assert kept <= found
    assert found <= kept | tools
