"""Points in the plane of known density, as images of one pixel and two channels."""

import dataclasses
import math

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.config.data import TOYS
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split

__all__ = [
    "TOYS",
    "ToyDensity",
    "grid",
    "load_toy",
    "pinwheel",
    "ring",
    "toy_density",
]

tfb = tfp.bijectors
tfd = tfp.distributions

_SIZES = {"train": 50_000, "validation": 5_000, "test": 10_000}


class _Twist(tfb.Bijector):
    """Turns a point by an angle that grows with its radius: rate * exp(|v|).

    Circles are mapped to themselves, each by a rotation, so areas are kept: the
    log-det is 0.
    """

    def __init__(self, rate, name="twist"):
        parameters = dict(locals())
        super().__init__(
            forward_min_event_ndims=1,
            dtype=tf.float64,
            parameters=parameters,
            name=name,
        )
        self._rate = rate

    def _forward(self, v):
        return self._turn(v, 1.0)

    def _inverse(self, x):
        return self._turn(x, -1.0)

    def _forward_log_det_jacobian(self, v):
        return tf.zeros([], v.dtype)

    def _turn(self, v, sign):
        angle = sign * self._rate * tf.exp(tf.norm(v, axis=-1))
        first, second = tf.unstack(v, axis=-1)
        cos, sin = tf.cos(angle), tf.sin(angle)
        return tf.stack([cos * first - sin * second, sin * first + cos * second], -1)


@dataclasses.dataclass(frozen=True, eq=False)
class ToyDensity:
    """A density in the plane: equal Gaussians, bent by a map.

        p(x) = 1/K sum_k N(w; m_k, C_k) |det dw/dx|,   w = map^-1(x)

    Attributes:
      name: Its name in `TOYS`.
      components: The K Gaussians, a TFP distribution of batch shape `[K]`.
      warp: The map, a bijector whose forward goes from w to x.
      half_width: The square [-half_width, half_width]^2 holds all but 1e-4 of it.
    """

    name: str
    components: tfd.Distribution
    warp: tfb.Bijector
    half_width: float

    @property
    def num_modes(self) -> int:
        """The number K of Gaussians."""
        return self.components.batch_shape[0]

    @property
    def distribution(self) -> tfd.Distribution:
        """The density as a TFP distribution of float64 points, `[2]`."""
        shares = tfd.Categorical(logits=tf.zeros([self.num_modes], tf.float64))
        mixture = tfd.MixtureSameFamily(shares, self.components)
        return tfd.TransformedDistribution(mixture, self.warp)

    def log_prob(self, points) -> np.ndarray:
        """Returns ln p of points `[N, 2]` in nats, float64 `[N]`."""
        return self.distribution.log_prob(_float64(points)).numpy()

    def mode_of(self, points) -> np.ndarray:
        """Returns the most probable Gaussian of each of the points `[N, 2]`: `[N]`."""
        origins = self.warp.inverse(_float64(points))
        return self.components.log_prob(origins[:, None]).numpy().argmax(1)

    def sample(self, count: int, seed: int = 0) -> np.ndarray:
        """Draws points, float64 `[count, 2]`, a function of count and seed."""
        return self.distribution.sample(count, seed=[0, seed]).numpy()


def ring(radius=2.0, std=0.15, modes=8):
    """Round Gaussians, evenly spaced on a circle."""
    angles = np.arange(modes) * (2 * math.pi / modes)
    means = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    return _round(means, std), tfb.Identity(), radius + 5 * std


def grid(spacing=1.0, std=0.1, side=5):
    """Round Gaussians on a square lattice around the origin."""
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    means = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    return _round(means, std), tfb.Identity(), ticks[-1] + 5 * std


def pinwheel(scale=2.0, radial_std=0.3, tangential_std=0.1, rate=0.25, modes=5):
    """The pinwheel of arXiv 1603.06277, its code's `make_pinwheel_data`.

    An arm is a Gaussian about (1, 0), turned. Deviation: the paper's code bends it by
    an angle that grows with its first coordinate, here with its radius. The two
    differ little where there are points, and this map can be inverted everywhere.
    """
    angles = np.arange(modes) * (2 * math.pi / modes)
    rotations = np.moveaxis(
        np.array([[np.cos(angles), -np.sin(angles)], [np.sin(angles), np.cos(angles)]]),
        -1,
        0,
    )
    components = tfd.MultivariateNormalTriL(
        loc=rotations[:, :, 0],
        scale_tril=np.linalg.cholesky(
            rotations
            @ np.diag([radial_std**2, tangential_std**2])
            @ np.swapaxes(rotations, 1, 2)
        ),
    )
    scale_by = tfb.Scale(tf.constant(scale, tf.float64))
    warp = tfb.Chain([scale_by, _Twist(rate)])
    return components, warp, scale * (1.0 + 4 * radial_std)


def _round(means, std):
    return tfd.MultivariateNormalDiag(loc=means, scale_diag=np.full(2, std))


def toy_density(name: str) -> ToyDensity:
    """Returns a density by name.

    `ring`: 8 Gaussians of standard deviation 0.15 on a circle of radius 2. `grid`:
    5 x 5 of standard deviation 0.1, one unit apart. `pinwheel`: 5 bent arms.

    Raises:
      ValueError: If the name is unknown.
    """
    if name not in TOYS:
        raise ValueError(
            f"a toy density must be one of {', '.join(TOYS)}. Received: {name!r}"
        )
    return ToyDensity(name, *TOYS[name]())


def load_toy(argument: str, options: LoadOptions) -> Source:
    """Draws points of `toy:NAME`: 50,000 to train, 5,000 to validate, 10,000 to test.

    They are continuous images `[1, 1, 2]`, float32, labelled by the most probable
    Gaussian; the splits are drawn apart, from the seeds 0, 1 and 2.

    Args:
      argument: The density's name.
      options: How images are loaded; points have neither size nor colours.

    Returns:
      All three splits.

    Raises:
      ValueError: If the name is unknown, or a size or channels are asked for.
    """
    density = toy_density(argument)
    if options.image_size or options.channels:
        raise ValueError(
            "points of `toy` have neither image_size nor channels. Received: "
            f"image_size={options.image_size}, channels={options.channels}"
        )
    splits = {}
    for seed, (name, count) in enumerate(_SIZES.items()):
        points = density.sample(count, seed).astype(np.float32)
        splits[name] = Split(points.reshape(-1, 1, 1, 2), density.mode_of(points))
    return Source(
        splits,
        levels=0,
        class_names=tuple(map(str, range(density.num_modes))),
        note="The splits are drawn from the density by the seeds 0, 1 and 2.",
    )


def _float64(points):
    return tf.convert_to_tensor(np.asarray(points, np.float64))
