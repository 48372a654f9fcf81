"""The backward pass of a flow from its output: one bijector after the other, undone."""

import contextlib

import tensorflow as tf

from ade_tf.bijectors.base import FusedBijector
from ade_tf.bijectors.passes import forward_and_log_det, inverse_and_log_det, is_invert
from ade_tf.randomness import draws_scope

__all__ = ["StepBack"]

_RUN = {"forward": forward_and_log_det, "inverse": inverse_and_log_det}
_OPPOSITE = {"forward": "inverse", "inverse": "forward"}


class StepBack:
    """One backward pass through a composition of bijectors that stored nothing.

    For a bijector `y, log_det = b(x; c)` and the gradients of a loss with respect to
    `y` and `log_det`, a step back is

        x = b^-1(y; c);  y, log_det = b(x; c) once more, on a tape;  dx, dc, dweights

    The gradient of every log-det is the same, that of their sum. The steps are kept in
    this order by control dependencies on the gradients, also where TensorFlow would
    start them early: one step's activations exist at a time (not under XLA, which does
    not respect these).

    Args:
      condition: The condition of the pass, or None.
      log_det_gradient: Gradient with respect to the sum of log-dets, `[B]`.
      draws: What `Draws.log` gave for the pass; an empty list where there were none.
    """

    def __init__(self, condition, log_det_gradient, draws):
        self.condition = condition
        self.condition_gradient = None
        self._log_det_gradient = log_det_gradient
        self._draws = list(draws)
        self._gradients = {}
        self._latest = [log_det_gradient]

    def gradient_of(self, variable):
        """Returns the gradient of a variable, None where it was not used."""
        return self._gradients.get(variable.ref())

    def through(self, bijector, direction, output, gradient):
        """Goes back through any bijector.

        Args:
          bijector: A `tfb.Bijector`.
          direction: "forward" or "inverse": that of the pass.
          output: What the pass gave, `[B, H, W, C]`.
          gradient: The gradient with respect to it.

        Returns:
          The input of the pass and the gradient with respect to it.
        """
        if isinstance(bijector, FusedBijector):
            return bijector._step_back(self, direction, output, gradient)
        if is_invert(bijector):
            inner = bijector.bijector
            return self.through(inner, _OPPOSITE[direction], output, gradient)
        return self.once_more(bijector, direction, output, gradient)

    def once_more(self, bijector, direction, output, gradient, draws=None):
        """Goes back through a bijector by both of its directions.

        Args:
          bijector: As all that follow, see `through`.
          direction: "forward" or "inverse".
          output: What the pass gave.
          gradient: The gradient with respect to it.
          draws: What the bijector drew (`next_draws`); both directions draw it again.
        """
        with self.tape(output, gradient) as tape:
            with tape.stop_recording(), draws_scope(draws and draws.again()):
                opposite = _RUN[_OPPOSITE[direction]]
                x, _ = opposite(bijector, output, self.condition)
            tape.watch(x)
            with draws_scope(draws):
                again, log_det = _RUN[direction](bijector, x, self.condition)
        return x, *self.pull(tape, again, gradient, log_det, [x])

    def next_draws(self):
        """Takes the draws of the pass's last network not yet gone back through."""
        return self._draws.pop()() if self._draws else None

    @contextlib.contextmanager
    def tape(self, *arrived):
        """A tape of one step, whose ops wait for the step before and for `arrived`.

        Args:
          *arrived: The tensors that the step starts from.
        """
        with tf.control_dependencies([*self._latest, *arrived]):
            with tf.GradientTape() as tape:
                if self.condition is not None:
                    tape.watch(self.condition)
                yield tape

    def pull(self, tape, output, gradient, log_det, sources):
        """Takes gradients from a tape; keeps those of condition and variables.

        Args:
          tape: The tape of a step.
          output: What it recorded the output of the bijector as.
          gradient: The gradient with respect to it.
          log_det: What it recorded the log-det as, `[B]`.
          sources: Tensors that it watches.

        Returns:
          The gradients with respect to the sources; zeros where there is none.
        """
        others = list(tape.watched_variables())
        if self.condition is not None:
            others.insert(0, self.condition)
        found = tape.gradient(
            [output, log_det],
            [*sources, *others],
            output_gradients=[gradient, self._log_det_gradient],
        )
        self._latest = [g for g in found if g is not None]
        for other, own in zip(others, found[len(sources) :], strict=True):
            if other is self.condition:
                self.condition_gradient = _sum(self.condition_gradient, own)
            else:
                key = other.ref()
                self._gradients[key] = _sum(self._gradients.get(key), own)
        return [
            tf.zeros_like(source) if own is None else own
            for source, own in zip(sources, found, strict=False)
        ]


def _sum(total, more):
    if total is None or more is None:
        return more if total is None else total
    return total + more
