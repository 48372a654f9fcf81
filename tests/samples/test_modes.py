import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ade_tf.evaluation.latent import codes
from ade_tf.extractors import EXTRACTORS, collect
from ade_tf.randomness import BatchDraws
from ade_tf.runs import load_run
from ade_tf.samples import MODES, draw, interpolate, traverse
from ade_tf.training import train
from tests.helpers.models import (
    decode,
    digits,
    encode,
    reconstruct,
    sample,
    tiny_config,
    tiny_model,
)

pytestmark = pytest.mark.usefixtures("eager")


def arrays(run, directory, **options):
    path = draw(run, out=str(directory / "arrays.npz"), **options)
    assert path == directory / "arrays.npz"
    with np.load(path) as found:
        assert list(found) == ["images", "levels"] and int(found["levels"]) == 17
        assert found["images"].dtype == np.uint8
        return found["images"]


# Modes of the model whose run is drawn.
OF_ALL = [
    mode for mode in MODES if mode not in ("density", "complete", "codes", "translate")
]


@pytest.mark.parametrize(
    ("mode", "count"),
    [
        ("sample", 5),
        ("reconstruct", 10),
        ("interpolate", 50),
        ("traverse", 44),
        ("neighbours", 20),
        ("resample", 45),
    ],
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
    elif mode == "traverse":
        units = np.argsort(-codes(model, test).var(0))
        rows = traverse(model, test[0], units, np.linspace(-2.5, 2.5, 11))
        np.testing.assert_array_equal(images, rows)
    elif mode == "resample":
        rows = images.reshape(5, 9, 8, 8, 1)
        np.testing.assert_array_equal(rows[:, 0], test[:5])
        np.testing.assert_array_equal(rows[:, 1:], model.resample(test[:5], 0, 8))
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
    monkeypatch.setattr("ade_tf.samples.request._BATCH", 3)
    np.testing.assert_array_equal(arrays(v_ade_run, tmp_path, num_samples=7), plain)
    cold = arrays(v_ade_run, tmp_path, num_samples=3, temperature=0.0)
    np.testing.assert_array_equal(cold[0], cold[1])
    for options in ({"seed": 1}, {"noise": True}, {"temperature": 2.0}):
        other = arrays(v_ade_run, tmp_path, num_samples=7, **options)
        assert not np.array_equal(other, plain), options


def small_extractor(directory):
    """Saves a network of random numbers in the form that extractors have."""
    weights = tf.constant(np.random.default_rng(0).normal(size=(192, 6)), tf.float32)

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3], tf.uint8, "images")])
    def serve(images):
        flat = tf.reshape(tf.cast(images, tf.float32) / 255.0, [-1, 192])
        features = tf.tanh(flat @ weights)
        return {"features": features, "probabilities": tf.nn.softmax(features)}

    module = tf.Module()
    path = directory / "extractor"
    tf.saved_model.save(module, str(path), signatures={"serving_default": serve})
    return path


@pytest.mark.parametrize("mode", OF_ALL)
def test_every_mode_gives_a_picture(v_ade_run, tmp_path, mode):
    path = draw(
        v_ade_run, mode=mode, num_samples=4, out=str(tmp_path / "new" / "a.png")
    )
    with Image.open(path) as picture:
        assert picture.mode == "L"
        assert len(np.unique(np.asarray(picture))) > 5


@pytest.mark.parametrize("mode", OF_ALL)
def test_a_picture_fits_a_screen_unless_more_is_asked_for(v_ade_run, tmp_path, mode):
    path = draw(v_ade_run, mode=mode, out=str(tmp_path / "a.png"), cache_dir="")
    with Image.open(path) as picture:
        assert picture.width < 1200 and picture.height < 800


@pytest.mark.parametrize(
    ("mode", "left", "top"),
    [
        ("sample", False, False),
        ("reconstruct", False, True),
        ("interpolate", False, True),
        ("traverse", True, True),
        ("neighbours", False, True),
        ("temperatures", True, False),
        ("resample", False, True),
    ],
)
def test_rows_and_columns_that_mean_something_are_named(
    v_ade_run, tmp_path, mode, left, top
):
    path = draw(v_ade_run, mode=mode, num_samples=6, out=str(tmp_path / "a.png"))
    picture = np.asarray(Image.open(path))
    # Where nothing is written, the grid's border runs along the edge.
    for edge, named in ((picture[-9:, :2], left), (picture[:2, -9:], top)):
        assert (edge == (255 if named else 128)).all()


