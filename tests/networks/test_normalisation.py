import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import DISCRIMINATORS
from ade_tf.networks.blocks import conv, dense
from tests.networks.cases import perturb


def make_layer(kind, dtype="float32"):
    if kind == "conv":
        return conv(4, 6, spectral_norm=True, dtype=dtype)
    return dense(7, 5, spectral_norm=True, dtype=dtype)


def matrix(kernel):
    kernel = np.asarray(kernel)
    return kernel.reshape(-1, kernel.shape[-1])


def largest_singular_value(kernel):
    return np.linalg.svd(matrix(kernel), compute_uv=False)[0]


every_kind = pytest.mark.parametrize("kind", ["conv", "dense"])


@every_kind
def test_normalised_kernel_has_spectral_norm_one(kind):
    layer = make_layer(kind)
    perturb(layer, 2.0)
    for _ in range(200):
        layer.update_spectral_norm()
    assert largest_singular_value(layer.kernel.numpy()) > 2.0
    normalised = layer.spectral_norm(layer.kernel.value)
    assert abs(largest_singular_value(normalised) - 1.0) < 1e-3


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_estimates_of_a_new_discriminator_are_close(name):
    network = DISCRIMINATORS[name](
        (8, 8, 1), width=8, spectral_norm=True, condition_shape=(3,)
    )
    layers = network._spectral_layers
    assert len(layers) == sum(len(v.shape) > 1 for v in network.trainable_variables)
    for layer in layers:
        normalised = layer.spectral_norm(layer.kernel.value)
        assert 1.0 - 1e-3 < largest_singular_value(normalised) < 1.2


def operator_norm(kernel, strides, side=8):
    """Largest gain of a convolution on images, by power iteration on its adjoint."""
    x = tf.random.normal([1, side, side, kernel.shape[2]])
    for _ in range(100):
        y = tf.nn.conv2d(x, kernel, strides, "SAME")
        norm = float(tf.norm(y))
        x = tf.nn.conv2d_transpose(y, kernel, tf.shape(x), strides, "SAME")
        x = x / tf.norm(x)
    return norm


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_norms_after_a_hundred_steps_of_training(name):
    """The matrices' norm is 1; the operators' is more, within the bound of theirs."""
    network = DISCRIMINATORS[name]((8, 8, 1), width=16, spectral_norm=True)
    optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
    optimizer.build(network.trainable_variables)
    variables = network.trainable_variables

    @tf.function
    def step(images):
        network.update_spectral_norm()
        with tf.GradientTape() as tape:
            logits = network(images)
            loss = tf.reduce_mean(tf.nn.relu(1.0 - logits[:8]))
            loss += tf.reduce_mean(tf.nn.relu(1.0 + logits[8:]))
        gradients = tape.gradient(loss, [v.value for v in variables])
        optimizer.apply(gradients, variables)

    before = [v.kernel.numpy() for v in network._spectral_layers]
    shift = tf.repeat([[[[0.5]]], [[[-0.5]]]], 8, axis=0)
    for _ in range(100):
        step(tf.random.normal([16, 8, 8, 1]) + shift)
    for old, layer in zip(before, network._spectral_layers, strict=True):
        assert np.abs(layer.kernel.numpy() - old).max() > 1e-2
        kernel = layer.spectral_norm(layer.kernel.value)
        assert largest_singular_value(kernel) == pytest.approx(1.0, abs=0.02)
        if len(kernel.shape) == 4:
            norm = operator_norm(kernel, layer.strides[0])
            assert 1.0 < norm <= np.ceil(kernel.shape[0] / layer.strides[0])


@every_kind
def test_layer_computes_with_the_normalised_kernel(kind):
    layer = make_layer(kind, "float64")
    perturb(layer)
    kernel = layer.spectral_norm(layer.kernel.value)
    x = tf.random.normal([3, 5, 4, 4] if kind == "conv" else [3, 7], dtype="float64")
    if kind == "conv":
        expected = tf.nn.conv2d(x, kernel, 1, "SAME") + layer.bias.value
    else:
        expected = x @ kernel + layer.bias.value
    np.testing.assert_allclose(layer(x), expected, rtol=1e-12)
    # Scaling the kernel, or calling, changes nothing.
    layer.kernel.assign(3.0 * layer.kernel.numpy())
    np.testing.assert_allclose(layer(x), expected, rtol=1e-12)


def test_a_dense_layer_has_its_activation():
    layer = dense(7, 5, spectral_norm=True, activation="relu", dtype="float64")
    perturb(layer)
    kernel = layer.spectral_norm(layer.kernel.value)
    x = tf.random.normal([3, 7], dtype="float64")
    expected = tf.nn.relu(x @ kernel + layer.bias.value)
    assert np.any(expected.numpy() == 0)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-12)


