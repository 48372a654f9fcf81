"""The study on points: what it writes, and that it goes on where it stopped."""

import json
import re
import shutil

import pytest

from ade_tf.runs import RunDirectory
from experiments import run_config
from tests.helpers.binaries import ROOT, call, contents

TINY = """# A tiny model of points.
--flagfile=flags/base/toy{base}.flags
--preset={preset}
{own}
--num_steps=2
--warmup_steps=0
--batch_size=8
"""
FLOW = TINY.format(
    base="",
    preset="flow",
    own="--flagfile=flags/base/toy_flow.flags\n--coupling_width=8\n--flow_steps=1",
)
GAN = TINY.format(
    base="_latent",
    preset="gan",
    own="--discriminator=mlp\n--width=8\n--discriminator_width=8",
)


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("ade_tf.evaluation.density_map.CELLS", 20)
    paths = []
    for preset, text in (("flow", FLOW), ("gan", GAN)):
        path = tmp_path / f"toy_{preset}.flags"
        path.write_text(text)
        paths.append(str(path))
    return ",".join(paths)


@pytest.mark.long
def test_it_trains_what_is_missing_and_writes_picture_and_table(rows, tmp_path):
    out = tmp_path / "out"
    command = [f"--rows={rows}", "--data=ring", f"--out={out}"]
    ended = call("toy", *command)
    assert ended.status == 0, ended.err
    written = contents(out)
    table = written["toy.md"].decode()
    assert table in ended.out
    lines = table.splitlines()
    assert len(lines) == 4 and "`flow`" in lines[2] and "`gan`" in lines[3]
    assert lines[3].count("*") == 2 and "*" not in lines[2]
    results = json.loads(written["toy.json"])
    assert [(r["data"], r["row"], r["seed"]) for r in results] == [
        ("ring", "flow", 0),
        ("ring", "gan", 0),
    ]
    for result in results:
        assert result["forward_kl"] > 0 and result["cpu_seconds"] > 0
    assert "density.npz" in " ".join(written) and written["toy.png"][1:4] == b"PNG"

    shutil.rmtree(out / "ring_gan_0")
    (out / "toy.png").unlink()
    again = call("toy", *command)
    assert again.status == 0, again.err
    assert again.out.count("Trained in") == 1
    rewritten = contents(out)
    kept = [name for name in written if name.startswith("ring_flow_0")]
    assert {n: rewritten[n] for n in kept} == {n: written[n] for n in kept}
    assert rewritten["toy.png"] == written["toy.png"]


def test_points_have_no_labels_for_a_conditional_model(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    path = tmp_path / "toy_flow.flags"
    path.write_text(FLOW + "--conditional\n")
    out = tmp_path / "out"
    ended = call("toy", f"--rows={path}", "--data=ring", f"--out={out}")
    assert ended.status == 2 and "conditional=True" in ended.err
    assert not out.exists()


def test_a_run_of_other_settings_is_not_taken(rows, tmp_path):
    out, row = tmp_path / "out", rows.split(",")[0]
    settings = [f"--rows={row}", "--data=ring", f"--out={out}"]
    (out / "ring_flow_0").mkdir(parents=True)
    config = run_config.config_from_flagfile(row, dataset="toy:ring", seed=1)
    RunDirectory(out / "ring_flow_0").open(config, (1, 1, 2), 0)
    ended = call("toy", *settings)
    assert ended.status == 2 and "seed: 1 -> 0" in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rows=none.flags"], "a flagfile must exist.*'none.flags'"),
        (["--data=star"], "a toy density must be one of.*Received: 'star'"),
        (["--seeds=x"], "`seeds` must be integers.*Received: x"),
    ],
)
def test_bad_flags_end_in_one_message(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    ended = call("toy", *arguments, f"--out={tmp_path / 'out'}")
    assert ended.status == 2
    assert re.search(message, ended.err)
    assert not (tmp_path / "out").exists()
