"""Shows runs on a page: python -m experiments.report --run_dirs=A,B --out=FILE.html."""

from absl import flags

from experiments import command, common_flags


def main():
    """Writes the page of the flags and says where it is."""
    from ade_tf.report import PICTURE_SETTINGS, write_report

    values = flags.FLAGS
    path = write_report(
        [name for name in values.run_dirs if name],
        values.out,
        pictures=[mode for mode in values.pictures if mode],
        **{name: getattr(values, name) for name in PICTURE_SETTINGS},
    )
    print(path)


def run():
    """Runs the command, with the flags of this process."""
    common_flags.define_report_flags()
    command.run(main)


if __name__ == "__main__":
    run()
