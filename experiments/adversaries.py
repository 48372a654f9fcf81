"""Adversaries compared on digits: python -m experiments.adversaries --out=DIR."""

from absl import flags

from experiments import command, common_flags, study_flags


def main():
    """Measures, and writes numbers, tables and picture."""
    out = common_flags.out_dir_from_flags()
    line = command.as_given("adversaries")

    from experiments.studies import adversary_study

    adversary_study(out, seed=flags.FLAGS.seed, command=line)


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_adversaries_flags()
    command.run(main)


if __name__ == "__main__":
    run()
