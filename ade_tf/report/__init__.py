"""Runs as one self-contained HTML page."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "options": ("PICTURE_SETTINGS",),
        "page": ("write_report",),
    },
)
