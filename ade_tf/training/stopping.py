"""Stopping on SIGTERM and Ctrl-C between two steps."""

import signal

__all__ = ["StopSignals"]


class StopSignals:
    """Turns SIGTERM and SIGINT into a wish to stop, within its `with` block.

    Before `training` is set there is nothing to save, and the signal ends the process
    at once, with exit status 0. A second signal ends it in any case.

    Attributes:
      training: Whether steps are being made that a checkpoint must hold.
      requested: Whether a signal came while training.
    """

    def __init__(self):
        self.training = False
        self.requested = False
        self._previous = {}

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number, frame):
        del frame
        if not self.training or self.requested:
            print(f"Stopped by {signal.Signals(number).name}.", flush=True)
            raise SystemExit(0)
        self.requested = True
