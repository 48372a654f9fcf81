"""Exports a run: python -m experiments.export --run_dir=DIR --out=DIR."""

from absl import flags

from experiments import command, common_flags


def main():
    """Writes the SavedModel of the flags and lists its endpoints."""
    run_dir = common_flags.loading_run_dir_from_flags()

    from ade_tf.export import export_run

    values = flags.FLAGS
    endpoints = export_run(
        run_dir, values.out, overwrite=values.overwrite, weights=values.weights
    )
    print(f"{values.out}: {', '.join(endpoints)}")


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_export_flags()
    command.run(main)


if __name__ == "__main__":
    run()
