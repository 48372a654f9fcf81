"""Scores images against others: python -m experiments.compare --reference=... ."""

from experiments import command, common_flags, field_flags


def main():
    """Scores the images of the flags and, with --out, adds the records to a file."""
    from ade_tf.evaluation import ComparisonOptions

    options = field_flags.options_from_flags(ComparisonOptions)

    from ade_tf.evaluation import compare_images

    compare_images(options)


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_compare_flags()
    command.run(main)


if __name__ == "__main__":
    run()
