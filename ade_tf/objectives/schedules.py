"""Schedules of the weight of L_Q: functions of the training step."""

import keras

__all__ = ["constant", "linear"]


def constant(weight: float, num_steps: int):
    """Returns the schedule of a weight that stays as it is."""
    del num_steps
    return lambda step: weight


def linear(weight: float, num_steps: int, last: float):
    """Returns the schedule of a weight that moves to another one.

        w(t) = weight + (last - weight) t / num_steps

    Args:
      weight: At the first step, t = 0.
      num_steps: Steps of the training; from there on the weight stays at `last`.
      last: At its end.
    """
    return keras.optimizers.schedules.PolynomialDecay(
        float(weight), num_steps, float(last)
    )
