"""A table of models: python -m experiments.ablation --flagfile=FILE --out=DIR."""

import itertools
import shlex
import sys

from absl import flags

from ade_tf.evaluation import EvaluationOptions
from experiments import command, common_flags
from experiments.rows import row_of_flagfile, texts_of_settings, typed_settings
from experiments.studies import ablation_study


def main():
    """Trains and measures every row with every seed; writes table and figures."""
    values = flags.FLAGS
    if not values.out:
        raise ValueError("--out must name a directory. Received: none")
    ablation_study(
        configs_of_flags(values),
        values.out,
        common_flags.options_from_flags(
            EvaluationOptions, common_flags.ABLATION_OPTIONS
        ),
        parameter_share=values.parameter_share,
        fit_settings=typed_settings("fit_settings", values.fit_settings),
        command=shlex.join(["python3", "-m", "experiments.ablation", *sys.argv[1:]]),
    )


def configs_of_flags(values) -> dict:
    """Returns `(row, seed) -> RunConfig` of the flags, in the order of the table.

    Raises:
      ValueError: If a flagfile or a setting is none, or two rows have one name.
    """
    seeds = common_flags.integers("seeds", values.seeds)
    settings = texts_of_settings("set", values["set"].value)
    if "seed" in settings:
        raise ValueError(
            f"`set` leaves the seed to --seeds. Received: seed={settings['seed']}"
        )
    rows = {}
    for file in values.rows:
        row = row_of_flagfile(file)
        if row in rows:
            raise ValueError(
                "rows must have different names (a file's name without the first "
                f"word, its data). Received: {rows[row]!r} and {file!r}"
            )
        rows[row] = file
    return {
        (row, seed): common_flags.config_from_flagfile(file, **settings, seed=seed)
        for (row, file), seed in itertools.product(rows.items(), seeds)
    }


if __name__ == "__main__":
    common_flags.define_ablation_flags()
    command.run(main)
