"""Which labels training sees."""

import numpy as np
import pytest

from ade_tf.data.labelled import partly_labelled
from tests.helpers.models import digits, tiny_model


def counts(labels):
    return np.bincount(labels[labels >= 0], minlength=10).tolist()


def test_as_many_of_each_class_keep_their_label():
    train = digits().train
    found = partly_labelled(train, 103, 10, seed=1)
    assert counts(found.labels) == [11] * 3 + [10] * 7
    kept = found.labels >= 0
    np.testing.assert_array_equal(found.labels[kept], train.labels[kept])
    assert found.images is train.images
    again, other = (partly_labelled(train, 103, 10, seed=s) for s in (1, 2))
    np.testing.assert_array_equal(found.labels, again.labels)
    assert np.any((other.labels >= 0) != kept)
    assert partly_labelled(train, 0, 10) is train


def test_the_others_may_be_left_out():
    train = digits().train
    found = partly_labelled(train, 50, 10, seed=1, only=True)
    kept = partly_labelled(train, 50, 10, seed=1).labels >= 0
    np.testing.assert_array_equal(found.images, train.images[kept])
    np.testing.assert_array_equal(found.labels, train.labels[kept])


@pytest.mark.parametrize(
    ("labelled", "num_classes", "message"),
    [
        (9, 10, "labelled=9, num_classes=10"),
        (100, 0, "labelled=100, num_classes=0"),
        (1290, 10, "labelled=1290, with 1[0-9]+ images of class"),
    ],
)
def test_numbers_that_cannot_be_had(labelled, num_classes, message):
    with pytest.raises(ValueError, match=f"Received: {message}"):
        partly_labelled(digits().train, labelled, num_classes)


def test_labels_that_are_masked_reach_no_number():
    train, test = digits().train, digits().test
    seen = partly_labelled(train, 30, 10, seed=0).labels
    # Labels of the last images in the order decide nothing, as all classes have theirs.
    changed, generator = train.labels.copy(), np.random.default_rng(0)
    for place in generator.permutation(np.flatnonzero(seen < 0)):
        before, changed[place] = changed[place], (changed[place] + 3) % 10
        masked = type(train)(train.images, changed)
        if np.any(partly_labelled(masked, 30, 10, seed=0).labels != seen):
            changed[place] = before
    assert np.mean(changed != train.labels) > 0.9
    numbers = []
    for labels in (train.labels, changed):
        model = tiny_model(
            *("vae",),
            perturbed=False,
            conditional=True,
            bound="semi_supervised",
            network="mlp",
            labelled=30,
            classifier_weight=1.0,
            num_steps=5,
            batch_size=64,
        )
        history = model.fit(train.images, labels, verbose=0).history
        numbers.append([history, [v.numpy() for v in model.variables]])
        numbers[-1].append(model.classify(test.images[:20]))
    (here, weights, said), (there, others, replied) = numbers
    assert here == there
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(said, replied)
