"""Data: sources of images, their splits, and streams of batches."""

from ade_tf.data.digits import load_digits
from ade_tf.data.folder import load_folder
from ade_tf.data.npz import load_npz
from ade_tf.data.photos import load_photos
from ade_tf.data.pipeline import evaluation_batches, training_stream
from ade_tf.data.registry import ImageData, load_dataset
from ade_tf.data.splits import Split
from ade_tf.data.tfds import load_tfds
from ade_tf.data.toy import TOYS, ToyDensity, load_toy, toy_density

__all__ = [
    "SOURCES",
    "TOYS",
    "ImageData",
    "Split",
    "ToyDensity",
    "evaluation_batches",
    "load_dataset",
    "toy_density",
    "training_stream",
]

# Name of a source -> loader of what stands after the colon.
SOURCES = {
    "digits": load_digits,
    "folder": load_folder,
    "npz": load_npz,
    "photos": load_photos,
    "tfds": load_tfds,
    "toy": load_toy,
}
