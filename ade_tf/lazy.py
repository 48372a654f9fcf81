"""Packages whose names are imported when they are first asked for (PEP 562)."""

import importlib
import sys

__all__ = ["lazy"]


def lazy(package: str, modules: dict[str, tuple[str, ...]]):
    """Returns what a package needs to give the names of its modules late.

    Importing the package, or one of its modules, then imports none of the others:

        __getattr__, __dir__, __all__ = lazy(__name__, {"options": ("SPLITS",)})

    Args:
      package: The package's name.
      modules: `module -> names` of the package's modules; no name is a module's.
    """
    home = {name: module for module, names in modules.items() for name in names}

    def get(name):
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{home[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    def names():
        return sorted({*vars(sys.modules[package]), *home})

    return get, names, sorted(home)