def test_calls_change_neither_kernel_nor_u_and_updates_no_kernel():
    network = DISCRIMINATORS["residual"]((8, 8, 1), width=4, spectral_norm=True)
    perturb(network)
    before = {v.path: v.numpy() for v in network.variables}
    x = tf.random.normal([3, 8, 8, 1])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network(x))
    tape.gradient(loss, [v.value for v in network.trainable_variables])
    for variable in network.variables:
        np.testing.assert_array_equal(variable.numpy(), before[variable.path])
    network.update_spectral_norm()
    for variable in network.trainable_variables:
        np.testing.assert_array_equal(variable.numpy(), before[variable.path])
    for variable in network.non_trainable_variables:
        if variable.shape != (1, 1):
            assert np.any(variable.numpy() != before[variable.path])


@every_kind
def test_update_is_one_step_of_subspace_iteration(kind):
    layer = make_layer(kind, "float64")
    perturb(layer)
    w, u = matrix(layer.kernel.numpy()), layer.spectral_norm.u.numpy()
    layer.update_spectral_norm()
    found = layer.spectral_norm.u.numpy()
    np.testing.assert_allclose(found.T @ found, np.eye(u.shape[1]), atol=1e-12)
    # The space is that of W^T W U, and W's images of the columns do not overlap.
    basis = np.linalg.qr(w.T @ w @ u)[0]
    np.testing.assert_allclose(basis @ (basis.T @ found), found, atol=1e-10)
    images = w @ found
    values = np.sum(images**2, 0)
    np.testing.assert_allclose(images.T @ images, np.diag(values), atol=1e-10)
    assert np.all(np.diff(values) <= 1e-12)


def test_a_singular_value_that_overtakes_is_found_at_once():
    layer = make_layer("dense")
    left, _, right = np.linalg.svd(np.random.normal(size=(7, 5)), full_matrices=False)
    for values in ([5, 4, 3, 2, 1], [5, 6, 3, 2, 1], [5, 6, 3, 7, 1]):
        layer.kernel.assign(left @ np.diag(values).astype(float) @ right)
        layer.update_spectral_norm()
        normalised = layer.spectral_norm(layer.kernel.value)
        assert largest_singular_value(normalised) == pytest.approx(1.0, abs=1e-4)


@every_kind
def test_gradient_passes_through_sigma(kind):
    layer = make_layer(kind, "float64")
    perturb(layer)
    kernel = layer.kernel.numpy()
    weights = np.random.normal(size=kernel.shape)

    def loss(kernel):
        return tf.reduce_sum(weights * layer.spectral_norm(kernel))

    variable = tf.Variable(kernel)
    with tf.GradientTape() as tape:
        value = loss(variable)
    gradient = tape.gradient(value, variable).numpy()

    w, g, u = matrix(kernel), matrix(weights), layer.spectral_norm.u.numpy()[:, 0]
    sigma = np.linalg.norm(w @ u)
    outer = np.outer(w @ u / sigma, u)
    closed_form = (g - np.sum(g * w) / sigma * outer) / sigma
    np.testing.assert_allclose(matrix(gradient), closed_form, rtol=1e-9, atol=1e-12)

    for index in np.random.default_rng(0).integers(0, kernel.size, 5):
        step = np.zeros(kernel.size)
        step[index] = 1e-5
        step = step.reshape(kernel.shape)
        slope = (loss(kernel + step) - loss(kernel - step)) / 2e-5
        np.testing.assert_allclose(slope, gradient.flat[index], rtol=1e-6, atol=1e-8)


def test_kernel_of_zeros_keeps_values_and_gradients_finite():
    layer = make_layer("conv")
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    with tf.GradientTape() as tape:
        y = layer(tf.ones([1, 3, 3, 4]))
    assert np.all(np.isfinite(y))
    assert np.all(np.isfinite(tape.gradient(y, layer.kernel.value)))


def test_update_on_two_replicas_leaves_them_equal():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        network = DISCRIMINATORS["dcgan"]((8, 8, 1), width=4, spectral_norm=True)
    single = DISCRIMINATORS["dcgan"]((8, 8, 1), width=4, spectral_norm=True)
    for ours, theirs in zip(single.variables, network.variables, strict=True):
        ours.assign(theirs.numpy())
    for variable in network.non_trainable_variables:
        # An estimate that has gone astray on one replica must not live on.
        astray = strategy.experimental_local_results(variable.value)[1]
        astray.assign(tf.random.normal(astray.shape))

    @tf.function
    def step(x):
        def replica(x):
            network.update_spectral_norm()
            return network(x)

        return strategy.run(replica, args=(x,))

    x = tf.random.normal([2, 8, 8, 1])
    logits = strategy.experimental_local_results(step(x))
    single.update_spectral_norm()
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-5)
    np.testing.assert_allclose(logits[0], single(x), rtol=1e-4, atol=1e-6)
    for ours, theirs in zip(single.variables, network.variables, strict=True):
        values = strategy.experimental_local_results(theirs.value)
        assert len(values) == 2
        np.testing.assert_array_equal(values[0].numpy(), values[1].numpy())
        np.testing.assert_allclose(values[0].numpy(), ours.numpy(), atol=1e-6)
