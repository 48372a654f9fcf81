"""Translates images: python -m experiments.translate --run_dir=DIR --to=b."""

import dataclasses

from experiments import command, common_flags, field_flags


def main():
    """Translates the images of the flags and says where they are."""
    from ade_tf.samples.options import TranslationOptions

    options = field_flags.options_from_flags(TranslationOptions)
    run_dir = common_flags.loading_run_dir_from_flags()

    from ade_tf.samples import translate_images

    for path in translate_images(run_dir, **dataclasses.asdict(options)):
        print(path)


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_translate_flags()
    command.run(main)


if __name__ == "__main__":
    run()
