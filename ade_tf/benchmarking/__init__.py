"""Speed of a configuration, by itself or side by side with a reference."""

from ade_tf.benchmarking.calls import Call
from ade_tf.benchmarking.direct_glow import DirectGlow
from ade_tf.benchmarking.direct_step import direct_calls
from ade_tf.benchmarking.measure import benchmark
from ade_tf.benchmarking.model_calls import model_calls
from ade_tf.benchmarking.options import BenchmarkOptions
from ade_tf.benchmarking.products import flops, products_alone, products_of
from ade_tf.benchmarking.references import REFERENCES
from ade_tf.benchmarking.report import describe_report
from ade_tf.benchmarking.step_profile import profile_of
from ade_tf.benchmarking.sweep import sweep
from ade_tf.benchmarking.timing import interleaved, mean_over_copies, ratio, summary

__all__ = [
    "REFERENCES",
    "BenchmarkOptions",
    "Call",
    "DirectGlow",
    "benchmark",
    "describe_report",
    "direct_calls",
    "flops",
    "interleaved",
    "mean_over_copies",
    "model_calls",
    "products_alone",
    "products_of",
    "profile_of",
    "ratio",
    "summary",
    "sweep",
]
