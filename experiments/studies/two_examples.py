"""Likelihood is not quality: two examples, with numbers of a trained model."""

import math
import pathlib

import numpy as np

from ade_tf.config import requires
from ade_tf.data import load_data
from ade_tf.drawing.grids import image_grid, save_png
from ade_tf.drawing.tables import markdown_table
from ade_tf.evaluation import ComparisonOptions, compare_images
from ade_tf.metrics.kernel_density import KernelDensity
from ade_tf.runs import load_run
from experiments.studies.pages import write_page

__all__ = ["two_examples"]

# Deviation of the kernels, in grey levels: their samples look like training images.
_BANDWIDTH = 0.25
_SHARE = 0.01
_WORDS = {
    "model": "the model",
    "kernels": f"a Gaussian of {_BANDWIDTH:g} grey levels on each training image",
    "mixture": f"{100 * _SHARE:g} % the model, the rest uniform noise",
}


def two_examples(run_dir, out, *, num_samples: int = 2000, seed: int = 0) -> dict:
    """Compares a model with two densities that tell likelihood from quality.

    A kernel density on the training images has their quality, and no likelihood; a
    mixture of 1 % of a model and 99 % of noise has noise for samples, and loses at most
    ln 100 nats an image, for 0.01 p + 0.99 q is at least 0.01 p (arXiv 1511.01844,
    section 3.2). In `out` are then `two_examples.md`, `.png` and `.json`.

    Args:
      run_dir: A run with a likelihood, without labels or conditions, of images that
        have grey levels and labels.
      out: Directory.
      num_samples: Samples of each.
      seed: Of samples and noise.

    Returns:
      `name -> {"bits_per_dim", metric: value}`.

    Raises:
      ValueError: If the run is another one.
    """
    out, run = pathlib.Path(out), load_run(run_dir)
    requires(run.config, "the study", "likelihood", "unconditional", "one domain")
    out.mkdir(parents=True, exist_ok=True)
    data = load_data(run.config.data)
    rng = np.random.default_rng(seed)
    found = _densities(run.model, data, rng)
    images = _samples(run.model, data, rng, num_samples)
    for name, samples in images.items():
        file = out / f"{name}.npz"
        np.savez_compressed(file, images=samples, levels=data.levels)
        options = ComparisonOptions(
            reference=run.config.data.dataset,
            images=f"npz:{file}",
            metrics=("frechet_distance", "precision_recall"),
        )
        for record in compare_images(options):
            found[name][record["metric"]] = record["value"]
    shown = np.concatenate([images[name][:12] for name in found])
    save_png(out / "two_examples.png", image_grid(shown, data.levels, columns=12))
    page = _page(found, run_dir, data, num_samples, seed)
    write_page(out, "two_examples", found, page)
    print(f"page      {out / 'two_examples.md'}")
    return found


def _densities(model, data, rng):
    """Returns `name -> {"bits_per_dim": mean}` of the test images."""
    test, dims = data.test.images, model.dims
    log_p = model.log_prob(test)
    uniform = -dims * math.log(data.levels)
    noisy = (test + rng.uniform(size=test.shape)).reshape(len(test), -1)
    points = data.train.images.reshape(len(data.train), -1) + 0.5
    log_probs = {
        "model": log_p,
        "kernels": KernelDensity(points, _BANDWIDTH).log_prob(noisy),
        "mixture": np.logaddexp(
            math.log(_SHARE) + log_p, math.log1p(-_SHARE) + uniform
        ),
    }
    return {
        name: {"bits_per_dim": float(-values.mean() / dims / math.log(2))}
        for name, values in log_probs.items()
    }


def _samples(model, data, rng, count):
    drawn = model.sample(count)
    train = data.train.images[rng.integers(len(data.train), size=count)]
    kernels = np.floor(train + 0.5 + _BANDWIDTH * rng.normal(size=train.shape))
    noise = rng.integers(data.levels, size=drawn.shape)
    of_model = rng.uniform(size=(count, 1, 1, 1)) < _SHARE
    return {
        "model": drawn,
        "kernels": np.clip(kernels, 0, data.levels - 1).astype(np.uint8),
        "mixture": np.where(of_model, drawn, noise).astype(np.uint8),
    }


def _page(found, run_dir, data, num_samples, seed):
    head = ("samples of", "bits/dim", "FD to test", "precision", "recall")
    rows = [
        [
            _WORDS[name],
            f"{scores['bits_per_dim']:.3f}",
            f"{scores['frechet_distance']:.1f}",
            f"{scores['precision']:.2f}",
            f"{scores['recall']:.2f}",
        ]
        for name, scores in found.items()
    ]
    lost = math.log2(1 / _SHARE) / np.prod(data.image_shape)
    lines = [
        "# Likelihood is not quality",
        "",
        "Two densities that no single number would tell from a good model "
        "([arXiv 1511.01844](https://arxiv.org/abs/1511.01844), section 3.2).",
        "",
        markdown_table(head, rows),
        "",
        "![Samples: the model, the kernels, the mixture, a row each](two_examples.png)",
        "",
        "* The kernels' samples are training images to the eye and to every measure of "
        "samples, and their density of new images is worthless.",
        f"* The mixture is noise in {100 * (1 - _SHARE):g} of 100 samples. Its density "
        "is at least a hundredth of the model's, so it loses at most ln 100 = 4.6 nats "
        f"an image, here {lost:.3f} bits/dim; on an image of 32x32x3 that is 0.002.",
        f"* {len(data.test)} test images, {num_samples} samples, seed {seed}. Made by "
        f"`python3 -m experiments.two_examples --run_dir={run_dir} --out=DIR`.",
    ]
    return "\n".join(lines) + "\n"
