"""The training loop and what follows it: records, pictures, signals."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "loop": ("describe_run", "train"),
    },
)
