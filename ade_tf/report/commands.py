"""The command lines that make a run, its numbers and its pictures again."""

import json
import shlex

from ade_tf.evaluation.metric import OUTPUTS
from ade_tf.evaluation.protocols import PROTOCOLS
from ade_tf.report.options import COUNTS, OTHERS

__all__ = ["evaluate_commands", "picture_commands", "report_command", "train_command"]

# Keys of records that are flags of the same name.
_FLAGS = ("importance_samples", "repetitions", "temperature", "noise", "seed")

# Flags of `novelty` and the keys of its records.
_NOVELTY = {
    "against": "against",
    "group_size": "group_size",
    "reference": "typical_split",
    "seed": "seed",
}


def train_command(run) -> str:
    """Returns the command that trains a run again, in a directory of its own."""
    flagfile = f"--flagfile={run.path / 'resolved.flags'}"
    return _command("train", flagfile, f"--run_dir={run.path}-again")


def evaluate_commands(run) -> list[str]:
    """Returns the commands that measure again what training did not measure itself.

    Records of the same choices share a command. Where an extractor stands is not
    recorded: its name stands in the place of its path.
    """
    metrics, novelty = {}, {}
    for record in run.records:
        metric = str(record.get("metric"))
        if metric == "novelty":
            flags = (f"--{name}={record.get(key)}" for name, key in _NOVELTY.items())
            novelty[tuple(flags)] = None
        elif record.get("origin") != "train" and metric in OUTPUTS:
            name = OUTPUTS[metric][0].name
            metrics.setdefault(tuple(_choices(record)), set()).add(name)
    where = f"--run_dir={run.path}"
    scores = [
        _command("evaluate", where, f"--metrics={','.join(sorted(names))}", *choices)
        for choices, names in metrics.items()
    ]
    return scores + [_command("novelty", where, *choices) for choices in novelty]


def picture_commands(run, modes, settings) -> list[str]:
    """Returns the commands that draw the pictures of a run as files of their own."""
    return [
        _command(
            "sample",
            f"--run_dir={run.path}",
            f"--mode={mode}",
            f"--num_samples={COUNTS.get(mode, OTHERS)}",
            *_settings(settings),
        )
        for mode in modes
    ]


def report_command(runs, out, modes, settings) -> str:
    """Returns the command that writes the page again."""
    return _command(
        "report",
        f"--run_dirs={','.join(str(run.path) for run in runs)}",
        f"--pictures={','.join(modes)}",
        *_settings(settings),
        f"--out={out}",
    )


def _settings(settings):
    """Returns the flags of settings that are given and decide the pictures."""
    return [
        f"--{name}={str(value).lower() if isinstance(value, bool) else value}"
        for name, value in settings.items()
        if value not in ("", None) and name != "cache_dir"
    ]


def _choices(record):
    """Yields the flags that a record's choices stand for."""
    if "split" in record:
        # A protocol's reference may be several splits; its first one is asked for.
        yield f"--split={str(record['split']).split('+')[0]}"
    if record.get("protocol") in PROTOCOLS:
        yield f"--protocol={record['protocol']}"
    if "weights" in record:
        yield f"--weights={record['weights']}"
    for name in _FLAGS:
        value = record.get(name)
        if value is not None:
            yield f"--{name}={json.dumps(value)}"
    extractor = record.get("extractor")
    if not isinstance(extractor, dict):
        return
    name = str(extractor.get("name", ""))
    yield f"--num_samples={record.get('num_examples')}"
    kind = name.partition("(")[0]
    if kind in ("classifier", "pixels", "random"):
        yield f"--extractor={kind}"
    else:
        yield f"--extractor={'inception' if name == 'inception' else 'savedmodel'}"
        yield f"--extractor_path={name}"


def _command(binary, *flags):
    words = ["python3", "-m", f"experiments.{binary}", *flags]
    return " ".join(map(shlex.quote, words))
