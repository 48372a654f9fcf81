"""Scores of images from folders, archives and arrays, as tables and files."""

import csv

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ade_tf.data.images import fit_image
from ade_tf.evaluation import ScoreOptions, evaluate_run, score_images
from ade_tf.evaluation.options import EvaluationOptions
from ade_tf.export import export_run
from ade_tf.models import encode
from ade_tf.runs import load_run
from ade_tf.training import train
from tests.helpers.binaries import call
from tests.helpers.models import digits, tiny_config

TEST = digits().test


@pytest.fixture(scope="module")
def exported(v_ade_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("exports") / "v_ade"
    export_run(v_ade_run, out)
    return tf.saved_model.load(out)


def score(run, images, **more):
    return score_images(run, ScoreOptions(images=str(images), **more))


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_folder_is_scored_file_by_file(v_ade_run, exported, tmp_path):
    """Files of 256 levels, of the run's size and larger, become 8x8 of 17 levels."""
    pixels = (TEST.images[:4, :, :, 0].astype(int) * 15).astype(np.uint8)
    (tmp_path / "in" / "more").mkdir(parents=True)
    for number, image in enumerate(pixels[:3]):
        Image.fromarray(image).save(tmp_path / "in" / f"{number}.png")
    large = np.kron(pixels[3], np.ones((5, 5), np.uint8))
    large = np.pad(large, ((0, 0), (6, 6)), constant_values=255)
    colour = np.repeat(large[..., None], 3, 2)
    Image.fromarray(colour).save(tmp_path / "in" / "more" / "large.png")
    out = tmp_path / "scores" / "scores.csv"
    ended = call(
        "score",
        f"--run_dir={v_ade_run}",
        f"--images={tmp_path / 'in'}",
        f"--out={out}",
    )
    assert ended.status == 0, ended.err
    assert "1 of another shape brought to 8x8x1 by central crop" in ended.out
    assert "256 levels to 17 by floor(x 17/256)" in ended.out
    rows = read(out)
    names = ["0.png", "1.png", "2.png", "more/large.png"]
    assert [row["name"] for row in rows] == names
    assert all(f"| {name} | " in ended.out for name in names)
    assert fit_image(large[..., None], 8, 1).tolist() == pixels[3][..., None].tolist()
    images = (pixels[..., None].astype(int) * 17 // 256).astype(np.uint8)
    bits = [float(row["bits_per_dim"]) for row in rows]
    np.testing.assert_allclose(bits, exported.bits_per_dim(images), rtol=1e-4)
    codes = [[float(row[f"code_{unit}"]) for unit in range(4)] for row in rows]
    np.testing.assert_allclose(codes, exported.encode(images), atol=1e-4)


def test_an_image_is_scored_alike_whatever_else_is(v_ade_run, tmp_path, capsys):
    np.save(tmp_path / "some.npy", TEST.images[:30, :, :, 0])
    np.save(tmp_path / "one.npy", TEST.images[17:18])
    out = tmp_path / "scores.npz"
    many = score(v_ade_run, tmp_path / "some.npy", out=str(out), batch_size=7)
    one = score(v_ade_run, tmp_path / "one.npy", reference="none")
    assert set(one.columns) == {"bits_per_dim", "kl"}
    for name, values in one.columns.items():
        np.testing.assert_allclose(many.columns[name][17], values[0], rtol=1e-4)
    model = load_run(v_ade_run).model
    wanted = encode(model, model.batch(TEST.images[17:18]))
    np.testing.assert_allclose(one.codes, wanted, atol=1e-5)
    with np.load(out) as file:
        assert file["name"][17] == "[17]"
        np.testing.assert_array_equal(file["code"], many.codes)
        for name, values in many.columns.items():
            np.testing.assert_array_equal(file[name], values)
    printed = capsys.readouterr().out
    assert "of 30 images those of the highest typicality" in printed
    assert printed.count("\n| [") == 21


def test_typicality_is_the_distance_to_the_runs_own_bits(v_ade_run, tmp_path):
    np.savez(tmp_path / "x.npz", x_train=TEST.images[:3], x_test=TEST.images, levels=17)
    found = score(v_ade_run, tmp_path / "x.npz", reference="validation")
    assert found.names[0] == "x_train[0]" and found.names[3] == "x_test[0]"
    bits = found.columns["bits_per_dim"]
    np.testing.assert_allclose(bits[:3], bits[3:6], rtol=1e-5)
    split = EvaluationOptions(metrics=("bits_per_dim",), splits=("validation",))
    (record,) = evaluate_run(v_ade_run, split)
    typical = (bits + found.columns["typicality"])[bits < record["value"] - 0.2]
    assert len(typical)
    # By other draws of the same images.
    np.testing.assert_allclose(typical, record["value"], atol=0.05)


def test_a_conditional_run_is_given_labels(tmp_path, capsys):
    settings = dict(network="mlp", coupling_network="mlp", flow_steps=(1,))
    config = tiny_config("v_ade", conditional=True, num_steps=2, **settings)
    train(config, tmp_path / "run")
    np.savez(tmp_path / "x.npz", images=TEST.images[:5], labels=TEST.labels[:5])
    np.save(tmp_path / "x.npy", TEST.images[:5])
    given = score(tmp_path / "run", tmp_path / "x.npz", reference="none")
    label = str(TEST.labels[2])
    alike = score(tmp_path / "run", tmp_path / "x.npy", reference="none", label=label)
    bits = [found.columns["bits_per_dim"] for found in (given, alike)]
    np.testing.assert_allclose(bits[0][2], bits[1][2], rtol=1e-5)
    with pytest.raises(ValueError, match="an archive with labels, or `label`"):
        score(tmp_path / "run", tmp_path / "x.npy")
    with pytest.raises(ValueError, match="classes of the run.*Received: 10"):
        score(tmp_path / "run", tmp_path / "x.npy", label="10")


def test_bad_images_are_refused(v_ade_run, tmp_path):
    np.save(tmp_path / "bytes.npy", TEST.images[:3] * 15)
    np.save(tmp_path / "flat.npy", TEST.images[:3].reshape(3, 64))
    (tmp_path / "notes.txt").write_text("none")
    (tmp_path / "broken.png").write_text("none")
    for name, rule in {
        "bytes.npy": r"`levels` says how many.* whole values in 0..16 .*Received:",
        "flat.npy": r"shape \[N, H, W, C\].*\(3, 64\)",
        "notes.txt": "existing folder, image file, .npz or .npy",
        "nowhere": "existing folder, image file, .npz or .npy",
        "broken.png": "must be whole",
    }.items():
        ended = call(
            "score",
            f"--run_dir={v_ade_run}",
            f"--images={tmp_path / name}",
            f"--out={tmp_path / 'scores.csv'}",
        )
        assert ended.status == 2
        with pytest.raises(ValueError, match=rule):
            raise ValueError(ended.err)
    assert not (tmp_path / "scores.csv").exists()
    for more, rule in (
        (dict(images="x", out="scores.txt"), "out must end in .csv or .npz"),
        (dict(images=""), "images must name"),
        (dict(images="x", levels=1), "levels must be 0 or 2..65536"),
    ):
        with pytest.raises(ValueError, match=rule):
            ScoreOptions(**more)
    of_bytes = score(v_ade_run, tmp_path / "bytes.npy", levels=256, reference="none")
    assert np.isfinite(of_bytes.columns["bits_per_dim"]).all()
