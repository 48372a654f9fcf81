"""Speed of a configuration, by itself or side by side with a reference."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "calls": ("Call",),
        "direct_glow": ("DirectGlow",),
        "direct_step": ("direct_calls",),
        "measure": ("benchmark",),
        "options": ("REFERENCES", "BenchmarkOptions"),
        "products": ("flops", "products_alone", "products_of"),
        "report": ("describe_report",),
        "step_profile": ("profile_of",),
        "sweeps": ("sweep",),
        "timing": ("interleaved", "mean_over_copies", "ratio", "summary"),
    },
)
