"""How far training and other long work are: a bar, or lines in a log."""

import sys

from tqdm import tqdm

from ade_tf.terms import term

__all__ = ["Passes", "Progress", "say"]

_SHOWN = (
    *("bits_per_dim", "b_bits_per_dim", "kl", "adversarial_loss", "discriminator_loss"),
    *("a_adversarial_loss", "b_adversarial_loss", "a_cycle_error", "b_cycle_error"),
)


def say(text: str, stream=None) -> None:
    """Writes a line of its own, above a bar that is shown.

    Args:
      text: The line.
      stream: Where to write; None: standard output.
    """
    stream = stream or sys.stdout
    if stream.isatty():
        tqdm.write(text, file=stream)
    else:
        print(text, file=stream, flush=True)


class Passes:
    """Shows how far a piece of work is: a bar, or in a log a line every ten seconds.

    Speed and time left count from the first call, whose pass holds the tracing.

    Args:
      name: What is done.
      stream: Where to write; None: standard output.
      unit: What a pass is one of, to tell how many are made in a second; "" tells none.
      delay: Seconds without a word.
    """

    _layout = "{desc}: {n}/{total}|{speed}{remaining} left"

    def __init__(self, name, stream=None, unit="", delay=5.0):
        self._stream = stream or sys.stdout
        self._options = {"desc": name, "unit": f" {unit}", "delay": delay}
        self._bar = None

    def __call__(self, done: int, total: int) -> None:
        """Notes that `done` of `total` passes are made."""
        if self._bar is None or total != self._bar.total or done < self._bar.n:
            self._bar = _Bar(self, initial=done, total=total, **self._options)
        self._bar.reach(done)

    def words(self) -> dict:
        """Returns further fields of the line; asked for when it is shown."""
        return {}


class Progress(Passes):
    """Shows step, speed, time left and the terms of the loss.

    Args:
      num_steps: Steps of the whole run.
      images_per_step: Images of one step.
      start: Step at which this process began.
      stream: Where to write; None: standard output.
    """

    _layout = "step {step}|{speed}{remaining} left  {terms}"

    def __init__(self, num_steps, images_per_step, start=0, stream=None):
        super().__init__("", stream, "images", delay=0.0)
        self._num_steps, self._images = num_steps, images_per_step
        self._step, self._terms = start, {}

    def update(self, step: int, terms: dict) -> None:
        """Shows a step, if it is time to; the terms may be Tensors."""
        self._step, self._terms = step, terms
        self(step * self._images, self._num_steps * self._images)

    def end_line(self) -> None:
        """Ends the bar, so that what others print next has a line of its own."""
        if self._bar is not None:
            self._bar.close()

    def message(self, text: str) -> None:
        """Writes a line of its own."""
        say(text, self._stream)

    def words(self) -> dict:
        """Returns the step and the terms."""
        shown = [
            f"{term(name).label} {float(self._terms[name]):.3f}"
            for name in _SHOWN
            if name in self._terms
        ]
        return {"step": f"{self._step}/{self._num_steps}", "terms": "  ".join(shown)}


class _Bar(tqdm):
    """The bar of `Passes`."""

    # No thread of its own.
    monitor_interval = 0

    def __init__(self, passes, **options):
        self._passes, self._terminal = passes, passes._stream.isatty()
        gap, seconds = (" {bar:24} ", 0.5) if self._terminal else ("  ", 10.0)
        speed = "{rate_noinv_fmt}  " if options["unit"].strip() else ""
        layout = passes._layout.replace("|", gap).replace("{speed}", speed)
        super().__init__(
            file=passes._stream,
            bar_format=layout,
            dynamic_ncols=self._terminal,
            leave=None if self._terminal else False,
            mininterval=seconds,
            miniters=1,
            smoothing=0,
            unit_scale=True,
            **options,
        )

    @property
    def format_dict(self):
        return super().format_dict | self._passes.words()

    def display(self, msg=None, pos=None):
        if self._terminal:
            return super().display(msg, pos)
        if msg is None:
            self.fp.write(f"{str(self).rstrip()}\n")
            self.fp.flush()

    def reach(self, place):
        """Shows the place if it is time to, and ends with the last of a shown bar."""
        self.update(place - self.n)
        if place >= self.total:
            shown = self.last_print_t >= self.start_t + self.delay
            if shown and not self._terminal and self.last_print_n < place:
                self.refresh()
            self.close()
