"""What is logged while a test runs."""

import contextlib
import logging

from absl import logging as absl_logging

__all__ = ["logged"]


@contextlib.contextmanager
def logged():
    """Makes a context that gives the list of warnings, which grows as they come."""
    found = []

    class Handler(logging.Handler):
        def emit(self, record):
            found.append(record.getMessage())

    handler, logger = Handler(logging.WARNING), absl_logging.get_absl_logger()
    logger.addHandler(handler)
    try:
        yield found
    finally:
        logger.removeHandler(handler)
