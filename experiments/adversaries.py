"""Adversaries compared on digits: python -m experiments.adversaries --out=DIR."""

import sys

from absl import flags

from experiments import command, study_flags


def main():
    """Measures, and writes numbers, tables and picture."""
    values = flags.FLAGS
    if not values.out:
        raise ValueError("--out must name a directory. Received: none")
    line = " ".join(["python3 -m experiments.adversaries", *sys.argv[1:]])

    from experiments.studies import adversary_study

    adversary_study(values.out, seed=values.seed, command=line)


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_adversaries_flags()
    command.run(main)


if __name__ == "__main__":
    run()
