"""Streams of batches: for training, endless and seekable; for evaluation, in order."""

import tensorflow as tf

from ade_tf.data.splits import Split
from ade_tf.data.stored import in_memory
from ade_tf.randomness import fold

__all__ = ["evaluation_batches", "stream_of_domains", "training_stream"]

# Batches that are made, and read from disk, while a step is computed.
_AHEAD = 2


def training_stream(
    split: Split,
    *,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    random_flip: bool = False,
    domain: str = "",
    part: int = 0,
    num_parts: int = 1,
) -> tf.data.Dataset:
    """Makes the endless stream of training batches, or of a part of each.

    Batch t is a function of `(seed, t)` alone. Row r of it has the position
    p = t batch_size + r, and is image `order[p mod N]` of epoch p div N, where `order`
    is a random permutation drawn for each epoch. Batches are always full and may span
    epochs, so `batch_size` may also exceed N. Starting late costs nothing.

    Args:
      split: The images, N of them, at least one.
      batch_size: Global batch size.
      seed: Integer, from 0.
      start_step: The t of the first batch.
      random_flip: Flip each image left-right with probability 1/2.
      domain: Name of a further domain, whose order is then another.
      part: Which part of each batch, from 0. The other rows are not read.
      num_parts: Number of equal parts, one after the other.

    Returns:
      A dataset of `{"image": float32 [B, H, W, C], "label": int32 [B]}`, B =
      batch_size / num_parts, with values as in the split.

    Raises:
      ValueError: If a number is out of range or there are no images.
    """
    _check_at_least("batch_size", batch_size, 1)
    _check_at_least("seed", seed, 0)
    _check_at_least("start_step", start_step, 0)
    size, left = divmod(batch_size, num_parts)
    if left or not 0 <= part < num_parts:
        raise ValueError(
            "a batch must have equal parts, numbered from 0. Received: "
            f"part={part}, num_parts={num_parts}, batch_size={batch_size}"
        )
    images_at, labels = _reader(split)
    num_images = len(split)

    def batch_at(step):
        rows = part * size + tf.range(size, dtype=tf.int64)
        position = step * batch_size + rows
        index = _shuffled(position, num_images, fold(seed, f"order{domain}"))
        image = images_at(index)
        if random_flip:
            flip_seed = fold(seed, f"flip{domain}", step)
            uniform = tf.random.stateless_uniform([batch_size], flip_seed)
            flip = tf.gather(uniform, rows) < 0.5
            image = tf.where(flip[:, None, None, None], image[:, :, ::-1], image)
        return {"image": image, "label": tf.gather(labels, index)}

    steps = tf.data.Dataset.counter(start_step)
    return _finish(steps, batch_at)


def stream_of_domains(splits, **settings) -> tf.data.Dataset:
    """Makes the stream of training batches of one domain, or of two, unpaired.

    Args:
      splits: The images of the only domain, or of A and B.
      **settings: As of `training_stream`.

    Returns:
      A dataset as of `training_stream`, with `image_b` of the second domain.
    """
    first, *others = splits
    stream = training_stream(first, **settings)
    for split in others:
        other = training_stream(split, domain="_b", **settings)
        stream = tf.data.Dataset.zip(stream, other).map(
            lambda a, b: {**a, "image_b": b["image"]}
        )
    return stream


def evaluation_batches(
    split: Split, *, batch_size: int, first: int = 0, limit: int = 0
) -> tf.data.Dataset:
    """Makes the batches of a split in its order; the last one may be short.

    Args:
      split: The images, at least one.
      batch_size: Size of every batch but the last.
      first: Position of the first image.
      limit: Stop after so many images; 0 gives all.

    Returns:
      A dataset of `{"image": float32 [B, H, W, C], "label": int32 [B], "index": int64
      [B]}`; `index` is the position in the split.

    Raises:
      ValueError: If a number is out of range or there are no images.
    """
    _check_at_least("batch_size", batch_size, 1)
    _check_at_least("first", first, 0)
    _check_at_least("limit", limit, 0)
    images_at, labels = _reader(split)
    if first >= len(split):
        raise ValueError(
            f"`first` must be less than the number of images, {len(split)}. "
            f"Received: {first}"
        )

    def batch_of(index):
        return {
            "image": images_at(index),
            "label": tf.gather(labels, index),
            "index": index,
        }

    last = min(first + limit, len(split)) if limit else len(split)
    indices = tf.data.Dataset.range(first, last).batch(batch_size)
    return _finish(indices, batch_of)


def _shuffled(position, num_images, seed):
    """Maps positions in the stream, int64 `[B]`, to indices of images."""
    epoch = tf.cast(position // num_images, tf.int32)
    order_seed = tf.broadcast_to(seed, [len(position), 2])
    # tf.random.experimental.index_shuffle pads a matrix of seeds along the wrong axis
    # (TF 2.21), so the operation below it is called; 4 rounds is its choice, too.
    return tf.raw_ops.RandomIndexShuffle(
        index=position % num_images,
        seed=tf.concat([order_seed, epoch[:, None]], axis=1),
        max_index=tf.constant(num_images - 1, tf.int64),
        rounds=4,
    )


def _reader(split):
    """Returns a function of places, int64 `[B]`, to float32 images; and the labels."""
    _check_at_least("len(split)", len(split), 1)
    images = split.images
    # Images stay on the host, as they are stored; only batches become float.
    with tf.device("CPU:0"):
        labels = tf.convert_to_tensor(split.labels)
        kept = tf.convert_to_tensor(images) if in_memory(images) else None

    def images_at(index):
        if kept is not None:
            return tf.cast(tf.gather(kept, index), tf.float32)
        found = tf.numpy_function(
            images.__getitem__, [index], images.dtype, stateful=False
        )
        found = tf.ensure_shape(found, [*index.shape, *images.shape[1:]])
        return tf.cast(found, tf.float32)

    return images_at, labels


def _finish(places, batch):
    options = tf.data.Options()
    # There are no files to share out: the replicas of all workers share each batch.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.DATA
    )
    # The default rewrites copy the captured images, and find nothing to fuse here.
    options.experimental_optimization.apply_default_optimizations = False
    # The thread that tunes a pipeline can miss that it is to end, and whoever drops an
    # iterator, as a run that is stopped does, waits for it up to a minute.
    options.autotune.enabled = False
    return places.map(batch).prefetch(_AHEAD).with_options(options)


def _check_at_least(name, value, minimum):
    if value < minimum:
        raise ValueError(f"`{name}` must be at least {minimum}. Received: {value}")
