"""Runs on disk: their directory, their checkpoints, and the models they hold."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "checkpoints": ("Checkpointer", "checkpoint_steps"),
        "images_of_run": ("load_images_of_run",),
        "restoring": ("LoadedRun", "load", "load_run", "settle_weights"),
        "run_directory": ("RunDirectory", "flagfile"),
    },
)
