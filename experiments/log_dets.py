"""Log-dets by power series, measured: python -m experiments.log_dets --run_dir=RUN."""

from absl import flags

from experiments import command, common_flags, study_flags


def main():
    """Measures the series of a residual flow; writes numbers, page and picture."""
    values = flags.FLAGS
    out = common_flags.out_dir_from_flags()
    run_dir = common_flags.loading_run_dir_from_flags()
    line = command.as_given("log_dets")

    from experiments.studies.log_dets import log_det_study

    log_det_study(
        run_dir,
        out,
        images=values.images,
        draws=values.draws,
        seed=values.seed,
        command=line,
    )


def run():
    """Runs the command, with the flags of this process."""
    study_flags.define_log_dets_flags()
    command.run(main)


if __name__ == "__main__":
    run()
