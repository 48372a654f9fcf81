import pytest

from ade_tf.networks import Encoder


@pytest.mark.parametrize(
    "shape, features", [((8, 8, 1), 4 * 4 * 6), ((64, 32, 3), 8 * 4 * 12)]
)
@pytest.mark.parametrize("name", ["conv", "residual"])
def test_halves_the_sides_and_doubles_the_width_up_to_four_times(name, shape, features):
    encoder = Encoder(shape, 11, network=name, width=3)
    shapes = [tuple(v.shape) for v in encoder.variables]
    assert (features, 11) in shapes


def test_output_size_is_checked():
    with pytest.raises(ValueError, match="`output_size` must be at least 1"):
        Encoder((8, 8, 1), 0)
