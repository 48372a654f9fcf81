"""Runs as one self-contained HTML page."""

from ade_tf.report.options import PICTURE_SETTINGS
from ade_tf.report.page import write_report

__all__ = ["PICTURE_SETTINGS", "write_report"]
