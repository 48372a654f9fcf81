"""The systems of the family in one table: python -m experiments.systems --out=DIR."""

import itertools
import pathlib

from absl import flags

from experiments import command, common_flags, run_config, study_flags
from experiments.numbers import numbers
from experiments.rows import rows_of_flagfiles


def main():
    """Trains and measures every system with every seed; writes the page."""
    values, out = flags.FLAGS, common_flags.out_dir_from_flags()
    seeds = numbers("seeds", values.seeds)
    rows = rows_of_flagfiles(values.rows)
    configs = {
        (row, seed): run_config.config_from_flagfile(file, seed=seed)
        for (row, file), seed in itertools.product(rows.items(), seeds)
    }

    from experiments.studies.systems import System, systems_study

    systems = [System(row, file, _summary(file)) for row, file in rows.items()]
    line = command.as_given("systems")
    systems_study(systems, configs, out, line, values.train)


def _summary(file):
    """Returns the first comment of a flagfile: what the system is, and its paper."""
    found = []
    for line in pathlib.Path(file).read_text().splitlines():
        if not line.startswith("#"):
            break
        found.append(line.removeprefix("#").strip())
    return " ".join(found)


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_systems_flags()
    command.run(main)


if __name__ == "__main__":
    run()
