"""A line that tells how far training is."""

import sys
import time

__all__ = ["Passes", "Progress"]


class Progress:
    """Prints step, speed, time left and the terms of the loss.

    On a terminal the line is rewritten in place; in a log a new one is written every
    ten seconds.

    Args:
      num_steps: Steps of the whole run.
      images_per_step: Images of one step.
      start: Step at which this process began.
      stream: Where to write.
    """

    def __init__(self, num_steps, images_per_step, start=0, stream=None):
        self._num_steps = num_steps
        self._images_per_step = images_per_step
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._start = start
        self._first = (start, time.monotonic())
        self._last = 0.0

    def update(self, step: int, terms: dict) -> None:
        """Shows a step, if it is time to; the terms may be Tensors."""
        now = time.monotonic()
        if step == self._start + 1:
            # The first step holds the tracing and says nothing of the speed.
            self._first = (step, now)
        every = 0.5 if self._terminal else 10.0
        if now - self._last < every and step < self._num_steps:
            return
        self._last = now
        elapsed = now - self._first[1]
        line = f"step {step}/{self._num_steps}"
        if step > self._first[0] and elapsed > 0:
            rate = (step - self._first[0]) / elapsed
            left = (self._num_steps - step) / rate
            line += f"  {rate * self._images_per_step:.0f} images/s  {clock(left)} left"
        line += "  " + describe(terms)
        if self._terminal:
            self._stream.write(f"\r\033[K{line}")
            if step == self._num_steps:
                self._stream.write("\n")
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def end_line(self) -> None:
        """Leaves the line that is rewritten, for what others print next."""
        if self._terminal:
            self._stream.write("\n")
            self._stream.flush()

    def message(self, text: str) -> None:
        """Writes a line of its own."""
        self._stream.write(("\r\033[K" if self._terminal else "") + text + "\n")
        self._stream.flush()


class Passes:
    """Prints how far a piece of work is, once it takes longer than some seconds.

    Args:
      name: What is done.
      stream: Where to write.
      unit: What a pass is one of, to tell how many are made in a second; "" tells none.
    """

    def __init__(self, name, stream=None, unit=""):
        self._name = name
        self._unit = unit
        self._stream = stream or sys.stdout
        self._first = None
        self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Notes that `done` of `total` passes are made."""
        now = time.monotonic()
        if self._first is None:
            # The first pass holds the tracing and says nothing of the speed.
            self._first = (done, now)
        if now - self._last < 5.0:
            return
        self._last = now
        line, elapsed = f"{self._name}: {done}/{total}", now - self._first[1]
        if done > self._first[0] and elapsed > 0:
            rate = (done - self._first[0]) / elapsed
            if self._unit:
                line += f"  {rate:.0f} {self._unit}/s"
            line += f"  {clock((total - done) / rate)} left"
        self._stream.write(f"{line}\n")
        self._stream.flush()


def clock(seconds: float) -> str:
    """Returns a duration as `1:02:03` or `2:03`."""
    minutes, seconds = divmod(int(round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}"
    return f"{minutes}:{seconds:02}"


def describe(terms: dict) -> str:
    """Returns the terms of a step in words, those of the likelihood in bits/dim."""
    words = {
        "bits_per_dim": "bits/dim",
        "kl": "kl",
        "adversarial_loss": "adversary",
        "discriminator_loss": "discriminator",
    }
    shown = [f"{words[n]} {float(terms[n]):.3f}" for n in words if n in terms]
    return "  ".join(shown)
