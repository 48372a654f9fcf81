import signal
import subprocess
import sys

import pytest

from ade_tf.training.stopping import StopSignals

NUMBERS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])

# Ends by a signal, through code that takes what is raised for an error of its own.
PROGRAM = """
import signal, sys
from ade_tf.training.stopping import StopSignals

with StopSignals() as signals:
    signals.unsaved = sys.argv[1] == "unsaved"
    for _ in range(1 + signals.unsaved):
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:
            print("an exception that can be lost")
        assert signals.requested
print("the end of the work")
"""


@pytest.mark.parametrize("state", ["saved", "unsaved"])
def test_sigterm_ends_the_process_without_an_exception(state):
    command = [sys.executable, "-c", PROGRAM, state]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "Stopped by SIGTERM.\n")


@NUMBERS
def test_with_something_unsaved_the_first_signal_is_a_wish(number):
    with StopSignals() as signals:
        signals.unsaved = True
        signal.raise_signal(number)
        assert signals.requested


def test_the_second_ctrl_c_is_an_exception(capsys):
    with StopSignals() as signals:
        signals.unsaved = True
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(SystemExit) as end:
            signal.raise_signal(signal.SIGINT)
    assert end.value.code == 0
    assert capsys.readouterr().out == "Stopped by SIGINT.\n"


def test_with_nothing_unsaved_ctrl_c_ends_at_once():
    with StopSignals(), pytest.raises(SystemExit) as end:
        signal.raise_signal(signal.SIGINT)
    assert end.value.code == 0


@NUMBERS
def test_handlers_of_before_come_back(number):
    before = signal.getsignal(number)
    with pytest.raises(RuntimeError), StopSignals():
        assert signal.getsignal(number) != before
        raise RuntimeError
    assert signal.getsignal(number) == before
