"""Distribution strategies by name."""

import functools

import tensorflow as tf

__all__ = ["make_strategy"]


def make_strategy(name: str, batch_size: int) -> tf.distribute.Strategy:
    """Returns the strategy of a name and checks that the batch can be shared.

    Args:
      name: `auto` (mirrored over several visible GPUs, else one device), `single`,
        `mirrored` (all visible GPUs, or all logical CPU devices where there is none),
        `multi_worker` (the cluster of the environment variable TF_CONFIG) or `tpu`.
      batch_size: Images per step, over all replicas.

    Raises:
      ValueError: If the batch is smaller than the number of replicas or cannot be
        divided by it.
    """
    strategy = _make(name)
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise ValueError(
            "batch_size must be a multiple of the number of replicas. "
            f"Received: batch_size={batch_size}, replicas={replicas}"
        )
    return strategy


def _make(name):
    gpus = tf.config.list_logical_devices("GPU")
    if name == "single" or (name == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    if name in ("auto", "mirrored"):
        devices = gpus or tf.config.list_logical_devices("CPU")
        return _mirrored(tuple(d.name for d in devices))
    if name == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
    return tf.distribute.TPUStrategy(resolver)


@functools.cache
def _mirrored(devices):
    # One per process: TensorFlow numbers the collectives of every new strategy from the
    # start, and takes those of a second one over the same devices for the first one's.
    return tf.distribute.MirroredStrategy(list(devices))
