"""The picture of likelihood against quality: trained once, and gone on with."""

import json

import pytest

from experiments.studies.frontier import FrontierRow
from experiments.studies.frontier_page import frontier_page, frontier_picture
from tests.helpers.binaries import call

SMALL = (
    "--dataset=digits\n--width=4\n--num_steps=4\n--latent_size=2\n"
    "--batch_size=8\n--warmup_steps=0\n--validation_images=10\n"
)


def flagfile(directory, preset, more=""):
    path = directory / f"digits_{preset}.flags"
    path.write_text(f"{SMALL}--preset={preset}\n{more}")
    return str(path)


@pytest.mark.long
def test_curves_and_rows_are_trained_once_and_drawn(tmp_path):
    adversary = "--discriminator_width=4\n"
    curve = flagfile(tmp_path, "av_gde", adversary)
    rows = [flagfile(tmp_path, "gan", adversary), flagfile(tmp_path, "vae")]
    out = tmp_path / "page"
    line = (
        "frontier",
        f"--curves={curve}",
        "--weights=0.5,2",
        f"--rows={','.join(rows)}",
        f"--out={out}",
    )
    status, _, err = call(*line)
    assert status == 0, err
    found = json.loads((out / "frontier.json").read_text())["results"]
    names = ["av_gde_w0.5", "av_gde_w2", "gan", "vae"]
    assert [r["row"] for r in found] == names
    for name, weight in (("av_gde_w0.5", 0.5), ("av_gde_w2", 2.0)):
        lines = (out / "runs" / f"{name}_0" / "resolved.flags").read_text()
        assert f"\n--adversarial_weight={weight}\n" in lines
    assert found[2]["bits_per_dim"] is None and found[3]["bits_per_dim"] > 0
    for key in (
        *("frechet_distance", "frechet_distance_train", "class_weighted_frechet"),
        *("recall", "cpu_seconds"),
    ):
        assert all(r[key] >= 0 for r in found)
    page = (out / "frontier.md").read_text()
    assert "| `av_gde` | 0.5 | 0 | " in page and "| `gan` | - | 0 | - | " in page
    assert (out / "frontier.png").read_bytes().startswith(b"\x89PNG")
    # Another seed goes on: nothing of the first is trained or measured again.
    first = {p: p.read_bytes() for p in out.glob("runs/*_0/metrics.jsonl")}
    assert len(first) == 4
    status, _, err = call(*line, "--seeds=0,1", f"--rows={rows[1]}")
    assert status == 0, err
    assert all(p.read_bytes() == content for p, content in first.items())
    assert "| `vae` | - | 0, 1 | " in (out / "frontier.md").read_text()
    # Without training the picture is of the runs that there are.
    status, _, err = call(*line, "--seeds=0,1,2", "--notrain")
    assert status == 0, err
    page = (out / "frontier.md").read_text()
    assert "| `vae` | - | 0, 1 | " in page and "| `gan` | - | 0 | " in page
    assert not (out / "runs" / "vae_2").exists()
    assert all(p.read_bytes() == content for p, content in first.items())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"curves": ["vae"]}, " needs a preset with both losses. Received: preset="),
        ({"weights": ["2", "2.0"]}, "points of the picture must have different names"),
        ({"weights": ["much"]}, "`weights` must be numbers"),
        ({"curves": [], "rows": []}, "--curves or --rows must name a flagfile"),
    ],
)
def test_wrong_points_are_refused_at_once(tmp_path, wrong, message):
    names = {"curves": ["av_gde"], "rows": ["gan"], "weights": ["1"], **wrong}
    files = {
        name: [flagfile(tmp_path, preset) for preset in names[name]]
        for name in ("curves", "rows")
    }
    given = {**files, "weights": names["weights"], "out": [str(tmp_path / "out")]}
    line = [f"--{name}={','.join(values)}" for name, values in given.items()]
    status, _, err = call("frontier", *line)
    assert status == 2 and message in err and "Received: " in err
    assert not (tmp_path / "out").exists()


def test_points_are_means_over_the_seeds_there_are():
    rows = [FrontierRow("a_w1", "a", 1.0), FrontierRow("a_w2", "a", 2.0)]
    rows += [FrontierRow("gan", "gan"), FrontierRow("later", "later")]
    numbers = dict(precision=0.7, recall=0.5, frechet_distance_train=2.5, steps=10)
    numbers["class_weighted_frechet"] = 3.5
    results = [
        dict(row="a_w1", seed=0, bits_per_dim=2.0, frechet_distance=9.0, **numbers),
        dict(row="a_w1", seed=1, bits_per_dim=2.2, frechet_distance=11.0, **numbers),
        dict(row="a_w2", seed=0, bits_per_dim=2.3, frechet_distance=8.0, **numbers),
        dict(row="gan", seed=0, bits_per_dim=None, frechet_distance=8.5, **numbers),
    ]
    page = frontier_page(rows, results, "command")
    assert "| `a` | 1 | 0, 1 | 2.100 (2.000 to 2.200) | 10.0 (9.0 to 11.0) |" in page
    assert "| `gan` | - | 0 | - | 8.5 | 2.5 | 3.5 | 0.700 | 0.500 | 10 | - |" in page
    assert "later" not in page
    assert frontier_picture(rows, results).startswith(b"\x89PNG")
