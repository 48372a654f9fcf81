"""How a binary starts and how it ends."""

import sys

from absl import app, flags, logging

__all__ = ["run"]

_FILES_RULE = "files must be accessible and disks have room."


def run(main) -> None:
    """Parses the flags and calls `main()`.

    A user's error (an unknown flag, an impossible value, missing data, a full disk)
    ends in one message and exit status 2, with its traceback under `--verbosity=1`;
    numbers that are no longer finite end in exit status 3.
    """
    logging.set_verbosity(logging.WARNING)

    def guarded(argv):
        if len(argv) > 1:
            _fail(f"arguments are given as flags. Received: {' '.join(argv[1:])}")
        try:
            main()
        except (ValueError, TypeError, OSError) as error:
            logging.debug("Traceback", exc_info=True)
            if isinstance(error, OSError) and error.errno is not None:
                _fail(f"{_FILES_RULE} Received: {error}")
            _fail(error)
        except FloatingPointError as error:
            _fail(error, status=3)

    app.run(guarded, flags_parser=_parse)


def _parse(argv):
    try:
        return flags.FLAGS(_flagfiles_first(argv))
    except flags.Error as error:
        _fail(f"flags must be known and have values of their type. Received: {error}")


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
