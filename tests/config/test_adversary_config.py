import pytest

from ade_tf.config import PRESETS, RunConfig
from ade_tf.objectives import ADVERSARIES, PENALTIES

MIXED = {"preset": "gan", "discriminator_batch": "mixed"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"preset": "vae", "adversary": "hinge"},
            "adversary needs a preset with an adversary.*adversary='hinge'",
        ),
        ({"preset": "flow", "penalty": "r1"}, "penalty needs a preset.*'r1'"),
        ({"preset": "v_ade", "discriminator_clip": 0.1}, "clip needs a preset.*=0.1"),
        (
            {"preset": "vae", "discriminator_batch": "mixed"},
            "discriminator_batch needs a preset.*='mixed'",
        ),
        ({"preset": "gan", "adversary": "wgan"}, "`adversary` must be.*'wgan'"),
        ({"preset": "gan", "generator_loss": "hinge"}, "known to this version"),
        ({"preset": "gan", "penalty_weight": 10}, "needs penalty `.*penalty_weight=10"),
        ({"preset": "gan", "mixed_group": 4}, "mixed_group needs.*mixed_group=4"),
        ({**MIXED, "mixed_group": 7}, "must divide batch_size.*mixed_group=7"),
        ({**MIXED, "mixed_group": 1}, "`mixed_group` must be at least 2"),
        ({**MIXED, "adversary": "relativistic"}, "a paired adversary.*'relativistic'"),
        ({**MIXED, "penalty": "r1"}, "must be none.*penalty='r1'"),
        (
            {"preset": "av_ade", "train_likelihood": False},
            "off in `flow_gan` and `alignflow` only.*'av_ade'",
        ),
        (
            {
                "preset": "flow_gan",
                "train_likelihood": False,
                "likelihood_only_steps": 5,
            },
            "needs train_likelihood.*likelihood_only_steps=5",
        ),
    ],
)
def test_settings_that_cannot_act_are_refused(values, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        RunConfig.from_flat(values)


@pytest.mark.parametrize("adversary", ADVERSARIES)
def test_every_adversary_goes_with_every_penalty_and_preset(adversary):
    for preset, promise in PRESETS.items():
        for penalty in PENALTIES if promise.adversary else ():
            settings = dict(preset=preset, adversary=adversary, penalty=penalty)
            assert RunConfig.from_flat(settings).objective.adversary == adversary
