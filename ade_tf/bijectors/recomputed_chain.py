"""A chain whose backward pass recomputes the activations from its output."""

import contextlib

import tensorflow as tf

from ade_tf.bijectors.chain import FusedChain
from ade_tf.bijectors.step_back import StepBack
from ade_tf.private_doors import stop_recording
from ade_tf.randomness import current_draws, draws_scope

__all__ = ["RecomputedChain"]


class RecomputedChain(FusedChain):
    """A `FusedChain` that does not store its activations for the backward pass.

    Values, gradients, variables and checkpoints are those of the `FusedChain` of the
    same bijectors. The backward pass starts at the output and inverts the bijectors,

        x_i = b_i^-1(y_i);  gradients of b_i at x_i;  y_{i-1} = x_i

    so that memory does not grow with the depth, at the cost of one more pass (RevNets,
    arXiv 1707.04585, algorithm 1; i-RevNets, 1802.07088). It runs the network of a
    coupling once, because the output has the same kept part. Bijectors inside chains,
    `FactorOut` and `tfb.Invert` are inverted one by one, others as a whole.

    Gradients are exact up to the rounding of `b^-1(b(x)) = x`: a flow so
    ill-conditioned that this loses digits, or one with networks in bfloat16, loses
    them here too. There are gradients, also second ones, with respect to the input, the
    condition and trainable variables; none for other variables or for Tensors that a
    bijector holds (`Conditioned` stands outside, not inside).

    Raises:
      ValueError: At a call inside a `Draws.scope`, if a bijector draws other than by
        `FusedBijector._drawing`: its draws could not be repeated.
    """

    def _forward_and_log_det(self, y, condition):
        run = super()._forward_and_log_det
        return self._recomputed(run, "forward", y, condition)

    def _inverse_and_log_det(self, x, condition):
        run = super()._inverse_and_log_det
        return self._recomputed(run, "inverse", x, condition)

    def _recomputed(self, run, direction, *inputs):
        @tf.custom_gradient
        def stored(x, condition=None):
            draws, scope = current_draws(), tf.get_current_name_scope()
            log = contextlib.nullcontext([]) if draws is None else draws.log()
            with stop_recording(), log as repeats:
                pair = run(x, condition)

            def gradient(d_output, d_log_det, variables=()):
                back = StepBack(condition, d_log_det, repeats)
                # A scope's name with a slash is that scope: profiles find what is f's.
                with draws_scope(None), tf.name_scope(f"{scope}/"):
                    # The recorded output, since second gradients depend on x by it.
                    _, d_x = self._step_back(back, direction, result[0], d_output)
                found = [d_x] if condition is None else [d_x, back.condition_gradient]
                if not variables:
                    return found
                return found, [back.gradient_of(variable) for variable in variables]

            return pair, gradient

        result = stored(*(tensor for tensor in inputs if tensor is not None))
        return result
