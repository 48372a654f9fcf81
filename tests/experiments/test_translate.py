"""Runs of two domains: trained, evaluated, translated and exported by the binaries."""

import json
import shutil
import signal

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import ade_tf
from ade_tf.runs import load_run
from ade_tf.runs.records import read_records
from tests.helpers.binaries import (
    call,
    last_step,
    saved_numbers,
    start,
    tiny_flags,
)
from tests.helpers.models import digits
from tests.helpers.processes import PATIENCE, wait_until

pytestmark = pytest.mark.usefixtures("eager")

SETTINGS = {
    "cyclegan": dict(translator_width=8, translator_blocks=1),
    "alignflow": dict(flow_steps=(1,), coupling_dropout=0.2),
}


def flags_of(preset, **settings):
    given = {"dataset_b": "digits:negative", **SETTINGS[preset], **settings}
    return tiny_flags(preset=preset, **given)


@pytest.fixture(scope="module", params=list(SETTINGS))
def trained(request, tmp_path_factory):
    run = tmp_path_factory.mktemp(request.param) / "run"
    ended = call("train", *flags_of(request.param), f"--run_dir={run}")
    assert ended.status == 0, ended.err
    return request.param, run, ended.out


@pytest.mark.long
def test_training_says_what_it_does(trained):
    preset, run, out = trained
    assert "data of B: digits:negative: 8x8x1, 17 levels" in out
    assert "adversary of A" in out and "adversary of B" in out
    assert ("cycle of A" in out) == (preset == "cyclegan")
    assert ("bits/dim (bound) of B" in out) == (preset == "alignflow")
    with Image.open(run / "samples" / "final.png") as picture:
        # Three rows of each domain, of ten images.
        assert picture.width > 10 * 64 and picture.height > 6 * 64
    ended = call("train", *flags_of(preset), f"--run_dir={run}")
    assert ended.status == 0 and "This run is finished (8 steps)." in ended.out


@pytest.mark.long
def test_everything_that_can_be_measured_is(trained, tmp_path):
    preset, run, _ = trained
    out = tmp_path / "metrics.jsonl"
    flags = ["--metrics=all", f"--cache_dir={tmp_path / 'cache'}", "--num_samples=50"]
    ended = call("evaluate", f"--run_dir={run}", f"--out={out}", *flags)
    assert ended.status == 0, ended.err
    records = [json.loads(line) for line in out.read_text().splitlines()]
    left_out = records[-1].get("left_out", {})
    found = {r["metric"]: r for r in records if "metric" in r}
    two = {"frechet_a_to_b", "frechet_b_to_a", "cycle_error_a", "cycle_error_b"}
    assert two | {"class_kept_a_to_b", "class_kept_b_to_a"} <= found.keys()
    assert ("b_bits_per_dim" in found) == (preset == "alignflow")
    assert ("frechet_distance" in left_out) == (preset == "cyclegan")
    assert found["frechet_a_to_b"]["dataset"] == "digits:negative"
    assert found["frechet_b_to_a"]["dataset"] == "digits"
    assert found["class_kept_a_to_b"]["real_accuracy"] > 0.9
    # By hand, of the written translations.
    model = ade_tf.load(run)
    there = model.translate(digits().test.images)
    back = model.translate(there, "a").astype(float)
    rmse = np.sqrt(((back - digits().test.images) ** 2).mean())
    assert found["cycle_error_a"]["quantised"] == pytest.approx(rmse, rel=1e-5)
    error = found["cycle_error_a"]["value"]
    assert error < 1e-3 if preset == "alignflow" else error > 0.1


def test_a_folder_is_translated_file_by_file(trained, tmp_path):
    _, run, _ = trained
    folder, out, picture = (tmp_path / n for n in ("in", "out", "rows.png"))
    (folder / "some").mkdir(parents=True)
    images = digits().test.images[:3]
    names = ("one.png", "some/two.png", "some/three.bmp")
    for name, image in zip(names, images, strict=True):
        Image.fromarray(np.rint(image[..., 0] * (255 / 16)).astype(np.uint8)).save(
            folder / name
        )
    flags = (f"--run_dir={run}", f"--images={folder}", f"--picture={picture}")
    ended = call("translate", *flags, f"--out={out}")
    assert ended.status == 0, ended.err
    model = ade_tf.load(run)
    for name, image in zip(names, model.translate(images), strict=True):
        with Image.open((out / name).with_suffix(".png")) as file:
            found = np.asarray(file)
        expected = np.rint(image[..., 0] * (255 / 16)).astype(np.uint8)
        np.testing.assert_array_equal(found, expected)
    assert picture.exists()
    # What is there stays.
    ended = call("translate", *flags, f"--out={out}")
    assert ended.status == 2 and "new or empty directory" in ended.err
    arrays = tmp_path / "out.npz"
    ended = call("translate", f"--run_dir={run}", "--to=a", f"--out={arrays}")
    assert ended.status == 0 and "300 test images of digits:negative" in ended.out
    with np.load(arrays) as found:
        test = load_run(run).config.data.dataset_b
        given = ade_tf.load_dataset(test).test.images
        np.testing.assert_array_equal(found["images"], model.translate(given, "a"))
        assert found["levels"] == 17
    assert (run / "samples" / "to_a.png").exists()


