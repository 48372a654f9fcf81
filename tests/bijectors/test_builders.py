import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.bijectors import (
    FEATURE_MAPS,
    ActNorm,
    Coupling,
    FactorOut,
    InvertibleConv,
    glow,
    real_nvp,
)
from tests.helpers.bijectors import perturb

tfd = tfp.distributions


def count(bijector, kind):
    return sum(type(part) is kind for part in bijector.submodules)


CASES = {
    "glow": (glow, (8, 4, 3), {"steps": (2, 1)}),
    "glow spline": (glow, (4, 4, 1), {"steps": (1,), "coupling": "spline"}),
    "glow additive": (glow, (4, 4, 1), {"steps": (1,), "coupling": "additive"}),
    "glow dense": (glow, (4, 4, 1), {"steps": (1,), "mixing": "dense"}),
    "glow alternating": (glow, (4, 4, 1), {"steps": (2,), "mixing": "none"}),
    "glow prior": (glow, (8, 8, 1), {"steps": (1, 1, 1), "learned_prior": True}),
    "glow one resolution": (glow, (8, 8, 1), {"steps": (1, 1), "factor_out": False}),
    "glow toy": (
        glow,
        (1, 1, 3),
        {"steps": (2,), "squeeze": False, "network": "mlp", "actnorm": "none"},
    ),
    "real_nvp": (real_nvp, (8, 4, 3), {"steps": (1, 2)}),
    "real_nvp odd": (real_nvp, (3, 5, 1), {"steps": (2,), "network": "conv"}),
    "real_nvp maps": (
        real_nvp,
        (4, 4, 1),
        {"steps": (1, 1), "position_maps": True, "actnorm": "position"},
    ),
    "real_nvp prior": (real_nvp, (4, 4, 2), {"steps": (1, 1), "learned_prior": True}),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every_case
def test_features_have_the_images_shape_and_map_back(case):
    build, shape, settings = case
    flow = perturb(build(shape, width=4, dtype="float64", **settings))
    x = np.random.default_rng(0).normal(size=(3, *shape))
    y, log_det = flow.inverse_and_log_det(x)
    assert y.shape == x.shape and log_det.shape == (3,)
    assert np.max(np.abs(y - x)) > 0.1
    recovered, forward_log_det = flow.forward_and_log_det(y)
    np.testing.assert_allclose(recovered, x, atol=1e-9)
    np.testing.assert_allclose(forward_log_det, -log_det, atol=1e-9)


@pytest.mark.parametrize("build", [glow, real_nvp])
def test_a_condition_reaches_couplings_and_priors(build):
    settings = {"steps": (1, 1), "learned_prior": True, "condition_shape": (2,)}
    flow = perturb(build((4, 4, 2), width=4, dtype="float64", **settings))
    x = tf.random.normal([3, 4, 4, 2], dtype=tf.float64)
    with tf.GradientTape() as tape:
        y, log_det = flow.inverse_and_log_det(x, tf.ones([3, 2], tf.float64))
        total = tf.reduce_sum(y**2) + tf.reduce_sum(log_det)
    first_kernels = [
        layer.trainable_variables[0].value
        for part in flow.submodules
        if isinstance(part, Coupling | FactorOut)
        for layer in part.keras_layers
    ]
    for gradient in tape.gradient(total, first_kernels):
        assert np.all(np.any(gradient.numpy()[:, :, -2:] != 0, (0, 1, 3)))


def network_size(channels_in, channels_out, width=16):
    """Weights of 3x3, 1x1 and 3x3 convolutions with biases."""
    return (
        (9 * channels_in + 1) * width
        + (width + 1) * width
        + (9 * width + 1) * channels_out
    )


def test_glow_has_the_parts_and_weights_of_the_paper():
    flow = glow((16, 8, 3), steps=(3, 2), width=16)
    assert count(flow, Coupling) == count(flow, InvertibleConv) == 5
    assert count(flow, ActNorm) == 5 and count(flow, FactorOut) == 1
    expected = 0
    # 12 channels after the first squeeze; 6 of them go on and become 24.
    for steps, channels in ((3, 12), (2, 24)):
        mixing = 2 * channels**2 + channels
        step = 2 * channels + mixing + network_size(channels // 2, channels)
        expected += steps * step
    sizes = [variable.shape.num_elements() for variable in flow.trainable_variables]
    assert sum(sizes) == expected


def test_real_nvp_has_the_parts_and_weights_of_the_paper():
    flow = real_nvp((16, 8, 3), steps=(3, 2), width=16, network="conv")
    assert count(flow, Coupling) == count(flow, ActNorm) == 3 + 3 + (2 + 1)
    assert count(flow, InvertibleConv) == 0 and count(flow, FactorOut) == 1
    # Checkerboards see all channels and the mask; 6 of 12 channels go on.
    checkerboards = 3 * network_size(3 + 1, 6) + 3 * network_size(6 + 1, 12)
    norms = 2 * (3 * 3 + 3 * 12 + 3 * 6)
    sizes = [variable.shape.num_elements() for variable in flow.trainable_variables]
    assert sum(sizes) == checkerboards + 3 * network_size(6, 12) + norms


def test_one_resolution_takes_all_channels_on():
    flow = glow((8, 8, 1), steps=(1, 1), factor_out=False, learned_prior=True, width=4)
    assert count(flow, FactorOut) == 0
    mixed = [p.matrix.shape[0] for p in flow.submodules if type(p) is InvertibleConv]
    assert mixed == [4, 16]


@pytest.mark.parametrize(
    "flow",
    [
        lambda: glow((4, 4, 2), steps=(2,), mixing="none", actnorm="none", width=4),
        lambda: real_nvp((4, 4, 2), steps=(1,), actnorm="none", width=4),
    ],
    ids=["glow", "real_nvp"],
)
def test_the_kept_half_alternates_so_that_all_entries_change(flow):
    x = tf.random.normal([3, 4, 4, 2])
    assert np.all(perturb(flow()).inverse(x) != x)


def test_untrained_flows_keep_volume_and_norm():
    x = tf.random.normal([3, 8, 8, 1])
    y, log_det = glow((8, 8, 1), steps=(2, 1), width=4).inverse_and_log_det(x)
    np.testing.assert_allclose(log_det, np.zeros(3), atol=1e-4)
    norms = [tf.norm(tf.reshape(t, [3, -1]), axis=1) for t in (x, y)]
    np.testing.assert_allclose(*norms, rtol=1e-5)


def test_learned_prior_is_the_conditional_gaussian():
    shape = (4, 4, 3)
    flow = glow(shape, steps=(1, 1), learned_prior=True, width=4, dtype="float64")
    perturb(flow, scale=0.3)
    x = tf.random.normal([3, *shape], dtype=tf.float64)

    standard = tfd.Sample(tfd.Normal(tf.zeros([], tf.float64), 1.0), shape)
    log_prob = tfd.TransformedDistribution(standard, flow).log_prob(x)

    *first_scale, factor_out, _ = flow.bijectors
    h, expected = x, 0.0
    for bijector in first_scale:
        h, log_det = bijector.inverse_and_log_det(h)
        expected += log_det
    kept, rest = h[..., :6], h[..., 6:]
    output = factor_out.keras_layers[0](kept).numpy()
    mean, log_scale = output[..., :6], 2 * np.tanh(output[..., 6:] / 2)
    assert np.ptp(log_scale) > 0.1
    normal = scipy.stats.norm.logpdf(rest, mean, np.exp(log_scale))
    top, log_det = factor_out.inner.inverse_and_log_det(kept)
    expected += log_det + normal.sum((1, 2, 3))
    expected += scipy.stats.norm.logpdf(top).sum((1, 2, 3))
    np.testing.assert_allclose(log_prob, expected, rtol=1e-12)


def test_identity_is_the_identity():
    flow = FEATURE_MAPS["identity"]((3, 5, 1), dtype="float64")
    x = tf.random.normal([2, 3, 5, 1], dtype=tf.float64)
    y, log_det = flow.inverse_and_log_det(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(log_det, np.zeros(2))
    assert not flow.variables


@pytest.mark.parametrize("name", FEATURE_MAPS)
def test_all_feature_maps_take_what_all_models_have(name):
    own = {
        "identity": {},
        "autoregressive": {"steps": 2, "width": 20},
        "residual": {"blocks": 1, "width": 4},
    }
    own = own.get(name, {"steps": (1, 1), "width": 4})
    flow = FEATURE_MAPS[name](
        (4, 4, 1),
        position_maps=True,
        condition_shape=(2,),
        network_dtype=None,
        dtype="float32",
        **own,
    )
    y = flow.inverse(tf.zeros([2, 4, 4, 1]), condition=tf.zeros([2, 2]))
    assert y.shape == (2, 4, 4, 1)


@pytest.mark.parametrize("setting", ["mixing", "squeeze", "spline_bins", "depth"])
def test_a_setting_of_another_builder_is_none(setting):
    with pytest.raises(TypeError, match=setting):
        real_nvp((8, 8, 1), **{setting: 3})


@pytest.mark.parametrize(
    ("build", "shape", "settings", "message"),
    [
        (glow, (8, 12, 1), {}, r"divisible by 8 for 3 scales.*shape=\(8, 12, 1\)"),
        (real_nvp, (6, 6, 1), {}, r"divisible by 4 for 3 scales.*steps=\(3, 3, 3\)"),
        (glow, (8, 8, 1), {"steps": ()}, r"at least 1. Received: steps=\(\)"),
        (glow, (8, 8, 1), {"steps": (2, 0)}, r"at least 1. Received: steps=\(2, 0\)"),
        (
            glow,
            (8, 8, 2),
            {"squeeze": False},
            r"one scale. Received: squeeze=False, steps=\(8, 8, 8\)",
        ),
        (
            glow,
            (8, 8, 1),
            {"squeeze": False, "steps": (1,)},
            r"at least two channels.* Received: shape=\(8, 8, 1\)",
        ),
        (
            real_nvp,
            (4, 4, 1),
            {},
            r"at least two positions.* Received: shape=\(1, 1, 4",
        ),
        (glow, (8, 8, 1), {"mixing": "qr"}, r"'none'. Received: mixing=qr"),
        (glow, (8, 8, 1), {"actnorm": "yes"}, r"'none'. Received: actnorm=yes"),
        (glow, (8, 8, 1), {"coupling": "no"}, r"one of .* Received: coupling=no"),
        (real_nvp, (8, 8, 1), {"network": "no"}, r"one of .* Received: network=no"),
    ],
)
def test_refusals(build, shape, settings, message):
    with pytest.raises(ValueError, match=message):
        build(shape, **settings)
