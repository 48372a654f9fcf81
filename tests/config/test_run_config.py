import dataclasses
import json

import pytest

from ade_tf.config import PRESETS, RunConfig, TrainingConfig, setting
from ade_tf.config.data import short_name
from ade_tf.config.tree import places_of


def config(**values):
    return RunConfig.from_flat(values)


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_fills_in_what_is_left_to_it(preset):
    resolved = config(preset=preset)
    flow = PRESETS[preset].flow
    assert resolved.model.feature_map == ("glow" if flow else "identity")
    in_map = resolved.objective.adversarial_gradient_in_feature_map
    assert in_map == (preset in ("flow_gan", "alignflow"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"preset": "vae", "feature_map": "glow"}, "promises the identity.*'glow'"),
        ({"preset": "flow", "feature_map": "identity"}, "promises a flow.*'identity'"),
        (
            {"preset": "flow_gan", "adversarial_gradient_in_feature_map": False},
            "flow_gan.*Received.*False",
        ),
        (
            {"preset": "av_gde", "adversarial_gradient_in_feature_map": True},
            "needs a preset with a flow.*'av_gde'",
        ),
        ({"preset": "cqf"}, "`preset` must be one of 'vae'.*Received: 'cqf'"),
        ({"num_steps": 0}, "`num_steps` must be at least 1. Received: 0"),
        ({"average_decay": 1.5}, "`average_decay` must be at most.*Received: 1.5"),
        ({"learning_rate": float("nan")}, "`learning_rate` must be finite"),
        ({"flow_steps": (4, 0)}, "`flow_steps` must be at least 1.*4, 0"),
        ({"preset": "vae", "likelihood_only_steps": 3}, "both losses"),
        ({"likelihood_only_steps": 9, "num_steps": 9}, "below num_steps"),
        ({"warmup_steps": 9, "num_steps": 9}, "warmup_steps must be below"),
        ({"keep_best": True}, "keep_best needs.*validate_every"),
        (
            {
                "preset": "vae",
                "kl_weight": 0.0,
                "validate_every": 9,
                "keep_best": True,
            },
            "keep_best needs a kl_weight above 0",
        ),
        ({"learning_rat": 1.0}, "must be known.*learning_rat"),
    ],
)
def test_impossible_settings_are_refused(values, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        config(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_steps": "3"}, "`num_steps` must be of type int. Received: '3'"),
        ({"num_steps": True}, "`num_steps` must be of type int. Received: True"),
        ({"flow_steps": ()}, "`flow_steps` must be a non-empty tuple"),
        ({"random_flip": 1}, "`random_flip` must be of type bool. Received: 1"),
    ],
)
def test_wrong_types_are_refused(values, message):
    with pytest.raises(TypeError, match=message):
        config(**values)


def test_a_configuration_survives_json():
    before = config(preset="flow", flow_steps=(8, 4), learning_rate=1)
    assert RunConfig.from_flat(json.loads(json.dumps(before.to_flat()))) == before


def test_differences_leave_out_what_the_weights_do_not_depend_on():
    here = config(checkpoint_every=5, seed=1)
    there = config(checkpoint_every=7, seed=2)
    assert here.differences(there) == {"seed": (1, 2)}


def test_every_setting_explains_itself():
    for name, (field, _) in RunConfig.settings().items():
        text = field.metadata["help"]
        assert len(text.split()) >= 2, name
        assert text.endswith("."), name


def test_a_setting_is_declared_once():
    @dataclasses.dataclass(frozen=True)
    class Other:
        batch_size: int = setting(3, "Another of the name.")

    with pytest.raises(ValueError, match="declared once. Received: 'batch_size'"):
        places_of(TrainingConfig, Other)


def test_a_score_is_named_by_its_data_set_not_by_the_path():
    for name, short in {
        "digits": "digits",
        "tfds:cifar10": "tfds:cifar10",
        "npz:some/where/mnist.npz": "npz:mnist.npz",
        "folder:/data/faces": "folder:faces",
    }.items():
        assert short_name(name) == short
