"""Directories of runs with records and no checkpoint, written by hand."""

import json

from ade_tf.runs import RunDirectory
from tests.helpers.models import tiny_config

__all__ = ["RECORD", "write_run"]

RECORD = {
    "metric": "bits_per_dim",
    "value": 2.345678,
    "standard_error": 0.01234,
    "step": 8,
    "split": "test",
    "num_examples": 300,
    "seed": 0,
    "protocol": "single-sample bound",
    "dataset": "digits",
}


def write_run(path, *, preset="av_ade", steps=8, records=(RECORD,), **settings):
    """Writes a run of digits that has done some of its 8 steps; returns its path."""
    RunDirectory(path).open(tiny_config(preset, **settings), (8, 8, 1), 17)
    if steps:
        scalars = [{"step": n, "bits_per_dim": 4 - n / 8} for n in range(1, steps + 1)]
        scalars[-1]["validation_bits_per_dim"] = 3.25
        _write(path / "scalars.jsonl", scalars)
    if records:
        _write(path / "metrics.jsonl", records)
    return path


def _write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
