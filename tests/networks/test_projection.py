import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import DISCRIMINATORS
from tests.networks.cases import perturb

CLASSES = 4
every_discriminator = pytest.mark.parametrize("name", DISCRIMINATORS)


def projecting(name, **keywords):
    return DISCRIMINATORS[name](
        (8, 8, 1),
        width=3,
        condition_shape=(CLASSES,),
        projection=True,
        dtype="float64",
        **keywords,
    )


def images(count=5):
    return tf.constant(np.random.default_rng(0).normal(size=(count, 8, 8, 1)))


def one_hot(*labels):
    return tf.one_hot(labels, CLASSES, dtype=tf.float64)


def ends(network):
    """The kernel and bias of psi, and the table V."""
    psi, table = network._last, network._table
    return psi.kernel, psi.bias, table.kernel


@every_discriminator
def test_the_logit_is_psi_plus_the_inner_product_with_the_row_of_the_class(name):
    network = projecting(name)
    perturb(network)
    kernel, bias, table = ends(network)
    x, labels = images(), one_hot(2, 0, 3, 2, 1)
    found = network(x, labels).numpy()
    weights, offset, rows = kernel.numpy(), bias.numpy(), table.numpy()
    # The features behind it all, read out by psi one after the other.
    table.assign(np.zeros_like(rows))
    bias.assign([0.0])
    features = np.empty((5, len(weights)))
    for place in range(len(weights)):
        kernel.assign(np.eye(len(weights))[:, place : place + 1])
        features[:, place] = network(x, labels)
    expected = features @ weights[:, 0] + offset[0]
    expected += np.sum(features * rows[[2, 0, 3, 2, 1]], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert np.std(features @ rows.T, axis=1).min() > 1e-3


@every_discriminator
def test_every_kernel_is_normalised_the_table_too(name):
    network = projecting(name, spectral_norm=True)
    kernel, _, table = ends(network)
    x, labels = images(), one_hot(0, 1, 2, 3, 0)
    for _ in range(50):
        network.update_spectral_norm()
    before = network(x, labels)
    table.assign(7.0 * table.numpy())
    kernel.assign(7.0 * kernel.numpy())
    network.update_spectral_norm()
    np.testing.assert_allclose(network(x, labels), before, rtol=1e-6)
    singular = np.linalg.svd(table.numpy(), compute_uv=False)[0]
    used = network._table(one_hot(*range(CLASSES))).numpy()
    np.testing.assert_allclose(used, table.numpy() / singular, rtol=1e-6)


def test_in_mixed_groups_a_class_is_an_images_own():
    network = projecting("dcgan", group=2)
    perturb(network)
    x, first, second = images(4), one_hot(0, 1, 2, 3), one_hot(3, 1, 2, 3)
    changed = network(x, first).numpy() != network(x, second).numpy()
    np.testing.assert_array_equal(changed, [True, False, False, False])


def test_what_cannot_be_projected_is_refused():
    for shape in (None, (2, 2, 3)):
        with pytest.raises(ValueError, match="condition that is a vector.*Received"):
            DISCRIMINATORS["mlp"]((8, 8, 1), condition_shape=shape, projection=True)
    with pytest.raises(ValueError, match="needs a condition. Received: None"):
        projecting("mlp")(images())
