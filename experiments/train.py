"""Trains a model: python -m experiments.train --flagfile=FILE --run_dir=DIR."""

from absl import flags

from ade_tf.files import existing
from experiments import command, common_flags, run_config


def main():
    """Trains, or with --dry_run describes, the run of the flags."""
    config = run_config.config_from_flags()
    for name in (config.data.dataset, config.data.dataset_b):
        source, _, path = name.partition(":")
        if source in ("folder", "npz"):
            # Before anything is loaded.
            existing(source, path)
    run_dir = None if flags.FLAGS.dry_run else common_flags.run_dir_from_flags()

    from ade_tf.training import describe_run, train

    if run_dir is None:
        print(describe_run(config))
    else:
        train(config, run_dir)


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_run_flags()
    command.run(main)


if __name__ == "__main__":
    run()
