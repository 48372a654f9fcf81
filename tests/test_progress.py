"""Tests of progress."""

import io

import pytest
import tqdm

from ade_tf.progress import Passes, Progress

TERMS = {"bits_per_dim": 2.0, "kl": 0.25, "skipped": 0.0}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock_at(monkeypatch):
    """Returns a function that sets the time."""
    now = [1000.0]
    monkeypatch.setattr(tqdm.std, "time", lambda: now[0])
    # Bars that other tests left open take places on the terminal.
    monkeypatch.setattr(tqdm.tqdm, "_get_free_pos", lambda *_, **__: 0)
    return lambda seconds: now.__setitem__(0, 1000.0 + seconds)


def lines(stream):
    """Returns what stands in the lines of a terminal or a log in the end."""
    return [line.split("\r")[-1] for line in stream.getvalue().split("\n")]


def test_shows_step_speed_time_left_and_terms(clock_at):
    stream = io.StringIO()
    progress = Progress(500, 64, stream=stream)
    clock_at(30)  # The first step, with its tracing, took that long.
    progress.update(1, TERMS)
    for step, seconds in ((2, 30.1), (101, 40)):
        clock_at(seconds)
        progress.update(step, TERMS)
    assert stream.getvalue().splitlines() == [
        "step 1/500  ? images/s  ? left  bits/dim 2.000  kl 0.250",
        "step 101/500  640 images/s  00:39 left  bits/dim 2.000  kl 0.250",
    ]


@pytest.mark.parametrize("start", [0, 7, 499])
def test_no_time_passed_is_no_division_by_zero(clock_at, start):
    stream = io.StringIO()
    progress = Progress(500, 64, start, stream=stream)
    for step in range(start + 1, 501):
        progress.update(step, {})
    first, last = f"step {start + 1}/500", "step 500/500"
    found = [line.split("  ")[0] for line in stream.getvalue().splitlines()]
    assert found == ([first, last] if start < 499 else [last])


def test_speed_after_resuming_counts_the_new_steps_alone(clock_at):
    stream = io.StringIO()
    progress = Progress(500, 10, 300, stream=stream)
    clock_at(20)
    progress.update(301, {})
    clock_at(40)
    progress.update(401, {})
    assert "step 401/500  50.0 images/s  00:19 left" in stream.getvalue()


def test_terms_are_read_when_they_are_shown(clock_at):
    class Unread:
        def __float__(self):
            raise AssertionError

    progress = Progress(500, 64, stream=io.StringIO())
    progress.update(1, TERMS)
    progress.update(2, {"kl": Unread()})
    clock_at(10)
    with pytest.raises(AssertionError):
        progress.update(3, {"kl": Unread()})


def test_a_terminal_line_is_rewritten_and_ended(clock_at):
    stream = Terminal()
    progress = Progress(3, 1, stream=stream)
    for step in (1, 2):
        clock_at(step)
        progress.update(step, {})
    progress.message("a message")
    clock_at(3)
    progress.update(3, {})
    message, last, end = lines(stream)
    assert message.strip() == "a message" and end == ""
    assert last.startswith("step 3/3 ") and "1.00 images/s  00:00 left" in last
    assert stream.getvalue().count("step ") > 3


def test_a_run_that_stops_ends_its_line(clock_at):
    stream = Terminal()
    progress = Progress(3, 1, stream=stream)
    progress.end_line()
    progress.update(1, {})
    progress.end_line()
    assert lines(stream)[-2].startswith("step 1/3") and lines(stream)[-1] == ""


def test_passes_are_silent_while_they_are_short(clock_at):
    stream = io.StringIO()
    passes = Passes("bits_per_dim", stream)
    for done, seconds in ((1, 4), (2, 8), (3, 16), (4, 20)):
        clock_at(seconds)
        passes(done, 100)
    # The first is not counted: it holds the tracing.
    assert stream.getvalue() == "bits_per_dim: 3/100  09:42 left\n"


def test_short_work_says_nothing(clock_at):
    for stream in (io.StringIO(), Terminal()):
        passes = Passes("bits_per_dim", stream, "images")
        for done in range(1, 101):
            clock_at(done / 100)
            passes(done, 100)
        assert stream.getvalue() == ""


def test_the_same_passes_can_be_made_again(clock_at):
    stream = io.StringIO()
    passes = Passes("features", stream, "images", delay=0.0)
    for total in (4, 6, 6):
        for done in (2, total):
            passes(done, total)
    found = [line.split("  ")[0] for line in stream.getvalue().splitlines()]
    first, second = ([f"features: {n}/{total}" for n in (2, total)] for total in (4, 6))
    assert found == first + second + second
