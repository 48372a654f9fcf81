"""Settings of training: optimisers, schedules, records."""

import dataclasses

from ade_tf.config.settings import setting

__all__ = ["OPTIMIZERS", "STRATEGIES", "WEIGHTS", "TrainingConfig", "weights_setting"]

OPTIMIZERS = ("adam", "adamax")
STRATEGIES = ("auto", "single", "mirrored", "multi_worker", "tpu")
# Of a trained run: the moving average or, with `keep_best`, the best; or the last.
WEIGHTS = ("averaged", "raw")


def weights_setting():
    """Returns the setting of those who load a run: which of its weights they take."""
    return setting(
        "averaged",
        "Weights: `averaged`, the moving average (or, of a run with keep_best, the "
        "best), or `raw`, those of the last step.",
        choices=WEIGHTS,
    )


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How long, how fast and with what care the model is trained."""

    num_steps: int = setting(3000, "Training steps.", minimum=1)
    initialize_from: str = setting(
        "",
        "Directory of a run whose weights, as evaluation uses them, are those of the "
        "first step, as for another data set of images of the same shape; empty: none.",
    )
    batch_size: int = setting(64, "Images per step, over all replicas.", minimum=1)
    seed: int = setting(
        0, "Seed of weights, data order and noise.", minimum=0, maximum=2**31 - 1
    )
    optimizer: str = setting("adam", "Optimiser of all parts.", choices=OPTIMIZERS)
    learning_rate: float = setting(
        1e-3, "Peak learning rate of encoder, decoder and feature map.", minimum=0.0
    )
    discriminator_learning_rate: float = setting(
        0.0,
        "Peak learning rate of the discriminator; 0: the same as the others'.",
        minimum=0.0,
        needs="adversary",
    )
    beta_1: float = setting(
        0.9, "Decay of the gradient's average.", minimum=0.0, maximum=0.9999
    )
    beta_2: float = setting(
        0.999, "Decay of the squared gradient's average.", minimum=0.0, maximum=0.99999
    )
    schedule: str = setting(
        "cosine",
        "Learning rate after warm-up: falling to zero along a cosine, or constant.",
        choices=("cosine", "constant"),
    )
    warmup_steps: int = setting(
        0, "Steps over which the learning rate rises linearly from zero.", minimum=0
    )
    weight_decay: float = setting(
        0.0,
        "Decoupled weight decay, times the learning rate, of encoder, decoder and "
        "feature map.",
        minimum=0.0,
    )
    clip_norm: float = setting(
        50.0,
        "Greatest global norm of a gradient, after the mean over replicas; 0: none.",
        minimum=0.0,
    )
    average_decay: float = setting(
        0.998,
        "Decay per step of the moving average of the weights that evaluation, samples "
        "and exports use; 0: none. It warms up: after t updates it is at most "
        "(1 + t) / (10 + t).",
        minimum=0.0,
        maximum=0.99999,
    )
    jit_compile: bool = setting(
        False,
        "Compile the training step by XLA: slower to start, on CPUs slower altogether; "
        "its noise and dropout are other draws of the same seed. For one replica.",
    )
    check_gradients: bool = setting(
        True, "Skip updates whose gradient is not finite; off: make them."
    )
    max_skipped_updates: int = setting(
        20,
        "Updates with a non-finite gradient that are skipped before training stops.",
        minimum=0,
    )
    keep_best: bool = setting(
        False,
        "Evaluate, sample and export with the weights of the best validation bound, "
        "not with the last.",
    )
    validate_every: int = setting(
        0, "Steps between validation bounds; 0: at the end only.", minimum=0
    )
    validation_images: int = setting(
        1000, "Images of the validation split that are scored in training.", minimum=1
    )
    checkpoint_every: int = setting(
        500, "Steps between checkpoints.", minimum=1, operational=True
    )
    keep_checkpoints: int = setting(
        2, "Newest checkpoints that are kept.", minimum=2, operational=True
    )
    log_every: int = setting(20, "Steps between lines of scalars.jsonl.", minimum=1)
    sample_every: int = setting(
        500, "Steps between sample pictures; 0: at the end only.", minimum=0
    )
    strategy: str = setting(
        "auto",
        "Distribution: `auto` mirrors over several visible GPUs, else runs on one "
        "device; `multi_worker` follows TF_CONFIG.",
        choices=STRATEGIES,
        operational=True,
    )
