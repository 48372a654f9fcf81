"""A model of points: its density and samples beside the true density."""

import dataclasses
import pathlib

import numpy as np

from ade_tf.archives import ArrayParts
from ade_tf.data import toy_density
from ade_tf.drawing.densities import density_table
from ade_tf.evaluation.density_map import DensityPanel, data_panel, model_panel
from ade_tf.progress import Passes
from ade_tf.samples.pictures import Picture
from ade_tf.samples.request import Request

__all__ = ["DensityPicture", "draw_density"]


@dataclasses.dataclass(frozen=True, eq=False)
class DensityPicture(Picture):
    """The true density and a model's.

    Attributes:
      name: Of the data set.
      panels: Heading -> `DensityPanel`; the data's comes first.
    """

    name: str
    panels: dict[str, DensityPanel]

    def arrays(self, levels: int) -> dict[str, ArrayParts]:
        """Returns `images`, the samples of the model, `[N, 1, 1, 2]`."""
        del levels
        points = list(self.panels.values())[-1].points.reshape(-1, 1, 1, 2)
        return {"images": ArrayParts(points.shape, np.float32, [points])}

    def write(self, path: pathlib.Path, levels: int) -> None:
        """Writes the picture as a PNG."""
        del levels
        density_table({self.name: [*self.panels.values()]}, [*self.panels], path)


def draw_density(request: Request) -> DensityPicture:
    """Returns the density of a model of `toy:NAME`, and samples of it, beside the data.

    Raises:
      ValueError: If the run is of other data.
    """
    source, _, name = request.run.config.data.dataset.partition(":")
    if source != "toy":
        raise ValueError(
            "mode `density` needs a run on `toy:NAME`, whose density is known. "
            f"Received: dataset={request.run.config.data.dataset!r}"
        )
    options, density = request.options, toy_density(name)
    panel = model_panel(
        request.model,
        density,
        noise=options.noise,
        count=options.num_samples,
        temperature=options.temperature,
        seed=options.seed,
        progress=Passes("density"),
    )
    title = request.run.config.model.preset
    data = data_panel(density, options.num_samples)
    return DensityPicture(name, {"data": data, title: panel})
