"""Scores a run: python -m experiments.evaluate --run_dir=DIR --metrics=all.

With --follow it scores each checkpoint of a run that is being trained.
"""

from experiments import command, common_flags, field_flags


def main():
    """Scores the run of the flags and appends the records to its metrics.jsonl."""
    from ade_tf.evaluation import FollowOptions

    options = field_flags.options_from_flags(FollowOptions)
    run_dir = common_flags.loading_run_dir_from_flags()

    from ade_tf.evaluation import evaluate_run, follow_run

    if options.follow:
        follow_run(run_dir, options)
    else:
        evaluate_run(run_dir, options)


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_evaluate_flags()
    command.run(main)


if __name__ == "__main__":
    run()
