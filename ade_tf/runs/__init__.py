"""Runs on disk: their directory, their checkpoints, and the models they hold."""

from ade_tf.runs.checkpoints import Checkpointer, checkpoint_steps
from ade_tf.runs.images_of_run import load_images_of_run
from ade_tf.runs.restoring import LoadedRun, load_run, settle_weights
from ade_tf.runs.run_directory import RunDirectory, flagfile

__all__ = [
    "Checkpointer",
    "LoadedRun",
    "RunDirectory",
    "checkpoint_steps",
    "flagfile",
    "load_images_of_run",
    "load_run",
    "settle_weights",
]
