"""Trains a model: python -m experiments.train --flagfile=FILE --run_dir=DIR."""

from absl import flags

from experiments import command, common_flags


def main():
    """Trains, or with --dry_run describes, the run of the flags."""
    config = common_flags.config_from_flags()
    common_flags.check_path_of_dataset(config.data.dataset)
    common_flags.check_path_of_dataset(config.data.dataset_b)
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
