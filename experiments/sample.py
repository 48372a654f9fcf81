"""Draws pictures from a run: python -m experiments.sample --run_dir=DIR."""

from absl import flags

from ade_tf.pictures import draw
from experiments import command, common_flags


def main():
    """Draws the picture of the flags and says where it is."""
    values = flags.FLAGS
    path = draw(
        values.run_dir,
        mode=values.mode,
        num_samples=values.num_samples,
        temperature=values.temperature,
        noise=values.noise,
        seed=values.seed,
        out=values.out,
        data_dir=values.data_dir,
    )
    print(path)


if __name__ == "__main__":
    common_flags.define_sample_flags()
    command.run(main)