def test_an_export_translates_both_ways(in_graphs, trained, tmp_path):
    preset, run, _ = trained
    out = tmp_path / "model"
    ended = call("export", f"--run_dir={run}", f"--out={out}")
    assert ended.status == 0, ended.err
    served, model = tf.saved_model.load(str(out)), ade_tf.load(run)
    images = digits().test.images[:5]
    there = served.translate_to_b(images)
    np.testing.assert_array_equal(there, model.translate(images))
    back = served.translate_to_a(there)
    np.testing.assert_array_equal(back, model.translate(there.numpy(), "a"))
    endpoints = json.loads((out / "assets" / "ade_tf.json").read_text())["endpoints"]
    assert ("sample" in endpoints) == (preset == "alignflow")
    with pytest.raises(tf.errors.InvalidArgumentError, match="whole levels in 0 .. 16"):
        served.translate_to_b(images / 16.0)


def test_a_picture_shows_translations_or_says_what_it_needs(trained, tmp_path):
    preset, run, _ = trained
    out = tmp_path / "rows.png"
    ended = call("sample", f"--run_dir={run}", "--mode=translate", f"--out={out}")
    assert ended.status == 0 and out.exists()
    ended = call("sample", f"--run_dir={run}", f"--out={out}")
    if preset == "cyclegan":
        assert ended.status == 2
        assert "needs a preset that draws images of no others" in ended.err
    else:
        assert ended.status == 0


def test_a_run_goes_on_from_its_last_checkpoint(trained, tmp_path):
    preset, run, _ = trained
    shutil.copytree(run, tmp_path / "run")
    for part in (tmp_path / "run").glob("checkpoints/step-8.*"):
        part.unlink()
    ended = call("train", *flags_of(preset), f"--run_dir={tmp_path / 'run'}")
    assert ended.status == 0 and "Resuming from step 6 of" in ended.out, ended.err
    again, whole = (read_records(d / "scalars.jsonl") for d in (tmp_path / "run", run))
    assert len(again) == len(whole) == 8
    # Seen once: what is traced a second time in a process rounds otherwise.
    for here, there in zip(again, whole, strict=True):
        assert here == pytest.approx(there, rel=1e-4, abs=1e-5)


def test_a_score_that_only_one_domain_has_is_made_up_for(trained, tmp_path):
    preset, run, _ = trained
    shutil.copytree(run, tmp_path / "run")
    path = tmp_path / "run" / "metrics.jsonl"
    lines = path.read_text().splitlines(True) if path.exists() else []
    assert len(lines) == (2 if preset == "alignflow" else 0)
    if lines:
        path.write_text(lines[0])
    ended = call("train", *flags_of(preset), f"--run_dir={tmp_path / 'run'}")
    assert ended.status == 0, ended.err
    again = read_records(path) if path.exists() else []
    assert [record["metric"] for record in again] == [
        json.loads(line)["metric"] for line in lines
    ]


@pytest.mark.long
@pytest.mark.parametrize("preset", SETTINGS)
def test_a_killed_run_ends_as_if_never_killed(preset, tmp_path):
    flags = flags_of(preset, num_steps=40, checkpoint_every=7, random_flip=True)
    whole = start(
        "train", *flags, f"--run_dir={tmp_path / 'a'}", log=tmp_path / "a.log"
    )
    run, log = tmp_path / "b", tmp_path / "b.log"
    killed = start("train", *flags, f"--run_dir={run}", log=log, hold_at=27)
    wait_until(lambda: last_step(run) >= 16, killed)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(timeout=PATIENCE) == -signal.SIGKILL
    again = start("train", *flags, f"--run_dir={run}", log=log)
    assert again.wait(timeout=PATIENCE) == whole.wait(timeout=PATIENCE) == 0
    assert "Resuming from step" in log.read_text()
    here, there = (saved_numbers(tmp_path / name, 40) for name in "ab")
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--preset=cyclegan"],
            "dataset_b names the images of the second. Received: no",
        ),
        (
            ["--preset=vae", "--dataset_b=digits"],
            "dataset_b needs a preset of two domai",
        ),
        (
            ["--preset=cyclegan", "--dataset_b=npz:no"],
            "must name an existing file. Recei",
        ),
        (
            ["--preset=cyclegan", "--dataset_b=photos:8"],
            "images of both domains have one shape and number of levels. Received: 'di",
        ),
        (
            ["--preset=alignflow", "--dataset_b=digits", "--cycle_weight=5"],
            "cycle_weight needs preset `cyclegan`, which is no bijection by itself",
        ),
        (
            ["--preset=cyclegan", "--dataset_b=digits", "--conditional"],
            "conditional needs a preset of one domain. Received: preset='cyclegan'",
        ),
    ],
)
def test_what_cannot_be_is_one_message(flags, message, tmp_path):
    ended = call("train", *flags, f"--run_dir={tmp_path / 'run'}")
    assert ended.status == 2 and message in ended.err
    assert ended.err.count("error: ") == 1 and not (tmp_path / "run").exists()


def test_a_run_of_one_domain_translates_nothing(finished):
    ended = call("translate", f"--run_dir={finished}")
    assert ended.status == 2
    assert "a translation needs a preset of two domains" in ended.err
    ended = call("evaluate", f"--run_dir={finished}", "--dataset_b=digits")
    assert ended.status == 2 and "dataset_b is for a run of two domains" in ended.err
