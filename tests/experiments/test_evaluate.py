"""The binaries that score: one run, or one set of images against another."""

import json
import shutil

import numpy as np
import pytest

from tests.extractors.cases import images, save_model
from tests.helpers.binaries import call


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Flags of a small extractor."""
    path = save_model(tmp_path_factory.mktemp("extractors") / "net")
    return ["--extractor=savedmodel", f"--extractor_path={path}", "--cache_dir="]


def added(run, before=1):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines[before:]]


def test_the_flags_reach_the_records(run, network, tmp_path):
    file = tmp_path / "each.npz"
    ended = call(
        *("evaluate", f"--run_dir={run}", *network),
        "--metrics=bits_per_dim,frechet_distance",
        "--split=validation,test",
        "--importance_samples=2",
        "--repetitions=2",
        "--num_samples=50",
        "--temperature=0.8",
        "--noise",
        "--seed=3",
        f"--per_image={file}",
    )
    assert ended.status == 0, ended.err
    records = added(run)
    likelihoods, distances = records[:4], records[4:]
    assert [r["importance_samples"] for r in likelihoods] == [1, 2, 1, 2]
    assert [r["split"] for r in likelihoods] == 2 * ["validation"] + 2 * ["test"]
    assert {r["repetitions"] for r in likelihoods} == {2}
    assert [r["split"] for r in distances] == ["validation", "test"]
    for record in distances:
        assert (record["temperature"], record["noise"]) == (0.8, True)
        assert (record["num_examples"], record["seed"]) == (50, 3)
    assert "| bits/dim (F_2) | test |" in ended.out
    with np.load(file) as arrays:
        assert len(arrays["test_importance_weighted_bits_per_dim"]) == 300


def test_a_metric_can_be_asked_for_alone(run):
    ended = call("evaluate", f"--run_dir={run}", "--metrics=inversion_error")
    assert ended.status == 0, ended.err
    (record,) = added(run)
    assert record["metric"] == "inversion_error"
    assert "protocol  desk" not in ended.out


CONTRADICTIONS = {
    "counts": (
        ["--protocol=modern_50k", "--num_samples=2000"],
        "protocol `modern_50k` means num_samples=50000; `desk` takes any. Received",
    ),
    "extractor": (
        ["--protocol=ade_paper", "--extractor=savedmodel"],
        "protocol `ade_paper` means extractor=inception",
    ),
    "reference": (
        ["--protocol=ade_paper", "--metrics=frechet_distance"],
        "`ade_paper` needs at least 5000 reference images. Received: 300",
    ),
    "protocol": (
        ["--protocol=mine"],
        "'ade_paper', 'modern_50k', 'desk'. Received: 'mine'",
    ),
    "few": (
        ["--metrics=kernel_distance", "--num_samples=5"],
        "`desk` needs at least 20 samples. Received: 5",
    ),
}


@pytest.mark.parametrize(
    ("flags", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS
)
def test_contradictions_end_with_status_2(run, flags, message):
    ended = call("evaluate", f"--run_dir={run}", *flags)
    assert ended.status == 2
    errors = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and message in errors[0], ended.err
    assert not added(run)


def test_images_against_images(network, tmp_path):
    for name, seed in (("a", 0), ("b", 1)):
        np.savez(tmp_path / f"{name}.npz", images=images(80, seed=seed))
    out = tmp_path / "records.jsonl"
    ended = call(
        *("compare", *network, f"--reference=npz:{tmp_path / 'a.npz'}"),
        "--reference_split=all",
        f"--images=npz:{tmp_path / 'b.npz'}",
        "--num_samples=70",
        f"--out={out}",
    )
    assert ended.status == 0, ended.err
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert [r["num_examples"] for r in records] == 12 * [70]
    assert "| Coverage (net) | train+validation+test |" in ended.out
    assert call("compare", *network).status == 2
