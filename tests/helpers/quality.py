"""Quality and coverage of digit samples, judged by a classifier of real digits."""

import functools

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC

from tests.helpers.models import digits


@functools.cache
def classifier():
    """Returns a support-vector classifier with calibrated probabilities.

    It is fitted on the training digits, with four fifths of them for the machine and
    the rest for its probabilities by turns.
    """
    machine = SVC(gamma=0.001, C=10.0)
    model = CalibratedClassifierCV(machine, cv=5, ensemble=False)
    split = digits().train
    return model.fit(flat(split.images), split.labels)


def flat(images):
    """Returns images as rows."""
    return np.asarray(images, np.float64).reshape(len(images), -1)


def shares_and_confidence(images):
    """Returns the share of each class among images and the mean top probability."""
    probabilities = classifier().predict_proba(flat(images))
    shares = np.bincount(probabilities.argmax(1), minlength=10) / len(images)
    return shares, probabilities.max(1).mean()
