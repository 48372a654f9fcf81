"""Scores a run: python -m experiments.evaluate --run_dir=DIR --metrics=all."""

from absl import flags

from ade_tf.evaluation import EvaluationOptions, evaluate_run
from experiments import command, common_flags


def main():
    """Scores the run of the flags and appends the records to its metrics.jsonl."""
    options = common_flags.options_from_flags(EvaluationOptions)
    print(f"Loading {flags.FLAGS.run_dir} ...", flush=True)
    evaluate_run(flags.FLAGS.run_dir, options)


if __name__ == "__main__":
    common_flags.define_evaluate_flags()
    command.run(main)
