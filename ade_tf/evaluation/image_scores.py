"""What a run says of any images: bits per dimension, typicality and code of each."""

import csv
import dataclasses
import io
import pathlib

import numpy as np

from ade_tf.config import requires
from ade_tf.data import Split
from ade_tf.data.loose import load_loose_images
from ade_tf.drawing.tables import markdown_table
from ade_tf.evaluation.latent import codes as codes_of
from ade_tf.evaluation.options import ScoreOptions
from ade_tf.files import replace_file, replacement
from ade_tf.metrics import mean_and_standard_error
from ade_tf.models import LikelihoodScorer
from ade_tf.progress import Passes
from ade_tf.runs import load_images_of_run, load_run

__all__ = ["ImageScores", "score_images"]

_SHOWN = 20


@dataclasses.dataclass(frozen=True, eq=False)
class ImageScores:
    """Scores of images; rows are images.

    Attributes:
      names: Their names, `[N]`.
      columns: Name of a score -> its values, `[N]`, in bits per dimension.
      codes: Posterior means of z, `[N, latent_size]`; None without an encoder.
    """

    names: list[str]
    columns: dict[str, np.ndarray]
    codes: np.ndarray | None

    def write(self, path) -> None:
        """Writes a row for each image, `.csv` or, with arrays by name, `.npz`.

        Args:
          path: The file, made or replaced; a code's numbers are `code_0`, ... in CSV
            and one array `code` in an archive.
        """
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".npz":
            arrays = {"name": np.array(self.names), **self.columns}
            if self.codes is not None:
                arrays["code"] = self.codes
            with replacement(path) as file:
                np.savez_compressed(file, **arrays)
            return
        head, columns = ["name", *self.columns], list(self.columns.values())
        if self.codes is not None:
            head += [f"code_{unit}" for unit in range(self.codes.shape[1])]
            columns += list(self.codes.T)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(head)
        for name, *values in zip(self.names, *columns, strict=True):
            writer.writerow([name, *(f"{value:.7g}" for value in values)])
        replace_file(path, text.getvalue().encode())


def score_images(run_dir, options: ScoreOptions) -> ImageScores:
    """Scores images of any origin under a run; prints a table and writes a file.

        bits_per_dim = the single-sample bound on -ln p(x), in bits per dimension
        typicality   = | bits_per_dim - typical |               (arXiv 1906.02994)
        kl           = KL(q(z|x) || p(z)), in bits per dimension
        code         = E_q[z], see `encode`

    `typical` is the mean over images of the run's own data. Noise and z are drawn by
    the seed and the image's values: its scores do not depend on what else is scored,
    and at seed 0 they are those of the exported model.

    Args:
      run_dir: Directory of the run.
      options: The choices.

    Raises:
      ValueError: If the run cannot be loaded or has no likelihood, the images cannot be
        brought to its shape and levels, a conditional run gets no labels of its
        classes, or a score is not finite.
    """
    run = load_run(run_dir)
    model = run.model
    scorer = LikelihoodScorer(model, options.batch_size, by_content=True)
    found = load_loose_images(
        options.images,
        run.config.data,
        model.image_shape,
        model.levels,
        levels=options.levels,
        skip_bad_images=options.skip_bad_images,
    )
    split = _labelled(found.split, run, options.label)
    print(f"images    {found.how}", flush=True)
    scores = scorer.bound(split, options.seed, 0, Passes("bits/dim"))
    columns = {"bits_per_dim": scores.bits_per_dim}
    mean_and_standard_error(scores.bits_per_dim, "bits_per_dim")
    if options.reference != "none":
        typical = _typical(scorer, run, options)
        columns["typicality"] = np.abs(scores.bits_per_dim - typical)
    codes = None
    if model.encoder is not None:
        columns["kl"] = scores.kl
        labels = model.own_labels(split.labels)
        codes = codes_of(model, split.images, labels, batch_size=options.batch_size)
    result = ImageScores(found.names, columns, codes)
    print(_table(result), flush=True)
    if options.out:
        result.write(options.out)
        print(f"scores    {options.out}", flush=True)
    return result


def _labelled(split, run, label):
    """Returns the images with the labels they are scored by, numbers of classes."""
    count = len(split)
    if not run.model.conditional:
        if label:
            requires(run.config, "label", "conditional")
        return Split(split.images, np.zeros(count, np.int32))
    names = [label] * count if label else split.labels
    if names is None:
        raise ValueError(
            "a conditional run scores images of given classes: an archive with labels, "
            "or `label`. Received: neither"
        )
    known = {name: number for number, name in enumerate(run.class_names)}
    if unknown := sorted({str(name) for name in names} - set(known)):
        raise ValueError(
            f"labels must be classes of the run, {', '.join(known)}. "
            f"Received: {', '.join(unknown)}"
        )
    labels = np.array([known[str(name)] for name in names], np.int32)
    return Split(split.images, labels)


def _typical(scorer, run, options):
    data = load_images_of_run(run.directory, run.config.data, options)
    own = getattr(data, options.reference)
    order = np.random.default_rng(options.seed).permutation(len(own))
    chosen = np.sort(order[: options.num_reference])
    split = Split(own.images[chosen], own.labels[chosen])
    progress = Passes(f"bits/dim, {options.reference} images")
    bits = scorer.bound(split, options.seed, 0, progress).bits_per_dim
    typical, error = mean_and_standard_error(bits, "bits_per_dim")
    spread = "" if error is None else f" +- {error:.3f}"
    print(
        f"typical   {typical:.3f}{spread} bits/dim, the mean of {len(split)} "
        f"{options.reference} images of {data.name}",
        flush=True,
    )
    return typical


def _table(scores):
    order = np.arange(len(scores.names))
    note = ""
    if len(order) > _SHOWN:
        column = "typicality" if "typicality" in scores.columns else "bits_per_dim"
        order = np.argsort(-scores.columns[column], kind="stable")[:_SHOWN]
        note = f"\n(of {len(scores.names)} images those of the highest {column})"
    rows = (
        (scores.names[i], *(f"{values[i]:.3f}" for values in scores.columns.values()))
        for i in order
    )
    return markdown_table(("name", *scores.columns), rows) + note
