"""The study of adversaries: what it writes, and (long) that its claims hold."""

import json

import numpy as np
import pytest
from PIL import Image

from ade_tf.objectives import ADVERSARIES
from experiments.studies import adversaries as adversary_study
from tests.helpers.binaries import call


def study(out):
    ended = call("adversaries", f"--out={out}", "--seed=1")
    assert ended.status == 0, ended.err
    return json.loads((out / "adversaries.json").read_text())


@pytest.mark.long
def test_it_writes_numbers_tables_and_picture(tmp_path, monkeypatch):
    games = adversary_study._GAMES
    few = {name: games[name] for name in ("cross-entropy", "Wasserstein")}
    for name, value in {
        "_GAMES": few,
        "_RUNGS": (0, 1, 2),
        "_STARVED_AT": 1,
        "_LADDER_STEPS": 1,
        "_REPETITIONS": 1,
        "_STARVATION_STEPS": (0, 1, 2),
    }.items():
        monkeypatch.setattr(adversary_study, name, value)
    out = tmp_path / "new"
    found = study(out)
    assert {path.name for path in out.iterdir()} == {
        "adversaries.json",
        "adversaries.md",
        "adversaries.png",
    }
    norms = found["starvation"]["gradient_norms"]
    assert {len(values) for values in norms.values()} == {3}
    assert np.isfinite(list(norms.values())).all()
    # At logits near 0 the two halves of the log-ratio pull alike.
    assert norms["saturating"][0] == pytest.approx(norms["log_ratio"][0] / 2, rel=0.1)
    assert [r["generator_steps"] for r in found["ladder"]] == [0, 1, 2, None]
    page = (out / "adversaries.md").read_text()
    assert "seed 1" in page and "python3 -m experiments.adversaries" in page
    for name in norms:
        assert f"| {name} |" in page
    assert min(Image.open(out / "adversaries.png").size) > 300


@pytest.mark.long
def test_the_same_seed_gives_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(adversary_study, "_RUNGS", (0, 1))
    monkeypatch.setattr(adversary_study, "_STARVED_AT", 1)
    monkeypatch.setattr(adversary_study, "_STARVATION_STEPS", (0, 1))
    monkeypatch.setattr(adversary_study, "_LADDER_STEPS", 1)
    monkeypatch.setattr(adversary_study, "_REPETITIONS", 2)
    games = {"Wasserstein": ("wasserstein", "none", 0.0)}
    games["cross-entropy"] = ("log_ratio", "none", 0.0)
    monkeypatch.setattr(adversary_study, "_GAMES", games)
    first, second = (study(tmp_path / name) for name in ("a", "b"))
    for key in ("starvation", "ladder"):
        assert first[key] == second[key]


def test_every_adversary_is_in_the_study():
    games = [game for game, _, _ in adversary_study._GAMES.values()]
    assert {*games, *adversary_study._OF_CROSS_ENTROPY} == set(ADVERSARIES)


def test_it_asks_for_a_directory():
    ended = call("adversaries")
    assert ended.status == 2 and "--out must name" in ended.err


@pytest.mark.long
def test_the_claims_hold(tmp_path):
    found = study(tmp_path)
    kept = {
        loss: norms[-1] / max(norms)
        for loss, norms in found["starvation"]["gradient_norms"].items()
    }
    assert kept.pop("saturating") < 0.1
    assert min(kept.values()) > 0.15
    estimates = [record["wasserstein"] for record in found["ladder"]]
    assert all(np.diff(estimates) < 0.1)
    assert estimates[0] > 5 * estimates[-2]
    assert abs(estimates[-1]) < 0.3
    bounded = [record["jensen_shannon_nats"] for record in found["ladder"]]
    assert min(bounded[:3]) > 0.5
