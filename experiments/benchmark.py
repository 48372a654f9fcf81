"""Measures speed: python -m experiments.benchmark --flagfile=FILE --out=FILE."""

from absl import flags

from ade_tf.benchmarking import benchmark, describe_report
from experiments import STARTED, command, common_flags


def main():
    """Measures the configuration of the flags, writes the JSON, prints a table."""
    values = flags.FLAGS
    report = benchmark(
        common_flags.config_from_flags(),
        values.out,
        image_shape=common_flags.integers("image_shape", values.image_shape),
        against=values.against,
        rounds=values.rounds,
        threads=values.threads,
        started=STARTED,
    )
    print(describe_report(report))


if __name__ == "__main__":
    common_flags.define_benchmark_flags()
    command.run(main)
