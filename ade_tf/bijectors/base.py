"""Base class of the bijectors: value and log-determinant from one pass."""

import contextlib
import copy

import tensorflow as tf

from ade_tf.bijectors.graph_memo import GraphMemo
from ade_tf.networks.condition import repeat_condition
from ade_tf.private_doors import UncachedBijector, untracked
from ade_tf.randomness import current_draws

__all__ = ["FusedBijector", "log_det_per_example"]


class FusedBijector(UncachedBijector):
    """An invertible map of images that returns value and log-det together.

    As in TFP, `forward` goes from features `y` to the image `x`, and `inverse` from
    the image to the features. A subclass builds its parameters in its constructor and
    implements, for rank-4 tensors `[B, H, W, C]`,

        _forward_and_log_det(y, condition) -> x, log |det dx/dy|   of shape [B]
        _inverse_and_log_det(x, condition) -> y, log |det dy/dx|   of shape [B]

    (a log-det of shape `[]` is broadcast to the batch). TFP's four separate methods are
    built on them; inside a graph they share one pass (see `GraphMemo`), in eager mode
    each call is a fresh pass. Where networks draw at random (inside `Draws.scope`) only
    the fused methods promise a value and a log-det of the same draws.

    There can be any number of leading dimensions: `[..., H, W, C]` gives log-dets of
    shape `[...]`. A condition `[B, K]` or `[B, h, w, K]` belongs to the
    last leading dimension and is repeated over the ones before it.

    Two instances are equal only if they are the same object, because their parameters
    differ even if their settings do not. `copy` and `copy.copy` give a bijector of the
    same variables, as with TFP's bijectors that were given variables: what one learns,
    the other knows. `copy.deepcopy` and `pickle` give one with variables of its own,
    which have the values of that moment.

    Args:
      event_shape: `(H, W, C)` of the tensors it takes, checked at each call. If None,
        any shape is allowed.
      dtype: "float32" or "float64".
      is_constant_jacobian: Whether the Jacobian *matrix* is the same everywhere, that
        is, whether the map is affine.
      validate_args: As in TFP.
      parameters: The constructor's arguments, as in TFP: `dict(locals())`.
      name: Name for the ops; by default the class's.

    Raises:
      ValueError: If `dtype` is another type, or an event shape does not have three
        positive sides.
    """

    # Whether a log-det is an estimate also where no `Draws.scope` is active; inside of
    # one, in training, it may be wherever networks draw.
    estimated_log_det = False

    def __init__(
        self,
        *,
        event_shape=None,
        dtype="float32",
        is_constant_jacobian=False,
        validate_args=False,
        parameters=None,
        name=None,
    ):
        dtype = tf.as_dtype(dtype)
        if dtype not in (tf.float32, tf.float64):
            raise ValueError(
                "A bijector's dtype is float32 or float64, so that log-dets are not "
                f"rounded. Received: dtype={dtype.name}"
            )
        super().__init__(
            dtype=dtype,
            forward_min_event_ndims=3,
            is_constant_jacobian=is_constant_jacobian,
            validate_args=validate_args,
            parameters=parameters,
            name=name,
        )
        self._event_shape = untracked(self, _checked_event_shape(event_shape))
        self._own_keras_layers = untracked(self, [])
        # Checkpoints find the variables through the layers, once.
        self._own_variables = untracked(self, [])
        self._memo = GraphMemo()

    @classmethod
    def _parameter_properties(cls, dtype):
        return {}

    def __eq__(self, other):
        return self is other

    def __hash__(self):
        return id(self)

    def copy(self, **overrides):
        """Returns a bijector of the same variables.

        Args:
          **overrides: `name`; others only where the bijector has no variables of its
            own, so that it is made anew around the bijectors that it was given.

        Raises:
          ValueError: If another argument is given to one that has variables.
        """
        if not self._own_keras_layers:
            return super().copy(**overrides)
        others = sorted(set(overrides) - {"name"})
        if others:
            raise ValueError(
                f"a copy of {type(self).__name__} shares its variables, so that only "
                "`name` may change; another is made by its constructor. "
                f"Received: {', '.join(others)}"
            )
        found = copy.copy(self)
        if "name" in overrides:
            found._name = overrides["name"]
            found._parameters = untracked(found, {**self._parameters, **overrides})
        return found

    def __copy__(self):
        found = type(self).__new__(type(self))
        found.__dict__.update(self.__dict__)
        return found

    def __reduce__(self):
        # By its arguments and values: Keras layers are not copied without their maker.
        values = [variable.numpy() for variable in self._own_variables]
        return _rebuilt, (type(self), dict(self.parameters), values)

    def _track(self, layer):
        """Makes a built Keras layer's variables the bijector's own; returns the layer.

        tf.Module, and so TFP, does not look into Keras layers: it is given the layer's
        tf.Variables themselves.
        """
        if not layer.built:
            raise ValueError(
                "A bijector holds built layers only: its variables exist from the "
                f"start. Received: layer={layer}"
            )
        self._own_keras_layers.append(layer)
        self._own_variables.extend(variable.value for variable in layer.variables)
        return layer

    @property
    def keras_layers(self):
        """The Keras layers that hold this bijector's own parameters (a tuple).

        Those of bijectors inside it are theirs: see `submodules`.
        """
        return tuple(self._own_keras_layers)

    @property
    def event_shape(self):
        """`(H, W, C)` of the tensors it takes, or None if it takes any."""
        return self._event_shape

    def forward_and_log_det(self, y, condition=None):
        """Takes features to the image, `x = f^-1(y)`.

        Args:
          y: Features, `[..., H, W, C]`.
          condition: None, or a tensor `[B, K]` or `[B, h, w, K]`.

        Returns:
          `x`, `[..., H, W, C]`, and `log |det dx/dy|`, `[...]`, in nats.
        """
        return self._run(
            self._forward_and_log_det, self.forward_event_shape, y, condition
        )

    def inverse_and_log_det(self, x, condition=None):
        """Takes the image to features, `y = f(x)`.

        Args:
          x: Images, `[..., H, W, C]`.
          condition: None, or a tensor `[B, K]` or `[B, h, w, K]`.

        Returns:
          `y`, `[..., H, W, C]`, and `log |det dy/dx|`, `[...]`, in nats.
        """
        return self._run(
            self._inverse_and_log_det, self.inverse_event_shape, x, condition
        )

    def initialize(self, x, condition=None):
        """Sets data-dependent parameters from a batch of images, eagerly.

        Args:
          x: Images, `[B, H, W, C]`.
          condition: None, or a tensor `[B, K]` or `[B, h, w, K]`.

        Returns:
          The features of `x` after the initialisation, for the next bijector's.
        """
        return self.inverse_and_log_det(x, condition)[0]

    def _forward_and_log_det(self, y, condition):
        raise NotImplementedError(f"{type(self).__name__}._forward_and_log_det")

    def _inverse_and_log_det(self, x, condition):
        raise NotImplementedError(f"{type(self).__name__}._inverse_and_log_det")

    def _step_back(self, back, direction, output, gradient):
        """Undoes a pass and finds its gradients; see `StepBack.through`.

        Overridden where this needs less than a pass in both directions, and where
        networks draw: the draws of each `_drawing` are taken from `back.next_draws`.
        """
        return back.once_more(self, direction, output, gradient)

    @staticmethod
    def _drawing():
        """A context for the call of a network whose draws `_step_back` repeats."""
        draws = current_draws()
        return contextlib.nullcontext() if draws is None else draws.group()

    # Nothing here for AutoGraph, whose conversion would slow the tracing down.
    @tf.autograph.experimental.do_not_convert
    def _run(self, function, event_shape_of, x, condition):
        with tf.name_scope(self.name):
            x = tf.convert_to_tensor(x, self.dtype)
            if condition is not None:
                condition = tf.convert_to_tensor(condition, self.dtype)
            self.check_event(x)
            batch = x
            if x.shape.rank != 4:
                batch = tf.reshape(x, tf.concat([[-1], tf.shape(x)[-3:]], 0))
                batch = tf.ensure_shape(batch, [None, *x.shape[-3:]])
                if condition is not None:
                    condition = repeat_condition(condition, tf.shape(batch)[0])
            output, log_det = function(batch, condition)
            log_det = log_det_per_example(log_det, batch)
            if x.shape.rank != 4:
                leading = tf.shape(x)[:-3]
                log_det = tf.reshape(log_det, leading)
                event = tf.shape(output)[1:]
                output = tf.reshape(output, tf.concat([leading, event], 0))
            # Ops forget sides that the next bijector asks for.
            log_det.set_shape(x.shape[:-3])
            output.set_shape(x.shape[:-3].concatenate(event_shape_of(x.shape[-3:])))
            return output, log_det

    def check_event(self, x) -> None:
        """Raises ValueError unless `x` is of events that this bijector takes."""
        rank = x.shape.rank
        if rank is None or rank < 3:
            raise ValueError(
                "A bijector takes tensors [..., H, W, C] of known rank, at least 3. "
                f"Received: shape={x.shape} in {self.name}"
            )
        expected = self._event_shape
        if expected is not None and not x.shape[-3:].is_compatible_with(expected):
            raise ValueError(
                f"{self.name} takes events of shape {expected}. "
                f"Received: shape={tuple(x.shape)}"
            )

    def _separate(self, direction, x, condition):
        run = {"forward": self.forward_and_log_det, "inverse": self.inverse_and_log_det}
        if tf.executing_eagerly():
            return run[direction](x, condition)
        if condition is not None:
            condition = tf.convert_to_tensor(condition, self.dtype)
        inputs = (x, condition, current_draws())
        pair = self._memo.recall(direction, *inputs, self.trainable_variables)
        if pair is None:
            pair = run[direction](x, condition)
            self._memo.store(direction, *inputs, pair)
        return pair

    def _forward(self, y, condition=None):
        return self._separate("forward", y, condition)[0]

    def _inverse(self, x, condition=None):
        return self._separate("inverse", x, condition)[0]

    def _forward_log_det_jacobian(self, y, condition=None):
        return self._separate("forward", y, condition)[1]

    def _inverse_log_det_jacobian(self, x, condition=None):
        return self._separate("inverse", x, condition)[1]


def _rebuilt(kind, parameters, values):
    """Returns a bijector as `__reduce__` describes it."""
    found = kind(**parameters)
    for variable, value in zip(found._own_variables, values, strict=True):
        variable.assign(value)
    return found


def _checked_event_shape(event_shape):
    if event_shape is None:
        return None
    event_shape = tuple(event_shape)
    if len(event_shape) != 3 or any(side is None or side < 1 for side in event_shape):
        raise ValueError(
            "An event shape is (height, width, channels), all known and at least 1. "
            f"Received: event_shape={event_shape}"
        )
    return event_shape


def log_det_per_example(log_det, x):
    """Returns a log-det for each event of `x`, `[..., H, W, C]`: `[...]`."""
    if log_det.shape.rank == x.shape.rank - 3:
        return log_det
    return tf.broadcast_to(log_det, tf.shape(x)[:-3])
