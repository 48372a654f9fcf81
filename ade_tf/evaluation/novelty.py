"""Whether a run's likelihood tells images of another kind from its own."""

import pathlib
import re

import numpy as np

from ade_tf.config import requires
from ade_tf.config.data import short_name
from ade_tf.drawing.novelty import draw_novelty
from ade_tf.drawing.tables import markdown_table
from ade_tf.evaluation.novelty_scores import NoveltyScores, score_novelty
from ade_tf.evaluation.options import NoveltyOptions
from ade_tf.evaluation.second_set import constant_images, load_against
from ade_tf.files import check_writable, replacement
from ade_tf.metrics import mean_and_standard_error
from ade_tf.models import LikelihoodScorer, LikelihoodScores
from ade_tf.progress import Passes
from ade_tf.runs import RunDirectory, load_images_of_run, load_run
from ade_tf.runs.records import append_record

__all__ = ["evaluate_novelty"]

_IN_TABLE = ("usual_mean", "novel_mean", "value", "standard_error")


def evaluate_novelty(run_dir, options: NoveltyOptions | None = None) -> list[dict]:
    """Scores a run's test images and those of a second set, and compares the scores.

    Prints a table; adds a record of each score's ROC area to the run's `metrics.jsonl`;
    writes the scores of each image and a picture of their distributions. For
    comparison, one constant image of each grey level is scored too.

    Args:
      run_dir: Directory of the run.
      options: The choices; None: the defaults.

    Returns:
      The records: metric `novelty`, the score's name, the ROC area and its standard
      error, the mean of the score on either set, and how all was made.

    Raises:
      ValueError: If the run cannot be loaded, has no likelihood, continuous images or a
        conditional model, if the second set cannot be brought to its shape, if there
        are fewer images than a group takes, or if a score is not finite.
      OSError: If something cannot be written, before anything is loaded.
    """
    options = options or NoveltyOptions()
    directory = RunDirectory(run_dir)
    path = _path(directory, options)
    check_writable(directory.metrics, added=True)
    for file in (path, path.with_suffix(".npz")):
        check_writable(file)
    run = load_run(run_dir)
    requires(run.config, "novelty, a test of p(x),", "unconditional")
    if run.config.data.pad_to:
        raise ValueError(
            "novelty brings the second set to the run's shape by area, without the "
            "zeros around its images. Received: a run of "
            f"pad_to={run.config.data.pad_to}"
        )
    scorer = LikelihoodScorer(run.model, options.batch_size)
    data = load_images_of_run(run.directory, run.config.data, options)
    second, how = load_against(options.against, data, options, options.data_dir)
    print(f"usual     {data.name}, test images\nnovel     {how}", flush=True)
    sets = {
        "reference": getattr(data, options.reference),
        "usual": data.test,
        "novel": second,
        "constant": constant_images(data.image_shape, data.levels),
    }
    found = {name: _score(scorer, split, name, options) for name, split in sets.items()}
    with_kl = run.model.encoder is not None
    scores = score_novelty(
        found["usual"],
        found["novel"],
        typical=float(found["reference"].bits_per_dim.mean()),
        group_size=options.group_size,
        seed=options.seed,
        with_kl=with_kl,
    )
    constant = found["constant"].bits_per_dim
    records = _records(run, data, options, scores, constant, how)
    print(_describe(scores, records, options, constant), flush=True)
    for record in records:
        append_record(directory.metrics, record)
    path.parent.mkdir(parents=True, exist_ok=True)
    _save_scores(path.with_suffix(".npz"), found, with_kl)
    draw_novelty(
        path,
        scores,
        usual_images=data.test.images,
        novel_images=second.images,
        constant=constant,
        levels=data.levels,
        names=(short_name(data.name), short_name(options.against)),
    )
    print(f"picture   {path}\nscores    {path.with_suffix('.npz')}", flush=True)
    return records


def _score(scorer, split, name, options) -> LikelihoodScores:
    scores = scorer.bound(
        split, options.seed, options.num_images, Passes(f"bits/dim, {name} images")
    )
    for kind in ("bits_per_dim", "kl"):
        mean_and_standard_error(getattr(scores, kind), f"{kind} of {name} images")
    return scores


def _records(run, data, options, scores, constant, how):
    shared = {
        "step": run.step,
        "split": "test",
        "num_examples": len(scores.usual["bits_per_dim"]),
        "num_novel": len(scores.novel["bits_per_dim"]),
        "group_size": options.group_size,
        "seed": options.seed,
        "dataset": data.name,
        "against": options.against,
        "against_how": how,
        "protocol": "single-sample bound; ROC area, standard error of Hanley-McNeil",
        "typical_bits_per_dim": scores.typical,
        "typical_split": options.reference,
        "constant_bits_per_dim": float(constant.min()),
    }
    return [
        {
            "metric": "novelty",
            "name": f"ROC area of {score} against {short_name(options.against)}",
            "score": score,
            "value": scores.areas[score][0],
            "standard_error": scores.areas[score][1],
            "usual_mean": float(scores.usual[score].mean()),
            "novel_mean": float(scores.novel[score].mean()),
            **shared,
        }
        for score in scores.areas
    ]


def _save_scores(path, found, with_kl):
    arrays = {}
    for name, scores in found.items():
        arrays[f"{name}_bits_per_dim"] = scores.bits_per_dim
        if with_kl:
            arrays[f"{name}_kl"] = scores.kl
    with replacement(path) as file:
        np.savez_compressed(file, **arrays)


def _path(directory, options) -> pathlib.Path:
    if options.out:
        return pathlib.Path(options.out)
    word = re.sub(r"[^0-9A-Za-z]+", "-", short_name(options.against)).strip("-")
    return directory.samples / f"novelty-{word}.png"


def _describe(scores: NoveltyScores, records, options, constant):
    kind = "images" if options.group_size == 1 else f"groups of {options.group_size}"
    first = records[0]
    lines = [
        f"{first['num_examples']} usual and {first['num_novel']} novel {kind}; "
        f"typical: {scores.typical:.3f} bits/dim, the mean of the "
        f"{options.reference} images",
        "",
        markdown_table(
            ("score, high = novel", "usual", "novel", "ROC area", "+- (Hanley-McNeil)"),
            ([r["score"], *(f"{r[key]:.3f}" for key in _IN_TABLE)] for r in records),
        ),
    ]
    level = int(constant.argmin())
    share = np.mean(scores.usual_bits_per_dim > constant[level])
    lines += [
        "",
        f"constant  the image that is {level} everywhere takes {constant[level]:.3f} "
        f"bits/dim, fewer than {share:.0%} of the usual images",
    ]
    gap = scores.usual_bits_per_dim.mean() - scores.typical
    if options.reference == "train" and scores.reference_is_biased:
        lines.append(
            f"note      test images take {gap:+.3f} bits/dim against training images: "
            "typicality is biased, and --reference=validation the better mean"
        )
    return "\n".join(lines)
