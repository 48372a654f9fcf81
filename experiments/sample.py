"""Draws pictures from a run: python -m experiments.sample --run_dir=DIR."""

import dataclasses

from experiments import command, common_flags, field_flags


def main():
    """Draws the picture of the flags and says where it is."""
    from ade_tf.samples import PictureOptions

    options = field_flags.options_from_flags(PictureOptions)
    run_dir = common_flags.loading_run_dir_from_flags()

    from ade_tf.samples import draw

    print(draw(run_dir, **dataclasses.asdict(options)))


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_sample_flags()
    command.run(main)


if __name__ == "__main__":
    run()
