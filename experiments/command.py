"""How a binary starts and how it ends."""

import sys

from absl import app, flags, logging

__all__ = ["run"]


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
            _fail(error)
        except FloatingPointError as error:
            _fail(error, status=3)

    app.run(guarded, flags_parser=_parse)


def _parse(argv):
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        _fail(error)


def _fail(error, status=2):
    print(f"error: {error}", file=sys.stderr, flush=True)
    sys.exit(status)
