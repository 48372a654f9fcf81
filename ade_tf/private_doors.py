"""Private names of TensorFlow, TFP and Keras, each behind a function or class of ours.

No other module may use such names. Each part says what it opens, why nothing public
does the same, and what breaks when a new version closes it.
"""

import pathlib

import keras
import tensorflow_probability as tfp
from tensorflow.python.eager import record
from tensorflow.python.framework import convert_to_constants
from tensorflow.python.ops import gradients_util

__all__ = [
    "BuiltModel",
    "OpenAdam",
    "UncachedBijector",
    "freeze",
    "read_profile",
    "stop_recording",
    "tape_is_active",
    "untracked",
    "watching_tapes",
]


def stop_recording():
    """Context in which no gradient tape of this thread records operations.

    Opens `record.stop_recording`. `tf.GradientTape.stop_recording` is for one tape at
    hand, and `tf.custom_gradient` records what its function computes: a chain that
    recomputes its activations would keep them all the same.
    """
    return record.stop_recording()


def tape_is_active() -> bool:
    """Returns whether a gradient tape of this thread may be recording.

    Opens `record.could_possibly_record`. TensorFlow tells nobody of tapes that others
    have opened. Without it a graph could not keep a bijector's pass for a second use.
    """
    return record.could_possibly_record()


def watching_tapes(tensors) -> int:
    """Counts the tapes that watch one of the tensors: 0, 1, or 2 for more.

    A persistent tape counts as more. Opens `gradients_util.PossibleTapeGradientTypes`;
    see `tape_is_active` for why, and for what needs it.

    Args:
      tensors: List of Tensors.
    """
    return gradients_util.PossibleTapeGradientTypes(tensors)


def untracked(trackable, value):
    """Marks a value to be set as an attribute that checkpoints do not look into.

    Opens `_no_dependency`. TensorFlow tracks every list and tuple that is an attribute
    of a `tf.Module`; without it, lists of a bijector's own variables would be a second
    path to them, and checkpoints of earlier runs would no longer match.

    Args:
      trackable: The object whose attribute it becomes.
      value: A list, tuple or dictionary.
    """
    return trackable._no_dependency(value)


def freeze(function):
    """Turns the variables of a concrete function into constants.

    Opens `convert_variables_to_constants_v2`, which TensorFlow's guides import from the
    same place, for want of another. Without it a SavedModel extractor would not run on
    several replicas.

    Args:
      function: A concrete function, such as a signature of a loaded SavedModel.

    Returns:
      A function of the same inputs that gives its outputs flat.
    """
    return convert_to_constants.convert_variables_to_constants_v2(function)


def read_profile(path):
    """Reads a file that `tf.profiler.experimental` wrote, `*.xplane.pb`.

    Opens `xplane_pb2`: TensorFlow has no public reader of its traces. Without it the
    benchmark cannot say what each part of a model takes of a step.

    Args:
      path: The file.

    Returns:
      An `XSpace` message: planes of lines of events.
    """
    # Imported here: training does without it.
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    return xplane_pb2.XSpace.FromString(pathlib.Path(path).read_bytes())


class _SeparateCalls:
    """Stands in for TFP's cache: each lookup is a call, nothing is kept."""

    def __init__(self, bijector=None):
        self._bijector = bijector

    def __get__(self, bijector, bijector_class=None):
        return type(self)(bijector)

    def forward(self, y, **kwargs):
        return self._bijector._forward(y, **kwargs)

    def inverse(self, x, **kwargs):
        return self._bijector._inverse(x, **kwargs)

    def forward_attributes(self, y, **kwargs):
        return {}

    def inverse_attributes(self, x, **kwargs):
        return {}

    def clear(self):
        pass


class UncachedBijector(tfp.bijectors.Bijector):
    """A `tfb.Bijector` each of whose calls is a fresh pass.

    Opens `Bijector._cache`: TFP's own gives old values in eager mode after a variable
    was assigned, and has no switch. Without it a trained bijector would answer with the
    weights it had before.

    Also opens `_TF_MODULE_IGNORED_PROPERTIES` of `tf.Module`, for the constructor's
    arguments that TFP keeps: a bijector's variables would be found in them too, and in
    another order.
    """

    _TF_MODULE_IGNORED_PROPERTIES = (
        tfp.bijectors.Bijector._TF_MODULE_IGNORED_PROPERTIES.union(["_parameters"])
    )

    _cache = _SeparateCalls()


class OpenAdam(keras.optimizers.Adam):
    """Keras's Adam for a subclass that writes its own `update_step`.

    Opens `_backend_update_step`, `_get_variable_index`, `_momentums` and `_velocities`.
    Keras calls the public `update_step` once for each variable, and shows neither the
    place between reading the learning rate and that call nor the two moments. Without
    it the optimizer is Keras's own, and a step is slower.
    """

    def step_size(self, learning_rate):
        """Returns what `update_step` is given, computed once for all variables."""
        return learning_rate

    def moments(self, variable):
        """Returns the two moving averages, m and v, of a variable's gradient."""
        index = self._get_variable_index(variable)
        return self._momentums[index].value, self._velocities[index].value

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        step_size = self.step_size(learning_rate)
        super()._backend_update_step(grads, trainable_variables, step_size)


class BuiltModel(keras.Model):
    """A `keras.Model` all of whose parts are built when it is constructed.

    Opens `_maybe_symbolic_build`. `fit` builds a model from a batch that it reduces
    over the replicas, also where nothing is left to build, which fails for dictionaries
    on several workers (Keras 3.15); `Model.built` does not keep it from doing so.
    Without it, training on several workers ends before the first step.
    """

    def _maybe_symbolic_build(self, **keywords):
        pass
