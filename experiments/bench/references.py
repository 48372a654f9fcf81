"""What a model is timed against, by name."""

import contextlib
import dataclasses

from experiments.bench.direct_glow import DirectGlow
from experiments.bench.direct_step import direct_calls
from experiments.bench.options import REFERENCES
from experiments.bench.peer_process import PEERS, check_peer, is_maf, peer_calls
from experiments.bench.required import check_required

__all__ = ["REFERENCES", "check_reference", "reference_calls"]

# What a training step of the references does not do.
_TRAINING = {
    "optimizer": "adam",
    "schedule": "constant",
    "warmup_steps": 0,
    "clip_norm": 0,
    "average_decay": 0,
    "weight_decay": 0,
    "check_gradients": False,
}

# What a configuration must say for its model to be the MAF of nflows.
_MAF = {
    "preset": "flow",
    "coupling": "affine",
    "autoregressive_network": "made",
    "autoregressive_dropout": 0.0,
    "actnorm": "none",
    "prior": "normal",
    "logit_alpha": 0.0,
    "continuous": False,
    "conditional": False,
    "precision": "float32",
}


def check_reference(name: str, config, python: str) -> None:
    """Checks that a reference does what a configuration's model does.

    Args:
      name: One of `REFERENCES`.
      config: A resolved configuration.
      python: The interpreter of a reference that is another library's.

    Raises:
      ValueError: If the model is another Glow or MAF, its training has further parts,
        or the reference cannot be run.
    """
    if name == "nflows" and is_maf(config):
        rule = "the MAF of nflows stands for configurations with"
        check_required(rule, config.to_flat(), _MAF)
    else:
        DirectGlow.check(config)
    training = dataclasses.asdict(config.training)
    check_required(f"the reference {name} is trained with", training, _TRAINING)
    if name in PEERS:
        check_peer(name, config, python)


@contextlib.contextmanager
def reference_calls(name: str, model, images, python: str, threads: int):
    """Yields what `model_calls` gives, of a reference, and what the reference is.

    Args:
      name: One of `REFERENCES` that `check_reference` lets pass.
      model: The model it is compared with.
      images: The batch of the model's steps.
      python: The interpreter of a reference that is another library's.
      threads: Threads of such a one.
    """
    if name == "direct":
        yield direct_calls(model, images), {"parameters": model.count_params()}
    else:
        shape = tuple(images.shape[1:])
        with peer_calls(name, model.config, shape, python, threads) as found:
            yield found
