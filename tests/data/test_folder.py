"""Folders of image files: splits, classes, order and damaged files."""

import logging

import numpy as np
import pytest
from absl import logging as absl_logging
from PIL import Image
from sklearn import datasets

from ade_tf.data import load_dataset

DIGITS = (datasets.load_digits().images * 15).astype(np.uint8)


def write(path, pixels, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path)


@pytest.fixture
def flat(tmp_path):
    """A folder of 12 grey PNGs in the order of their names."""
    for i in range(12):
        write(tmp_path / f"{i:02d}.png", DIGITS[i])
    return tmp_path


def test_flat_folder_is_read_in_order(flat):
    write(flat / ".hidden.png", DIGITS[50])
    (flat / "notes.txt").write_text("not an image")
    data = load_dataset(f"folder:{flat}")
    order = np.random.default_rng(0).permutation(12)
    together = np.concatenate(
        [data.train.images, data.validation.images, data.test.images]
    )
    np.testing.assert_array_equal(together[..., 0], DIGITS[order])
    assert data.num_classes == 0 and data.levels == 256


def test_split_folders_and_classes(tmp_path):
    for i in range(6):
        for split, offset in (("train", 0), ("val", 100), ("test", 200)):
            name = "even" if i % 2 == 0 else "odd"
            write(tmp_path / split / name / f"{i}.PNG", DIGITS[offset + i])
    write(tmp_path / "other" / "unused.png", np.zeros([3, 3], np.uint8))
    data = load_dataset(f"folder:{tmp_path}")
    by_path = [0, 2, 4, 1, 3, 5]
    for split, offset in ((data.train, 0), (data.validation, 100), (data.test, 200)):
        expected = DIGITS[[offset + i for i in by_path]]
        np.testing.assert_array_equal(split.images[..., 0], expected)
        np.testing.assert_array_equal(split.labels, [0, 0, 0, 1, 1, 1])
    assert data.num_classes == 2
    assert data.description.endswith("All splits are the source's own.")


def test_labels_need_every_image_in_a_class(flat):
    write(flat / "class" / "13.png", DIGITS[13])
    assert load_dataset(f"folder:{flat}").num_classes == 0


def test_jpeg_colour_and_sizes(tmp_path):
    colour = np.stack([DIGITS[0], DIGITS[1], DIGITS[2]], axis=-1)
    write(tmp_path / "a.jpg", colour)
    write(tmp_path / "b.jpeg", np.tile(colour, (2, 3, 1)))
    write(tmp_path / "c.png", DIGITS[3])
    write(tmp_path / "d.png", colour, mode="RGBA")
    data = load_dataset(f"folder:{tmp_path}", image_size=4)
    assert data.image_shape == (4, 4, 3)
    assert load_dataset(f"folder:{tmp_path}", image_size=4, channels=1).image_shape == (
        4,
        4,
        1,
    )
    with pytest.raises(
        ValueError,
        match=r"one size unless `image_size`.*a.jpg of shape \(8, 8, 3\), "
        r"b.jpeg of shape \(16, 24, 3\)",
    ):
        load_dataset(f"folder:{tmp_path}")


def test_damaged_file_is_named(flat):
    (flat / "05.png").write_text("not a PNG")
    with pytest.raises(ValueError, match=r"8-bit PNG or JPEG.*Received: '.*/05.png'"):
        load_dataset(f"folder:{flat}")


def test_truncated_file_is_named(flat):
    content = (flat / "05.png").read_bytes()
    (flat / "05.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"Received: '.*/05.png'"):
        load_dataset(f"folder:{flat}")


def test_sixteen_bit_file_is_named(flat):
    write(flat / "05.png", DIGITS[5].astype(np.uint16) * 256)
    with pytest.raises(ValueError, match=r"Received: '.*/05.png' .*more than 8 bits"):
        load_dataset(f"folder:{flat}")


def test_bad_images_are_counted_and_left_out(flat, caplog):
    for name in ("05.png", "07.png"):
        (flat / name).write_text("not a PNG")
    logger = absl_logging.get_absl_logger()
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.WARNING, logger="absl"):
            data = load_dataset(f"folder:{flat}", skip_bad_images=True)
    finally:
        logger.removeHandler(caplog.handler)
    assert len(data.train) + len(data.validation) + len(data.test) == 10
    assert "05.png" in caplog.text and "07.png" in caplog.text
    assert "Left out 2 of 12 files" in caplog.text


def test_refused_folders(tmp_path):
    with pytest.raises(ValueError, match="existing folder. Received: '.*none'"):
        load_dataset(f"folder:{tmp_path}/none")
    with pytest.raises(ValueError, match="existing folder. Received: ''"):
        load_dataset("folder:")
    (tmp_path / "readme.txt").write_text("no images here")
    with pytest.raises(ValueError, match=r"\.png.* files. Received: .*has none"):
        load_dataset(f"folder:{tmp_path}")
    (tmp_path / "only.png").write_text("not a PNG")
    with pytest.raises(ValueError, match="at least one that can be decoded.*with 1"):
        load_dataset(f"folder:{tmp_path}", skip_bad_images=True)


def test_refused_split_folders(tmp_path):
    write(tmp_path / "test" / "0.png", DIGITS[0])
    with pytest.raises(ValueError, match=r"one called `train`. Received: .*\['test'\]"):
        load_dataset(f"folder:{tmp_path}")
    write(tmp_path / "train" / "0.png", DIGITS[0])
    (tmp_path / "val").mkdir()
    with pytest.raises(ValueError, match=r"Received: '.*val', which has none"):
        load_dataset(f"folder:{tmp_path}")
    (tmp_path / "validation").mkdir()
    with pytest.raises(ValueError, match="one of `validation` and `val`, not both"):
        load_dataset(f"folder:{tmp_path}")
