"""Log-dets of a trained residual flow by power series: bias, error and cost."""

import pathlib
import typing

import numpy as np
import tensorflow as tf

from ade_tf.bijectors import Residual
from ade_tf.bijectors.log_dets import LARGEST_EXACT, PowerSeries
from ade_tf.config import requires
from ade_tf.data import load_data
from ade_tf.drawing.log_dets import log_dets_png
from ade_tf.drawing.tables import markdown_table
from ade_tf.files import replace_file
from ade_tf.models import build_model
from ade_tf.randomness import BatchDraws, MeanDraws, fold
from ade_tf.runs import load_run
from experiments.studies.pages import write_page

__all__ = ["log_det_study"]

_COEFFICIENTS = (0.5, 0.7, 0.9)
_TERMS = (1, 2, 4, 8, 16)
_LONGEST = 40


def log_det_study(run_dir, out, *, images=20, draws=500, seed=0, command="") -> dict:
    """Measures what a power series leaves out, and what a random one costs.

    In `out` are then `log_dets.md`, `.png` and `.json`. The Jacobians are those of all
    blocks at test images, whole, so that the bias of a series of n terms is known:

        bias_n = sum_blocks [sum_{k <= n} (-1)^(k+1) tr(J^k) / k - ln |det(I + J)|]

    A Lipschitz bound L other than the run's is of the same trained weights: every
    convolution whose norm is above L^(1/3) is scaled down to that. The estimates of
    training (`PowerSeries`) have a mean error with its standard error, a standard
    deviation of one draw, and a number of products with J.

    Args:
      run_dir: A run without labels or conditions, with `feature_map` `residual` and at
        most 1024 values an image.
      out: Directory.
      images: Number of test images.
      draws: Draws of every estimate, of each image.
      seed: Of the draws.
      command: The command, for the page.

    Returns:
      `bias`: coefficient -> mean bias in nats an image, of 1, 2, ... terms;
      `estimates`: a list with a dict for each; `dims` of an image, and the
      `batch_size` of training.

    Raises:
      ValueError: If the run is another one, before anything is computed.
    """
    run = load_run(run_dir)
    if run.config.model.feature_map != "residual":
        raise ValueError(
            "the study is of runs with feature_map=residual. "
            f"Received: feature_map={run.config.model.feature_map}"
        )
    requires(run.config, "the study", "unconditional", "one domain")
    if run.model.dims > LARGEST_EXACT:
        raise ValueError(
            f"whole Jacobians are of images of at most {LARGEST_EXACT} values. "
            f"Received: image_shape={run.model.image_shape}"
        )
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    data = load_data(run.config.data)
    shown = data.test.images[:images]
    own, bias = run.config["lipschitz_bound"], {}
    batch_size = run.config.training.batch_size
    for bound in sorted({*_COEFFICIENTS, own}):
        model = build_model(
            run.config.replace(lipschitz_bound=bound), data.image_shape, data.levels
        )
        for new, old in zip(model.variables, run.model.variables, strict=True):
            new.assign(old)
        matrices = _jacobians(model, shown)
        bias[bound] = _bias(matrices).tolist()
        if bound == own:
            estimates = [
                _measure(matrices, terms, roulette, draws, seed, batch_size)
                for roulette in (False, True)
                for terms in _TERMS
            ]
    found = {"bias": bias, "estimates": estimates}
    found |= {"dims": run.model.dims, "batch_size": batch_size}
    page = _page(found, own, len(shown), draws, command)
    replace_file(out / "log_dets.png", log_dets_png(bias, estimates))
    write_page(out, "log_dets", found, page)
    print(f"page      {out / 'log_dets.md'}")
    return found


class _Matrices(typing.NamedTuple):
    """Jacobians as matrices, `[N, D, D]`, each for as many vectors as there are."""

    j: tf.Tensor

    def product(self, u):
        columns = tf.reshape(u, [self.j.shape[0], -1, self.j.shape[1]])
        return tf.reshape(tf.matmul(columns, self.j, transpose_b=True), tf.shape(u))


