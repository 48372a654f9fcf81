import json

import numpy as np
import pytest

from ade_tf.training import Checkpointer, RunDirectory
from ade_tf.training.recorder import Recorder
from ade_tf.training.stopping import StopSignals
from tests.helpers.models import batch, digits, tiny_model

SETTINGS = dict(preset="vae", network="mlp", position_maps=False, num_steps=50)


def recorded(model, directory, start=0):
    """Returns a recorder of a model that trains into a directory."""
    run = RunDirectory(directory / "run")
    run.open(model.config, model.image_shape, model.levels)
    checkpointer = Checkpointer(model, run.checkpoints)
    signals = StopSignals()
    recorder = Recorder(run, checkpointer, digits().validation, signals, start)
    return recorder, run, signals


def fit(model, recorder, steps):
    images = batch(8 * steps)["image"]
    model.fit(
        {"image": images}, batch_size=8, callbacks=[recorder], verbose=0, shuffle=False
    )
