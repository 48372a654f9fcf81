"""Killed or stopped runs, gone on with by the same command, against one never stopped.

Real processes: each test says in one story what its starts have in common.
"""

import json
import random
import re
import signal

import pytest

from tests.helpers.binaries import (
    call,
    contents,
    last_step,
    saved_numbers,
    start,
    tiny_flags,
)
from tests.helpers.processes import PATIENCE
from tests.helpers.processes import wait_until as wait

STEPS, ALONE, EVERY, STOP = 100, 30, 7, 37
FLAGS = tiny_flags(
    num_steps=STEPS,
    likelihood_only_steps=ALONE,
    checkpoint_every=EVERY,
    validate_every=70,
    flow_steps=(1,),
    encoder_dropout=0.2,
    decoder_dropout=0.2,
    coupling_dropout=0.2,
    penalty="r1",
    adversarial_schedule="linear",
    last_adversarial_weight=0.5,
    augmentation="translation_cutout",
    spectral_norm=True,
    random_flip=True,
)


class Story:
    """Starts of one run, and a run beside it that is never stopped."""

    def __init__(self, directory, *more):
        self.flags = [*FLAGS, *more]
        self.whole, self.run = directory / "whole", directory / "run"
        self.log = directory / "log"
        self.undisturbed = start(
            "train",
            *self.flags,
            f"--run_dir={self.whole}",
            log=directory / "whole.log",
        )
        self.process = None

    def start(self, hold_at=None):
        directory = f"--run_dir={self.run}"
        self.process = start(
            "train", *self.flags, directory, log=self.log, hold_at=hold_at
        )

    def says(self, text):
        return text in self.log.read_text()

    def stop_after(self, step, number, most=10):
        """Starts it, and sends a signal once a step is recorded.

        Args:
          step: The step.
          number: The signal.
          most: Number of steps further by the end of which the signal has come.

        Returns:
          The exit status and the log.
        """
        before = self.records()
        self.start(step + most)
        # Steps recorded before but not saved are forgotten in a file of its own.
        wait(lambda: self.records() != before, self.process)
        wait(lambda: last_step(self.run) >= step, self.process)
        return self.send(number)

    def records(self):
        """Returns which file the records are, or None if there is none yet."""
        path = self.run / "scalars.jsonl"
        return path.stat().st_ino if path.exists() else None

    def send(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE), self.log.read_text()

    def finish(self):
        assert self.process.wait(timeout=PATIENCE) == 0
        assert self.undisturbed.wait(timeout=PATIENCE) == 0
        return self.log.read_text()


def assert_same_end(story):
    here, there = (saved_numbers(run, STEPS) for run in (story.run, story.whole))
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []
    scalars = (story.run / "scalars.jsonl").read_text()
    assert scalars == (story.whole / "scalars.jsonl").read_text()
    steps = [json.loads(line)["step"] for line in scalars.splitlines()]
    assert steps == list(range(1, STEPS + 1))
    metrics = [run / "metrics.jsonl" for run in (story.run, story.whole)]
    assert metrics[0].read_text() == metrics[1].read_text()


@pytest.mark.long
def test_a_stopped_and_killed_run_ends_as_if_never_stopped(tmp_path):
    story = Story(tmp_path)
    # A signal before the first step ends it at once; there is nothing to save.
    story.start(hold_at=1)
    wait(lambda: story.says("Tracing the first step"), story.process)
    status, log = story.send(signal.SIGTERM)
    assert status == 0 and "Stopped by SIGTERM." in log and "Traceback" not in log
    assert not list(story.run.glob("checkpoints/*"))
    # Killed while the likelihood is alone.
    status, _ = story.stop_after(10, signal.SIGKILL)
    assert status == -signal.SIGKILL
    # Stopped once the adversary has joined in, with a step that is not saved.
    assert all(step % EVERY for step in (STOP, STOP + 1))
    status, log = story.stop_after(STOP, signal.SIGTERM, most=1)
    resumed = int(re.search(r"Resuming from step (\d+) ", log)[1])
    assert resumed in {*range(EVERY, ALONE, EVERY), ALONE}
    assert status == 0 and "Traceback" not in log
    assert "Stopped and saved. Run the same command to continue." in log
    stopped = last_step(story.run)
    assert stopped in (STOP, STOP + 1)
    # No step is lost.
    story.start()
    log = story.finish()
    assert f"Resuming from step {stopped} of" in log
    assert_same_end(story)

    # The finished run repeats its numbers and changes nothing that counts.
    before = contents(story.run)
    ended = call("train", *FLAGS, f"--run_dir={story.run}")
    assert ended.status == 0
    assert f"This run is finished ({STEPS} steps)." in ended.out
    score = next(line for line in log.splitlines() if line.startswith("test "))
    assert score in ended.out.splitlines()
    after = contents(story.run)
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"curves.png"}


@pytest.mark.long
@pytest.mark.parametrize(
    "more",
    [["--update=joint"], ["--sigma=from_z", "--seed=4"], ["--classifier_weight=0.5"]],
)
def test_a_run_killed_at_random_again_and_again_ends_the_same(tmp_path, more):
    story = Story(tmp_path, *more)
    steps = random.Random(len(more)).sample(range(1, STEPS - 20), 6)
    for step in sorted(steps):
        status, _ = story.stop_after(step, signal.SIGKILL)
        assert status == -signal.SIGKILL
    story.start()
    story.finish()
    assert_same_end(story)