def _jacobians(model, images):
    """Returns the Jacobians of g, `[blocks, N, D, D]`, at each block's own input."""
    x = model.dequantize(model.batch(images), MeanDraws(len(images))).value
    size, found = model.dims, []
    space, flow = model.feature_map.bijector.bijectors
    basis = tf.reshape(tf.eye(size), [size, *model.image_shape])
    x = space.inverse(x)
    for layer in flow.bijectors:
        if isinstance(layer, Residual):
            _, jacobian = layer.keras_layers[0].at().linearized(x)
            rows = [
                jacobian._replace(slopes=tuple(s[i : i + 1] for s in jacobian.slopes))
                for i in range(len(images))
            ]
            # The products with the basis e_i, one below the other: J transposed.
            found.append([tf.reshape(r.product(basis), [size, size]) for r in rows])
        x = layer.inverse(x)
    return np.swapaxes(np.array(found, np.float64), -1, -2)


def _exact(matrices):
    return np.linalg.slogdet(np.eye(matrices.shape[-1]) + matrices)[1]


def _bias(matrices):
    """Returns the mean bias of series of 1, 2, ... terms, nats an image."""
    power, total, found = matrices, -_exact(matrices), []
    for k in range(1, _LONGEST + 1):
        total = total - (-1) ** k * np.trace(power, axis1=-2, axis2=-1) / k
        found.append(total.sum(0).mean())
        power = power @ matrices
    return np.array(found)


def _measure(matrices, terms, roulette, draws, seed, batch_size):
    """Returns what an estimate of the log-dets of all blocks is like."""
    estimate = PowerSeries(terms=terms, roulette=roulette)
    blocks, images, size, _ = matrices.shape
    total = np.zeros([images, draws])
    for block in range(blocks):
        own = BatchDraws(fold(seed, block), images * draws)
        found = estimate(
            _Matrices(tf.constant(matrices[block])), (size, 1, 1), tf.float64, own
        )
        total += found.numpy().reshape(images, draws)
    error = total - _exact(matrices).sum(0)[:, None]
    within = np.sqrt(np.mean(error.var(axis=1, ddof=1)))
    return {
        "roulette": roulette,
        "terms": terms,
        # One more for the gradient, and of a random series one random term, on average.
        "products": terms + 1 + roulette,
        "products_in_batch": terms + 1 + roulette * _longest_tail(batch_size),
        "error": float(error.mean()),
        "standard_error": float(within / np.sqrt(error.size)),
        "standard_deviation": float(within),
    }


def _longest_tail(count):
    """Returns the mean of the most random terms of some images, P(n >= k) = 1/2^k."""
    k = np.arange(1, 200)
    return float(np.sum(1.0 - (1.0 - 0.5**k) ** count))


def _page(found, own, images, draws, command):
    lengths = (1, 2, 4, 8, 16, 32)
    bias = markdown_table(
        ("Lipschitz bound", "1 term", *(f"{n} terms" for n in lengths[1:])),
        [
            [f"{bound:g}", *(f"{values[n - 1]:.2g}" for n in lengths)]
            for bound, values in found["bias"].items()
        ],
    )
    head = ("series", "terms", "products with J", "in a batch")
    head += ("mean error", "s.d. of a draw")
    rows = [
        [
            "random" if each["roulette"] else "cut off",
            f"{each['terms']}" + " and more" * each["roulette"],
            f"{each['products']}",
            f"{each['products_in_batch']:.1f}",
            f"{each['error']:.3f} ± {each['standard_error']:.3f}",
            f"{each['standard_deviation']:.2f}",
        ]
        for each in found["estimates"]
    ]
    lines = [
        "# Log-dets by power series",
        "",
        "A residual block x + g(x) with the Jacobian J of g has ln |det(I + J)| = "
        "tr(J) - tr(J^2)/2 + tr(J^3)/3 - ... Cut off (i-ResNet, arXiv 1811.00995) the "
        "series has a bias; with terms that follow at random (Residual Flow, arXiv "
        "1906.02735) it has none, and varies more.",
        "",
        "![Bias against the number of terms, and error against cost](log_dets.png)",
        "",
        "Mean bias of a series that is cut off, nats an image, by whole Jacobians:",
        "",
        bias,
        "",
        f"The estimates of training, at the run's own bound {own:g}, nats an image:",
        "",
        markdown_table(head, rows),
        "",
        f"* {images} test images of {found['dims']} values, all blocks of the flow; "
        f"{draws} draws for each image, with the same random vectors in all rows. "
        "Other bounds L are of the same trained weights: every convolution whose norm "
        "is above L^(1/3) is scaled down to that.",
        "* Products with J: of one image and block on average, and of each image of a "
        f"batch of {found['batch_size']}, which is computed until its longest series "
        "ends. One of them is for the gradient.",
        f"* Made by `{command}`.",
    ]
    return "\n".join(lines) + "\n"
