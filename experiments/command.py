"""How a binary starts and how it ends."""

import contextlib
import logging as stdlib_logging
import os
import re
import shlex
import signal
import sys

from absl import app, flags, logging

from experiments.flagfiles import expand

__all__ = ["FLAG_MODULES", "as_given", "run"]

# Those that define flags.
FLAG_MODULES = tuple(
    f"{__package__}.{name}" for name in ("common_flags", "field_flags", "study_flags")
)

_FILES_RULE = "files must be accessible and disks must have space."
_MEMORY_RULE = "memory must suffice (batch_size, num_samples and the model decide)."


def run(main) -> None:
    """Parses the flags and calls `main()`.

    A user's error (an unknown flag, an impossible value, missing data, a full disk or
    memory) ends in one message and exit status 2, with its traceback under
    `--verbosity=1`; numbers that are no longer finite end in exit status 3. SIGTERM and
    Ctrl-C end in a line and exit status 128 and their number, with files left as they
    were, unless `main` has its own way to stop; so does output that nobody reads.
    """
    logging.set_verbosity(logging.WARNING)
    logging.get_absl_handler().setFormatter(_Formatter())
    _open_outputs()

    def guarded(argv):
        if len(argv) > 1:
            _fail(f"arguments must be given as flags. Received: {' '.join(argv[1:])}")
        try:
            main()
            sys.stdout.flush()
        except BrokenPipeError:
            # Else Python complains once more when it flushes at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            _fail(
                "the output must have a reader until the end. Received: a closed pipe",
                status=128 + signal.SIGPIPE,
            )
        except FloatingPointError as error:
            _fail(error, status=3)
        except Exception as error:
            logging.debug("Traceback", exc_info=True)
            message = _message(error)
            if message is None:
                raise
            _fail(message)

    # For --help, which shows those of the binary's own module.
    by_module = flags.FLAGS.flags_by_module_dict()
    for module in FLAG_MODULES:
        for flag in by_module.get(module, ()):
            flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
    with _stopped_by_signals():
        app.run(guarded, flags_parser=_parse)


def as_given(binary: str) -> str:
    """Returns the command line of this process, as of a page that quotes it."""
    return shlex.join(["python3", "-m", f"experiments.{binary}", *sys.argv[1:]])


class _Formatter(stdlib_logging.Formatter):
    """Writes what happened, without the place in the code, in the manner of errors."""

    def format(self, record):
        return f"{record.levelname.lower()}: {super().format(record)}"


def _message(error):
    """Returns a user's error in one message, or None for an error of the program."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"{_FILES_RULE} Received: {error}"
    if isinstance(error, ValueError | TypeError | OSError):
        return error
    first = str(error).strip().partition("\n")[0][:300]
    if isinstance(error, MemoryError):
        return f"{_MEMORY_RULE} Received: {first or 'no more'}"
    # Not imported here: whoever has not loaded it has none of its errors.
    tf = sys.modules.get("tensorflow")
    if tf is None or not isinstance(error, tf.errors.OpError):
        return None
    if isinstance(error, tf.errors.ResourceExhaustedError):
        return f"{_MEMORY_RULE} Received: {first}"
    # Of images that could not be read, within all that TensorFlow tells.
    if raised := re.search(r"\bValueError: (.+)", str(error)):
        return raised[1]
    return f"TensorFlow must be able to do its work. Received: {first}"


def _open_outputs():
    """Gives a process that was started without outputs such as nobody reads."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))


@contextlib.contextmanager
def _stopped_by_signals():
    def stop(number, frame):
        del frame
        name = signal.Signals(number).name
        print(f"Stopped by {name}.", file=sys.stderr, flush=True)
        raise SystemExit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGINT)
    previous = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _parse(argv):
    program, *arguments = argv
    try:
        return flags.FLAGS([program, *expand(arguments)])
    except flags.Error as error:
        _fail(f"flags must be known and have values of their type. Received: {error}")
    except ValueError as error:
        _fail(error)
    except SystemExit:
        # Of absl after --help, which it takes for a failure.
        sys.stdout.flush()
        sys.exit(0)


def _fail(error, status=2):
    print(f"error: {error}", file=sys.stderr, flush=True)
    sys.exit(status)
