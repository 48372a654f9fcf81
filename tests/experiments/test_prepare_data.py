"""prepare_data as users call it, and training from what it makes."""

import os
import shutil
import signal

import numpy as np
import pytest
from PIL import Image
from sklearn import datasets

from tests.experiments.test_damage import errors, room_of
from tests.helpers.binaries import call, contents, saved_numbers, start, tiny_flags
from tests.helpers.held_prepare_data import released
from tests.helpers.processes import PATIENCE
from tests.helpers.processes import wait_until as wait

PHOTO = datasets.load_sample_images().images[0]


def write_photos(folder, count, side):
    places = np.random.default_rng(0).integers(0, 427 - side, [count, 2])
    for number, (y, x) in enumerate(places):
        path = folder / "ab"[number % 2] / f"{number:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PHOTO[y : y + side, x : x + side]).save(path)


def test_killed_and_gone_on_with_it_is_the_same_bytes(tmp_path):
    write_photos(tmp_path / "images", 400, 64)
    flags = [f"--source=folder:{tmp_path}/images", "--images_per_shard=10"]
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert call("prepare_data", *flags, "--processes=1", f"--out={out}").status == 0
    out.rename(whole)
    # What a process can leave that is killed while it writes.
    out.mkdir()
    (out / ".plan.json.a1b2c3d4").write_text("{")

    def written():
        return len([*out.glob("*-of-*.json")])

    log = tmp_path / "log"
    for stop, least in (
        (signal.SIGKILL, 2),
        (signal.SIGTERM, 12),
        (signal.SIGKILL, 22),
    ):
        line = ["prepare_data", *flags, "--processes=2", f"--out={out}"]
        process = start(*line, log=log, hold_at=least + 5)
        wait(lambda least=least: written() >= least, process)
        process.send_signal(stop)
        if stop == signal.SIGTERM:
            wait(lambda: "Stopped by SIGTERM." in log.read_text(), process)
            # What it has begun, it ends.
            released(out).touch()
        status = process.wait(timeout=PATIENCE)
        assert status == (128 + stop if stop == signal.SIGTERM else -stop)
        assert not (out / "dataset.json").exists() and written() < 40
        released(out).unlink(missing_ok=True)
    for rest in ("json.a1b2c3d4", "array_record"):
        (out / f".train-00003-of-00040.{rest}").write_text("half")
    ended = call("prepare_data", *flags, "--processes=2", f"--out={out}")
    assert ended.status == 0, ended.err
    assert "images: 0/400" not in ended.out and "left" in ended.out
    assert contents(out) == contents(whole)


def test_training_from_disk_is_that_from_memory(tmp_path):
    write_photos(tmp_path / "images", 300, 12)
    folder, out = f"folder:{tmp_path}/images", tmp_path / "out"
    ended = call(
        *("prepare_data", f"--source={folder}", "--image_size=8", f"--out={out}"),
        *("--images_per_shard=40", "--processes=1"),
    )
    assert ended.status == 0 and "2 classes" in ended.out, ended.err + ended.out
    flags = tiny_flags(
        preset="flow",
        num_steps=8,
        checkpoint_every=4,
        random_flip=True,
        flow_steps=(1,),
    )
    flags = [flag for flag in flags if not flag.startswith("--dataset")]
    flags.append("--image_size=8")
    memory = [*flags, f"--dataset={folder}"]
    disk = [*flags, f"--dataset=prepared:{out}"]
    runs = {name: tmp_path / name for name in ("memory", "disk", "both")}
    for name, line in (("memory", memory), ("disk", disk)):
        ended = call("train", *line, f"--run_dir={runs[name]}")
        assert ended.status == 0, ended.err
    expected = saved_numbers(runs["memory"], 8)
    assert saved_numbers(runs["disk"], 8) == expected
    lines = [(runs[n] / "scalars.jsonl").read_text() for n in ("memory", "disk")]
    assert len(lines[0].splitlines()) == len(lines[1].splitlines()) == 8
    # A run of the one goes on with the other, and is what it would have been.
    shutil.copytree(runs["memory"], runs["both"])
    for path in runs["both"].glob("checkpoints/step-8.*"):
        path.unlink()
    (runs["both"] / "metrics.jsonl").unlink()
    ended = call("train", *disk, f"--run_dir={runs['both']}")
    assert ended.status == 0 and "Resuming from step 4" in ended.out, ended.err
    assert saved_numbers(runs["both"], 8) == expected
    for metrics in ("bits_per_dim", "memorisation", "frechet_distance"):
        ended = call(
            *("evaluate", f"--run_dir={runs['disk']}", f"--metrics={metrics}"),
            *("--num_samples=20", "--extractor=random"),
        )
        assert ended.status == 0, ended.err
    ended = call("sample", f"--run_dir={runs['disk']}", "--mode=neighbours")
    assert ended.status == 0, ended.err


