import signal

import pytest

from ade_tf.training.stopping import StopSignals

NUMBERS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@NUMBERS
def test_with_something_unsaved_the_first_signal_is_a_wish(number, capsys):
    with StopSignals() as signals:
        signals.unsaved = True
        signal.raise_signal(number)
        assert signals.requested
        with pytest.raises(SystemExit) as end:
            signal.raise_signal(number)
    assert end.value.code == 0
    assert capsys.readouterr().out == f"Stopped by {number.name}.\n"


@NUMBERS
def test_with_nothing_unsaved_it_ends_at_once(number):
    with StopSignals() as signals, pytest.raises(SystemExit) as end:
        signal.raise_signal(number)
    assert end.value.code == 0
    assert not signals.requested


@NUMBERS
def test_handlers_of_before_come_back(number):
    before = signal.getsignal(number)
    with pytest.raises(RuntimeError), StopSignals():
        assert signal.getsignal(number) != before
        raise RuntimeError
    assert signal.getsignal(number) == before
