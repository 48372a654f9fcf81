"""The API reference names what the packages export."""

import importlib
import re

import pytest

from tests.helpers.binaries import ROOT

PAGES = {
    "bijectors": "bijectors",
    "distributions": "distributions",
    "metrics": "evaluation",
    "objectives": "objectives",
    "data": "data",
}
# What only the library's own modules use.
INTERNAL = {
    "Inference",
    "LowRank",
    "RecordedPasses",
    "check_features",
    "feature_density",
    "fit_kernel_density",
    "identity",
    "load_data",
}


def documented(page):
    """Returns `name -> object` of what a page shows: objects, or all of a module."""
    found = {}
    text = (ROOT / "docs" / "api" / f"{page}.md").read_text()
    for path in re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE):
        module, _, name = path.rpartition(".")
        owner = importlib.import_module(module)
        if hasattr(owner, "__path__"):
            owner = importlib.import_module(path)
            found.update({each: getattr(owner, each) for each in owner.__all__})
        else:
            found[name] = getattr(owner, name)
    return found


@pytest.mark.parametrize("package", PAGES)
def test_a_page_has_what_its_package_exports(package):
    module = importlib.import_module(f"ade_tf.{package}")
    found = documented(PAGES[package])
    tables = {name for name in module.__all__ if name.isupper()}
    for name in set(module.__all__) - tables - INTERNAL:
        assert found.get(name) is getattr(module, name), name
