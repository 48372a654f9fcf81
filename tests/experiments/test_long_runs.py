"""Runs that end by the clock, are saved by the clock, and are scored as they go."""

import pytest

from ade_tf.runs import RunDirectory
from ade_tf.runs.records import read_records
from tests.helpers.binaries import call, saved_numbers, tiny_flags

pytestmark = pytest.mark.usefixtures("eager")

FLAGS = tiny_flags(
    num_steps=6,
    checkpoint_every=6,
    likelihood_only_steps=2,
    flow_steps=(1,),
    encoder_dropout=0.2,
    validate_every=3,
)
NO_TIME = "--max_hours=1e-9"


def test_a_run_that_ends_by_the_clock_goes_on_as_if_it_had_not(tmp_path):
    whole, run = tmp_path / "whole", tmp_path / "run"
    assert call("train", *FLAGS, f"--run_dir={whole}").status == 0
    for step in (1, 2):
        ended = call("train", *FLAGS, NO_TIME, f"--run_dir={run}")
        assert ended.status == 0, ended.err
        assert "Stopped after max_hours=1e-09 and saved. Run the same" in ended.out
        assert RunDirectory(run).read()["config"].training.max_hours == 1e-9
        assert (run / "checkpoints" / f"step-{step}.index").exists()
    # With time to the end, and a checkpoint after every step.
    ended = call("train", *FLAGS, "--checkpoint_minutes=1e-9", f"--run_dir={run}")
    assert ended.status == 0, ended.err
    assert "Resuming from step 2 of" in ended.out
    here, there = saved_numbers(run, 6), saved_numbers(whole, 6)
    assert here == there
    for file in ("scalars.jsonl", "metrics.jsonl"):
        assert (run / file).read_text() == (whole / file).read_text()
    hours = read_records(run / "hours.jsonl")
    assert [line["step"] for line in hours] == [1, 2, 3, 4, 5, 6]
    for name in ("hours", "cpu_hours"):
        spent = [line[name] for line in hours]
        assert spent == sorted(spent) and spent[0] > 0.0
    assert [line["step"] for line in read_records(whole / "hours.jsonl")] == [2, 6]
    kept = sorted(path.name for path in (run / "checkpoints").glob("*.index"))
    assert kept == ["step-5.index", "step-6.index"]


@pytest.mark.parametrize("flag", [NO_TIME, "--checkpoint_minutes=1.0"])
def test_clocks_of_several_workers_are_refused(tmp_path, flag):
    ended = call(
        *("train", *FLAGS, flag, "--strategy=multi_worker"),
        f"--run_dir={tmp_path / 'run'}",
    )
    assert ended.status == 2
    assert "is for one process: the clocks of several workers" in ended.err
    assert not (tmp_path / "run").exists()
