"""Scores any images: python -m experiments.score --run_dir=DIR --images=PATH."""

from experiments import command, common_flags, field_flags


def main():
    """Prints the scores of the images and writes them to the file of the flags."""
    from ade_tf.evaluation.options import ScoreOptions

    options = field_flags.options_from_flags(ScoreOptions)
    run_dir = common_flags.loading_run_dir_from_flags()

    from ade_tf.evaluation.image_scores import score_images

    score_images(run_dir, options)


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_score_flags()
    command.run(main)


if __name__ == "__main__":
    run()
