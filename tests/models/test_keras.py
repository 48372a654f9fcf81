"""The model is a Keras model in every respect."""

import re

import numpy as np
import pytest

from ade_tf.models import count_parameters
from tests.helpers.models import tiny_model


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("av_ade", {}),
        ("flow", {}),
        ("flow", dict(feature_map="residual", residual_blocks=2, residual_width=8)),
        ("vae", dict(condition="visible", visible="frame")),
    ],
    ids=["av_ade", "flow", "residual", "frame"],
)
def test_weights_file_round_trip(tmp_path, preset, settings):
    saved = tiny_model(preset, **settings)
    saved.step.assign(7)
    saved.save_weights(tmp_path / "model.weights.h5")
    loaded = tiny_model(preset, perturbed=False, seed=1, **settings)
    before = [v.numpy() for v in loaded.trainable_variables]
    loaded.load_weights(tmp_path / "model.weights.h5")
    for ours, theirs in zip(saved.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)
    assert int(loaded.step.numpy()) == 7
    assert any(
        not np.array_equal(old, new.numpy())
        for old, new in zip(before, loaded.trainable_variables, strict=True)
    )


@pytest.mark.parametrize("preset", ["av_ade", "flow", "gan"])
def test_the_summary_counts_every_part(preset):
    model = tiny_model(preset, perturbed=False)
    lines = []
    model.summary(print_fn=lambda line, **_: lines.append(line), line_length=120)
    text = "\n".join(lines)
    counts = count_parameters(model.parts)
    found = re.search(r"Trainable params: ([\d,]+)", text)
    assert int(found[1].replace(",", "")) == sum(counts.values())
    for part in counts:
        assert {"posterior": "encoder"}.get(part, part) in text
    fixed = sum(np.prod(v.shape) for v in model.non_trainable_variables)
    found = re.search(r"Non-trainable params: ([\d,]+)", text)
    assert int(found[1].replace(",", "")) == fixed
