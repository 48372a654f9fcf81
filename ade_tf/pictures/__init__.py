"""Pictures and arrays drawn from a trained run, by mode."""

from ade_tf.pictures.codes import interpolate, traverse
from ade_tf.pictures.drawing import MODES, PictureOptions, draw

__all__ = ["MODES", "PictureOptions", "draw", "interpolate", "traverse"]
