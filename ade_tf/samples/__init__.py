"""Pictures and arrays drawn from a trained run, by mode."""

from ade_tf.samples.codes import interpolate, traverse
from ade_tf.samples.drawing import MODES, PictureOptions, draw

__all__ = ["MODES", "PictureOptions", "draw", "interpolate", "traverse"]
