"""Processes of tests, none of which outlives its test."""

import contextlib
import os
import pathlib
import random
import socket
import subprocess
import time

__all__ = ["PATIENCE", "ROOT", "end_all", "free_ports", "spawn", "wait_until"]

ROOT = pathlib.Path(__file__).parents[2]
# Seconds after which a process hangs, however busy the machine.
PATIENCE = 1200
_SPAWNED = []


def spawn(command, environment=None, **keywords):
    """Starts a program at the root, which ends with the test at the latest.

    Args:
      command: The program and its arguments.
      environment: Variables besides those of this process.
      **keywords: As of `subprocess.Popen`.
    """
    environment = {**os.environ, **(environment or {})}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, **keywords)
    _SPAWNED.append(process)
    return process


def end_all():
    """Kills what was spawned and still runs, as after a test that failed."""
    while _SPAWNED:
        process = _SPAWNED.pop()
        process.kill()
        process.wait()


def wait_until(condition, process):
    """Waits for a condition to hold while a process runs."""
    end = time.monotonic() + PATIENCE
    while not condition():
        # What the process did last counts, though it has ended meanwhile.
        if process.poll() is not None and not condition():
            raise AssertionError(f"The process ended with {process.returncode}.")
        if time.monotonic() > end:
            raise AssertionError("Waited in vain.")
        time.sleep(0.005)


def free_ports(count):
    """Returns ports that nobody listens at, none of them twice.

    They are of a range from which the system gives none to whoever asks for any, or
    begins a connection, until they are used.
    """
    with contextlib.ExitStack() as stack:
        found = []
        while len(found) < count:
            probe = stack.enter_context(socket.socket())
            port = random.SystemRandom().randrange(20_000, 30_000)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
        return found
