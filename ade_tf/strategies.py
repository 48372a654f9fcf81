"""Distribution strategies by name."""

import functools

import tensorflow as tf

__all__ = ["directory_of_worker", "make_strategy", "of_all_workers", "shared_batches"]


def make_strategy(name: str, batch_size: int) -> tf.distribute.Strategy:
    """Returns the strategy of a name and checks that the batch can be shared.

    Args:
      name: `auto` (mirrored over several visible GPUs, else one device), `single`,
        `mirrored` (all visible GPUs, or all logical CPU devices where there is none),
        `multi_worker` (the cluster of the environment variable TF_CONFIG; `auto` where
        that names no second worker) or `tpu`.
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


def directory_of_worker(name: str, run_dir) -> str:
    """Returns where this process keeps a run.

    Of several workers, the first (the chief, where there is one) has `run_dir` itself.
    Each other one has a whole copy beside it, `run_dir.worker-1` and so on (beside a
    chief from `run_dir.worker-0`), from which it resumes.

    Args:
      name: The strategy's name.
      run_dir: The run's directory.
    """
    if name != "multi_worker":
        return str(run_dir)
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    own = resolver.task_type, resolver.task_id
    if own[0] is None or own == (first, 0):
        return str(run_dir)
    return f"{run_dir}.worker-{resolver.task_id}"


def of_all_workers(value: int, strategy: tf.distribute.Strategy) -> list[int]:
    """Returns what each worker says, the same list on all; one value for one process.

    All workers must call it, and each waits for the others.

    Args:
      value: This worker's.
      strategy: The strategy of the workers.
    """
    if not _of_workers(strategy):
        return [value]
    own = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant([value])
    )
    return strategy.gather(own, axis=0).numpy().tolist()


def shared_batches(batches, strategy: tf.distribute.Strategy):
    """Returns batches as `fit` takes them under a strategy.

    Args:
      batches: A dataset of batches for all replicas; or a function `(part, num_parts)`
        that makes the dataset of a part of each batch, such as `training_stream`, so
        that each of several workers makes its own part alone. What is distributed
        already is returned as it is.
      strategy: The strategy whose replicas share each batch.

    Returns:
      A dataset for one replica, else a distributed dataset.
    """
    if isinstance(batches, tf.distribute.DistributedDataset):
        return batches
    # By default each replica asks for its next batch ahead. An iterator that is dropped
    # meanwhile can end the process: the thread that answers then uses what is freed
    # (TF 2.21). What is ahead is in the dataset's own prefetch.
    options = tf.distribute.InputOptions(experimental_per_replica_buffer_size=0)
    if callable(batches) and _of_workers(strategy):

        def of_worker(context):
            own = batches(
                part=context.input_pipeline_id, num_parts=context.num_input_pipelines
            )
            size = own.element_spec["image"].shape[0]
            replicas = strategy.num_replicas_in_sync // context.num_input_pipelines
            return own if replicas == 1 else own.rebatch(size // replicas)

        return strategy.distribute_datasets_from_function(of_worker, options)
    whole = batches() if callable(batches) else batches
    if strategy.num_replicas_in_sync == 1:
        return whole
    return strategy.experimental_distribute_dataset(whole, options)


def _of_workers(strategy):
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def _workers():
    jobs = tf.distribute.cluster_resolver.TFConfigClusterResolver().cluster_spec()
    return sum(jobs.num_tasks(job) for job in jobs.jobs if job in ("chief", "worker"))


def _make(name):
    if name == "multi_worker" and _workers() < 2:
        name = "auto"
    if name == "multi_worker":
        # Before anything else asks for devices: a cluster is joined at the start.
        return tf.distribute.MultiWorkerMirroredStrategy()
    gpus = tf.config.list_logical_devices("GPU")
    if name == "single" or (name == "auto" and len(gpus) < 2):
        return tf.distribute.get_strategy()
    if name in ("auto", "mirrored"):
        devices = gpus or tf.config.list_logical_devices("CPU")
        return _mirrored(tuple(d.name for d in devices))
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
    return tf.distribute.TPUStrategy(resolver)


@functools.cache
def _mirrored(devices):
    # One per process: TensorFlow numbers the collectives of every new strategy from the
    # start, and takes those of a second one over the same devices for the first one's.
    return tf.distribute.MirroredStrategy(list(devices))
