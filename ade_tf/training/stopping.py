"""Stopping on SIGTERM and Ctrl-C between two steps."""

import os
import signal
import sys
import threading

__all__ = ["StopSignals"]


class StopSignals:
    """Turns SIGTERM and SIGINT into a wish to stop, within its `with` block.

    While nothing is `unsaved` (data are loaded, a step is traced, a score is computed)
    the signal ends the process at once, with exit status 0. A second signal ends it in
    any case. SIGTERM does so without an exception: one that is raised while TensorFlow
    traces a step can be lost on its way through C++. SIGINT raises `SystemExit`, so
    that a notebook lives on. Only a process's main thread can be told of
    signals: in others they have their usual effect.

    Attributes:
      unsaved: Whether steps were made that no checkpoint holds yet.
      requested: Whether a signal came.
    """

    def __init__(self):
        self.unsaved = False
        self.requested = False
        self._previous = {}

    def __enter__(self):
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in (signal.SIGTERM, signal.SIGINT):
            self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exception):
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number, frame):
        del frame
        ends = self.requested or not self.unsaved
        # If the exception is lost all the same, training ends after its next step.
        self.requested = True
        if not ends:
            return
        print(f"Stopped by {signal.Signals(number).name}.", flush=True)
        if number == signal.SIGTERM:
            sys.stderr.flush()
            os._exit(0)
        raise SystemExit(0)
