"""Rational-quadratic spline after an affine map, entry by entry."""

import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.bijectors.transforms import Affine, bounded

__all__ = ["Spline"]

# TFP's quadratic formula gives NaN in float32 on wild bins (seen from a bound of 4 on).
_RAW_BOUND = 3.0


class Spline:
    """Monotone spline on a fixed range (arXiv 1906.04032), after an affine map.

    `y = spline((x + shift) * exp(log_scale))`. The spline maps [-range, range] to
    itself by rational-quadratic pieces and is the identity outside. Deviations
    from the paper: the affine map in front, so the range follows the data; and bins
    bounded on both sides, where the paper has floors only. With `b(r) = 3 tanh(r / 3)`,
    widths and heights are `2 * range * softmax(b(r))`, so the ratio of any two is below
    e^6, and the slopes at the inner knots are `exp(b(r))`, between e^-3 and e^3.
    All-zero parameters give the identity.

    Args:
      spline_bins: Number of pieces, >= 2.
      spline_range: Half the width of the range, > 0.
      log_scale_bound: The affine part's bound, see `Affine`.
    """

    def __init__(
        self,
        spline_bins: int = 8,
        spline_range: float = 4.0,
        log_scale_bound: float = 2.0,
    ):
        if spline_bins < 2:
            raise ValueError(
                "A spline needs at least two bins (`spline_bins` >= 2). "
                f"Received: spline_bins={spline_bins}"
            )
        if not spline_range > 0:
            raise ValueError(
                "`spline_range` must be positive. "
                f"Received: spline_range={spline_range}"
            )
        self.bins = spline_bins
        self.spline_range = spline_range
        self.affine = Affine(log_scale_bound)
        self.parameters_per_entry = 2 + 3 * spline_bins - 1

    def inverse_and_log_det(self, x, raw):
        """Takes image-side entries to feature-side ones, as `Additive` does."""
        raw_affine, spline = self._parts(raw, x.shape[-1])
        x, affine_log_det = self.affine.inverse_and_log_det(x, raw_affine)
        inside = self._clip(x)
        y = spline.forward(inside) + (x - inside)
        return y, affine_log_det + spline.forward_log_det_jacobian(inside)

    def forward_and_log_det(self, y, raw):
        """Undoes `inverse_and_log_det` for the same `raw`, with its own log-det."""
        raw_affine, spline = self._parts(raw, y.shape[-1])
        inside = self._clip(y)
        spline_log_det = spline.inverse_log_det_jacobian(inside)
        x = spline.inverse(inside) + (y - inside)
        x, affine_log_det = self.affine.forward_and_log_det(x, raw_affine)
        return x, affine_log_det + spline_log_det

    def _clip(self, value):
        # The range is cut here, not by TFP: its formula meets far-off values too, and
        # their overflow would give NaN gradients.
        return tf.clip_by_value(value, -self.spline_range, self.spline_range)

    def _parts(self, raw, channels):
        raw_affine, raw_spline = tf.split(
            raw, [2 * channels, raw.shape[-1] - 2 * channels], axis=-1
        )
        shape = [-1, *raw.shape[1:-1], channels, 3 * self.bins - 1]
        raw_spline = bounded(tf.reshape(raw_spline, shape), _RAW_BOUND)
        widths, heights, log_slopes = tf.split(
            raw_spline, [self.bins, self.bins, self.bins - 1], axis=-1
        )
        spline = tfp.bijectors.RationalQuadraticSpline(
            bin_widths=2 * self.spline_range * tf.nn.softmax(widths),
            bin_heights=2 * self.spline_range * tf.nn.softmax(heights),
            knot_slopes=tf.exp(log_slopes),
            range_min=tf.constant(-self.spline_range, raw.dtype),
        )
        return raw_affine, spline
