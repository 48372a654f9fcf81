"""Data: sources of images, their splits, and streams of batches."""

from ade_tf.data.digits import load_digits
from ade_tf.data.folder import load_folder
from ade_tf.data.npz import load_npz
from ade_tf.data.pipeline import evaluation_batches, training_stream
from ade_tf.data.registry import ImageData, load_dataset
from ade_tf.data.splits import Split
from ade_tf.data.tfds import load_tfds

__all__ = [
    "SOURCES",
    "ImageData",
    "Split",
    "evaluation_batches",
    "load_dataset",
    "training_stream",
]

# Name of a source -> loader of what stands after the colon.
SOURCES = {
    "digits": load_digits,
    "folder": load_folder,
    "npz": load_npz,
    "tfds": load_tfds,
}
