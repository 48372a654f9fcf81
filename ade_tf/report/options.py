"""What the pictures of a page are: their settings, their sizes, their captions."""

from ade_tf.samples.options import MODES, PictureOptions

__all__ = ["COUNTS", "OTHERS", "PICTURE_SETTINGS", "caption"]

# Samples, pairs or rows of a mode, and of every other one.
COUNTS = {
    "sample": 64,
    "reconstruct": 40,
    "neighbours": 16,
    "temperatures": 64,
    "density": 2000,
}
OTHERS = 8
# Settings of `ade_tf.samples.draw` that a page takes for all of its pictures.
PICTURE_SETTINGS = (
    "temperature",
    "noise",
    "seed",
    "dataset",
    "data_dir",
    "changed_data",
    "neighbours_in",
    "extractor",
    "extractor_path",
    "cache_dir",
)


def caption(options: PictureOptions) -> str:
    """Returns what a picture shows, and what it depends on."""
    noise = "with the decoder's noise" if options.noise else "no decoder noise"
    near = "pixels"
    if options.neighbours_in == "features":
        near = f"the features of the extractor {options.extractor}"
    return MODES[options.mode].shows.format(
        count=options.num_samples,
        draws=f"temperature {options.temperature:g}, {noise}, seed {options.seed}",
        near=near,
        noise=noise,
        seed=options.seed,
        temperatures=", ".join(f"{value:g}" for value in options.temperatures),
    )
