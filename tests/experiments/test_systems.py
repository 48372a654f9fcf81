"""The page of systems: trained once, measured once, and gone on with."""

import json

import pytest

from tests.helpers.binaries import call, contents
from tests.helpers.written_runs import write_run

SMALL = (
    "--dataset=digits\n--width=4\n--discriminator_width=4\n--num_steps=4\n"
    "--batch_size=8\n--warmup_steps=0\n--validation_images=10\n"
)


@pytest.mark.parametrize("study", ["systems", "ablation", "toy"])
@pytest.mark.parametrize(
    ("rows", "message"),
    [("", "--rows must name a flagfile"), ("a_vae.flags,b_vae.flags", "different")],
)
def test_rows_without_a_file_or_of_one_name_are_refused(study, rows, message, tmp_path):
    out = tmp_path / "page"
    status, _, err = call(study, f"--rows={rows}", f"--out={out}")
    assert status == 2 and message in err and "Received: " in err
    assert not out.exists()


@pytest.mark.long
def test_the_page_has_a_row_for_each_system(tmp_path):
    rows = []
    for name, lines in {
        "vae": "--preset=vae\n--latent_size=2\n",
        "gan": "--preset=gan\n--latent_size=2\n",
    }.items():
        path = tmp_path / f"digits_{name}.flags"
        path.write_text(f"# A small {name}\n# (arXiv 0000.00000).\n{SMALL}{lines}")
        rows.append(str(path))
    out = tmp_path / "page"
    line = ("systems", f"--rows={','.join(rows)}", "--seeds=0,1", f"--out={out}")
    status, _, err = call(*line)
    assert status == 0, err
    page = (out / "systems.md").read_text()
    assert "| [`vae`](vae.png) | A small vae (arXiv 0000.00000). | 0, 1 | " in page
    assert (out / "gan.png").exists()
    results = json.loads((out / "systems.json").read_text())
    assert len(results) == 4
    vae, gan = results[0], results[2]
    assert vae["bits_per_dim"] > 0 and gan["bits_per_dim"] is None
    assert vae["frechet_distance"] > 0 and vae["cpu_seconds"] > 0
    first = (out / "runs" / "vae_0" / "metrics.jsonl").read_bytes()
    status, _, _ = call(*line)
    assert status == 0
    # Nothing was trained or measured again.
    assert (out / "runs" / "vae_0" / "metrics.jsonl").read_bytes() == first

    # Of the runs that are finished alone: one more row and seed are asked for.
    more = ("--seeds=0,1,2", "--notrain", f"--rows={rows[0]},flags/digits_flow.flags")
    status, _, err = call("systems", *more, f"--out={out}")
    assert status == 0, err
    page = (out / "systems.md").read_text()
    assert "| 0, 1 | " in page
    assert "[`gan`]" not in page and "[`flow`]" not in page
    assert not (out / "runs" / "vae_2").exists()


def test_a_page_of_no_finished_run_is_refused(tmp_path):
    ended = call("systems", "--notrain", f"--out={tmp_path / 'page'}")
    assert ended.status == 2
    assert "--notrain needs a run that is finished. Received: none of" in ended.err
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize("more", [[], ["--notrain"]])
@pytest.mark.parametrize("study", [["systems"], ["frontier", "--curves="]])
def test_runs_of_another_configuration_are_refused(study, more, tmp_path):
    path = tmp_path / "digits_vae.flags"
    path.write_text(f"{SMALL}--preset=vae\n--latent_size=2\n")
    out = tmp_path / "page"
    run = write_run(out / "runs" / "vae_1")
    # To all appearance at its end.
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "step-8.index").touch()
    (run / "curves.png").touch()
    before = contents(out)
    ended = call(*study, *more, f"--rows={path}", "--seeds=0,1", f"--out={out}")
    assert ended.status == 2
    assert "resumed with the configuration it was started with" in ended.err
    assert f"Received: {str(run)!r} with" in ended.err
    assert contents(out) == before
