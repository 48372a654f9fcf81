"""Runs trained once, and the time they took."""

import json

import pytest

from ade_tf.runs import RunDirectory
from ade_tf.training import train
from ade_tf.training.stopping import StopSignals
from experiments.studies.rows import is_finished, train_row, training_times
from tests.helpers.models import tiny_config
from tests.helpers.written_runs import write_run


def hours(run, *steps):
    lines = [{"step": s, "hours": s / 100.0, "cpu_hours": s / 50.0} for s in steps]
    run.hours.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def test_times_are_those_of_the_last_checkpoint(tmp_path):
    run = RunDirectory(write_run(tmp_path / "run"))
    hours(run, 4, 8)
    assert training_times(run.path) == pytest.approx(
        {"seconds": 288.0, "cpu_seconds": 576.0}
    )


def test_times_that_were_not_noted_are_not_told(tmp_path):
    run = RunDirectory(write_run(tmp_path / "run"))
    assert training_times(run.path) == {}
    run.hours.write_text('{"step": 8, "hours": 0.1}\n')
    assert training_times(run.path) == {}
    hours(run, 4, 8)
    run.checkpoints.mkdir(exist_ok=True)
    (run.checkpoints / "step-9.index").touch()
    assert training_times(run.path) == {}


class Stopped(StopSignals):
    """A signal that came at once."""

    def __enter__(self):
        self.requested = True
        return super().__enter__()


def test_a_row_stopped_in_its_last_step_is_not_finished(tmp_path, monkeypatch):
    config = tiny_config(
        "vae", network="mlp", num_steps=1, warmup_steps=0, sample_every=0
    )
    with monkeypatch.context() as patch:
        patch.setattr("ade_tf.training.loop.StopSignals", Stopped)
        assert not train_row(config, tmp_path / "run")
    assert (tmp_path / "run" / "checkpoints" / "step-1.index").exists()
    assert train_row(config, tmp_path / "run")


def test_a_row_killed_before_its_score_is_written_is_not_finished(
    tmp_path, monkeypatch
):
    def killed(*unused):
        raise KeyboardInterrupt

    config = tiny_config(
        "vae", network="mlp", num_steps=1, warmup_steps=0, sample_every=0
    )
    with monkeypatch.context() as patch:
        patch.setattr("ade_tf.training.loop.append_record", killed)
        with pytest.raises(KeyboardInterrupt):
            train_row(config, tmp_path)
    assert not is_finished(config, tmp_path)
    assert train_row(config, tmp_path)
    assert RunDirectory(tmp_path).metrics.exists()


def test_a_row_is_trained_once_and_runs_of_others_are_taken(tmp_path):
    config = tiny_config("vae", network="mlp", num_steps=3, sample_every=0)
    assert train_row(config, tmp_path / "run")
    run = RunDirectory(tmp_path / "run")
    times = training_times(run.path)
    assert 0 < times["cpu_seconds"] and 0 < times["seconds"] < 600
    before = {p: p.stat().st_mtime_ns for p in run.path.rglob("*") if p.is_file()}
    assert train_row(config, run.path)
    after = {p: p.stat().st_mtime_ns for p in run.path.rglob("*") if p.is_file()}
    assert after == before

    # As if killed before the end was scored: that is made up for.
    (run.path / "curves.png").unlink()
    run.metrics.unlink()
    assert train_row(config, run.path)
    assert run.metrics.exists() and (run.path / "curves.png").exists()

    train(config, tmp_path / "other")
    assert train_row(config, tmp_path / "other")
    assert training_times(tmp_path / "other")["cpu_seconds"] > 0
