"""The page of an ablation: its tables, its pictures and how they were made."""

from ade_tf.drawing.numbers import number
from ade_tf.drawing.tables import markdown_table
from ade_tf.evaluation.metric import OUTPUTS
from experiments.studies.pages import mean_and_range, minutes, values_of

__all__ = ["ablation_page", "quality_names"]

_FIRST = ("frechet_distance", "inception_score")
_SECOND = [
    key for key, (metric, _) in OUTPUTS.items() if metric.compares and key not in _FIRST
]
_REAL = "real images"


def _label(key):
    return OUTPUTS[key][1].label.lower()


def _three(value):
    return number(float(value), 3)


def ablation_page(found: dict) -> str:
    """Returns an ablation as Markdown.

    Args:
      found: The result of `ablation_study`.
    """
    first, *others = found["references"]
    distance, score = _FIRST
    distances = [
        (f"FD to {split}", f"{distance}_to_{split}") for split in (first, *others)
    ]
    lines = [
        "# Ablation",
        "",
        _table(
            found,
            [
                ("bits/dim", "bits_per_dim", "{:.3f}".format),
                ("of it KL", "kl_bits_per_dim", "{:.3f}".format),
                *((title, name, _three) for title, name in distances),
                (_label(score), f"{score}_to_{first}", "{:.2f}".format),
                ("CPU minutes", "training_cpu_seconds", minutes),
            ],
            with_sizes=True,
        ),
        "",
        _table(
            found,
            [
                (f"F_{found['options']['importance_samples']} bits/dim",)
                + ("importance_weighted_bits_per_dim", "{:.3f}".format),
                *((_label(name), f"{name}_to_{first}", _three) for name in _SECOND),
                ("minutes", "training_seconds", minutes),
            ],
        ),
        "",
        *_notes(found),
        "",
        *(f"![{words}]({name})" for name, words in found["pictures"].items()),
    ]
    return "\n".join(lines) + "\n"


def quality_names(found: dict) -> dict:
    """Returns `metric -> what its score may be called` of an ablation."""
    return {
        record["metric"]: record["name"]
        for result in found["runs"]
        for record in result["records"]
        if "extractor" in record
    }


def _table(found, columns, with_sizes=False):
    """Returns a table: real images first, then a line for each row."""
    rows, real = found["rows"], found["real"]["scores"]
    columns = [
        column
        for column in columns
        if column[1] in real or any(column[1] in row for row in rows.values())
    ]
    first, last = (["decoder + f"], ["steps"]) if with_sizes else ([], [])
    head = ["row", *first, *(title for title, _, _ in columns), *last]
    lines = []
    if any(name in real for _, name, _ in columns):
        cells = [text(real[name]) if name in real else "" for _, name, text in columns]
        sizes = [""] * with_sizes
        lines.append([_REAL, *sizes, *cells, *sizes])
    runs = {result["row"]: result for result in reversed(found["runs"])}
    for row, scores in rows.items():
        cells = []
        for _, name, text in columns:
            cell = mean_and_range(scores.get(name, {}).get("values", []), text)
            fitted = runs[row]["approximate"] and name.endswith("bits_per_dim")
            cells.append(f"~ {cell}" if fitted and cell != "-" else cell)
        if with_sizes:
            size = runs[row]["decoder_and_feature_map_parameters"]
            cells = [f"{size:,}", *cells, f"{runs[row]['steps']:,}"]
        lines.append([f"`{row}`", *cells])
    return markdown_table(head, lines)


def _notes(found):
    """Yields how the numbers were made, a line each."""
    options, images = found["options"], found["images"]
    runs, real = found["runs"], found["real"]["records"]
    several = len(found["seeds"]) > 1
    seeds = f"seed{'s' * several} {', '.join(map(str, found['seeds']))}"
    yield (
        f"* {images['dataset']}: {images['train']:,} images for training, "
        f"{images['validation']:,} for validation, {images['test']:,} for the test; "
        f"{seeds}{': means, and their range' if several else ''}."
    )
    noise = "y ~ N(mu(z), sigma)" if options["noise"] else "y = mu(z)"
    yield (
        "* bits/dim: the single-sample bound on the test split, `of it KL` with it. "
        f"Samples: {options['num_samples']:,} per run, f^-1(y) with {noise}, "
        f"temperature {options['temperature']:g}, seed {options['seed']}. "
        f"Protocol `{options['protocol']}`: {found['protocol_summary']}."
    )
    extractor = found["extractor"]
    counts = ", ".join(
        f"{count:,} of {split}" for split, count in found["references"].items()
    )
    names = quality_names(found)
    yield (
        f"* FD: {names[_FIRST[0]]}. Features of {extractor['name']} (sha256 "
        f"{extractor['sha256'][:16]}); real images compared with: {counts}."
    )
    if real:
        counts = {
            f"{record['num_examples']:,} of {record['images']} in the place of samples "
            f"against {record['num_reference']:,} of {record['split']}": None
            for record in real
        }
        yield f"* Real images: {'; '.join(counts)}."
    if fits := _fits(runs):
        yield (
            "* ~ approximate: decoder and feature map are kept as the adversary "
            "trained them, an encoder and one scalar sigma are fitted to them by the "
            f"bound; their time is not in the table: {'; '.join(fits)}."
        )
    if any("training_seconds" not in run["scores"] for run in runs):
        yield "* -: trained by another command, or with a killed one; not timed whole."
    machines = " and ".join({run["machine"]: None for run in runs})
    listed = (", ".join(f"{n} {v}" for n, v in run["packages"].items()) for run in runs)
    packages = " or ".join(dict.fromkeys(listed))
    yield f"* Trained on {machines}, with {packages}. CPU minutes are of all threads."
    yield f"* By `{found['command']}`. All numbers: `ablation.json`."


def _fits(runs):
    """Returns what the fits of each row took, in words."""
    rows = {}
    for run in runs:
        if "fit" in run:
            rows.setdefault(run["row"], []).append(run["fit"])
    words = []
    for row, fits in rows.items():
        times = values_of(fits, "cpu_seconds")
        took = f", {mean_and_range(times, minutes)} CPU minutes" if times else ""
        words.append(f"`{row}` {fits[0]['steps']:,} steps{took}")
    return words
