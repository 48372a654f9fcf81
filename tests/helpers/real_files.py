"""Real data sets and extractors that a machine may hold, for tests marked long."""

import os
import pathlib

import pytest

__all__ = ["real_data", "real_extractor"]


def real_data(name):
    """Returns the path of a data set below $ADE_TF_TEST_DATA, or skips the test."""
    return _find("ADE_TF_TEST_DATA", name)


def real_extractor(name):
    """Returns the path of a SavedModel below $ADE_TF_TEST_EXTRACTORS, or skips."""
    return _find("ADE_TF_TEST_EXTRACTORS", name)


def _find(variable, name):
    directory = os.environ.get(variable)
    if not directory:
        pytest.skip(f"needs {name}, in the directory that ${variable} names")
    path = pathlib.Path(directory, name)
    if not path.exists():
        pytest.fail(f"${variable} must hold {name}. Received: {directory!r}")
    return path
