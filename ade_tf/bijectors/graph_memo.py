"""Memory of a bijector's passes inside a graph, in place of TFP's cache."""

import threading
import weakref

import tensorflow as tf

from ade_tf.private_doors import tape_is_active, watching_tapes

__all__ = ["GraphMemo"]

_OPPOSITE = {"forward": "inverse", "inverse": "forward"}

# Ops that look at a variable without changing it. Any other op that is given a
# resource (an assignment, an optimizer's update, a nested function) may change one.
_READS = frozenset(["ReadVariableOp", "ResourceGather", "VariableShape"])


class GraphMemo:
    """Remembers the passes through one bijector while a graph is built.

    TFP asks for a value and its log-det by separate calls: `log_prob` for `inverse(x)`
    and then for `forward_log_det_jacobian` of the features it got. The memory answers
    the later calls from the first one's pass. It is not for eager mode, where no trace
    tells that a variable has changed between two calls.

    A pass answers for its input, and in the opposite direction for its output. It is
    given back only for the very same tensor, condition and draws (by identity), in the
    same graph and thread, if no op made since could have changed a variable, and if
    every gradient tape that now watches one of the tensors or variables has recorded
    the pass. As with TFP's cache, `forward(inverse(x))` is then `x` itself, and has no
    derivative with respect to the features in between; `tf.identity` parts the two.

    Graphs and tensors are held by weak references.
    """

    def __init__(self):
        self._graphs = weakref.WeakKeyDictionary()

    def recall(self, direction, x, condition, draws, variables):
        """Returns the remembered `(output, log_det)`, or None."""
        graph = tf.compat.v1.get_default_graph()
        entry = self._graphs.get(graph, {}).get(_key(direction, x, condition, draws))
        if entry is None:
            return None
        *refs, num_ops = entry
        tensors = [ref() for ref in refs]
        # An id may be that of a new object, where the old one is gone.
        if any(t is None for t in tensors) or tensors[0] is not x:
            return None
        if any(_may_write(op) for op in graph.get_operations()[num_ops:]):
            return None
        _, output, log_det, witness = tensors[:4]
        sources = [x, output, *([] if condition is None else [condition])]
        if not _recorded(witness, sources, variables):
            return None
        return output, log_det

    def store(self, direction, x, condition, draws, pair):
        """Remembers `pair`, the `(output, log_det)` of a pass from `x`."""
        output, log_det = pair
        passes = self._graphs.setdefault(tf.compat.v1.get_default_graph(), {})
        # No one else can watch this tensor: a tape watches it if it recorded the pass.
        witness = tf.identity(output)
        back = -log_det
        others = [witness, *(t for t in (condition, draws) if t is not None)]
        num_ops = len(witness.graph.get_operations())
        for way, start, end, value in (
            (direction, x, output, log_det),
            (_OPPOSITE[direction], output, x, back),
        ):
            refs = [weakref.ref(t) for t in (start, end, value, *others)]
            passes[_key(way, start, condition, draws)] = (*refs, num_ops)


def _key(direction, *inputs):
    return (direction, threading.get_ident(), *map(id, inputs))


def _may_write(op):
    return op.type not in _READS and any(t.dtype == tf.resource for t in op.inputs)


def _recorded(witness, sources, variables):
    """True if each active tape that could differentiate the pass has recorded it."""
    if not tape_is_active():
        return True
    # A tape learns of a variable when it is read; a new tape has read none yet.
    reads = [tf.convert_to_tensor(variable) for variable in variables]
    # The tapes of the witness are among those of the sources, so one and one is the
    # same tape. Of several tapes some may not know the pass, hence a fresh one.
    watching = watching_tapes([*sources, *reads])
    if watching == 0:
        return True
    return watching == 1 == watching_tapes([witness])
