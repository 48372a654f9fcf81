"""Hours of a run that goes on, where its earlier hours are known and where not."""

import json

import pytest

from ade_tf.runs.records import read_records
from ade_tf.training.clock import Clock, times_now
from tests.helpers.models import tiny_config


def go_on(path, lines):
    """Returns what is noted of a process that goes on at step 4 and saves at 6."""
    if lines is not None:
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    began = tuple(now - 0.5 for now in times_now())
    clock = Clock(path, tiny_config("vae").training, 4, began)
    clock.note(6)
    return read_records(path)[len(lines or ()) :] if path.exists() else []


def test_hours_are_added_to_those_of_the_last_step_that_counts(tmp_path):
    lines = [
        {"step": 2, "hours": 1.0, "cpu_hours": 2.0},
        {"step": 4, "hours": 3.0, "cpu_hours": 6.0},
        {"step": 5, "hours": 9.0, "cpu_hours": 9.0},
    ]
    (noted,) = go_on(tmp_path / "hours.jsonl", lines)
    assert noted["step"] == 6
    assert noted["hours"] == pytest.approx(3.5, abs=0.05)
    assert noted["cpu_hours"] == pytest.approx(6.5, abs=0.05)


def test_processor_hours_that_were_not_noted_are_not_begun(tmp_path):
    (noted,) = go_on(tmp_path / "hours.jsonl", [{"step": 4, "hours": 3.0}])
    assert noted.keys() == {"step", "hours"}
    assert noted["hours"] == pytest.approx(3.5, abs=0.05)


@pytest.mark.parametrize("lines", [None, [], [{"step": 5, "hours": 1.0}]])
def test_hours_of_a_run_whose_first_are_not_known_are_not_noted(tmp_path, lines):
    assert not go_on(tmp_path / "hours.jsonl", lines)
