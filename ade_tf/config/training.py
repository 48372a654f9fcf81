"""Settings of training: optimisers, schedules, records."""

import dataclasses

from ade_tf.config.settings import setting

__all__ = ["OPTIMIZERS", "STRATEGIES", "WEIGHTS", "TrainingConfig", "weights_setting"]

OPTIMIZERS = ("adam", "adamax")
STRATEGIES = ("auto", "single", "mirrored", "multi_worker", "tpu")
# Of a trained run: the moving average or, with `keep_best`, the best by validation; the
# last; or the best by a metric of those who followed the run.
WEIGHTS = ("averaged", "raw", "best")


def weights_setting():
    """Returns the setting of those who load a run: which of its weights they take."""
    return setting(
        "averaged",
        "Weights: `averaged`, the moving average (or, of a run with keep_best, the "
        "best by validation), `raw`, those of the last step, or `best`, those that "
        "`evaluate --follow --best_by` kept.",
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
        0,
        "Seed of the initial weights, the order of the data and the noise.",
        minimum=0,
        maximum=2**31 - 1,
    )
    optimizer: str = setting("adam", "Optimiser of all parts.", choices=OPTIMIZERS)
    learning_rate: float = setting(
        1e-3, "Peak learning rate of the encoder, decoder and feature map.", minimum=0.0
    )
    discriminator_learning_rate: float = setting(
        0.0,
        "Peak learning rate of the discriminator. 0 uses `learning_rate`.",
        minimum=0.0,
        needs="adversary",
    )
    beta_1: float = setting(
        0.9, "Decay rate of the average of the gradient.", minimum=0.0, maximum=0.9999
    )
    beta_2: float = setting(
        0.999,
        "Decay rate of the average of the squared gradient.",
        minimum=0.0,
        maximum=0.99999,
    )
    schedule: str = setting(
        "cosine",
        "Learning rate after the warm-up: `cosine` decays it to zero, `constant` keeps "
        "it.",
        choices=("cosine", "constant"),
    )
    warmup_steps: int = setting(
        0,
        "Number of steps over which the learning rate rises linearly from zero.",
        minimum=0,
    )
    weight_decay: float = setting(
        0.0,
        "Decoupled weight decay of the encoder, decoder and feature map. It is "
        "multiplied by the learning rate.",
        minimum=0.0,
    )
    clip_norm: float = setting(
        50.0,
        "Maximum global norm of a gradient, after averaging over replicas. 0 disables "
        "clipping.",
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
        "Compile the training step with XLA. It takes longer to start, and on CPUs it "
        "is slower. The same seed then gives other noise and dropout. Only for one "
        "replica.",
    )
    check_gradients: bool = setting(
        True,
        "Skip updates whose gradient is not finite. If disabled, they are applied.",
    )
    max_skipped_updates: int = setting(
        20,
        "Maximum number of updates that are skipped because their gradient is not "
        "finite. Training stops when there are more.",
        minimum=0,
    )
    keep_best: bool = setting(
        False,
        "Evaluate, sample and export with the weights that have the best validation "
        "bound, instead of the last ones.",
        needs="trained bound",
    )
    validate_every: int = setting(
        0,
        "Number of steps between validations. 0 validates only at the end.",
        minimum=0,
    )
    validation_images: int = setting(
        1000, "Number of validation images that are scored during training.", minimum=1
    )
    checkpoint_every: int = setting(
        500, "Number of steps between checkpoints.", minimum=1, operational=True
    )
    checkpoint_minutes: float = setting(
        0.0,
        "Minutes after a checkpoint at which the next one is made, if none is due "
        "before by `checkpoint_every`. 0: only by steps.",
        minimum=0.0,
        operational=True,
    )
    max_hours: float = setting(
        0.0,
        "Hours after which this process saves a checkpoint and ends, with status 0; "
        "the same command goes on. 0: no limit.",
        minimum=0.0,
        operational=True,
    )
    keep_checkpoints: int = setting(
        2, "Number of recent checkpoints to keep.", minimum=2, operational=True
    )
    log_every: int = setting(
        20, "Number of steps between lines of scalars.jsonl.", minimum=1
    )
    sample_every: int = setting(
        500,
        "Number of steps between pictures of samples, beside that of the end. 0: none.",
        minimum=0,
    )
    strategy: str = setting(
        "auto",
        "Distribution strategy. `auto` mirrors the model over all visible GPUs if "
        "there are several, and uses one device otherwise. `multi_worker` reads "
        "TF_CONFIG.",
        choices=STRATEGIES,
        operational=True,
    )
