"""Glow written directly in TensorFlow's own ops: the reference for speed."""

import math
import typing

import numpy as np
import tensorflow as tf

from ade_tf.bijectors import FactorOut
from experiments.bench.required import check_required

__all__ = ["DirectGlow"]

# What a configuration must say for the arithmetic below to be its model's.
_SETTINGS = {
    "preset": "flow",
    "feature_map": "glow",
    "flow_squeeze": True,
    "flow_factor_out": True,
    "coupling": "affine",
    "mixing": "plu",
    "actnorm": "channel",
    "coupling_network": "conv",
    "coupling_blocks": 1,
    "coupling_dropout": 0.0,
    "position_maps": False,
    "logit_alpha": 0.0,
    "continuous": False,
    "conditional": False,
    "precision": "float32",
}

_IMAGE_RANGE = 4.0


class _Step(typing.NamedTuple):
    shift: tf.Variable
    log_scale: tf.Variable
    lower: tf.Variable
    upper: tf.Variable
    log_diagonal: tf.Variable
    permutation: tf.Tensor
    sign: tf.Tensor
    network: list


class _Scale(typing.NamedTuple):
    steps: list
    last: bool
    prior: list | None


class DirectGlow:
    """The arithmetic of a model's Glow on tf.Variables, without TFP and Keras layers.

    Images in [0, levels) are scaled to [-2, 2]; each scale is a squeeze, steps of
    ActNorm, invertible 1x1 convolution (PLU) and affine coupling, and a learned
    Gaussian of the half of the channels that ends there (arXiv 1807.03039). Formulas
    are those of the bijectors; features are kept as a list, one tensor a scale.

    Args:
      model: An `AdaptiveDensityEstimator` with such a Glow; its weights are copied.

    Raises:
      ValueError: If the model is another (see `check`).
    """

    def __init__(self, model):
        self.check(model.config)
        self.variables = []
        self._levels = model.levels
        self._bound = model.config["log_scale_bound"]
        self._scales = []
        _, flow = model.feature_map.bijector.bijectors
        while flow is not None:
            layers = list(flow.bijectors[1:-1])
            factor_out = layers.pop() if isinstance(layers[-1], FactorOut) else None
            steps = [self._step(*layers[i : i + 3]) for i in range(0, len(layers), 3)]
            prior = None
            if factor_out is not None and factor_out.keras_layers:
                prior = self._network(factor_out)
            self._scales.append(_Scale(steps, factor_out is None, prior))
            flow = factor_out and factor_out.inner
        self._feature_shapes = []
        height, width, channels = model.image_shape
        for scale in self._scales:
            height, width = height // 2, width // 2
            channels *= 4 if scale.last else 2
            self._feature_shapes.append((height, width, channels))

    @staticmethod
    def check(config):
        """Raises ValueError unless the arithmetic is that of the configuration."""
        rule = "the direct Glow stands for configurations with"
        check_required(rule, config.to_flat(), _SETTINGS)

    def log_prob(self, x):
        """Returns ln p(x) of images in [0, levels), `[B, H, W, C]`: nats, `[B]`."""
        features, log_det = self.features(x)
        squares = tf.add_n([_sum(tf.square(y)) for y in features])
        size = math.prod(x.shape[1:])
        return log_det - 0.5 * squares - 0.5 * math.log(2 * math.pi) * size

    def features(self, x):
        """Takes images to features.

        Returns:
          A list of features, one `[B, h, w, c]` a scale, and the log-det, `[B]`.
        """
        size = math.prod(x.shape[1:])
        total = size * math.log(_IMAGE_RANGE / self._levels)
        y = (x / self._levels - 0.5) * _IMAGE_RANGE
        features = []
        for scale in self._scales:
            y = tf.nn.space_to_depth(y, 2)
            for step in scale.steps:
                positions = y.shape[1] * y.shape[2]
                # ActNorm and the mix are one product: (y + b) s W = y (s W) + (b s) W.
                matrix = step.permutation @ tf.matmul(*_triangles(step))
                matrix *= tf.exp(step.log_scale)[:, None]
                shift = tf.reduce_sum(step.shift[:, None] * matrix, 0)
                y = _mix(y, matrix, shift)
                log_det = tf.reduce_sum(step.log_scale + step.log_diagonal)
                kept, changed = tf.split(y, 2, -1)
                shift, log_scale = self._shift_and_scale(step.network, kept)
                changed = (changed + shift) * tf.exp(log_scale)
                y = tf.concat([kept, changed], -1)
                total += positions * log_det + _sum(log_scale)
            if not scale.last:
                y, end = tf.split(y, 2, -1)
                if scale.prior:
                    mean, log_scale = self._shift_and_scale(scale.prior, y)
                    end = (end - mean) * tf.exp(-log_scale)
                    total -= _sum(log_scale)
                features.append(end)
        return [*features, y], total

    def images(self, features):
        """Takes features, a list as `features` gives it, to images."""
        y = features[-1]
        for index in reversed(range(len(self._scales))):
            scale = self._scales[index]
            if not scale.last:
                end = features[index]
                if scale.prior:
                    mean, log_scale = self._shift_and_scale(scale.prior, y)
                    end = end * tf.exp(log_scale) + mean
                y = tf.concat([y, end], -1)
            for step in reversed(scale.steps):
                kept, changed = tf.split(y, 2, -1)
                shift, log_scale = self._shift_and_scale(step.network, kept)
                changed = changed * tf.exp(-log_scale) - shift
                matrix = _inverse(step) * tf.exp(-step.log_scale)
                y = _mix(tf.concat([kept, changed], -1), matrix, -step.shift)
            y = tf.nn.depth_to_space(y, 2)
        return (y / _IMAGE_RANGE + 0.5) * self._levels

    def sample(self, count: int):
        """Returns samples, floored and clipped to 0 .. levels-1: `[count, H, W, C]`."""
        shapes = self._feature_shapes
        x = self.images([tf.random.normal((count, *shape)) for shape in shapes])
        return tf.clip_by_value(tf.floor(x), 0.0, self._levels - 1.0)

    def _shift_and_scale(self, network, kept):
        first, hidden, last = network
        y = tf.nn.relu(
            tf.nn.bias_add(tf.nn.conv2d(kept, first[0], 1, "SAME"), first[1])
        )
        y = tf.nn.relu(_mix(y, hidden[0], hidden[1]))
        y = tf.nn.bias_add(tf.nn.conv2d(y, last[0], 1, "SAME"), last[1])
        shift, raw = tf.split(y, 2, -1)
        return shift, self._bound * tf.tanh(raw / self._bound)

    def _step(self, actnorm, mixing, coupling):
        (norm,), (matrix,) = actnorm.keras_layers, mixing.keras_layers
        return _Step(
            shift=self._copy(norm.shift),
            log_scale=self._copy(norm.log_scale),
            lower=self._copy(matrix.lower),
            upper=self._copy(matrix.upper),
            log_diagonal=self._copy(matrix.log_diagonal),
            permutation=tf.constant(matrix.permutation.numpy()),
            sign=tf.constant(matrix.sign.numpy()),
            network=self._network(coupling),
        )

    def _network(self, bijector):
        (network,) = bijector.keras_layers
        copies = [self._copy(v) for v in network.trainable_variables]
        return list(zip(copies[::2], copies[1::2], strict=True))

    def _copy(self, variable):
        self.variables.append(tf.Variable(variable.numpy()))
        return self.variables[-1]


def _triangles(step):
    unit = np.eye(step.lower.shape[0], dtype=np.float32)
    below = np.tril(np.ones_like(unit), -1)
    diagonal = tf.linalg.diag(step.sign * tf.exp(step.log_diagonal))
    return step.lower * below + unit, step.upper * below.T + diagonal


def _inverse(step):
    lower, upper = _triangles(step)
    inverse = tf.transpose(step.permutation)
    inverse = tf.linalg.triangular_solve(lower, inverse, lower=True)
    return tf.linalg.triangular_solve(upper, inverse, lower=False)


def _mix(y, matrix, shift):
    rows = tf.matmul(tf.reshape(y, [-1, y.shape[-1]]), matrix)
    rows = tf.nn.bias_add(rows, shift)
    return tf.reshape(rows, [-1, *y.shape[1:-1], matrix.shape[-1]])


def _sum(y):
    return tf.reduce_sum(y, [1, 2, 3])
