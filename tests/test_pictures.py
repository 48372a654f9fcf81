import numpy as np
import pytest
from PIL import Image

from ade_tf.models import decode, encode, reconstruct, sample
from ade_tf.pictures import MODES, draw, interpolate, nearest
from ade_tf.training import load_run, train
from tests.helpers.models import digits, tiny_config, tiny_model


def arrays(run, directory, **options):
    path = draw(run, out=str(directory / "arrays.npz"), **options)
    assert path == directory / "arrays.npz"
    with np.load(path) as found:
        assert list(found) == ["images"]
        assert found["images"].dtype == np.uint8
        return found["images"]


@pytest.mark.parametrize(
    ("mode", "count"),
    [("sample", 5), ("reconstruct", 10), ("interpolate", 50), ("neighbours", 20)],
)
def test_every_mode_gives_arrays(v_ade_run, tmp_path, mode, count):
    images = arrays(v_ade_run, tmp_path, mode=mode, num_samples=5)
    assert images.shape == (count, 8, 8, 1)
    assert images.max() <= 16
    model, test = load_run(v_ade_run).model, digits().test.images
    if mode == "sample":
        np.testing.assert_array_equal(images, sample(model, 5, 1.0, 0))
    elif mode == "reconstruct":
        np.testing.assert_array_equal(images[0::2], test[:5])
        np.testing.assert_array_equal(images[1::2], reconstruct(model, test[:5]))
    elif mode == "interpolate":
        ends = reconstruct(model, test[:10]).numpy()
        np.testing.assert_array_equal(images[0::10], ends[0::2])
        np.testing.assert_array_equal(images[9::10], ends[1::2])
    else:
        drawn = images[0::4].astype(int)
        np.testing.assert_array_equal(drawn, sample(model, 5, 1.0, 0))
        train_images = digits().train.images.astype(int)
        squares = np.sum((drawn[:, None] - train_images) ** 2, axis=(2, 3, 4))
        for rank in range(3):
            found = np.sum((images[rank + 1 :: 4] - drawn) ** 2, axis=(1, 2, 3))
            np.testing.assert_array_equal(found, np.sort(squares, 1)[:, rank])


def test_samples_take_seed_temperature_noise_and_any_number(
    v_ade_run, tmp_path, monkeypatch
):
    plain = arrays(v_ade_run, tmp_path, num_samples=7)
    monkeypatch.setattr("ade_tf.pictures._BATCH", 3)
    np.testing.assert_array_equal(arrays(v_ade_run, tmp_path, num_samples=7), plain)
    cold = arrays(v_ade_run, tmp_path, num_samples=3, temperature=0.0)
    np.testing.assert_array_equal(cold[0], cold[1])
    for options in ({"seed": 1}, {"noise": True}, {"temperature": 2.0}):
        other = arrays(v_ade_run, tmp_path, num_samples=7, **options)
        assert not np.array_equal(other, plain), options


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_gives_a_picture(v_ade_run, tmp_path, mode):
    path = draw(
        v_ade_run, mode=mode, num_samples=4, out=str(tmp_path / "new" / "a.png")
    )
    with Image.open(path) as picture:
        assert picture.mode == "L"
        assert len(np.unique(np.asarray(picture))) > 5


def test_a_picture_stands_in_the_run_unless_said_otherwise(v_ade_run):
    path = draw(v_ade_run, num_samples=2)
    assert path == v_ade_run / "samples" / "sample.png"
    assert path.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "dream"}, "mode must be one of sample.*Received: 'dream'"),
        ({"num_samples": 0}, "num_samples must be at least 1. Received: 0"),
        ({"temperature": -0.5}, "temperature must be at least 0. Received: -0.5"),
        ({"out": "grid.jpg"}, r"out must end in .png or .npz. Received: 'grid.jpg'"),
    ],
)
def test_impossible_wishes_are_refused(v_ade_run, options, message):
    with pytest.raises(ValueError, match=message):
        draw(v_ade_run, **options)


@pytest.fixture(scope="module")
def points_run(tmp_path_factory):
    """A run of the `flow` preset on continuous pairs of numbers."""
    directory = tmp_path_factory.mktemp("points")
    points = np.random.default_rng(0).normal(size=(100, 1, 1, 2)).astype(np.float32)
    np.savez(directory / "points.npz", images=points)
    settings = dict(
        dataset=f"npz:{directory / 'points.npz'}",
        continuous=True,
        flow_squeeze=False,
        flow_steps=(1,),
        coupling_network="mlp",
        actnorm="channel",
        num_steps=2,
    )
    train(tiny_config("flow", **settings), directory / "run")
    return directory / "run"


def test_continuous_data_train_without_pictures_and_give_arrays(points_run, tmp_path):
    assert not (points_run / "samples").exists()
    with pytest.raises(ValueError, match="a picture needs grey or colour images"):
        draw(points_run)
    path = draw(points_run, num_samples=6, out=str(tmp_path / "points.npz"))
    with np.load(path) as found:
        assert found["images"].dtype == np.float32
        assert found["images"].shape == (6, 1, 1, 2)


@pytest.mark.parametrize("mode", ["reconstruct", "interpolate"])
def test_modes_that_need_an_encoder_say_so(points_run, mode):
    message = f"mode '{mode}' needs a preset with an encoder.*preset='flow'"
    with pytest.raises(ValueError, match=message):
        draw(points_run, mode=mode)


def test_nearest_is_what_brute_force_finds():
    generator = np.random.default_rng(0)
    references = generator.integers(0, 256, (50, 4, 3, 2)).astype(np.uint8)
    images = generator.integers(0, 256, (6, 4, 3, 2)).astype(np.float32)
    found = nearest(images, references, 3)
    for index, image in enumerate(images):
        distances = [np.sum((image - other.astype(float)) ** 2) for other in references]
        for rank, position in enumerate(np.argsort(distances)[:3]):
            np.testing.assert_array_equal(found[rank][index], references[position])


def test_interpolation_is_a_straight_line_in_z():
    model = tiny_model("vae")
    first, second = digits().test.images[:2], digits().test.images[2:4]
    lines = interpolate(model, first, second, steps=3).reshape(2, 3, 8, 8, 1)
    middle = (encode(model, first) + encode(model, second)) / 2.0
    np.testing.assert_array_equal(lines[:, 1], decode(model, middle))
