"""What a step can minimise beside L_C and L_Q, as functions of the model.

Each returns its loss, weighted by the setting of its name, and what is logged.
"""

import tensorflow as tf

from ade_tf.models import sides
from ade_tf.models.updates import mean_over_replicas
from ade_tf.objectives.divergences import maximum_mean_discrepancy
from ade_tf.objectives.information import code_log_prob

__all__ = [
    "class_logits_with_dropout",
    "classifier_loss",
    "feature_matching_loss",
    "information_loss",
    "mmd_loss",
    "reconstruction_loss",
]


def mmd_loss(model, batch, draws):
    """Returns the discrepancy of codes of images and of the prior, per dimension."""
    (codes,), (prior,) = (
        side(model, batch, draws) for side in (sides.codes, sides.prior_codes)
    )
    found = maximum_mean_discrepancy(codes, prior)
    return model.config.objective.mmd_weight / model.dims * found, {"mmd": found}


def class_logits_with_dropout(model, batch, draws):
    """Returns the classifier's logits as in training."""
    with draws.scope():
        return model.class_logits(batch, draws)


def classifier_loss(model, batch, draws):
    """Returns -ln p(c | x) of the images with a label, by the mean over all.

    Raises:
      ValueError: If the batch has no labels.
    """
    if batch.labels is None:
        raise ValueError("a classifier is trained with labels. Received: None")
    logits = class_logits_with_dropout(model, batch, draws)
    known = tf.one_hot(batch.labels, model.num_classes)
    # A missing label is a row of zeros, for which TensorFlow's cross-entropy has a
    # gradient.
    log_q = tf.nn.log_softmax(logits)
    found = -tf.reduce_mean(tf.reduce_sum(known * log_q, axis=1))
    weight = model.config.objective.classifier_weight
    return weight * found, {"classifier_loss": found}


def feature_matching_loss(model, game, batch, draws):
    """Returns the squared distance between mean features of a game's two sides."""
    loss, logs = game.feature_matching_loss(batch, draws, mean_over_replicas)
    return model.config.objective.feature_matching_weight * loss, logs


def reconstruction_loss(model, batch, draws):
    """Returns the mean squared error of images encoded and decoded."""
    x, z = sides.pairs(model, batch, draws)
    y = model.features_of(z, draws, condition=batch.condition)
    again, _ = model.feature_map.forward_and_log_det(y, batch.condition)
    error = tf.reduce_mean((model.to_unit(again) - x) ** 2)
    weight = model.config.objective.reconstruction_weight
    return weight * error, {"squared_error": error}


def information_loss(model, batch, draws):
    """Returns -E ln q(c | x~) of the codes of samples.

    Logged is the lower bound H(c) + E ln q(c | x~) on I(c; x~), in nats.
    """
    x, z = sides.sampled_pairs(model, batch, draws)
    outputs = model.code_reader(x, batch.condition)
    read = tf.reduce_mean(code_log_prob(outputs, *model.prior.codes(z)))
    weight = model.config.objective.information_weight
    return -weight * read, {"information": model.prior.entropy + read}
