"""Work that is shared out by Apache Beam."""

import contextlib
import functools
import io
import re
import shlex
from collections.abc import Callable, Iterable

__all__ = ["beam_pipeline", "run_on_beam"]


def beam_pipeline(options: str):
    """Returns a Beam pipeline without steps, by options that Beam knows.

    Args:
      options: Options of the pipeline as on a command line; empty: this machine.

    Raises:
      ValueError: If Apache Beam is not installed or the options are none of its own.
    """
    try:
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise ValueError(
            "`runner=beam` needs Apache Beam (the extra `beam` of this package). "
            f"Received: {error}"
        ) from error

    def refuse_unknown(parser):
        _, unknown = parser.parse_known_args(words)
        if unknown:
            raise ValueError(f"unknown: {shlex.join(unknown)}")

    # Beam prints its usage and exits, and otherwise drops what it does not know.
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            words = shlex.split(options)
            given = PipelineOptions(words)
            given.get_all_options(add_extra_args_fn=refuse_unknown)
            return beam.Pipeline(options=given)
    except (Exception, SystemExit) as error:
        reason = said.getvalue().strip().rpartition("error: ")[2] or error
        raise ValueError(
            "`beam_options` must be options that Apache Beam knows, of a runner that "
            f"is installed. Received: {options!r} ({reason})"
        ) from error


def run_on_beam(pipeline, function: Callable, tasks: Iterable[tuple]) -> None:
    """Calls a function for each of some arguments, in a Beam pipeline, to its end.

    A call that ends in a ValueError is passed over: Beam would try it again, and tell
    of it in tracebacks of its own.

    Args:
      pipeline: The `beam_pipeline`.
      function: What is called, for what it writes.
      tasks: Its arguments, tuples, which are sent to the workers.

    Raises:
      ValueError: If the pipeline fails.
    """
    import apache_beam as beam

    try:
        with pipeline:
            waiting = pipeline | beam.Create(list(tasks)) | beam.Reshuffle()
            waiting | beam.MapTuple(functools.partial(_pass_over_refusals, function))
    except Exception as error:
        # Of a worker's error, the text of its traceback.
        text = f"{type(error).__name__}: {error}"
        found = re.search(r"^[\w.]*Error: (?!Traceback).+", text, re.MULTILINE)
        raise ValueError(
            "Apache Beam must be able to do its work. "
            f"Received: {found[0] if found else text}"
        ) from error


def _pass_over_refusals(function, *task):
    with contextlib.suppress(ValueError):
        function(*task)
