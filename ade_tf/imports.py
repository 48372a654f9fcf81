"""What is done when a package is first imported, by whomever."""

import importlib.abc
import importlib.util
import sys
from collections.abc import Callable

__all__ = ["around_import"]


def around_import(name: str, around: Callable) -> None:
    """Has a package imported by a function, once, when it is first asked for.

    Args:
      name: The package; it must not be imported yet.
      around: Function `(run, module)` that calls `run(module)`, which executes the
        module, and does what else there is to do before or after.
    """
    sys.meta_path.insert(0, _Finder(name, around))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one package, as the finders behind it do, and then no more."""

    def __init__(self, name, around):
        self._name, self._around = name, around

    def find_spec(self, fullname, path=None, target=None):
        del path, target
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: self._around(run, module)
        return spec
