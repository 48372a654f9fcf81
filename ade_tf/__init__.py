"""Hybrid generative image models: adaptive density estimation in TensorFlow.

    import ade_tf

    model = ade_tf.AdaptiveDensityEstimator.from_preset("av_ade", images)
    model.fit(images)
    model.bits_per_dim(images), model.sample(16), model.encode(images)

`PRESETS` lists the available models, and `load` returns the model of a run. Names are
imported on first use, so that `import ade_tf` is fast.
"""

from typing import TYPE_CHECKING

from ade_tf.keras_names import announce
from ade_tf.lazy import lazy

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ade_tf.config import PRESETS as PRESETS
    from ade_tf.data.registry import load_dataset as load_dataset
    from ade_tf.evaluation.of_model import evaluate as evaluate
    from ade_tf.models import AdaptiveDensityEstimator as AdaptiveDensityEstimator
    from ade_tf.models import TwoDomainModel as TwoDomainModel
    from ade_tf.runs.restoring import load as load
else:
    __getattr__, __dir__, __all__ = lazy(
        __name__,
        {
            "config": ("PRESETS",),
            "data": ("load_dataset",),
            "evaluation.of_model": ("evaluate",),
            "models": ("AdaptiveDensityEstimator", "TwoDomainModel"),
            "runs": ("load",),
        },
    )

for _name in ("AdaptiveDensityEstimator", "TwoDomainModel"):
    announce("ade_tf", _name, "ade_tf.models")
