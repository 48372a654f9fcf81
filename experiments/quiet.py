"""TensorFlow's own words, kept out of what a binary prints."""

import contextlib
import importlib.abc
import importlib.util
import logging
import os
import sys
import tempfile

__all__ = ["quieten_tensorflow"]


def quieten_tensorflow() -> None:
    """Leaves out what TensorFlow says of processors, missing GPUs and retracing.

    `TF_CPP_MIN_LOG_LEVEL` does not reach what is written while TensorFlow is imported:
    there, the error stream goes to a file, which is shown only where the import fails.
    A user who has set the variable sees everything that it lets through.
    """
    # Several models in one process, as of a page, are traced one after the other.
    logging.getLogger("tensorflow").addFilter(
        lambda record: "triggered tf.function retracing" not in record.getMessage()
    )
    if "TF_CPP_MIN_LOG_LEVEL" not in os.environ:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        sys.meta_path.insert(0, _QuietImport())


class _QuietImport(importlib.abc.MetaPathFinder):
    """Imports TensorFlow without its words, once."""

    def find_spec(self, name, path, target=None):
        del path, target
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                with _kept_error_stream():
                    run(module)

            spec.loader.exec_module = exec_module
        return spec


@contextlib.contextmanager
def _kept_error_stream():
    sys.stderr.flush()
    before = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
            if failed:
                kept.seek(0)
                os.write(2, kept.read())