def test_a_picture_stands_in_the_run_unless_said_otherwise(v_ade_run):
    path = draw(v_ade_run, num_samples=2)
    assert path == v_ade_run / "samples" / "sample.png"
    assert path.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "dream"}, "`mode` must be one of 'sample'.*Received: 'dream'"),
        ({"num_samples": 0}, "`num_samples` must be at least 1. Received: 0"),
        ({"temperature": -0.5}, "`temperature` must be at least 0.* Received: -0.5"),
        ({"neighbours_in": "words"}, "`neighbours_in` must be one of .*'words'"),
        ({"extractor": "eye"}, "`extractor` must be one of .*Received: 'eye'"),
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


@pytest.mark.parametrize(
    ("mode", "need"),
    [
        ("reconstruct", "an encoder"),
        ("interpolate", "an encoder"),
        ("resample", "an encoder"),
        ("traverse", ".* z"),
    ],
)
def test_modes_say_what_they_need(points_run, mode, need):
    message = f"mode `{mode}` needs {need}.*preset='flow'"
    with pytest.raises(ValueError, match=message):
        draw(points_run, mode=mode)


@pytest.mark.parametrize("conditional", [False, True])
def test_without_an_encoder_units_move_around_a_draw(tmp_path, conditional):
    run = tmp_path / "run"
    train(tiny_config("gan", conditional=conditional, network="mlp"), run)
    label = {"label": ("3",)} if conditional else {}
    images = arrays(run, tmp_path, mode="traverse", num_samples=3, seed=5, **label)
    assert images.shape == (33, 8, 8, 1)
    model, labels = load_run(run).model, [3] if conditional else None
    condition = model.condition(labels)
    z = model.draw_codes(BatchDraws(5, 1), condition=condition).numpy()
    z[0, 2] = -2.5
    expected = decode(model, tf.constant(z), labels)
    np.testing.assert_array_equal(images[22:23], expected)
    other = arrays(run, tmp_path, mode="traverse", num_samples=3, seed=6, **label)
    assert np.any(other != images)


def test_neighbours_in_features_are_the_nearest_there(v_ade_run, tmp_path):
    extractor = small_extractor(tmp_path)
    images = arrays(
        v_ade_run,
        tmp_path,
        mode="neighbours",
        num_samples=5,
        neighbours_in="features",
        extractor="savedmodel",
        extractor_path=str(extractor),
        cache_dir="",
    )
    loaded = EXTRACTORS["savedmodel"](path=str(extractor))
    train_images = digits().train.images
    drawn, train = (
        collect(loaded, x, levels=17).features.astype(float)
        for x in (images[0::4], train_images)
    )
    squares = np.square(drawn[:, None] - train).sum(-1)
    for rank in range(3):
        wanted = train_images[np.argsort(squares, 1, kind="stable")[:, rank]]
        np.testing.assert_array_equal(images[rank + 1 :: 4], wanted)
    pixels = arrays(v_ade_run, tmp_path, mode="neighbours", num_samples=5)
    assert not np.array_equal(images, pixels)


def test_interpolation_is_a_straight_line_in_z():
    model = tiny_model("vae")
    first, second = digits().test.images[:2], digits().test.images[2:4]
    lines = interpolate(model, first, second, steps=3).reshape(2, 3, 8, 8, 1)
    middle = (encode(model, first) + encode(model, second)) / 2.0
    np.testing.assert_array_equal(lines[:, 1], decode(model, middle))


def test_a_traversal_moves_one_unit_and_passes_through_the_code():
    model = tiny_model("vae")
    image = digits().test.images[3]
    code = encode(model, image[None]).numpy()
    stops = [-2.0, code[0, 2], 1.0]
    row = traverse(model, image, [2], stops)
    np.testing.assert_array_equal(row[1], reconstruct(model, image[None])[0])
    for stop, found in zip(stops, row, strict=True):
        moved = code.copy()
        moved[0, 2] = stop
        np.testing.assert_array_equal(found, decode(model, moved)[0])
    assert traverse(model, image, [0, 1, 3], stops).shape == (9, 8, 8, 1)
