"""Images of one domain translated to the other, and back."""

import pathlib

import numpy as np

from ade_tf.config.requirements import requires
from ade_tf.data.decoding import SUFFIXES
from ade_tf.data.loose import load_loose_images
from ade_tf.drawing.grids import can_show, save_png, to_bytes
from ade_tf.files import check_writable, replaced_directory
from ade_tf.models import DOMAINS
from ade_tf.runs import RunDirectory, load_images_of_run, load_run
from ade_tf.samples.options import TranslationOptions
from ade_tf.samples.pictures import Grid, write_arrays

__all__ = ["draw_translations", "translate_images", "translation_grid"]


def translation_grid(model, **images) -> Grid:
    """Returns rows of images: given, translated, and back again, of each domain given.

    Args:
      model: A `TwoDomainModel`.
      **images: Images of the domains `a` or `b`, as many of both, `[N, H, W, C]`.
    """
    rows, names = [], []
    for domain, given in images.items():
        other = DOMAINS[1 - DOMAINS.index(domain)]
        there = model.translate(given, other)
        rows += [given, there, model.translate(there, domain)]
        names += [domain.upper(), f"to {other.upper()}", "and back"]
    return Grid(np.concatenate(rows), len(rows[0]), row_names=tuple(names))


def draw_translations(request) -> Grid:
    """Returns the rows of the first test images of both domains."""
    count = min(
        request.options.num_samples, *(len(d.test) for d in request.data.domains)
    )
    images = [own.test.images[:count] for own in request.data.domains]
    return translation_grid(request.model, **dict(zip(DOMAINS, images, strict=True)))


def translate_images(run_dir, **settings) -> list[pathlib.Path]:
    """Translates images by a run of two domains; writes them, and a picture of some.

    Args:
      run_dir: Directory of the run.
      **settings: Fields of `TranslationOptions`.

    Returns:
      The paths written: of the images, where `out` names one, and of the picture, of
      images that one can show.

    Raises:
      ValueError: If a setting is out of range, the run has not two domains, or the
        images cannot be brought to its shape and levels.
      OSError: If something cannot be written, before the run is loaded.
    """
    options = TranslationOptions(**settings)
    place = RunDirectory(run_dir).samples / f"to_{options.to}.png"
    picture, out = pathlib.Path(options.picture or place), pathlib.Path(options.out)
    check_writable(picture)
    if options.out:
        _check_out(out)
    run = load_run(run_dir, options.weights)
    requires(run.config, "a translation", "two domains")
    model = run.model
    shown = can_show(model.image_shape, model.levels)
    if options.out and out.suffix != ".npz" and not shown:
        raise ValueError(
            "image files are grey or colour, with levels (of others, out takes the "
            f"arrays as .npz). Received: out={options.out!r}, "
            f"image_shape={model.image_shape}, levels={model.levels}"
        )
    names, images = _images(run, options)
    written = []
    if options.out:
        found = model.translate(images, options.to)
        _write(out, found, names, model.levels)
        written.append(out)
    if shown:
        domain = DOMAINS[1 - DOMAINS.index(options.to)]
        grid = translation_grid(model, **{domain: images[: options.num_shown]})
        picture.parent.mkdir(parents=True, exist_ok=True)
        grid.write(picture, model.levels)
        written.append(picture)
    return written


def _images(run, options):
    """Returns the names of the images to translate, and the images."""
    if options.images:
        found = load_loose_images(
            options.images,
            run.config.data,
            run.model.image_shape,
            run.model.levels,
            levels=options.levels,
            skip_bad_images=options.skip_bad_images,
        )
        print(f"images    {found.how}", flush=True)
        return found.names, found.split.images
    data = load_images_of_run(run.directory, run.config.data, options)
    own = data.domains[1 - DOMAINS.index(options.to)]
    print(f"images    {len(own.test)} test images of {own.name}", flush=True)
    return [f"[{place}]" for place in range(len(own.test))], own.test.images


def _check_out(out):
    if out.suffix == ".npz":
        check_writable(out)
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(
            f"out must be a new or empty directory, or an .npz. Received: {str(out)!r}"
        )
    check_writable(out / "image.png")


def _write(out, images, names, levels):
    if out.suffix == ".npz":
        out.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(out, Grid(images), levels)
        return
    with replaced_directory(out) as directory:
        for path, image in zip(_files(names), to_bytes(images, levels), strict=True):
            path = directory / path
            path.parent.mkdir(parents=True, exist_ok=True)
            save_png(path, image)


def _files(names):
    """Returns a file for each image: named as it is, or by its place in an array."""
    paths = [pathlib.PurePath(name) for name in names]
    if any(path.suffix.lower() not in SUFFIXES for path in paths):
        return [f"{place:06}.png" for place in range(len(names))]
    files = [path.with_suffix(".png") for path in paths]
    if len({str(file).lower() for file in files}) < len(files):
        # Two that differ in their kind alone.
        files = [path.with_name(f"{path.name}.png") for path in paths]
    return files
