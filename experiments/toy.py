"""The picture of why, on points in the plane: python -m experiments.toy --out=DIR."""

import itertools
import pathlib

from absl import flags

from experiments import command, run_config, study_flags
from experiments.numbers import numbers


def main():
    """Trains every row on every data set, measures, and draws the picture."""
    values = flags.FLAGS
    seeds = numbers("seeds", values.seeds)
    configs = {}
    for data, file, seed in itertools.product(values.data, values.rows, seeds):
        row = pathlib.Path(file).stem.removeprefix("toy_")
        configs[data, row, seed] = run_config.config_from_flagfile(
            file, dataset=f"toy:{data}", seed=seed
        )

    from experiments.studies import toy_study

    toy_study(configs, values.out)


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_toy_flags()
    command.run(main)


if __name__ == "__main__":
    run()
