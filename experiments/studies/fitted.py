"""An encoder and one sigma for a generator without a likelihood, as a run."""

from ade_tf.config import DataConfig, RunConfig
from ade_tf.config.settings import settings_of

__all__ = ["fitted_config", "needs_fit"]

# Validation bounds of a fit, of which the best one counts.
_VALIDATIONS = 20


def needs_fit(config: RunConfig) -> bool:
    """Returns whether a model has a decoder but no likelihood: a GAN."""
    return config.preset.latent and not config.preset.likelihood


def fitted_config(config: RunConfig, generator_from, settings: dict) -> RunConfig:
    """Returns the run that gives a GAN its approximate bits per dimension.

    The generator is kept. An encoder q(z | x) and the scalar sigma of p(y | z) are
    trained by the evidence bound, as in arXiv 1901.01091; the best weights by
    validation count.

    Args:
      config: The configuration of the GAN.
      generator_from: Directory of its run.
      settings: `name -> value` that decide over the GAN's own model and training
        settings. Without them its generator has no dropout: it was trained without.

    Raises:
      TypeError: If a setting has the wrong type.
      ValueError: If a setting is unknown, out of range, contradicts another, or is one
        of the data or of what makes the run a fit.
    """
    _check_settings(settings)
    steps = settings.get("num_steps", config.training.num_steps)
    return config.replace(
        **{
            "sigma": "scalar",
            "decoder_dropout": 0.0,
            "keep_best": True,
            "validate_every": max(1, steps // _VALIDATIONS),
            **settings,
            "preset": "vae",
            "generator_from": str(generator_from),
        }
    )


def _check_settings(settings):
    fixed = {"preset", "generator_from", *settings_of(DataConfig)}
    if refused := sorted(fixed & set(settings)):
        raise ValueError(
            "an encoder is fitted to its row's generator and data: fit_settings may "
            f"change neither. Received: {', '.join(refused)}"
        )
