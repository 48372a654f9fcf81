"""Speed of a configuration, by itself or side by side with a reference."""

from experiments.bench.calls import Call
from experiments.bench.direct_glow import DirectGlow
from experiments.bench.direct_step import direct_calls
from experiments.bench.measure import benchmark
from experiments.bench.model_calls import model_calls
from experiments.bench.options import BenchmarkOptions
from experiments.bench.products import flops, products_alone, products_of
from experiments.bench.references import REFERENCES
from experiments.bench.report import describe_report
from experiments.bench.step_profile import profile_of
from experiments.bench.sweep import sweep
from experiments.bench.timing import interleaved, mean_over_copies, ratio, summary

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
