"""Scores images against others: python -m experiments.compare --reference=... ."""

from ade_tf.evaluation import ComparisonOptions, compare_images
from experiments import command, common_flags


def main():
    """Scores the images of the flags and, with --out, adds the records to a file."""
    compare_images(common_flags.options_from_flags(ComparisonOptions))


if __name__ == "__main__":
    common_flags.define_compare_flags()
    command.run(main)
