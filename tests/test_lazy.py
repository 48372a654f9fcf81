"""Packages that import their names late."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

from tests.helpers.binaries import ROOT

PACKAGES = (
    "ade_tf.data",
    "ade_tf.evaluation",
    "ade_tf.report",
    "ade_tf.samples",
    "ade_tf.training",
    "experiments.bench",
    "experiments.studies",
)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_has_the_names_it_lists(name):
    package = importlib.import_module(name)
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    # A module that is imported would stand in the name's place.
    assert package.__all__ and not modules & set(package.__all__)
    assert set(package.__all__) <= set(dir(package))
    for listed in package.__all__:
        assert getattr(package, listed) is getattr(package, listed)
    with pytest.raises(AttributeError, match=f"'{name}' has no attribute 'nothing'"):
        package.nothing  # noqa: B018


def test_a_package_imports_nothing_by_itself():
    script = f"import sys\nfor n in {PACKAGES}: __import__(n)\nprint(*sys.modules)"
    line = [sys.executable, "-c", script]
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert set(PACKAGES) <= loaded
    assert not loaded & {"tensorflow", "sklearn", "matplotlib"}
