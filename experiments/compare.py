"""Scores images against others: python -m experiments.compare --reference=... ."""

from experiments import command, common_flags


def main():
    """Scores the images of the flags and, with --out, adds the records to a file."""
    from ade_tf.evaluation import ComparisonOptions

    options = common_flags.options_from_flags(ComparisonOptions)

    from ade_tf.evaluation import compare_images

    compare_images(options)


if __name__ == "__main__":
    common_flags.define_compare_flags()
    command.run(main)
