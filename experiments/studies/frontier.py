"""Likelihood against quality: models at several weights of L_Q, and others beside them.

Each run is a point, bits per dimension against Frechet distance, and precision against
recall. The curves are of one model whose weight changes.
"""

import dataclasses
import pathlib

from ade_tf.files import replace_file
from experiments.studies.frontier_page import frontier_page, frontier_picture
from experiments.studies.measured import checked_rows, measured_rows
from experiments.studies.pages import write_page

__all__ = ["FrontierRow", "frontier_study"]

_METRICS = ("frechet_distance", "class_weighted_frechet", "precision_recall")
# A small test set has its own shares of the classes, which no model has. The distance
# to the training images is free of that, but does not show what was learned by heart;
# that at the test images' shares is free of both.
_SPLITS = ("test", "train")


@dataclasses.dataclass(frozen=True)
class FrontierRow:
    """A point of the picture.

    Attributes:
      name: Its name, that of its runs.
      model: The model's name, which the points of a curve share.
      weight: Its adversarial weight on a curve; None for a model by itself.
    """

    name: str
    model: str
    weight: float | None = None


def frontier_study(
    rows, configs: dict, out, command: str, train: bool = True
) -> list[dict] | None:
    """Trains what is not trained yet, measures it, and draws all points.

    Stopped at any time, the same call goes on from there. After each run
    `frontier.md`, `frontier.json` and `frontier.png` are of those that are there.

    Args:
      rows: The `FrontierRow`s.
      configs: `(name, seed) -> RunConfig`, in the order of training.
      out: Directory.
      command: The command, as the page quotes it.
      train: Whether to train; otherwise the page is of the runs that are finished.

    Returns:
      The results of `measured_rows`, or None if stopped by a signal.

    Raises:
      ValueError: As `checked_rows` says, before anything is trained.
    """
    out = pathlib.Path(out)
    configs = checked_rows(configs, out, train)
    results = []
    for result in measured_rows(configs, out, lambda config: _METRICS, _SPLITS):
        results.append(result)
        found = {"command": command, "results": results}
        replace_file(out / "frontier.png", frontier_picture(rows, results))
        write_page(out, "frontier", found, frontier_page(rows, results, command))
    if len(results) < len(configs):
        return None
    print(f"page      {out / 'frontier.md'}")
    return results
