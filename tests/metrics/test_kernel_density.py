import numpy as np
import pytest
from scipy import stats

from ade_tf.metrics.kernel_density import BANDWIDTHS, fit_kernel_density

POINTS = np.random.default_rng(0).normal(size=(400, 2))


def test_it_is_the_mean_of_gaussians():
    fit = fit_kernel_density(POINTS, POINTS[:1], bandwidths=(0.3,))
    places = np.array([[0.0, 0.0], [1.5, -0.5]])
    parts = stats.norm.pdf(places[:, None], POINTS, 0.3).prod(-1)
    np.testing.assert_allclose(fit.log_prob(places), np.log(parts.mean(1)), rtol=1e-9)
    far = fit.log_prob(np.array([[500.0, 0.0]]))
    assert -2e6 < far[0] < -1e6


def test_blocks_do_not_show(monkeypatch):
    fit = fit_kernel_density(POINTS, POINTS[:7])
    whole = fit.log_prob(POINTS)
    monkeypatch.setattr("ade_tf.metrics.kernel_density._BLOCK", 3_000)
    np.testing.assert_allclose(fit.log_prob(POINTS), whole, rtol=1e-12)
    again = fit_kernel_density(POINTS, POINTS[:7])
    assert again.bandwidth == fit.bandwidth


def test_the_bandwidth_is_the_best_for_held_out_points():
    """Noise of deviation 0.5 on the points: that noise explains them best."""
    generator = np.random.default_rng(1)
    points = generator.uniform(-20, 20, size=(2_000, 2))
    noisy = points[:1_000] + generator.normal(scale=0.5, size=(1_000, 2))
    assert 0.4 < fit_kernel_density(points, noisy).bandwidth < 0.65
    own = generator.normal(size=(400, 2))
    bandwidth = fit_kernel_density(POINTS, own).bandwidth
    assert min(BANDWIDTHS) < bandwidth < max(BANDWIDTHS)


@pytest.mark.parametrize(
    ("points", "held_out", "message"),
    [
        (POINTS[:0], POINTS, r"Received: points of shape \(0, 2\)"),
        (POINTS, POINTS[:, :1], "have one size. Received: held_out of size 1, not 2"),
        (
            POINTS * np.nan,
            POINTS,
            r"finite. Received: points\[0, 0\]=nan, and 400 of 400",
        ),
    ],
)
def test_other_than_points_is_refused(points, held_out, message):
    with pytest.raises(ValueError, match=message):
        fit_kernel_density(points, held_out)
