"""How a binary starts and how it ends."""

import contextlib
import signal
import sys

from absl import app, flags, logging

from experiments import common_flags

__all__ = ["run"]

_FILES_RULE = "files must be accessible and disks must have space."


def run(main) -> None:
    """Parses the flags and calls `main()`.

    After a user's error (an unknown flag, an impossible value, missing data, a full
    disk), it prints one message and exits with status 2; `--verbosity=1` adds the
    traceback. Numbers that are no longer finite give exit status 3. SIGTERM and Ctrl-C
    print one line, leave files as they were and give exit status 128 plus the signal's
    number, unless `main` has its own way to stop.
    """
    logging.set_verbosity(logging.WARNING)

    def guarded(argv):
        if len(argv) > 1:
            _fail(f"arguments must be given as flags. Received: {' '.join(argv[1:])}")
        try:
            main()
        except (ValueError, TypeError, OSError) as error:
            logging.debug("Traceback", exc_info=True)
            if isinstance(error, OSError) and error.errno is not None:
                _fail(f"{_FILES_RULE} Received: {error}")
            _fail(error)
        except FloatingPointError as error:
            _fail(error, status=3)

    # For --help, which shows those of the binary's own module.
    for flag in flags.FLAGS.flags_by_module_dict().get(common_flags.__name__, ()):
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flag)
    with _stopped_by_signals():
        app.run(guarded, flags_parser=_parse)


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
    try:
        return flags.FLAGS(_flagfiles_first(argv))
    except flags.Error as error:
        _fail(
            f"flags must be known and have values of the right type. Received: {error}"
        )


def _flagfiles_first(argv):
    """Moves flagfiles to the front: the command line decides, wherever they stand."""
    program, *rest = argv
    files, others = [], []
    while rest:
        argument = rest.pop(0)
        if argument in ("--flagfile", "-flagfile") and rest:
            files.append(f"--flagfile={rest.pop(0)}")
        elif argument.startswith(("--flagfile=", "-flagfile=")):
            files.append(argument)
        else:
            others.append(argument)
    return [program, *files, *others]


def _fail(error, status=2):
    print(f"error: {error}", file=sys.stderr, flush=True)
    sys.exit(status)
