"""Checkpoints scored as they appear, by `evaluate --follow`."""

import shutil
import signal

import numpy as np
import pytest
from PIL import Image

from ade_tf.runs.records import read_records
from tests.extractors.cases import save_model
from tests.helpers.binaries import call, last_step, start, tiny_flags
from tests.helpers.processes import PATIENCE, wait_until

STEPS = 600


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run, which has two checkpoints."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def followed(run):
    """Returns the records that following added, in order."""
    path = run / "metrics.jsonl"
    records = read_records(path) if path.exists() else []
    return [record for record in records if record.get("origin") == "follow"]


def value(run, *flags):
    """Returns what `evaluate` finds."""
    ended = call("evaluate", f"--run_dir={run}", *flags)
    assert ended.status == 0, ended.err
    return read_records(run / "metrics.jsonl")[-1]["value"]


@pytest.mark.long
def test_a_run_that_is_going_is_scored_to_its_end(tmp_path):
    run, log = tmp_path / "run", tmp_path / "log"
    flags = tiny_flags(preset="vae", network="mlp", num_steps=STEPS, sample_every=0)
    flags = [*flags, "--checkpoint_every=100", f"--run_dir={run}"]
    training = start("train", *flags, log=tmp_path / "train.log", hold_at=250)
    wait_until((run / "checkpoints" / "step-200.index").exists, training)
    following = start("evaluate", "--follow", f"--run_dir={run}", log=log)
    wait_until(lambda: len(followed(run)) >= 2, following)
    assert last_step(run) < 250 and training.poll() is following.poll() is None
    training.send_signal(signal.SIGUSR1)
    assert following.wait(timeout=PATIENCE) == 0, log.read_text()
    assert training.wait(timeout=PATIENCE) == 0
    records = followed(run)
    steps = [record["step"] for record in records]
    assert steps == sorted({*steps}) and steps[-1] == STEPS
    hours = [record["hours"] for record in records]
    assert hours == sorted(hours) and 0.0 < hours[0] < hours[-1]
    assert records[-1]["value"] == value(run) < records[0]["value"]


def test_each_checkpoint_is_scored_once_and_the_best_is_kept(run, tmp_path):
    network = save_model(tmp_path / "net")
    flags = [
        *("--follow", "--metrics=bits_per_dim,frechet_distance", "--num_samples=50"),
        *("--extractor=savedmodel", f"--extractor_path={network}", "--cache_dir="),
        *("--best_by=frechet_distance", "--split=validation,test"),
    ]
    for _ in range(2):
        ended = call("evaluate", f"--run_dir={run}", *flags)
        assert ended.status == 0, ended.err
        records = followed(run)
        scored = [(r["step"], r["metric"], r["split"]) for r in records]
        assert scored == [
            (step, metric, split)
            for step in (4, 6)
            for metric in ("bits_per_dim", "frechet_distance")
            for split in ("validation", "test")
        ]
    distances = {r["step"]: r["value"] for r in records[2::4]}
    best = min(distances, key=distances.get)
    (kept,) = (run / "followed").glob("best-*.index")
    assert kept.name == f"best-{best}.index"
    scores = {r["step"]: r["value"] for r in records[1::4]}
    assert scores[4] != scores[6]
    assert value(run, "--weights=best") == pytest.approx(scores[best], rel=1e-6)
    assert value(run) == pytest.approx(scores[6], rel=1e-6)
    for along in ("step", "hours"):
        picture = np.asarray(Image.open(run / "followed" / f"by_{along}.png"))
        # Two panels.
        assert picture.shape[1] > 2.5 * picture.shape[0]
    # By other options they are scored anew.
    ended = call("evaluate", f"--run_dir={run}", "--follow", "--seed=3")
    assert ended.status == 0
    assert [r["step"] for r in followed(run)[len(records) :]] == [4, 6]


def test_a_checkpoint_that_is_gone_is_passed_over(run):
    (run / "checkpoints" / "step-4.data-00000-of-00001").unlink()
    ended = call("evaluate", f"--run_dir={run}", "--follow")
    assert ended.status == 0, ended.err
    assert "passing over step 4" in ended.err
    assert [record["step"] for record in followed(run)] == [6]


def test_a_run_that_is_not_resumed_is_left_after_a_while(run):
    (run / "checkpoints" / "step-6.index").unlink()
    ended = call(*("evaluate", f"--run_dir={run}", "--follow", "--follow_minutes=0.01"))
    assert ended.status == 0, ended.err
    assert "None for 0.01 minutes: following ends." in ended.out
    assert [record["step"] for record in followed(run)] == [4]


def test_a_run_without_a_checkpoint_is_left_after_a_while(run):
    shutil.rmtree(run / "checkpoints")
    ended = call(*("evaluate", f"--run_dir={run}", "--follow", "--follow_minutes=0.01"))
    assert ended.status == 0, ended.err
    assert "Waiting for a checkpoint" in ended.out
    assert "None for 0.01 minutes: following ends." in ended.out
    assert not followed(run) and not (run / "followed").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--follow_minutes=1"], "follow_minutes needs follow"),
        (["--best_by=bits_per_dim"], "best_by needs follow"),
        (["--follow", "--weights=best"], "takes no such weights"),
        (["--follow", "--first=9", "--out=a.jsonl"], "takes no such first"),
        (["--follow", "--per_image=a.npz"], "takes no such per_image"),
        (["--follow", "--best_by=recall"], "a score of the metrics asked for"),
        (["--weights=best"], "of which it kept none"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_followed_is_refused(run, flags, message):
    ended = call("evaluate", f"--run_dir={run}", *flags)
    assert ended.status == 2
    assert message in ended.err
    assert not followed(run)
