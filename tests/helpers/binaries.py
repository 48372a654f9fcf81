"""Binaries of `experiments`: called in this process, or started as their own."""

import contextlib
import importlib
import io
import json
import pathlib
import subprocess
import sys
import typing
from unittest import mock

import numpy as np
import tensorflow as tf
from absl import flags, logging

from ade_tf.config import RunConfig
from experiments import command, common_flags, study_flags
from tests.helpers.models import TINY
from tests.helpers.processes import ROOT, spawn, wait_until

__all__ = [
    "DATA_SETS",
    "DEFINE",
    "FLAGFILES",
    "ROOT",
    "TABLES",
    "Ended",
    "call",
    "contents",
    "flags_of",
    "last_step",
    "saved_numbers",
    "start",
    "tiny_flags",
    "wait_until",
]

# Flagfiles of tables, of data sets, and of single runs.
TABLES = sorted((ROOT / "flags").glob("*_ablation.flags"))
DATA_SETS = sorted((ROOT / "flags").glob("data_*.flags"))
FLAGFILES = sorted({*(ROOT / "flags").glob("*.flags")} - {*TABLES, *DATA_SETS})
# Binary -> what defines its flags.
DEFINE = {
    "ablation": study_flags.define_ablation_flags,
    "adversaries": study_flags.define_adversaries_flags,
    "benchmark": common_flags.define_benchmark_flags,
    "compare": common_flags.define_compare_flags,
    "evaluate": common_flags.define_evaluate_flags,
    "export": common_flags.define_export_flags,
    "frontier": study_flags.define_frontier_flags,
    "log_dets": study_flags.define_log_dets_flags,
    "novelty": common_flags.define_novelty_flags,
    "prepare_data": common_flags.define_prepare_data_flags,
    "report": common_flags.define_report_flags,
    "sample": common_flags.define_sample_flags,
    "score": common_flags.define_score_flags,
    "systems": study_flags.define_systems_flags,
    "toy": study_flags.define_toy_flags,
    "train": common_flags.define_run_flags,
    "translate": common_flags.define_translate_flags,
    "two_examples": study_flags.define_two_examples_flags,
}


class Ended(typing.NamedTuple):
    """How a binary ended, and what it wrote."""

    status: int
    out: str
    err: str


def tiny_flags(**settings):
    """Returns flags of a model that a CPU trains in no time, those that can act."""
    flat = {**TINY, **settings}
    acting = RunConfig.from_stored(flat).acting()
    return [f"--{name}={_text(flat[name])}" for name in flat if name in acting]


def call(binary, *arguments):
    """Runs `python -m experiments.BINARY ARGUMENTS` in this process."""
    main = importlib.import_module(f"experiments.{binary}").main
    out, err = io.StringIO(), io.StringIO()
    handler = logging.get_absl_handler().python_handler
    stream = handler.stream
    try:
        handler.stream = err
        with (
            flags_of(DEFINE[binary]),
            mock.patch.object(sys, "argv", [binary, *map(str, arguments)]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            command.run(main)
    except SystemExit as end:
        return Ended(end.code or 0, out.getvalue(), err.getvalue())
    finally:
        handler.stream = stream
    raise AssertionError("A binary ends by SystemExit.")


@contextlib.contextmanager
def flags_of(define):
    """Defines the flags of a binary for a while, as in a process of its own."""
    _forget_flags()
    try:
        define()
        yield
    finally:
        _forget_flags()


def start(binary, *arguments, log, hold_at=None):
    """Starts `python -m experiments.BINARY ARGUMENTS`, its words to a file.

    With `hold_at`, `train` or `prepare_data` waits on its way (see `held_train` and
    `held_prepare_data`).
    """
    module, environment = f"experiments.{binary}", {}
    if hold_at is not None:
        module = f"tests.helpers.held_{binary}"
        environment["HOLD_AT"] = str(hold_at)
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with open(log, "w") as file:
        return spawn(command, environment, stdout=file, stderr=subprocess.STDOUT)


def last_step(run_dir):
    """Returns the last step of a run's `scalars.jsonl` that is whole, or 0."""
    path = pathlib.Path(run_dir) / "scalars.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return json.loads(lines[-1])["step"] if lines else 0


def contents(directory):
    """Returns `name -> bytes` of all files below a directory."""
    root = pathlib.Path(directory)
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def saved_numbers(run_dir, step):
    """Returns the bytes of every number in a checkpoint of a run."""
    path = pathlib.Path(run_dir, "checkpoints", f"step-{step}")
    reader = tf.train.load_checkpoint(str(path))
    names = [n for n in reader.get_variable_to_shape_map() if "OBJECT_GRAPH" not in n]
    return {n: np.asarray(reader.get_tensor(n)).tobytes() for n in names}


def _text(value):
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _forget_flags():
    names = [
        name
        for name in flags.FLAGS
        if flags.FLAGS.find_module_defining_flag(name) in command.FLAG_MODULES
    ]
    for name in names:
        delattr(flags.FLAGS, name)
    flags.FLAGS.unparse_flags()
