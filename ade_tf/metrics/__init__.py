"""Metrics of a trained model, and the files that hold them."""

from ade_tf.metrics.bits_per_dim import (
    bits_per_dim,
    mean_and_standard_error,
    uniform_bits_per_dim,
)
from ade_tf.metrics.records import append_record, read_records, truncate_after

__all__ = [
    "append_record",
    "bits_per_dim",
    "mean_and_standard_error",
    "read_records",
    "truncate_after",
    "uniform_bits_per_dim",
]
