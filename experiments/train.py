"""Trains a model: python -m experiments.train --flagfile=FILE --run_dir=DIR."""

from absl import flags

from ade_tf.training import describe_run, train
from experiments import command, common_flags


def main():
    """Trains, or with --dry_run describes, the run of the flags."""
    config = common_flags.config_from_flags()
    if flags.FLAGS.dry_run:
        print(describe_run(config))
        return
    train(config, common_flags.run_dir_from_flags())


if __name__ == "__main__":
    common_flags.define_run_flags()
    command.run(main)
