"""Likelihood against quality in one picture: python -m experiments.frontier."""

import itertools

from absl import flags

from ade_tf.config import requires
from experiments import command, common_flags, run_config, study_flags
from experiments.numbers import numbers
from experiments.rows import row_of_flagfile


def main():
    """Trains and measures every model with every weight and seed; draws them."""
    values, out = flags.FLAGS, common_flags.out_dir_from_flags()
    seeds = numbers("seeds", values.seeds)
    weights = numbers("weights", values.weights, float)
    points = [(file, w) for file in values.curves for w in weights]
    points += [(file, None) for file in values.rows]
    names = [_name(*point) for point in points]
    if not names:
        raise ValueError("--curves or --rows must name a flagfile. Received: none")
    if len(set(names)) < len(names):
        raise ValueError(
            "points of the picture must have different names (a file's name without "
            f"the first word, and the weight). Received: {', '.join(names)}"
        )
    # Seed by seed, so that a picture of one has all the points.
    configs = {
        (name, seed): _config(*point, seed)
        for seed, (name, point) in itertools.product(
            seeds, list(zip(names, points, strict=True))
        )
    }

    from experiments.studies.frontier import FrontierRow, frontier_study

    rows = [
        FrontierRow(name, row_of_flagfile(file), weight)
        for name, (file, weight) in zip(names, points, strict=True)
    ]
    line = command.as_given("frontier")
    frontier_study(rows, configs, out, line, values.train)


def _name(file, weight):
    row = row_of_flagfile(file)
    return row if weight is None else f"{row}_w{weight:g}"


def _config(file, weight, seed):
    if weight is None:
        return run_config.config_from_flagfile(file, seed=seed)
    config = run_config.config_from_flagfile(file, adversarial_weight=weight, seed=seed)
    requires(config, f"a curve, {file!r},", "both losses")
    return config


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_frontier_flags()
    command.run(main)


if __name__ == "__main__":
    run()
