"""Likelihood is not quality: python -m experiments.two_examples --run_dir=RUN."""

from experiments import command, common_flags, study_flags


def main():
    """Compares a run with two densities that tell likelihood from quality."""
    out = common_flags.out_dir_from_flags()
    run_dir = common_flags.loading_run_dir_from_flags()

    from experiments.studies.two_examples import two_examples

    two_examples(run_dir, out)


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_two_examples_flags()
    command.run(main)


if __name__ == "__main__":
    run()
