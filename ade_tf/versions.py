"""Versions of the packages that results depend on."""

import importlib.metadata

__all__ = ["package_versions"]

_PACKAGES = ("ade_tf", "tensorflow", "keras", "tensorflow-probability", "numpy")


def package_versions() -> dict:
    """Returns `package -> version`, "not installed" where there is none."""
    return {name: _version(name) for name in _PACKAGES}


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
