"""Images as conditions: what of an image is given, and exactly what is modelled."""

import abc

import tensorflow as tf

__all__ = ["Coarse", "Grey", "ImageCondition", "Visible"]


class ImageCondition(abc.ABC):
    """A bijection between an image and two images: one given, one modelled.

        x <-> (given, part),   -ln p(part | given) = -ln p(x | given)

    It moves whole levels only: no level is lost, and ln p is of discrete values.

    What is given is an image of its own, `given_shape`. Networks take it as maps in
    [-1, 1] of the height and width of the part, `condition_shape` (continuous values as
    they are); these determine it.

    Attributes:
      given_shape: `(H, W, C)` of what is given.
      condition_shape: `(H, W, C)` of the networks' maps.
      part_shape: `(H, W, C)` of the part that is modelled.
      part_levels: Grey levels of the part; 0: continuous.

    Args:
      image_shape: `(H, W, C)` of whole images.
      levels: Their grey levels; 0: continuous.

    Raises:
      ValueError: If images of this shape or these levels cannot be divided so.
    """

    def __init__(self, image_shape, levels):
        self.image_shape, self._levels = tuple(image_shape), levels
        self.given_shape, self.part_levels = self.image_shape, levels
        self.condition_shape, self.part_shape = self._shapes()

    @abc.abstractmethod
    def _shapes(self) -> tuple:
        """Returns `condition_shape` and `part_shape`."""

    @abc.abstractmethod
    def split(self, images) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns what is given, as maps in levels, and the part, `[B, ...]` both."""

    @abc.abstractmethod
    def _join(self, maps, part):
        """Returns the images of maps in levels and parts."""

    @abc.abstractmethod
    def _plainest(self, maps):
        """Returns the part that adds nothing to what is given."""

    def condition(self, images) -> tf.Tensor:
        """Returns what networks are given.

        Args:
          images: Whole images `[B, H, W, C]` in levels, of which only what is given
            is read; or what is given alone, `[B, *given_shape]`.

        Raises:
          ValueError: If they are of neither shape.
        """
        images = tf.cast(images, tf.float32)
        shape = tuple(images.shape[1:])
        if shape == self.image_shape:
            maps, _ = self.split(images)
        elif shape == self.given_shape:
            maps = images
        else:
            raise ValueError(
                "what is given is read off images of the model's shape, "
                f"{self.image_shape}, or comes alone, {self.given_shape}. "
                f"Received: shape={shape}"
            )
        return maps if not self._levels else maps * (2.0 / (self._levels - 1)) - 1.0

    def join(self, condition, part) -> tf.Tensor:
        """Returns whole images, `[B, H, W, C]` in levels.

        Args:
          condition: What networks are given (`condition`).
          part: Parts in levels, `[B, *part_shape]`; where no image has this part with
            what is given, the values of the image are clipped to its levels.
        """
        images = self._join(self._in_levels(condition), part)
        if self._levels:
            images = tf.clip_by_value(images, 0.0, self._levels - 1.0)
        return images

    def shown(self, condition) -> tf.Tensor:
        """Returns what is given as images that can be looked at, `[B, H, W, C]`."""
        return self.join(condition, self._plainest(self._in_levels(condition)))

    def _in_levels(self, condition):
        if not self._levels:
            return condition
        return tf.round((condition + 1.0) * ((self._levels - 1) / 2.0))


class Grey(ImageCondition):
    """Gives the grey image, and models the colours: YCoCg-R, in whole levels.

        Co = R - B;  t = B + floor(Co / 2);  Cg = G - t;  Y = t + floor(Cg / 2)

    Y, about (R + 2 G + B) / 4, is the grey image, of the images' levels L. Co and Cg,
    moved up by L - 1, are the part: two channels of 2 L - 1 levels, not all of which
    go with every Y, so that a model may lose probability to colours that do not exist.
    """

    def _shapes(self):
        height, width, channels = self.image_shape
        if channels != 3 or not self._levels:
            raise ValueError(
                "condition `grey` is of colour images, with levels. Received: "
                f"image_shape={self.image_shape}, levels={self._levels}"
            )
        self.given_shape = (height, width, 1)
        self.part_levels = 2 * self._levels - 1
        return self.given_shape, (height, width, 2)

    def split(self, images):
        red, green, blue = tf.split(images, 3, axis=-1)
        orange = red - blue
        middle = blue + tf.floor(orange / 2.0)
        above = green - middle
        part = tf.concat([orange, above], -1) + (self._levels - 1.0)
        return middle + tf.floor(above / 2.0), part

    def _join(self, maps, part):
        orange, above = tf.split(part - (self._levels - 1.0), 2, axis=-1)
        middle = maps - tf.floor(above / 2.0)
        blue = middle - tf.floor(orange / 2.0)
        return tf.concat([blue + orange, above + middle, blue], -1)

    def _plainest(self, maps):
        return tf.repeat(tf.zeros_like(maps) + (self._levels - 1.0), 2, axis=-1)


class Coarse(ImageCondition):
    """Gives the first pixel of every block of pixels, and models the others.

    Args:
      image_shape: As of an `ImageCondition`.
      levels: As of an `ImageCondition`.
      block: Side of a block, a divisor of the images' sides.
    """

    def __init__(self, image_shape, levels, *, block=2):
        self._block = block
        super().__init__(image_shape, levels)

    def _shapes(self):
        height, width, channels = self.image_shape
        block = self._block
        if height % block or width % block:
            raise ValueError(
                "condition `coarse` is of images of whole blocks. Received: "
                f"image_shape={self.image_shape}, coarse_block={block}"
            )
        sides = (height // block, width // block)
        self.given_shape = (*sides, channels)
        return self.given_shape, (*sides, (block**2 - 1) * channels)

    def split(self, images):
        blocks = tf.nn.space_to_depth(images, self._block)
        return tf.split(blocks, [self.given_shape[-1], -1], axis=-1)

    def _join(self, maps, part):
        return tf.nn.depth_to_space(tf.concat([maps, part], -1), self._block)

    def _plainest(self, maps):
        return tf.tile(maps, [1, 1, 1, self._block**2 - 1])


class Visible(ImageCondition):
    """Gives a half of the image, or the frame around its centre; models the rest.

    What is visible is folded over the hidden part at their common border, so that
    networks see what is near each other at one place: a half is mirrored, and of a
    frame the sides and the corners are, as three images.

    Args:
      image_shape: As of an `ImageCondition`.
      levels: As of an `ImageCondition`.
      visible: `top`, `bottom`, `left`, `right` or `frame`.
    """

    def __init__(self, image_shape, levels, *, visible="top"):
        self._visible = visible
        super().__init__(image_shape, levels)

    def _shapes(self):
        height, width, channels = self.image_shape
        # Axes that are halved; the first half of each is hidden once the image is
        # rolled by the shifts.
        self._axes, self._shifts = {
            "top": ((1,), (height // 2,)),
            "bottom": ((1,), (0,)),
            "left": ((2,), (width // 2,)),
            "right": ((2,), (0,)),
            "frame": ((1, 2), (-(height // 4), -(width // 4))),
        }[self._visible]
        sides = {1: height, 2: width}
        if any(sides[axis] % 2 for axis in self._axes):
            raise ValueError(
                "condition `visible` is of images with halves. Received: "
                f"image_shape={self.image_shape}, visible={self._visible!r}"
            )
        for axis in self._axes:
            sides[axis] //= 2
        part = (sides[1], sides[2], channels)
        return (*part[:2], (2 ** len(self._axes) - 1) * channels), part

    def split(self, images):
        blocks = [tf.roll(images, self._shifts, self._axes)]
        for axis in self._axes:
            halves = (tf.split(block, 2, axis) for block in blocks)
            blocks = [x for a, b in halves for x in (a, tf.reverse(b, [axis]))]
        part, *given = blocks
        return tf.concat(given, -1), part

    def _join(self, maps, part):
        blocks = [part, *tf.split(maps, maps.shape[-1] // part.shape[-1], -1)]
        for axis in reversed(self._axes):
            pairs = zip(blocks[::2], blocks[1::2], strict=True)
            blocks = [tf.concat([a, tf.reverse(b, [axis])], axis) for a, b in pairs]
        back = [-shift for shift in self._shifts]
        return tf.roll(blocks[0], back, self._axes)

    def _plainest(self, maps):
        return tf.zeros([tf.shape(maps)[0], *self.part_shape], maps.dtype)
