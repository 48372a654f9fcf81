"""A traced function with its arguments, ready to be timed."""

import typing

__all__ = ["Call"]


class Call(typing.NamedTuple):
    """A traced function and what it is called with.

    Attributes:
      function: A `tf.function`.
      arguments: Its arguments, a tuple.
    """

    function: typing.Any
    arguments: tuple

    def __call__(self):
        return self.function(*self.arguments)
