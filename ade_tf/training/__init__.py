"""The training loop and what follows it: records, pictures, signals."""

from ade_tf.training.loop import describe_run, train

__all__ = ["describe_run", "train"]
