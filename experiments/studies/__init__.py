"""Studies: many runs, trained and measured alike, in one table or picture."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "ablation": ("ablation_study",),
        "adversaries": ("adversary_study",),
        "toy": ("toy_study", "toy_table"),
    },
)
