import io
import time

import pytest

from ade_tf.progress import Passes, Progress, clock

TERMS = {"bits_per_dim": 2.0, "kl": 0.25, "skipped": 0.0}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock_at(monkeypatch):
    """Returns a function that sets the time."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, 1000.0 + seconds)


def test_shows_step_speed_time_left_and_terms(clock_at):
    stream = io.StringIO()
    progress = Progress(500, 64, stream=stream)
    clock_at(30)  # The first step, with its tracing, took that long.
    progress.update(1, TERMS)
    for step, seconds in ((2, 30.1), (101, 40)):
        clock_at(seconds)
        progress.update(step, TERMS)
    assert stream.getvalue().splitlines() == [
        "step 1/500  bits/dim 2.000  kl 0.250",
        "step 101/500  640 images/s  0:40 left  bits/dim 2.000  kl 0.250",
    ]


@pytest.mark.parametrize("start", [0, 7, 499])
def test_no_time_passed_is_no_division_by_zero(clock_at, start):
    stream = io.StringIO()
    progress = Progress(500, 64, start, stream=stream)
    for step in range(start + 1, 501):
        progress.update(step, {})
    first, last = f"step {start + 1}/500", "step 500/500"
    lines = [line.strip() for line in stream.getvalue().splitlines()]
    assert lines == ([first, last] if start < 499 else [last])


def test_speed_after_resuming_counts_the_new_steps_alone(clock_at):
    stream = io.StringIO()
    progress = Progress(500, 10, 300, stream=stream)
    clock_at(20)
    progress.update(301, {})
    clock_at(40)
    progress.update(401, {})
    assert "step 401/500  50 images/s  0:20 left" in stream.getvalue()


def test_a_terminal_line_is_rewritten_and_ended(clock_at):
    stream = Terminal()
    progress = Progress(3, 1, stream=stream)
    for step in (1, 2):
        clock_at(step)
        progress.update(step, {})
    progress.message("a message")
    clock_at(3)
    progress.update(3, {})
    clear = "\r\033[K"
    assert stream.getvalue() == (
        f"{clear}step 1/3  {clear}step 2/3  1 images/s  0:01 left  "
        f"{clear}a message\n{clear}step 3/3  1 images/s  0:00 left  \n"
    )


def test_passes_are_silent_while_they_are_short(clock_at):
    stream = io.StringIO()
    passes = Passes("bits_per_dim", stream)
    for done, seconds in ((1, 4), (2, 6), (3, 8)):
        clock_at(seconds)
        passes(done, 100)
    # The first is not counted: it holds the tracing.
    assert stream.getvalue() == "bits_per_dim: 2/100  3:16 left\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0:00"), (59.6, "1:00"), (125, "2:05"), (3723, "1:02:03")],
)
def test_clock(seconds, text):
    assert clock(seconds) == text
