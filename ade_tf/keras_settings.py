"""Keras as this package needs it, whatever the user's own `keras.json` says.

Importing it sets the layout of images, the type of numbers and Keras's small constant
to Keras's own defaults, once; a program that wants another type sets it afterwards.
"""

import keras

__all__ = ["SETTINGS"]

SETTINGS = {"image_data_format": "channels_last", "floatx": "float32", "epsilon": 1e-7}

if keras.config.backend() != "tensorflow":
    raise ValueError(
        "Keras must run on TensorFlow (KERAS_BACKEND=tensorflow, or the backend of "
        f"keras.json). Received: {keras.config.backend()!r}"
    )
keras.config.set_image_data_format(SETTINGS["image_data_format"])
keras.config.set_floatx(SETTINGS["floatx"])
keras.config.set_dtype_policy(SETTINGS["floatx"])
keras.config.set_epsilon(SETTINGS["epsilon"])
# Bounds on `fit` by the environment, of later versions of Keras.
for _bound in ("set_max_epochs", "set_max_steps_per_epoch"):
    getattr(keras.config, _bound, lambda bound: None)(None)
