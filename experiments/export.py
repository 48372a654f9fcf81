"""Exports a run: python -m experiments.export --run_dir=DIR --out=DIR."""

from absl import flags

from experiments import command, common_flags


def main():
    """Writes the SavedModel of the flags and lists its endpoints."""
    run_dir = common_flags.loading_run_dir_from_flags()

    from ade_tf.export import export_run

    endpoints = export_run(run_dir, flags.FLAGS.out)
    print(f"{flags.FLAGS.out}: {', '.join(endpoints)}")


if __name__ == "__main__":
    common_flags.define_export_flags()
    command.run(main)
