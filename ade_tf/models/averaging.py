"""Evaluation with the moving average of the weights."""

import contextlib

__all__ = ["averaged_weights", "use_averaged_weights"]


@contextlib.contextmanager
def averaged_weights(model):
    """Puts the moving average in place of the generator side's weights for a while.

    The average is kept by the model's generator optimiser (Keras's `use_ema`). Without
    one, or before the first update, the weights stay as they are. Call it outside
    replica context; the weights come back bit for bit, also after an error.

    Args:
      model: A compiled `AdaptiveDensityEstimator`.
    """
    variables = model.generator_variables
    kept = [v.numpy() for v in variables]
    use_averaged_weights(model)
    try:
        yield model
    finally:
        for variable, value in zip(variables, kept, strict=True):
            variable.assign(value)


def use_averaged_weights(model) -> None:
    """Overwrites the generator side's weights by their moving average, for good.

    Without an average, or before the first update, nothing changes.
    """
    optimizer = model.generator_optimizer
    if optimizer.use_ema and int(optimizer.iterations.numpy()):
        optimizer.finalize_variable_values(model.generator_variables)
