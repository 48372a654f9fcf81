"""`train` that waits at the end of a step, so that a test is in time to disturb it.

HOLD_AT=STEP python -m tests.helpers.held_train FLAGS

Nothing of that step is recorded yet. It goes on when it is told to stop, or by SIGUSR1.
"""

import os
import signal
import time

from ade_tf.training.recorder import Recorder
from experiments import train


def hold(step):
    """Makes every training of this process wait at the end of a step."""
    released = []
    signal.signal(signal.SIGUSR1, lambda *unused: released.append(True))
    end_of_step = Recorder.on_train_batch_end

    def held(self, batch, logs=None):
        while self._step + 1 == step and not (released or self._signals.requested):
            time.sleep(0.01)
        end_of_step(self, batch, logs)

    Recorder.on_train_batch_end = held


if __name__ == "__main__":
    hold(int(os.environ.get("HOLD_AT", "0")))
    train.run()
