"""Models of known densities in the plane: python -m experiments.toy --out=DIR."""

import itertools

from absl import flags

from experiments import command, common_flags, run_config, study_flags
from experiments.numbers import numbers
from experiments.rows import rows_of_flagfiles


def main():
    """Trains every row on every data set, measures, and draws the picture."""
    values, out = flags.FLAGS, common_flags.out_dir_from_flags()
    seeds = numbers("seeds", values.seeds)
    configs = {}
    rows = rows_of_flagfiles(values.rows).items()
    for data, (row, file), seed in itertools.product(values.data, rows, seeds):
        configs[data, row, seed] = run_config.config_from_flagfile(
            file, dataset=f"toy:{data}", seed=seed
        )

    from experiments.studies import toy_study

    toy_study(configs, out)


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_toy_flags()
    command.run(main)


if __name__ == "__main__":
    run()