def test_a_full_disk_is_one_message_and_spares_what_is_written(tmp_path):
    write_photos(tmp_path / "images", 60, 64)
    flags = [f"--source=folder:{tmp_path}/images", f"--out={tmp_path}/out"]
    flags += ["--images_per_shard=20", "--processes=1"]
    with room_of(60_000):
        ended = call("prepare_data", *flags)
    assert ended.status == 2
    (message,) = errors(ended)
    assert message.startswith("error: files must be accessible and disks must have")
    assert "File too large" in message and ".array_record" in message
    names = {*contents(tmp_path / "out")}
    assert names == {"lock", "plan.json"}
    assert call("prepare_data", *flags).status == 0


def test_damage_during_and_before_training_is_one_message(tmp_path, monkeypatch):
    out, run = tmp_path / "out", tmp_path / "run"
    made = call("prepare_data", "--source=digits", f"--out={out}", "--processes=1")
    assert made.status == 0, made.err
    settings = tiny_flags(preset="vae", network="mlp", dataset=f"prepared:{out}")

    def damage(*unused):
        for path in out.glob("train-*.array_record"):
            os.truncate(path, 1000)

    with monkeypatch.context() as patched:
        patched.setattr("ade_tf.training.loop._announce", damage)
        ended = call("train", *settings, f"--run_dir={run}")
    assert ended.status == 2
    (message,) = errors(ended)
    rule = "error: Files of images must be there and whole. Received: "
    assert message.startswith(f"{rule}{str(out)!r} (")
    before = contents(run)
    ended = call("train", *settings, f"--run_dir={run}")
    assert ended.status == 2 and contents(run) == before
    (message,) = errors(ended)
    assert message.startswith("error: Files of a prepared set must be there and as ")
    assert f"{out}/train-00000-of-00001.array_record', 1000 bytes of " in message


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "`source` must name the images. Received: none"),
        (["--source=digits"], "--out must name a directory. Received: none"),
        (["--source=digits", "--channels=2"], "`channels` must be 0, 1 or 3"),
        (["--source=digits", "--image_size=a"], "`image_size` must be integers"),
        (["--source=folder:nowhere", "--out=out"], "must name an existing folder"),
    ],
)
def test_bad_flags_are_one_message(flags, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = call("prepare_data", *flags)
    assert ended.status == 2 and message in errors(ended)[0]
    assert not [*tmp_path.iterdir()]


def test_replicas_train_from_disk_as_from_memory_and_go_on(tmp_path):
    write_photos(tmp_path / "images", 40, 8)
    folder, out = f"folder:{tmp_path}/images", tmp_path / "out"
    flags = ["--images_per_shard=10", "--processes=1", f"--out={out}"]
    assert call("prepare_data", f"--source={folder}", *flags).status == 0
    asked = dict(preset="vae", network="mlp", strategy="mirrored", num_steps=4)
    asked |= dict(checkpoint_every=2, keep_checkpoints=2)
    memory = tiny_flags(**asked, dataset=folder)
    disk = tiny_flags(**asked, dataset=f"prepared:{out}")
    runs = {name: tmp_path / name for name in ("memory", "disk")}
    for name, line in (("memory", memory), ("disk", disk)):
        ended = call("train", *line, f"--run_dir={runs[name]}")
        assert ended.status == 0, ended.err
    expected = saved_numbers(runs["memory"], 4)
    assert saved_numbers(runs["disk"], 4) == expected
    # As after a kill between the checkpoints.
    for path in runs["disk"].glob("checkpoints/step-4.*"):
        path.unlink()
    (runs["disk"] / "metrics.jsonl").unlink()
    ended = call("train", *disk, f"--run_dir={runs['disk']}")
    assert ended.status == 0 and "Resuming from step 2" in ended.out, ended.err
    assert saved_numbers(runs["disk"], 4) == expected
