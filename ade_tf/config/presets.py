"""Presets: the models of the family as settings of one model."""

import dataclasses

__all__ = ["PRESETS", "Preset"]


@dataclasses.dataclass(frozen=True)
class Preset:
    """What a preset's name promises.

    Attributes:
      latent: Whether there is a z with its prior and decoder (else y ~ N(0, I)).
      flow: Whether the feature map is a flow (else only the image space's map).
      likelihood: Whether it is trained by L_C.
      adversary: Whether it is trained by L_Q.
      summary: The model in a line.
    """

    latent: bool
    flow: bool
    likelihood: bool
    adversary: bool
    summary: str


PRESETS = {
    "vae": Preset(True, False, True, False, "variational autoencoder"),
    "v_ade": Preset(True, True, True, False, "VAE with a flow behind the decoder"),
    "av_gde": Preset(True, False, True, True, "VAE trained by both losses"),
    "av_ade": Preset(True, True, True, True, "VAE with a flow, trained by both losses"),
    "gan": Preset(True, False, False, True, "generative adversarial network"),
    "flow": Preset(False, True, True, False, "flow alone"),
    "flow_gan": Preset(False, True, True, True, "flow trained by both losses"),
}
