"""Pictures and arrays drawn from a trained run, by mode."""

from ade_tf.samples.codes import interpolate, traverse
from ade_tf.samples.options import MODES, PictureOptions
from ade_tf.samples.writing import draw

__all__ = ["MODES", "PictureOptions", "draw", "interpolate", "traverse"]
