"""The convolutions and matrix products of a graph: their FLOPs, and their own time."""

import collections
import itertools
import math
import typing

import tensorflow as tf

from experiments.bench.calls import Call

__all__ = ["Product", "flops", "products_alone", "products_of"]

_SIZES = {"Conv2DBackpropInput": 0, "Conv2DBackpropFilter": 1}
_CONVOLUTION = ("strides", "padding", "explicit_paddings", "data_format", "dilations")
_ATTRIBUTES = {
    "Conv2D": _CONVOLUTION,
    "Conv2DBackpropInput": _CONVOLUTION,
    "Conv2DBackpropFilter": _CONVOLUTION,
    "MatMul": ("transpose_a", "transpose_b"),
}


class Product(typing.NamedTuple):
    """An operation that multiplies two tensors, by what decides its cost.

    Attributes:
      kind: TensorFlow's name of the operation.
      shapes: Shapes of the two operands.
      output_shape: Shape of the result.
      dtype: Name of the operands' type.
      attributes: `(name, value)` pairs.
    """

    kind: str
    shapes: tuple
    output_shape: tuple
    dtype: str
    attributes: tuple


def products_of(function, *arguments) -> collections.Counter:
    """Counts the products that a traced function computes.

    Those whose results are never used are left out, as TensorFlow leaves them out.
    Bodies of loops and conditions are not looked into, and products of stacks of
    matrices (those of `covariance_rank`) are not counted.

    Args:
      function: A `tf.function`.
      *arguments: Its arguments.

    Returns:
      `Product -> how often`.

    Raises:
      ValueError: If a shape is not known before the function runs.
    """
    graph = function.get_concrete_function(*arguments).graph
    found = collections.Counter()
    for op in _used(graph):
        if op.type not in _ATTRIBUTES:
            continue
        sizes = _SIZES.get(op.type)
        operands = [t for place, t in enumerate(op.inputs) if place != sizes]
        tensors = [*operands, op.outputs[0]]
        if not all(t.shape.is_fully_defined() for t in tensors):
            raise ValueError(
                "FLOPs are counted where all shapes are known. "
                f"Received: {op.name} of shapes {[t.shape for t in tensors]}"
            )
        *shapes, output_shape = (tuple(t.shape) for t in tensors)
        values = ((name, op.get_attr(name)) for name in _ATTRIBUTES[op.type])
        attributes = tuple((name, _plain(value)) for name, value in values)
        dtype = operands[0].dtype.name
        found[Product(op.type, tuple(shapes), output_shape, dtype, attributes)] += 1
    return found


def flops(product: Product) -> int:
    """Returns the floating-point operations of a product: 2 per multiply-add.

    A convolution's padding is counted as if it were image.
    """
    attributes = dict(product.attributes)
    first, second = product.shapes
    if product.kind == "MatMul":
        inner = first[0] if attributes["transpose_a"] else first[1]
        return 2 * math.prod(product.output_shape) * inner
    # A pass of a convolution, forward or back, is a kernel at each output position.
    kernel = product.output_shape if product.kind.endswith("Filter") else None
    kernel = kernel or (second if product.kind == "Conv2D" else first)
    output = product.output_shape if product.kind == "Conv2D" else second
    return 2 * math.prod(output[:3]) * math.prod(kernel)


def products_alone(products: collections.Counter):
    """Returns a `Call` that computes products and nothing else.

    No two are of the same operands, which are random. None waits for another, as those
    of a model do: on several threads this is what they could take at best. They are not
    compiled by XLA.
    """
    operands, plan = [], []
    for product, count in products.items():
        copies = math.isqrt(count - 1) + 1
        places = []
        for shape in product.shapes:
            places.append(range(len(operands), len(operands) + copies))
            values = tf.random.stateless_normal([copies, *shape], [len(operands), 0])
            operands += tf.unstack(tf.cast(values, product.dtype))
        pairs = itertools.islice(itertools.product(*places), count)
        plan += [(product, *pair) for pair in pairs]

    @tf.function(autograph=False)
    def run(operands):
        results = [_compute(p, operands[a], operands[b]) for p, a, b in plan]
        ends = [tf.cast(tf.reshape(r, [-1])[0], tf.float32) for r in results]
        return tf.add_n([tf.zeros([]), *ends])

    return Call(run, (operands,))


def _compute(product, first, second):
    attributes = dict(product.attributes)
    operation = getattr(tf.raw_ops, product.kind)
    match product.kind:
        case "MatMul":
            return operation(a=first, b=second, **attributes)
        case "Conv2D":
            return operation(input=first, filter=second, **attributes)
        case "Conv2DBackpropInput":
            sizes = dict(input_sizes=product.output_shape, filter=first)
        case "Conv2DBackpropFilter":
            sizes = dict(input=first, filter_sizes=product.output_shape)
    return operation(**sizes, out_backprop=second, **attributes)


def _used(graph):
    """Returns the operations that a graph's results or effects need."""
    waiting = [t.op for t in graph.outputs] + list(graph.control_outputs)
    seen = {op.name: op for op in waiting}
    while waiting:
        op = waiting.pop()
        for source in [*(t.op for t in op.inputs), *op.control_inputs]:
            if source.name not in seen:
                seen[source.name] = source
                waiting.append(source)
    return seen.values()


def _plain(value):
    if isinstance(value, bytes):
        return value.decode()
    return tuple(value) if isinstance(value, list) else value
