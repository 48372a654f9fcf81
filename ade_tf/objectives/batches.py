"""How real images and samples stand before the discriminator: apart, or in groups."""

import tensorflow as tf

__all__ = ["MixedBatch", "SeparateBatch"]


class SeparateBatch:
    """Real images, then samples; each is judged by itself.

    It has the methods of `MixedBatch`; the losses are the adversary's own.
    """

    def join(self, real, fake):
        """Returns one side behind the other, like each of them, `[2 B, ...]`."""
        return tf.nest.map_structure(lambda a, b: tf.concat([a, b], 0), real, fake)

    def split(self, logits):
        """Returns the logits of the real images and of the samples, `[B]` each."""
        return tf.split(logits, 2)

    def discriminator_loss(self, adversary, real_logits, fake_logits) -> tf.Tensor:
        """Returns what the discriminator minimises, a scalar."""
        return adversary.discriminator_loss(real_logits, fake_logits)

    def generator_loss(self, adversary, fake_logits, real_logits) -> tf.Tensor:
        """Returns what the generator minimises, a scalar."""
        return adversary.generator_loss(fake_logits, real_logits)


class MixedBatch:
    """Groups of real images and samples, and a discriminator that guesses their ratio.

    For each group of n positions a ratio is drawn from U[0, 1), and each position is
    real with that probability (so the number of real ones is uniform on 0 .. n). The
    complement makes a second group, so that every image is used once:

        first = m x + (1 - m) x~,    second = (1 - m) x + m x~,    m in {0, 1}

    With r the share of real images in a group, each logit t of its n is trained as a
    guess of r, by the adversary's functions, and the generator's loss counts by the
    share of samples:

        discriminator: 2 E[r real(t) + (1 - r) fake(t)]
        generator:     2 E[(1 - r) generated(t)]

    Cross-entropy makes sigmoid(t) the ratio itself. In groups of one this is the
    adversary as it stands. Source: arXiv 1806.07185, with the loss of every image's own
    guess averaged. Deviations: groups have a fixed size and follow the positions in the
    global batch, so that the number of replicas cannot show; groups come in pairs of a
    mixture and its complement; the paper's weighting of the generator's loss was not at
    hand, and the one above is this library's.

    Args:
      uniform: Draws from U[0, 1), `[B, 2]`, a row for each position in the batch.
      group: Images of a group, n; it divides B.
    """

    def __init__(self, uniform, group: int):
        position, ratio = tf.unstack(tf.reshape(uniform, [-1, group, 2]), axis=2)
        mask = position < ratio[:, :1]
        share = tf.reduce_mean(tf.cast(mask, uniform.dtype), axis=1, keepdims=True)
        share = tf.where(mask, share, 1.0 - share)
        self._mask = tf.reshape(mask, [-1])
        # Of the group that holds the real image, or else the sample, of a position.
        self._real_share = tf.reshape(share, [-1])
        self._fake_share = 1.0 - self._real_share

    def join(self, real, fake):
        """Returns the mixed sides, like each of them, `[2 B, ...]`, group by group."""

        def mixed(real, fake):
            mask = tf.reshape(self._mask, [-1] + [1] * (real.shape.rank - 1))
            first = tf.where(mask, real, fake)
            second = tf.where(mask, fake, real)
            return tf.concat([first, second], 0)

        return tf.nest.map_structure(mixed, real, fake)

    def split(self, logits):
        """Returns the logits of the real images and of the samples, `[B]` each."""
        first, second = tf.split(logits, 2)
        return (
            tf.where(self._mask, first, second),
            tf.where(self._mask, second, first),
        )

    def discriminator_loss(self, adversary, real_logits, fake_logits) -> tf.Tensor:
        """Returns what the discriminator minimises, a scalar."""
        return self._guess(adversary, real_logits, self._real_share) + self._guess(
            adversary, fake_logits, self._fake_share
        )

    def generator_loss(self, adversary, fake_logits, real_logits) -> tf.Tensor:
        """Returns what the generator minimises, a scalar."""
        return tf.reduce_mean(
            (1.0 - self._fake_share) * adversary.generated(fake_logits)
            + (1.0 - self._real_share) * adversary.generated(real_logits)
        )

    def _guess(self, adversary, logits, share):
        return tf.reduce_mean(
            share * adversary.real(logits) + (1.0 - share) * adversary.fake(logits)
        )
