"""A picture of a run: its mode, and the file it goes to."""

import pathlib
import pkgutil

from ade_tf.config.requirements import requires
from ade_tf.data.image_files import listed
from ade_tf.drawing.grids import can_show
from ade_tf.files import check_writable
from ade_tf.runs import RunDirectory, load_run
from ade_tf.samples.options import MODES, MOST_IN_A_PICTURE, PictureOptions
from ade_tf.samples.pictures import write_arrays
from ade_tf.samples.request import Request

__all__ = ["draw"]


def draw(run_dir, **settings) -> pathlib.Path:
    """Draws images from a run and writes them as a grid or as arrays.

    Arrays are in an .npz under `images`, uint8 with the number of their `levels` (or
    float32, for continuous data); the mode `sample` of a conditional model adds their
    `labels`, int32, and of any model draws batch by batch into the file, which takes
    its name when it is whole.

    Args:
      run_dir: Directory of the run.
      **settings: Fields of `PictureOptions`.

    Returns:
      The path written.

    Raises:
      ValueError: If a setting is out of range, the preset lacks what the mode needs,
        the images are too many or not of a kind that a picture shows, or a sample is
        not finite.
      OSError: If it cannot be written, before the run is loaded.
    """
    options = PictureOptions(**settings)
    mode = MODES[options.mode]
    path = RunDirectory(run_dir).samples / f"{options.mode}.png"
    path = pathlib.Path(options.out or path)
    check_writable(path)
    run = load_run(run_dir, options.weights)
    requires(run.config, f"mode `{options.mode}`", *mode.needs)
    _check_classes(options, run)
    levels = run.model.levels
    if path.suffix == ".png":
        _check_picture(options, run.model)
    picture = pkgutil.resolve_name(mode.maker)(Request(run, options))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        picture.write(path, levels)
    else:
        write_arrays(path, picture, levels)
    return path


def _check_picture(options, model):
    """Refuses a picture of what only arrays can hold."""
    if options.mode != "density" and not can_show(model.image_shape, model.levels):
        raise ValueError(
            "a picture needs grey or colour images with levels (of others, out takes "
            f"the arrays as .npz). Received: out={options.out!r}, "
            f"image_shape={model.image_shape}, levels={model.levels}"
        )
    if options.num_samples > MOST_IN_A_PICTURE:
        raise ValueError(
            f"a picture shows at most {MOST_IN_A_PICTURE} images (out takes more as "
            f".npz). Received: num_samples={options.num_samples}, out={options.out!r}"
        )


def _check_classes(options, run):
    """Refuses classes that the model does not have."""
    if not options.label:
        return
    requires(run.config, "label", "samples of classes")
    if any(str(label) not in run.class_names for label in options.label):
        raise ValueError(
            f"label must be of the classes {listed(run.class_names)}. "
            f"Received: label={','.join(map(str, options.label))}"
        )
