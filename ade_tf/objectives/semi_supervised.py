"""The bound of a conditional model on images of which some have no label."""

import tensorflow as tf

from ade_tf.objectives.bounds import EvidenceBound
from ade_tf.objectives.likelihood import Contribution, LikelihoodTerms

__all__ = ["SemiSupervisedBound"]


class SemiSupervisedBound(EvidenceBound):
    """The evidence bound, summed over the classes of images without a label.

        labelled:    L(x, c) + ln K
        unlabelled:  sum_c q(c | x) L(x, c) + KL(q(c | x) || p(c)),   p(c) = 1 / K

    L(x, c) is the bound on -ln p(x | c), so that these bound -ln p(x, c) and -ln p(x)
    (M2, arXiv 1406.5298, equations 6 and 7). Both are the second with q(c | x) certain
    where the label is known. The KL of classes is the term `class_kl`; what weights and
    frees nats of the KL of z does so in the mean over classes. Every image passes
    through the model once for each class, at the same draws.
    Its settings are those of `EvidenceBound`.
    """

    def __call__(self, terms_of, batch, draws, *, class_logits, **keywords):
        """Returns the loss and its terms, as `EvidenceBound` does.

        Args:
          terms_of: As of `EvidenceBound`, for a batch with its condition.
          batch: The `Batch`, with labels; -1 where there is none.
          draws: Its `BatchDraws`.
          class_logits: Function of a batch and draws that returns the logits of
            q(c | x), `[B, K]`.
          **keywords: As of `EvidenceBound`.
        """

        def expected(batch, draws):
            log_q = tf.nn.log_softmax(class_logits(batch, draws.of_their_own("class")))
            classes = log_q.shape[1]
            known = (batch.labels >= 0)[:, None]
            one_hot = tf.one_hot(batch.labels, classes, dtype=log_q.dtype)
            weights = tf.where(known, one_hot, tf.exp(log_q))
            each = tf.tile(tf.eye(classes), [batch.count, 1])
            copies = batch.repeat(classes)._replace(condition=each)
            terms = terms_of(copies, draws.repeat(classes, alike=True))
            entropy = -tf.reduce_sum(tf.where(known, 0.0, weights * log_q), 1)
            class_kl = tf.math.log(float(classes)) - entropy
            return LikelihoodTerms(
                *terms.expected(weights), Contribution("class_kl", class_kl)
            )

        return super().__call__(expected, batch, draws, **keywords)
