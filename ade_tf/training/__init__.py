"""Training runs: strategies, checkpoints, records and the loop that ties them."""

from ade_tf.training.checkpoints import Checkpointer
from ade_tf.training.evaluation import (
    describe_record,
    evaluate_bits_per_dim,
    evaluate_run,
)
from ade_tf.training.images import load_data
from ade_tf.training.loop import describe_run, train
from ade_tf.training.restoring import LoadedRun, load_run
from ade_tf.training.run_directory import RunDirectory, flagfile
from ade_tf.training.strategies import make_strategy

__all__ = [
    "Checkpointer",
    "LoadedRun",
    "RunDirectory",
    "describe_record",
    "describe_run",
    "evaluate_bits_per_dim",
    "evaluate_run",
    "flagfile",
    "load_data",
    "load_run",
    "make_strategy",
    "train",
]
