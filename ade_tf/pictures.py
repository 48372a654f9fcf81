"""Pictures and arrays drawn from a trained run."""

import pathlib

import numpy as np
import tensorflow as tf

from ade_tf.models import decode, encode, reconstruct, sample
from ade_tf.training import load_data, load_run
from ade_tf.visualize import can_show, image_grid, save_png

__all__ = ["MODES", "draw", "interpolate", "nearest"]

MODES = ("sample", "reconstruct", "interpolate", "neighbours")
_BATCH = 500


def draw(
    run_dir,
    *,
    mode="sample",
    num_samples=100,
    temperature=1.0,
    noise=False,
    seed=0,
    out="",
    data_dir="",
) -> pathlib.Path:
    """Draws images from a run and writes them as a grid or as arrays.

    Args:
      run_dir: Directory of the run.
      mode: `sample`; `reconstruct`: pairs of test images and reconstructions;
        `interpolate`: rows from one test image's code to another's; `neighbours`:
        samples, each followed by its nearest training images in pixels.
      num_samples: Number of samples, pairs or rows.
      temperature: Factor on the standard deviations, at least 0.
      noise: Whether the decoder's noise is drawn too.
      seed: Seed of the samples.
      out: A .png file for the grid or a .npz file for the images, uint8 (float32 for
        continuous data) under `images`; empty for a picture in the run's `samples`
        directory.
      data_dir: Directory of TFDS data sets, in place of the run's own.

    Returns:
      The path written.

    Raises:
      ValueError: If an argument is out of range, the preset lacks what the mode
        needs, or the images are not of a kind that a picture shows.
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}. Received: {mode!r}")
    if num_samples < 1:
        raise ValueError(f"num_samples must be at least 1. Received: {num_samples}")
    if temperature < 0:
        raise ValueError(f"temperature must be at least 0. Received: {temperature}")
    if out and pathlib.Path(out).suffix not in (".png", ".npz"):
        raise ValueError(f"out must end in .png or .npz. Received: {out!r}")
    run = load_run(run_dir)
    model = run.model
    if mode in ("reconstruct", "interpolate") and model.encoder is None:
        raise ValueError(
            f"mode {mode!r} needs a preset with an encoder. "
            f"Received: preset={run.config.model.preset!r}"
        )
    path = pathlib.Path(out) if out else run.directory.samples / f"{mode}.png"
    if path.suffix == ".png" and not can_show(model.image_shape, model.levels):
        raise ValueError(
            "a picture needs grey or colour images with levels (of others, out takes "
            f"the arrays as .npz). Received: out={out!r}, "
            f"image_shape={model.image_shape}, levels={model.levels}"
        )
    columns = group = None
    if mode == "sample":
        images = _samples(model, num_samples, temperature, seed, noise)
    else:
        data = load_data(run.config.data, data_dir)
        if mode == "reconstruct":
            real = data.test.images[:num_samples].astype(np.float32)
            images = _interleave(real, reconstruct(model, real).numpy())
            columns, group = 10, 2
        elif mode == "interpolate":
            real = data.test.images[: 2 * num_samples].astype(np.float32)
            images = interpolate(model, real[0::2], real[1::2], steps=10)
            columns = 10
        else:
            drawn = _samples(model, num_samples, temperature, seed, noise)
            images = _interleave(drawn, *nearest(drawn, data.train.images, 3))
            columns, group = 8, 4
    kind = np.uint8 if model.levels else np.float32
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npz":
        np.savez_compressed(path, images=images.astype(kind))
    else:
        save_png(path, image_grid(images, model.levels, columns=columns, group=group))
    return path


def interpolate(model, first, second, steps: int) -> np.ndarray:
    """Decodes straight lines between the codes of two sets of images.

    Args:
      model: A model with an encoder and a decoder.
      first: Images, `[N, H, W, C]`, where the lines begin.
      second: Images, `[N, H, W, C]`, where they end.
      steps: Images in a line, at least 2.

    Returns:
      Images, `[N * steps, H, W, C]`, line after line.
    """
    count = min(len(first), len(second))
    start, end = encode(model, first[:count]), encode(model, second[:count])
    weight = tf.linspace(0.0, 1.0, steps)[None, :, None]
    z = start[:, None] * (1.0 - weight) + end[:, None] * weight
    return decode(model, tf.reshape(z, [-1, z.shape[-1]])).numpy()


def nearest(images, references, count: int) -> list[np.ndarray]:
    """Returns the nearest, the second nearest, ... references of images, in pixels.

    Args:
      images: `[N, H, W, C]`.
      references: `[M, H, W, C]`.
      count: Number of neighbours.

    Returns:
      `count` arrays `[N, H, W, C]`.
    """
    flat = references.reshape(len(references), -1).astype(np.float32)
    squares = np.sum(flat**2, axis=1)
    found = []
    for image in images.reshape(len(images), -1).astype(np.float32):
        found.append(np.argsort(squares - 2.0 * flat @ image)[:count])
    return [references[[rows[k] for rows in found]] for k in range(count)]


def _samples(model, count, temperature, seed, noise):
    batch = min(count, _BATCH)
    draw_batch = tf.function(
        lambda first: sample(model, batch, temperature, seed, noise, first),
        autograph=False,
    )
    drawn = [draw_batch(tf.constant(k)).numpy() for k in range(0, count, batch)]
    return np.concatenate(drawn)[:count]


def _interleave(*groups):
    """Returns the first images of all groups, then the second ones, and so on."""
    return np.stack(groups, axis=1).reshape(-1, *groups[0].shape[1:])
