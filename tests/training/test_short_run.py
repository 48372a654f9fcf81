"""A short run is scored by weights that have forgotten where they started."""

import numpy as np

from ade_tf.data import load_data
from ade_tf.evaluation import EvaluationOptions, evaluate_run
from ade_tf.runs import load_run
from ade_tf.training import train
from tests.helpers.models import tiny_config


def test_300_steps_at_a_long_average_score_like_the_raw_weights(tmp_path, capsys):
    config = tiny_config(
        "v_ade",
        num_steps=300,
        average_decay=0.999,
        learning_rate=3e-3,
        sample_every=0,
        log_every=100,
        checkpoint_every=300,
    )
    averaged = train(config, tmp_path)
    out = capsys.readouterr().out
    assert "of step 300: their moving average (average_decay=0.999)" in out
    (raw,) = evaluate_run(tmp_path, EvaluationOptions(weights="raw"))
    assert raw["weights"] == "raw" and "weights" not in averaged
    assert abs(averaged["value"] - raw["value"]) < 0.1
    # The two are not the same weights.
    assert averaged["value"] != raw["value"]
    first = load_run(tmp_path, "raw").model.trainable_variables
    second = load_run(tmp_path).model.trainable_variables
    assert any(np.any(a != b) for a, b in zip(first, second, strict=True))
    assert load_data(config.data).test.images.shape[0] == averaged["num_examples"]
