"""Speed of a configuration, by itself or side by side with a reference."""

from ade_tf.benchmarking.direct_glow import DirectGlow
from ade_tf.benchmarking.measure import benchmark, describe_report
from ade_tf.benchmarking.timing import interleaved, ratio, summary
from ade_tf.benchmarking.workloads import (
    REFERENCES,
    Reference,
    direct_calls,
    model_calls,
)

__all__ = [
    "REFERENCES",
    "DirectGlow",
    "Reference",
    "benchmark",
    "describe_report",
    "direct_calls",
    "interleaved",
    "model_calls",
    "ratio",
    "summary",
]
