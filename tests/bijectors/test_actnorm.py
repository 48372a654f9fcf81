import numpy as np
import pytest
import tensorflow as tf

from ade_tf.bijectors.actnorm import ActNorm

SHAPE = (3, 2, 5)
AXES = {"channel": (0, 1, 2), "position": (0,)}
every_kind = pytest.mark.parametrize("per", AXES)


def images(batch=64):
    rng = np.random.default_rng(0)
    scales = np.exp(rng.normal(size=SHAPE))
    return (rng.normal(size=(batch, *SHAPE)) * scales + 100.0).astype(np.float32)


@every_kind
def test_starts_as_the_identity(per):
    norm, x = ActNorm(SHAPE, per), images()
    y, log_det = norm.inverse_and_log_det(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(log_det, np.zeros(64))
    assert norm.initialized == 0


@every_kind
def test_initialize_gives_mean_zero_and_variance_one(per):
    norm, x = ActNorm(SHAPE, per), images()
    y = norm.initialize(x)
    np.testing.assert_allclose(np.mean(y, AXES[per]), 0, atol=1e-4)
    np.testing.assert_allclose(np.var(y, AXES[per]), 1, rtol=1e-4)
    np.testing.assert_array_equal(y, norm.inverse(x))
    assert norm.initialized == 1


@every_kind
def test_log_det_is_that_of_the_data_scales(per):
    norm, x = ActNorm(SHAPE, per), images()
    norm.initialize(x)
    stds = np.broadcast_to(np.std(x.astype(np.float64), AXES[per]), SHAPE)
    expected = np.full(64, -np.log(stds).sum())
    np.testing.assert_allclose(norm.inverse_and_log_det(x)[1], expected, rtol=1e-4)
    np.testing.assert_allclose(norm.forward_and_log_det(x)[1], -expected, rtol=1e-4)


@pytest.mark.parametrize(("per", "count"), [("channel", 5), ("position", 30)])
def test_owns_one_shift_and_scale_each(per, count):
    assert [
        v.shape.num_elements() for v in ActNorm(SHAPE, per).trainable_variables
    ] == [
        count,
        count,
    ]


def test_calls_leave_the_parameters_alone():
    norm = ActNorm(SHAPE)
    norm.inverse(images())
    assert norm.initialized == 0
    for variable in norm.trainable_variables:
        np.testing.assert_array_equal(variable, np.zeros(5))


def test_the_flag_is_checkpointed(tmp_path):
    norm = ActNorm(SHAPE)
    norm.initialize(images())
    path = tf.train.Checkpoint(norm=norm).write(str(tmp_path / "checkpoint"))
    restored = ActNorm(SHAPE)
    tf.train.Checkpoint(norm=restored).read(path).assert_consumed()
    assert restored.initialized == 1
    np.testing.assert_array_equal(restored.inverse(images()), norm.inverse(images()))


def test_initialize_sets_every_replica():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        norm = ActNorm(SHAPE)
        y = norm.initialize(images())
    np.testing.assert_allclose(np.var(y, AXES["channel"]), 1, rtol=1e-4)
    features = strategy.run(tf.function(norm.inverse), args=(tf.constant(images()),))
    first, second = strategy.experimental_local_results(features)
    np.testing.assert_allclose(first, y, atol=1e-5)
    np.testing.assert_array_equal(first, second)


def constant_channel(x):
    x[..., 3] = 0.1
    return x


def nearly_constant(x):
    x[..., 3] = 5.0 + 1e-7 * x[..., 3]
    return x


def not_finite(x):
    x[0, 0, 0, 0] = np.nan
    return x


@pytest.mark.parametrize(
    ("per", "spoil", "message"),
    [
        ("channel", constant_channel, r"zero variance.*Received: .*index \(3,\)"),
        ("position", constant_channel, r"zero variance.*Received: .*index \(0, 0, 3\)"),
        ("channel", nearly_constant, r"rounding.*mean 5.00001 at index \(3,\)"),
        ("position", nearly_constant, r"rounding.*mean 5.00001 at index \(0, 0, 3\)"),
        (
            "channel",
            lambda x: 1e6 + x / 10,
            r"rounding.*1.00001e\+06 at index \(0,\)",
        ),
        ("channel", not_finite, r"finite values. Received: 1 non-finite"),
        ("position", lambda x: x[:1], r"zero variance.*batch size 1"),
    ],
)
def test_initialize_refuses_unfit_data(per, spoil, message):
    norm = ActNorm(SHAPE, per)
    with pytest.raises(ValueError, match=message):
        norm.initialize(spoil(images()))
    assert norm.initialized == 0


def test_refuses_an_unknown_kind():
    with pytest.raises(ValueError, match=r"'channel' or 'position'. Received: per=row"):
        ActNorm(SHAPE, "row")
