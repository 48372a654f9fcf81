"""What a type checker sees of the package."""

import ast
import configparser
import importlib
import os
import shutil
import subprocess
import sys

import pytest

import ade_tf
from tests.helpers.binaries import ROOT

USER = """\
import ade_tf

digits = ade_tf.load_dataset("digits")
make = ade_tf.AdaptiveDensityEstimator.from_preset
model = make("vae", digits.train.images, digits.train.labels, num_steps=3)
reveal_type(model)
reveal_type(model.sample(3))
reveal_type(ade_tf.load("runs/mine"))
model.fit(digits.train.images, epochs=2)
ade_tf.load_dataset(3)
model.sample("many")
model.encode(digits.test.images, batch_sizes=3)
ade_tf.no_such_name
"""


def settings():
    found = configparser.ConfigParser()
    found.read(ROOT / "setup.cfg")
    return found


def checked_files():
    names = settings()["mypy"]["files"].replace(",", " ").split()
    return [ROOT / name for name in names]


def test_type_checkers_are_given_the_names_that_there_are():
    tree = ast.parse((ROOT / "ade_tf/__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    given = {}
    for node in block.body:
        (alias,) = node.names
        assert alias.asname == alias.name
        given[alias.name] = getattr(importlib.import_module(node.module), alias.name)
    assert sorted(given) == ade_tf.__all__
    for name, value in given.items():
        assert getattr(ade_tf, name) is value


@pytest.mark.parametrize("path", checked_files(), ids=lambda p: p.stem)
def test_what_is_public_is_annotated(path):
    tree = ast.parse(path.read_text())
    public = [
        node
        for part in (tree, *(n for n in tree.body if isinstance(n, ast.ClassDef)))
        for node in part.body
        if not getattr(part, "name", "").startswith("_")
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    for function in public:
        given = function.args
        arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        arguments += [a for a in (given.vararg, given.kwarg) if a is not None]
        bare = [a.arg for a in arguments if a.annotation is None]
        assert set(bare) <= {"self", "cls"}, f"{function.name}: {bare}"
        assert function.returns is not None, function.name


def mypy(*arguments, cwd=ROOT, **environment):
    """Runs mypy; returns the lines that it printed."""
    command = [sys.executable, "-m", "mypy", f"--cache-dir={os.devnull}", *arguments]
    variables = os.environ | environment
    done = subprocess.run(command, cwd=cwd, env=variables, capture_output=True)
    assert not done.stderr, done.stderr
    return done.stdout.decode().splitlines()


def test_the_public_face_has_no_type_errors():
    assert mypy()[-1].startswith("Success: no issues found in")


def test_a_user_of_the_installed_package_is_checked(tmp_path):
    """A package's annotations count only where its `py.typed` is installed with it."""
    kept = settings()["options.package_data"]["ade_tf"].split()
    packages = tmp_path / "packages"
    for path in (ROOT / "ade_tf").rglob("*"):
        if path.suffix == ".py" or path.name in kept:
            copy = packages / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    (tmp_path / "user.py").write_text(USER)
    lines = mypy("user.py", cwd=tmp_path, PYTHONPATH=str(packages))
    revealed = [line.split('"')[1] for line in lines if "Revealed type" in line]
    model = "ade_tf.models.ade.AdaptiveDensityEstimator"
    assert revealed[0] == revealed[2] == model
    assert revealed[1].startswith("numpy.ndarray")
    errors = {line.split(":")[1]: line for line in lines if ": error:" in line}
    assert errors.keys() == {"10", "11", "12", "13"}, lines
    assert 'expected "str"' in errors["10"] and 'expected "int"' in errors["11"]
    assert 'argument "batch_sizes"' in errors["12"] and "no_such_name" in errors["13"]
