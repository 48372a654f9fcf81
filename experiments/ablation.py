"""A table of models: python -m experiments.ablation --flagfile=FILE --out=DIR."""

import itertools

from absl import flags

from ade_tf.config import RunConfig
from experiments import command, common_flags, field_flags, run_config, study_flags
from experiments.numbers import numbers
from experiments.rows import rows_of_flagfiles, texts_of_settings, typed_settings


def main():
    """Trains and measures every row with every seed; writes table and figures."""
    from ade_tf.evaluation import EvaluationOptions

    values = flags.FLAGS
    out = common_flags.out_dir_from_flags()
    configs = configs_of_flags(values)
    options = field_flags.options_from_flags(
        EvaluationOptions, study_flags.ABLATION_OPTIONS
    )
    fit_settings = typed_settings("fit_settings", values.fit_settings)

    from experiments.studies import ablation_study

    ablation_study(
        configs,
        out,
        options,
        parameter_share=values.parameter_share,
        fit_settings=fit_settings,
        command=command.as_given("ablation"),
    )


def configs_of_flags(values) -> dict:
    """Returns `(row, seed) -> RunConfig` of the flags, in the order of the table.

    Raises:
      ValueError: If a flagfile or a setting is none or can act in no row, or two rows
        have one name.
    """
    seeds = numbers("seeds", values.seeds)
    settings = texts_of_settings("set", values["set"].value)
    if "seed" in settings:
        raise ValueError(
            "`set` must not name the seed; use --seeds. "
            f"Received: seed={settings['seed']}"
        )
    rows = rows_of_flagfiles(values.rows)
    acting = {row: _acting(file, settings) for row, file in rows.items()}
    if idle := sorted(set(settings).difference(*acting.values())):
        raise ValueError(
            "`set` must have settings that can act in a row. "
            f"Received: {', '.join(idle)}"
        )
    return {
        (row, seed): run_config.config_from_flagfile(file, **acting[row], seed=seed)
        for (row, file), seed in itertools.product(rows.items(), seeds)
    }


def _acting(file, settings):
    """Returns those of the settings, as texts, that can act in the row of a file."""
    values = run_config.values_of_flagfile(file, **settings)
    acting = RunConfig.from_stored(values).acting()
    return {name: text for name, text in settings.items() if name in acting}


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_ablation_flags()
    command.run(main)


if __name__ == "__main__":
    run()
