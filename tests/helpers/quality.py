"""Quality and coverage of digit samples, judged by a classifier of real digits."""

import functools

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from tests.helpers.models import digits


@functools.cache
def classifier():
    """Returns a random forest fitted on the training digits.

    Its confidence falls off the data (0.22 on uniform noise), where that of networks
    and support-vector machines stays above 0.9.
    """
    split = digits().train
    forest = RandomForestClassifier(500, random_state=0)
    return forest.fit(flat(split.images), split.labels)


def flat(images):
    """Returns images as rows."""
    return np.asarray(images, np.float64).reshape(len(images), -1)


def shares_and_confidence(images):
    """Returns the share of each class among images and the mean top probability."""
    probabilities = classifier().predict_proba(flat(images))
    shares = np.bincount(probabilities.argmax(1), minlength=10) / len(images)
    return shares, probabilities.max(1).mean()
