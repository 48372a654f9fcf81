"""Image files of all kinds: formats, modes, depths, orientation, frames, sizes."""

import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image
from sklearn import datasets

from ade_tf.data.decoding import MODES, SUFFIXES, decode_image
from ade_tf.data.images import fit_image

PHOTO = datasets.load_sample_images().images[0]
SMALL = np.ascontiguousarray(PHOTO[100:148, 200:264])


def photo(mode="RGB"):
    return Image.fromarray(SMALL).convert(mode)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_is_read(tmp_path, suffix):
    path = tmp_path / f"photo{suffix}"
    options = dict(lossless=True) if suffix == ".webp" else {}
    photo().save(path, **options)
    pixels, enlarged = decode_image(path)
    assert pixels.shape == SMALL.shape and pixels.dtype == np.uint8 and not enlarged
    with Image.open(path) as image:
        np.testing.assert_array_equal(pixels, image.convert("RGB"))
    if suffix not in (".jpg", ".jpeg", ".gif"):
        np.testing.assert_array_equal(pixels, SMALL)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *(("1", ".png"), ("L", ".jpg"), ("LA", ".png"), ("P", ".gif"), ("P", ".png")),
        *(("RGBA", ".png"), ("CMYK", ".jpg"), ("CMYK", ".tif"), ("YCbCr", ".tif")),
    ],
)
def test_modes_that_are_kept(tmp_path, mode, suffix):
    path = tmp_path / f"photo{suffix}"
    image = photo("RGB").convert(mode)
    if mode in ("LA", "RGBA"):
        image.putalpha(3)
    image.save(path)
    expected = Image.open(path).convert(MODES[mode])
    pixels, _ = decode_image(path)
    assert pixels.shape[2] == (1 if MODES[mode] == "L" else 3)
    np.testing.assert_array_equal(pixels.squeeze(), np.asarray(expected))
    if mode in ("LA", "RGBA"):
        opaque = photo("L" if mode == "LA" else "RGB")
        np.testing.assert_array_equal(pixels.squeeze(), np.asarray(opaque))


def sixteen(shape):
    return np.random.default_rng(0).integers(0, 65536, shape).astype(np.uint16)


def write_png16(path, pixels):
    """Writes 16-bit colours or grey with transparency, which Pillow does not."""
    height, width, channels = pixels.shape
    raw = pixels.astype(">u2").tobytes()
    step = width * channels * 2
    rows = b"".join(b"\0" + raw[i * step : (i + 1) * step] for i in range(height))

    def chunk(kind, data):
        check = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + check

    kind = {2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_deep_colours_are_refused_like_deep_grey(tmp_path, channels):
    path = tmp_path / "deep.png"
    write_png16(path, sixteen([6, 5, channels]))
    with Image.open(path) as image:
        assert image.mode in ("LA", "RGB", "RGBA") and image.size == (5, 6)
    with pytest.raises(ValueError, match="pixels that 8 bits do not keep"):
        decode_image(path)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.png", "I;16"),
        ("a.tif", "I;16"),
        ("a.tif", "I"),
        ("a.tif", "F"),
        ("a.tif", "LAB"),
    ],
)
def test_modes_that_would_lose_are_refused(tmp_path, name, mode):
    image = Image.fromarray(sixteen([6, 5]))
    if mode != "I;16":
        image = photo().convert("L").convert(mode) if mode != "LAB" else lab()
    image.save(tmp_path / name)
    with pytest.raises(
        ValueError, match=f"{name}' .'{mode}' pixels that 8 bits do not"
    ):
        decode_image(tmp_path / name)


def lab():
    return Image.merge("LAB", [photo("L")] * 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_photographs_stand_upright(tmp_path, orientation, suffix):
    upright = np.zeros([32, 48], np.uint8)
    upright[:16, :24] = 255
    turn = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.T,
        6: lambda a: np.rot90(a),
        7: lambda a: a[::-1, ::-1].T,
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(np.ascontiguousarray(turn(upright))).save(path, exif=exif)
    for size in (0, 16):
        pixels = decode_image(path, size, 1).pixels[..., 0]
        expected = upright if not size else upright[::2, 8:40:2]
        np.testing.assert_allclose(pixels, expected, atol=16)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tif"])
def test_files_of_several_frames_are_refused(tmp_path, suffix):
    path = tmp_path / f"film{suffix}"
    frames = [photo(), photo().rotate(90)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match=f"film{suffix}' .2 frames"):
        decode_image(path)


def test_a_photograph_with_its_preview_is_read(tmp_path):
    path = tmp_path / "phone.jpg"
    photo().save(path, "MPO", save_all=True, append_images=[photo().resize((8, 6))])
    assert decode_image(path).pixels.shape == SMALL.shape


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((12_000, 12_000), "144,000,000 pixels, above 89"),
        ((30_000, 6_100), "183000000"),
    ],
)
def test_huge_pictures_are_refused_before_they_are_decoded(tmp_path, size, message):
    path = tmp_path / "huge.png"
    Image.new("1", size).save(path)
    tracemalloc.start()
    with warnings.catch_warnings(), pytest.raises(ValueError, match=message):
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        decode_image(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(("height", "width"), [(427, 640), (300, 300), (65, 640)])
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_smaller_image_is_near_the_area_mean_of_the_whole(
    tmp_path, height, width, suffix
):
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(PHOTO[:height, :width]).save(path)
    with Image.open(path) as image:
        whole = fit_image(np.asarray(image), 64, 0)
    pixels, enlarged = decode_image(path, 64)
    assert not enlarged and pixels.shape == (64, 64, 3)
    error = np.abs(pixels.astype(int) - whole)
    assert error.mean() < 4 and (suffix == ".jpg" or not error.any())


def test_small_images_are_enlarged_and_it_is_said(tmp_path):
    photo().save(tmp_path / "photo.jpg")
    assert decode_image(tmp_path / "photo.jpg", 49).enlarged
    assert not decode_image(tmp_path / "photo.jpg", 48).enlarged
