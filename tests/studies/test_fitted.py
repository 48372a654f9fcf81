"""The run that fits an encoder to a generator."""

import pytest

from experiments.studies.fitted import fitted_config, needs_fit
from tests.helpers.models import tiny_config


@pytest.mark.parametrize("preset", ["vae", "v_ade", "av_gde", "av_ade", "gan", "flow"])
def test_only_a_generator_without_likelihood_needs_one(preset):
    assert needs_fit(tiny_config(preset)) == (preset == "gan")


def test_it_has_the_generators_model_and_none_of_its_adversary(tmp_path):
    gan = tiny_config(
        "gan",
        discriminator_batch="mixed",
        mixed_group=4,
        adversary="hinge",
        sigma="pixel",
        num_steps=40,
        seed=2,
    )
    fit = fitted_config(gan, tmp_path / "gan_2", {})
    assert fit.model.preset == "vae" and fit["sigma"] == "scalar"
    assert fit.objective.generator_from == str(tmp_path / "gan_2")
    assert fit.objective.adversary == ""
    assert fit.model.discriminator_batch == "single"
    assert fit.model.width == gan.model.width
    assert fit.data == gan.data
    assert (fit.training.seed, fit.training.num_steps) == (2, 40)
    assert (fit.training.keep_best, fit.training.validate_every) == (True, 2)


def test_settings_given_decide(tmp_path):
    gan = tiny_config("gan", decoder_dropout=0.2)
    fit = fitted_config(gan, tmp_path, {"num_steps": 7, "encoder_dropout": 0.3})
    assert (fit.training.num_steps, fit.training.validate_every) == (7, 1)
    assert (fit.model.encoder_dropout, fit.model.decoder_dropout) == (0.3, 0.0)


@pytest.mark.parametrize("name", ["preset", "generator_from", "dataset", "pad_to"])
def test_what_makes_it_a_fit_is_not_to_be_set(name, tmp_path):
    with pytest.raises(ValueError, match=f"may change neither. Received: {name}"):
        fitted_config(tiny_config("gan"), tmp_path, {name: "x"})
