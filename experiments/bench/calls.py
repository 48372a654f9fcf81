"""A traced function with its arguments, ready to be timed."""

import typing

__all__ = ["Call"]


class Call(typing.NamedTuple):
    """A traced function and what it is called with.

    Attributes:
      function: A `tf.function`.
      arguments: Its arguments, a tuple.
      cycle: Calls after which its work repeats itself, as that of a training step with
        a penalty every so many steps.
    """

    function: typing.Any
    arguments: tuple
    cycle: int = 1

    def __call__(self):
        return self.function(*self.arguments)
