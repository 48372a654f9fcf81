"""Patches of the two photographs that scikit-learn ships."""

import numpy as np

from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split, partition

__all__ = ["load_photos"]

_DEFAULT_SIDE, _LEAST_SIDE, _MOST_SIDE = 32, 4, 32
_BLOCK = 64
_PATCHES_PER_BLOCK = 20
_NUM_VALIDATION, _NUM_TEST = 12, 24


def load_photos(argument: str, options: LoadOptions) -> Source:
    """Loads 2,400 colour patches of a temple and a flower, two 640x427 photographs.

    Real images without a network: `sklearn.datasets.load_sample_images`. Both are cut
    into blocks of 64x64 pixels, 120 in all, which `partition` deals out as 84, 12 and
    24: no pixel is in two splits. Each block gives 20 patches at positions drawn by
    `numpy.random.default_rng(0)`: 1680, 240 and 480. Patches of a block overlap, so
    they are fewer independent images than their number says.

    Args:
      argument: Side of a patch in pixels, 4 to 32; empty for 32.
      options: Not used: patches are resized and made grey after their check.

    Returns:
      All three splits, of 2 classes: the temple 0, the flower 1.

    Raises:
      ValueError: If the argument is no such side.
    """
    del options
    side = _side(argument)
    # Imported here: scikit-learn is slow to import and other sources do without it.
    from sklearn import datasets

    blocks = [_blocks(photo) for photo in datasets.load_sample_images().images]
    labels = np.repeat(np.arange(len(blocks)), [len(found) for found in blocks])
    dealt = partition(Split(np.concatenate(blocks), labels), _NUM_VALIDATION, _NUM_TEST)
    generator = np.random.default_rng(0)
    splits = {name: _patches(split, side, generator) for name, split in dealt.items()}
    note = (
        "The splits are patches of different 64x64 blocks of the photographs, dealt "
        "out by numpy.random.default_rng(0).permutation(120)."
    )
    return Source(splits, levels=256, class_names=("temple", "flower"), note=note)


def _side(argument):
    if not argument:
        return _DEFAULT_SIDE
    if not argument.isdecimal() or not _LEAST_SIDE <= int(argument) <= _MOST_SIDE:
        raise ValueError(
            f"`photos:SIDE` takes a side in pixels, {_LEAST_SIDE}..{_MOST_SIDE}. "
            f"Received: {argument!r}"
        )
    return int(argument)


def _blocks(photo):
    """Returns the whole blocks of a photograph, `[N, 64, 64, 3]`."""
    rows, columns = photo.shape[0] // _BLOCK, photo.shape[1] // _BLOCK
    whole = photo[: rows * _BLOCK, : columns * _BLOCK]
    whole = whole.reshape(rows, _BLOCK, columns, _BLOCK, 3).swapaxes(1, 2)
    return whole.reshape(-1, _BLOCK, _BLOCK, 3)


def _patches(split, side, generator):
    """Returns patches at random positions, those of a block one after another."""
    corners = generator.integers(
        0, _BLOCK - side + 1, (len(split), _PATCHES_PER_BLOCK, 2)
    )
    images = [
        block[top : top + side, left : left + side]
        for block, places in zip(split.images, corners, strict=True)
        for top, left in places
    ]
    return Split(np.stack(images), np.repeat(split.labels, _PATCHES_PER_BLOCK))
