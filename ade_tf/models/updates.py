"""One guarded update: gradients averaged over replicas, checked, clipped, applied."""

import tensorflow as tf

__all__ = ["balanced", "clip_weights", "guarded_update", "mean_over_replicas"]


def balanced(gradients, others, ratio: float):
    """Scales gradients to a multiple of the norm of others.

        ratio ||others|| / ||gradients|| * gradients

    Norms are of the means over replicas, and over the variables that have both. Call in
    replica context.

    Args:
      gradients: List of this replica's gradients; None where there is none.
      others: The same, of another loss.
      ratio: At least 0.

    Returns:
      `(scaled, factor)`: the list, and what it was multiplied by.
    """
    pairs = zip(gradients, others, strict=True)
    pairs = [(g, h) for g, h in pairs if g is not None and h is not None]
    parts = [tf.convert_to_tensor(part) for pair in pairs for part in pair]
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync > 1:
        parts = context.all_reduce(tf.distribute.ReduceOp.MEAN, parts)
    own, other = (tf.linalg.global_norm(parts[first::2]) for first in (0, 1))
    factor = ratio * other / tf.maximum(own, 1e-12)
    scaled = [
        None if g is None else factor * tf.convert_to_tensor(g) for g in gradients
    ]
    return scaled, factor


def guarded_update(optimizer, gradients, variables, *, clip_norm=0.0, check=True):
    """Applies gradients, by default unless they hold a NaN or an infinity.

    Clipping and the check follow the mean over replicas, so that several replicas do
    what one would; Keras clips before it. Call in replica context.

    Args:
      optimizer: A built Keras optimiser.
      gradients: List of this replica's gradients; None where there is none.
      variables: The Keras variables they belong to.
      clip_norm: Greatest global norm; 0 for none.
      check: Whether an update with a non-finite gradient is left out.

    Returns:
      `(norm, skipped)`: the global norm before clipping, and 1.0 where the update
      was left out (neither variables nor the optimiser's state then change), else 0.0.
    """
    pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
    gradients = [tf.convert_to_tensor(g) for g, _ in pairs]
    variables = [v for _, v in pairs]
    context = tf.distribute.get_replica_context()
    replicas = context.num_replicas_in_sync
    if replicas > 1:
        gradients = context.all_reduce(tf.distribute.ReduceOp.MEAN, gradients)
    norm = tf.linalg.global_norm(gradients)
    finite = tf.math.is_finite(norm)
    # Keras sums the gradients over the replicas once more.
    factor = tf.ones([]) / replicas
    if clip_norm:
        factor *= tf.minimum(1.0, clip_norm / tf.maximum(norm, 1e-12))
    if clip_norm or replicas > 1:
        gradients = [g * factor for g in gradients]
    if not check:
        optimizer.apply(gradients, variables)
        return norm, tf.zeros([])

    def apply(strategy, finite, gradients):
        def run():
            strategy.extended.call_for_each_replica(
                lambda grads: optimizer.apply(grads, variables), args=(gradients,)
            )

        # A condition around an optimiser must stand in cross-replica context; every
        # replica holds the same reduced value, so the first decides for all.
        local = strategy.experimental_local_results(finite)[0]
        tf.cond(local, run, lambda: None)

    context.merge_call(apply, args=(finite, gradients))
    return norm, 1.0 - tf.cast(finite, tf.float32)


def mean_over_replicas(value) -> tf.Tensor:
    """Returns the mean of a Tensor over the replicas; gradients pass through.

    The gradient that each replica gets is the mean of the gradients with respect to all
    replicas' results, so that a loss of the mean, averaged over the replicas, has the
    gradient that one replica with the whole batch finds. Call in replica context.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return value
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, value)


def clip_weights(variables, bound: float) -> None:
    """Clips every weight to [-bound, bound] (arXiv 1701.07875, algorithm 1).

    Call in replica context; all replicas hold the same weights before and after.

    Args:
      variables: Keras variables.
      bound: Above 0.
    """

    def clip(strategy):
        for variable in variables:
            strategy.extended.update(
                variable.value,
                lambda value: value.assign(tf.clip_by_value(value, -bound, bound)),
            )

    tf.distribute.get_replica_context().merge_call(clip)
