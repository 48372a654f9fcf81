"""Prepares images: python -m experiments.prepare_data --source=folder:PATH --out=DIR.

The directory is then a data set, `--dataset=prepared:DIR`, that is read from disk.
"""

from experiments import command, common_flags, field_flags


def main():
    """Prepares the images of the flags, or goes on with what was begun."""
    from ade_tf.config.data import PreparationOptions

    options = field_flags.options_from_flags(PreparationOptions)
    out = common_flags.out_dir_from_flags()

    from ade_tf.data.preparation import prepare_data

    prepare_data(out, options)


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_prepare_data_flags()
    command.run(main)


if __name__ == "__main__":
    run()
