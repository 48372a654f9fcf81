"""Names of data sets and the arguments that hold for every source."""

import pytest

from ade_tf.data import SOURCES, load_dataset


def test_unknown_source_lists_the_known():
    known = ", ".join(sorted(SOURCES))
    with pytest.raises(ValueError, match=f"a source of {known}. Received: 'nope:x'"):
        load_dataset("nope:x")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"image_size": -1}, "at least 1, or 0. Received: image_size=-1"),
        ({"image_size": (4, 5, 6)}, "height and width.*image_size=4,5,6"),
        ({"image_size": (4, 0)}, "at least 1, or 0. Received: image_size=4,0"),
        ({"pad_to": -1}, "at least 0. Received: pad_to=-1"),
        ({"pad_to": 4}, r"`pad_to` high and wide. Received: pad_to=4, shape=\(1"),
        ({"levels": 1}, "0 or 2..65536. Received: levels=1"),
        ({"levels": 65537}, "0 or 2..65536. Received: levels=65537"),
        ({"channels": 2}, "0, 1 or 3. Received: channels=2"),
        ({"continuous": True}, "needs an `npz` source.*Received: 'digits', levels=0"),
        ({"levels": 16}, "0..15 .16 levels.. Received: values in 0..16"),
    ],
)
def test_refused_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        load_dataset("digits", **options)


def test_points_and_other_continuous_data_are_not_padded():
    with pytest.raises(ValueError, match="`pad_to` needs grey levels.*'toy:ring'"):
        load_dataset("toy:ring", pad_to=2)


def test_size_and_channels_hold_for_every_source():
    data = load_dataset("digits", image_size=4, channels=3)
    assert data.image_shape == (4, 4, 3) and data.levels == 17
    assert data.train.images.max() <= 16
