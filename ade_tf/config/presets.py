"""Presets: the models of the family as settings of one model."""

import dataclasses

__all__ = ["PRESETS", "Preset"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preset:
    """What a preset's name promises.

    Attributes:
      latent: Whether there is a z with its prior and decoder (else y ~ N(0, I)).
      decoder: Its decoder, where no other will do.
      flow: Whether the feature map is a flow (else only the image space's map).
      likelihood: Whether it is trained by L_C.
      adversary: Whether it is trained by L_Q.
      second_domain: How it takes images to those of a second domain and back:
        `translators`, networks for it; `flows`, through a z that both share; empty:
        there is one domain.
      summary: The model in a line.
    """

    latent: bool = False
    decoder: str = ""
    flow: bool = False
    likelihood: bool = False
    adversary: bool = False
    second_domain: str = ""
    summary: str


PRESETS = {
    "vae": Preset(latent=True, likelihood=True, summary="variational autoencoder"),
    "v_ade": Preset(
        latent=True,
        flow=True,
        likelihood=True,
        summary="VAE with a flow behind the decoder",
    ),
    "av_gde": Preset(
        latent=True,
        likelihood=True,
        adversary=True,
        summary="VAE trained by both losses",
    ),
    "av_ade": Preset(
        latent=True,
        flow=True,
        likelihood=True,
        adversary=True,
        summary="VAE with a flow, trained by both losses",
    ),
    "gan": Preset(
        latent=True, adversary=True, summary="generative adversarial network"
    ),
    "pixel_cnn": Preset(
        decoder="pixel_cnn",
        likelihood=True,
        summary="autoregressive model of grey levels",
    ),
    "flow": Preset(flow=True, likelihood=True, summary="flow alone"),
    "flow_gan": Preset(
        flow=True,
        likelihood=True,
        adversary=True,
        summary="flow trained by both losses",
    ),
    "cyclegan": Preset(
        adversary=True,
        second_domain="translators",
        summary="translators between two domains, trained by adversaries and cycles",
    ),
    "alignflow": Preset(
        flow=True,
        likelihood=True,
        adversary=True,
        second_domain="flows",
        summary="flows of two domains with one z, trained by both losses",
    ),
}
