"""One process, or thread, in a run at a time."""

import errno
import fcntl
import signal
import threading

import pytest

from ade_tf.lock import locked
from tests.helpers.binaries import call, contents, last_step, start, tiny_flags
from tests.helpers.binaries import wait_until as wait

LONG = tiny_flags(preset="vae", network="mlp", num_steps=100_000, checkpoint_every=9)


def test_a_second_process_is_told_who_has_the_run(tmp_path):
    run = tmp_path / "run"
    first = start("train", *LONG, f"--run_dir={run}", log=tmp_path / "log")
    try:
        wait(lambda: last_step(run) >= 9, first)
        ended = call("train", *LONG, f"--run_dir={run}")
        assert ended.status == 2
        message = "a run is trained by one process at a time. Received: "
        assert f"error: {message}'{run}', which process {first.pid} on " in ended.err
        assert ended.err.count("\n") == 1
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    # A killed process has nothing locked any more.
    steps = (run / "scalars.jsonl").read_text().count("\n")
    with locked(run):
        pass
    assert steps == last_step(run)


def test_a_thread_is_another_too_and_what_is_left_is_empty(tmp_path):
    found = []

    def other():
        try:
            with locked(tmp_path):
                found.append("in")
        except ValueError as error:
            found.append(str(error))

    with locked(tmp_path):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "one process at a time" in found[0]
    assert contents(tmp_path) == {"lock": b""}
    other()
    assert found[1] == "in"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_is_no_obstacle(tmp_path, monkeypatch, number):
    def refuse(*arguments):
        raise OSError(number, "refused")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(tmp_path):
        pass
