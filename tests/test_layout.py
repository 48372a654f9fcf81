"""Rules of the tree that keep it readable."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
LIBRARY = sorted((ROOT / "ade_tf").rglob("*.py"))
LOWER = {
    "bijectors",
    "data",
    "distributions",
    "extractors",
    "losses",
    "metrics",
    "networks",
}
HIGHER = ("ade_tf.models", "ade_tf.runs", "ade_tf.evaluation", "ade_tf.training")


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
        if path.relative_to(ROOT / "ade_tf").parts[0] in LOWER:
            assert not name.startswith(HIGHER)
        if path.parent.name in ("runs", "evaluation"):
            assert not name.startswith("ade_tf.training")
        if path.parent.name != "studies":
            assert not name.startswith("ade_tf.studies")
    asserts = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Assert)]
    assert not asserts


def test_top_level():
    kept = {"setup.cfg", "README.md", "ade_tf", "flags", "experiments", "tests"}
    tools = {"pyproject.toml", "LICENSE", "CHANGELOG.md", "docs"}
    found = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
    made = {"build", "runs", "ade_tf.egg-info", "exports"}
    assert kept <= found
    assert found <= kept | tools | made
