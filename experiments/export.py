"""Exports a run: python -m experiments.export --run_dir=DIR --out=DIR."""

from absl import flags

from experiments import command, common_flags


def main():
    """Writes the SavedModel of the flags; says what it answers and what it takes."""
    run_dir = common_flags.loading_run_dir_from_flags()

    from ade_tf.export import export_run, measure_export

    values = flags.FLAGS
    endpoints = export_run(
        run_dir, values.out, overwrite=values.overwrite, weights=values.weights
    )
    print(f"{values.out}: {', '.join(endpoints)}")
    size = measure_export(values.out)
    print(
        f"size      {size.disk_bytes / 1e6:.1f} MB, {size.gzip_bytes / 1e6:.1f} MB "
        f"gzip'd; loads in {size.load_seconds:.1f} s where TensorFlow is imported"
    )


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_export_flags()
    command.run(main)


if __name__ == "__main__":
    run()
