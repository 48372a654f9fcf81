"""Runs of a part of each image given the rest, from training to their pictures."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from ade_tf.data import load_data
from ade_tf.runs import load_run
from tests.helpers.binaries import call, saved_numbers, tiny_flags
from tests.helpers.models import digits

FLAGS = tiny_flags(
    preset="v_ade",
    condition="coarse",
    network="mlp",
    coupling_network="mlp",
    flow_steps=(1,),
    num_steps=6,
    checkpoint_every=3,
    validate_every=3,
    sample_every=3,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = tmp_path_factory.mktemp("coarse") / "run"
    ended = call("train", *FLAGS, f"--run_dir={run}")
    assert ended.status == 0, ended.err
    return run


def drawn(run, out, *flags):
    ended = call("sample", f"--run_dir={run}", f"--out={out}", *flags)
    assert ended.status == 0, ended.err
    if out.suffix == ".png":
        return Image.open(out)
    with np.load(out) as found:
        return found["images"]


def test_a_run_goes_on_exactly(run, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(run, again)
    for path in again.glob("checkpoints/step-6.*"):
        path.unlink()
    assert "Resuming from step 3" in call("train", *FLAGS, f"--run_dir={again}").out
    here, there = saved_numbers(run, 6), saved_numbers(again, 6)
    assert [name for name in here if here[name] != there[name]] == []
    ended = call("train", *FLAGS, "--coarse_block=4", f"--run_dir={again}")
    assert ended.status == 2 and "coarse_block" in ended.err


def test_its_bits_are_of_the_part_and_say_so(run):
    record = json.loads((run / "metrics.jsonl").read_text().splitlines()[0])
    assert record["name"] == (
        "bits/dim of the other pixels, given the coarse image, 48 values of an "
        "image's 64 (bound)"
    )
    model, test = load_run(run).model, digits().test
    bits = model.bits_per_dim(test.images)
    assert record["value"] == pytest.approx(bits.mean(), rel=1e-4)


def test_samples_and_scores_are_of_whole_images(run, tmp_path):
    test = digits().test.images
    images = drawn(run, tmp_path / "a.npz", "--num_samples=305")
    assert images.shape == (305, 8, 8, 1)
    given = np.concatenate([test, test[:5]])
    np.testing.assert_array_equal(images[:, ::2, ::2], given[:, ::2, ::2])
    metrics = "--metrics=frechet_distance,inversion_error,active_units"
    more = ("--extractor=pixels", "--num_samples=40", f"--out={tmp_path / 'm.jsonl'}")
    ended = call("evaluate", f"--run_dir={run}", metrics, *more)
    assert ended.status == 0, ended.err
    lines = (tmp_path / "m.jsonl").read_text().splitlines()
    records = {r["metric"]: r for r in map(json.loads, lines)}
    assert records["frechet_distance"]["given"].startswith("the condition of test")
    assert records["inversion_error"]["value"] < 1e-2


def test_completions_stand_beside_what_is_given_and_the_truth(run, tmp_path):
    flags = ("--mode=complete", "--num_samples=3")
    rows = drawn(run, tmp_path / "a.npz", *flags).reshape(3, 10, 8, 8, 1)
    test = digits().test.images[:3]
    np.testing.assert_array_equal(rows[:, 0], test)
    enlarged = np.repeat(np.repeat(test[:, ::2, ::2], 2, 1), 2, 2)
    np.testing.assert_array_equal(rows[:, 1], enlarged)
    corners = np.broadcast_to(test[:, None, ::2, ::2], rows[:, :, ::2, ::2].shape)
    np.testing.assert_array_equal(rows[:, :, ::2, ::2], corners)
    assert np.any(rows[:, 2] != rows[:, 3])
    assert drawn(run, tmp_path / "a.png", *flags).width < 1200


def test_small_images_of_ones_own_are_enlarged(run, tmp_path):
    small = np.random.default_rng(0).integers(0, 256, (2, 4, 4), np.uint8)
    for place, image in enumerate(small):
        Image.fromarray(image).save(tmp_path / f"{place}.png")
    flags = ("--mode=complete", f"--given={tmp_path}")
    rows = drawn(run, tmp_path / "out" / "a.npz", *flags).reshape(2, 9, 8, 8)
    levels = small.astype(int) * 17 // 256
    for row in np.moveaxis(rows, 1, 0):
        np.testing.assert_array_equal(row[:, ::2, ::2], levels)


def test_grey_images_of_ones_own_are_coloured(tmp_path):
    generator = np.random.default_rng(0)
    base = generator.integers(0, 200, (60, 4, 4, 1))
    colours = np.clip(base + generator.integers(0, 50, (60, 4, 4, 3)), 0, 255)
    for place, image in enumerate(colours.astype(np.uint8)):
        path = tmp_path / "colours" / f"{place}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path)
    grey = generator.integers(0, 256, (4, 4), np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    run, source = tmp_path / "run", f"folder:{tmp_path / 'colours'}"
    flags = tiny_flags(
        preset="flow", condition="grey", dataset=source, num_steps=2, flow_steps=(1,)
    )
    ended = call("train", *flags, f"--run_dir={run}")
    assert ended.status == 0, ended.err
    assert "32 values of an image's 48" in ended.out
    flags = ("--mode=complete", f"--given={tmp_path / 'grey.png'}")
    rows = drawn(run, tmp_path / "a.npz", *flags)
    assert rows.shape == (9, 4, 4, 3)
    np.testing.assert_array_equal(rows[0], np.repeat(grey[..., None], 3, -1))
    model = load_run(run).model
    test = load_data(load_run(run).config.data).test
    assert np.isfinite(model.bits_per_dim(test.images)).all()


@pytest.mark.parametrize(
    ("binary", "flags", "message"),
    [
        ("sample", ["--label=1"], "label needs a conditional model"),
        ("sample", ["--mode=interpolate"], "`interpolate` needs a model of whole"),
        ("sample", ["--mode=traverse"], "`traverse` needs a model of whole images"),
        ("sample", ["--mode=complete", "--given_rows=4"], "or first rows are given"),
        ("sample", ["--given=somewhere"], "given is for mode `complete`"),
        ("sample", ["--mode=complete", "--given=nowhere"], "an existing folder"),
        ("novelty", [], "a test of p(x), needs an unconditional model"),
    ],
)
def test_what_such_a_run_refuses(run, binary, flags, message):
    before = (run / "metrics.jsonl").read_bytes()
    ended = call(binary, f"--run_dir={run}", *flags)
    assert ended.status == 2
    assert message in ended.err, ended.err
    assert (run / "metrics.jsonl").read_bytes() == before
