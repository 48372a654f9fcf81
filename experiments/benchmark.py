"""Measures speed: python -m experiments.benchmark --flagfile=FILE --out=FILE."""

import re

from absl import flags

from experiments import STARTED, command, common_flags, field_flags, run_config
from experiments.rows import typed_settings

# A comma before the next NAME=, and not one of a value.
_SETTING = re.compile(r",(?=\w+=)")


def main():
    """Measures the configuration of the flags, writes the JSON, prints a table."""
    from experiments.bench import BenchmarkOptions

    config = run_config.config_from_flags()
    options = field_flags.options_from_flags(BenchmarkOptions)
    changed = {
        item: typed_settings("set", _SETTING.split(item)) for item in flags.FLAGS.set
    }

    from experiments.bench import benchmark, describe_report, sweep

    if options.sweep or changed:
        report = sweep(config, options, changed)
    else:
        report = benchmark(config, options, STARTED)
    print(describe_report(report))


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_benchmark_flags()
    command.run(main)


if __name__ == "__main__":
    run()
