"""Tests for novelty: python -m experiments.novelty --run_dir=DIR --against=SOURCE."""

from experiments import command, common_flags, field_flags


def main():
    """Compares the run's test images with a second set; says where all of it is."""
    from ade_tf.evaluation.options import NoveltyOptions

    options = field_flags.options_from_flags(NoveltyOptions)
    run_dir = common_flags.loading_run_dir_from_flags()

    from ade_tf.evaluation.novelty import evaluate_novelty

    evaluate_novelty(run_dir, options)


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_novelty_flags()
    command.run(main)


if __name__ == "__main__":
    run()
