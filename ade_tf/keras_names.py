"""Classes that Keras finds by name without their being imported."""

import importlib
import sys

from ade_tf.imports import around_import

__all__ = ["announce"]


def announce(package: str, name: str, module: str) -> None:
    """Lets `keras.saving.load_model` find a class that is imported when it is needed.

    It is registered as `register_keras_serializable(package)` does, now if Keras is
    imported, else as soon as it is: importing Keras takes seconds.

    Args:
      package: First half of the registered name.
      name: The class, which registers itself when it is imported.
      module: Where it can be imported from.
    """

    class Announced:
        """The class, as Keras asks for it."""

        @staticmethod
        def from_config(config):
            found = getattr(importlib.import_module(module), name)
            return found.from_config(config)

    def register(keras):
        keras.saving.get_custom_objects().setdefault(f"{package}>{name}", Announced)

    if "keras" in sys.modules:
        register(sys.modules["keras"])
    else:

        def run_and_register(run, keras):
            run(keras)
            register(keras)

        around_import("keras", run_and_register)
