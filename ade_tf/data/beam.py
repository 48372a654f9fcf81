"""Work that is shared out by Apache Beam."""

import shlex
from collections.abc import Callable, Iterable

__all__ = ["run_on_beam"]


def run_on_beam(function: Callable, tasks: Iterable[tuple], options: str) -> None:
    """Calls a function for each of some arguments, in a Beam pipeline, to its end.

    Args:
      function: What is called, for what it writes.
      tasks: Its arguments, tuples, which are sent to the workers.
      options: Options of the pipeline as on a command line; empty: this machine.

    Raises:
      ValueError: If Apache Beam is not installed.
    """
    try:
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise ValueError(
            "`runner=beam` needs Apache Beam (the extra `beam` of this package). "
            f"Received: {error}"
        ) from error
    with beam.Pipeline(options=PipelineOptions(shlex.split(options))) as pipeline:
        waiting = pipeline | beam.Create(list(tasks)) | beam.Reshuffle()
        waiting | beam.MapTuple(function)
