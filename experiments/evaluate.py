"""Scores a run: python -m experiments.evaluate --run_dir=DIR --split=test."""

from absl import flags

from ade_tf.training import evaluate_run
from experiments import command, common_flags


def main():
    """Scores the run of the flags and appends the records to its metrics.jsonl."""
    values = flags.FLAGS
    evaluate_run(
        values.run_dir,
        metrics=values.metrics,
        split=values.split,
        importance_samples=values.importance_samples,
        seed=values.seed,
        data_dir=values.data_dir,
    )


if __name__ == "__main__":
    common_flags.define_evaluate_flags()
    command.run(main)
