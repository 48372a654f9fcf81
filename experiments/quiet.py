"""TensorFlow's own words, kept out of what a binary prints."""

import contextlib
import logging
import os
import sys
import tempfile

from ade_tf.imports import around_import

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
        around_import("tensorflow", _run_quietly)


def _run_quietly(run, tensorflow):
    with _kept_error_stream():
        run(tensorflow)


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
