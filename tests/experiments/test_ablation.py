"""The table of models: what it writes, what it refuses, and that it goes on."""

import dataclasses
import json
import re
import shutil
import signal

import numpy as np
import pytest
import tensorflow as tf
from absl import flags

from ade_tf.evaluation import PROTOCOLS, EvaluationOptions
from ade_tf.runs import RunDirectory, load_run
from ade_tf.runs.records import read_records
from experiments import ablation, run_config, study_flags
from experiments.flagfiles import expand
from experiments.studies.ablation_plan import plan_ablation
from tests.extractors.cases import save_model
from tests.helpers.binaries import ROOT, TABLES, call, contents, flags_of, tiny_flags

PRESETS = ("vae", "v_ade", "av_gde", "av_ade", "gan")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Flagfiles of the five rows, tiny."""
    directory = tmp_path_factory.mktemp("rows")
    for preset in PRESETS:
        lines = tiny_flags(
            preset=preset,
            network="mlp",
            coupling_network="mlp",
            flow_steps=(1,),
            num_steps=3,
            sample_every=0,
        )
        (directory / f"tiny_{preset}.flags").write_text("\n".join(lines))
    return directory


@pytest.fixture(scope="module")
def extractor(tmp_path_factory):
    """Flags of a small extractor."""
    path = save_model(tmp_path_factory.mktemp("extractors") / "net")
    return ["--extractor=savedmodel", f"--extractor_path={path}", "--cache_dir="]


def files(rows, presets=PRESETS):
    return ",".join(str(rows / f"tiny_{preset}.flags") for preset in presets)


def command(rows, extractor, *more, presets=PRESETS):
    return [
        f"--rows={files(rows, presets)}",
        *extractor,
        "--num_samples=40",
        "--parameter_share=0",
        "--fit_settings=num_steps=2",
        *more,
    ]


@pytest.fixture(scope="module")
def finished(rows, extractor, tmp_path_factory):
    """Directory of a finished table, and how its call ended; it is not changed."""
    out = tmp_path_factory.mktemp("tables") / "table"
    ended = call("ablation", *command(rows, extractor, f"--out={out}"))
    assert ended.status == 0, ended.err
    return out, ended


@pytest.fixture
def table(finished, tmp_path):
    """A copy of the finished table."""
    shutil.copytree(finished[0], tmp_path / "table")
    return tmp_path / "table"


def checkpoints(out):
    return {
        path: path.stat().st_mtime_ns for path in sorted(out.rglob("checkpoints/*"))
    }


@pytest.mark.long
def test_five_rows_stand_in_the_table(finished):
    out, ended = finished
    page = (out / "ablation.md").read_text()
    assert page in ended.out
    assert "== gan_0_fitted (5 of 5)" in ended.out
    main, second = (part.splitlines() for part in page.split("\n\n")[1:3])
    for lines in (main, second):
        assert lines[2].startswith("| real images |")
        rows = [re.match(r"\| `(\w+)` \|", line)[1] for line in lines[3:]]
        assert rows == list(PRESETS)
        assert len({line.count("|") for line in lines}) == 1
    assert [("~" in line) for line in main[3:]] == [False] * 4 + [True]
    assert "--num_samples=40" in page and "* ~ approximate" in page
    for name in ("ablation", "ablation_samples", "ablation_curves"):
        assert (out / f"{name}.png").read_bytes()[1:4] == b"PNG"
        assert f"({name}.png)" in page


def test_numbers_are_those_of_the_records(finished):
    out, _ = finished
    found = json.loads((out / "ablation.json").read_text())
    assert [run["row"] for run in found["runs"]] == list(PRESETS)
    for run in found["runs"]:
        scores = run["scores"]
        fit = run["fit"]["run_dir"] if run["approximate"] else run["run_dir"]
        (bound,) = read_records(out / fit / "metrics.jsonl")[:1]
        assert bound["metric"] == "bits_per_dim" and bound["split"] == "test"
        assert scores["bits_per_dim"] == bound["value"]
        assert scores["kl_bits_per_dim"] == bound["kl"]
        records = read_records(out / run["run_dir"] / "metrics.jsonl")
        samples = [r for r in records if r["metric"] != "bits_per_dim"]
        assert len(samples) == 2 * 8
        for record in samples:
            assert scores[f"{record['metric']}_to_{record['split']}"] == record["value"]
            assert record["num_examples"] == 40 and record["protocol"] == "desk"
        assert found["rows"][run["row"]]["bits_per_dim"]["values"] == [bound["value"]]
        assert scores["training_cpu_seconds"] > 0
        counts = run["parameters"]
        total = counts["decoder"] + counts.get("feature_map", 0)
        assert run["decoder_and_feature_map_parameters"] == total
    assert [run["approximate"] for run in found["runs"]] == [False] * 4 + [True]
    real = {(r["metric"], r["split"]): r for r in found["real"]["records"]}
    assert real["frechet_distance", "test"]["images"] == "train"
    assert real["frechet_distance", "train"]["images"] == "test"


def test_the_fit_leaves_the_generator_bit_for_bit(finished):
    out, _ = finished
    gan, fitted = (load_run(out / name).model for name in ("gan_0", "gan_0_fitted"))
    z = tf.constant(np.random.default_rng(0).normal(size=[8, 4]), tf.float32)
    images = []
    for model in (gan, fitted):
        mu, _ = model.decoder(z)
        images.append(model.feature_map.forward_and_log_det(mu)[0].numpy())
    np.testing.assert_array_equal(*images)
    assert fitted.config["sigma"] == "scalar"
    assert fitted.encoder is not None and fitted.discriminator is None


def test_a_finished_call_only_draws_again(rows, extractor, table):
    before, written = checkpoints(table), contents(table)
    (table / "ablation.md").unlink()
    (table / "ablation.png").unlink()
    ended = call("ablation", *command(rows, extractor, f"--out={table}"))
    assert ended.status == 0, ended.err
    assert "Tracing" not in ended.out
    assert checkpoints(table) == before
    again = contents(table)
    assert again.keys() == written.keys()
    for name, content in written.items():
        if not name.endswith((".md", "ablation.json")):
            assert again[name] == content, name


def test_a_stopped_call_goes_on_and_keeps_what_there_is(
    rows, extractor, table, monkeypatch
):
    old = json.loads((table / "ablation.json").read_text())
    shutil.rmtree(table / "v_ade_0")
    (table / "ablation.md").unlink()
    metrics = table / "vae_0" / "metrics.jsonl"
    kept = metrics.read_text().splitlines()
    kept = [r for r in kept if '"frechet_distance"' not in r]
    metrics.write_text("".join(f"{line}\n" for line in kept))
    before = checkpoints(table)
    arguments = command(rows, extractor, f"--out={table}")

    def stopped(config, run_dir):
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as context:
        context.setattr("experiments.studies.rows.train", stopped)
        ended = call("ablation", *arguments)
    assert ended.status == 0 and "Stopped by SIGINT" in ended.out
    assert not (table / "v_ade_0").exists() and not (table / "ablation.md").exists()
    lines = metrics.read_text().splitlines()
    assert lines[: len(kept)] == kept and len(lines) == len(kept) + 2

    again = call("ablation", *arguments)
    assert again.status == 0, again.err
    assert again.out.count("Trained in") == 1
    assert metrics.read_text().splitlines() == lines
    after = checkpoints(table)
    assert {path: after[path] for path in before} == before
    found = json.loads((table / "ablation.json").read_text())
    for row, scores in old["rows"].items():
        for name, score in scores.items():
            if not name.startswith("training"):
                mean = found["rows"][row][name]["mean"]
                assert mean == pytest.approx(score["mean"], rel=1e-4), (row, name)


def test_another_protocol_is_measured_anew(rows, extractor, table, monkeypatch):
    small = dataclasses.replace(
        PROTOCOLS["modern_50k"],
        extractor="savedmodel",
        num_samples=30,
        min_reference=20,
    )
    monkeypatch.setitem(PROTOCOLS, "modern_50k", small)
    before = checkpoints(table)
    arguments = command(rows, extractor, presets=("vae",))
    arguments.remove("--num_samples=40")
    ended = call(
        "ablation", *arguments, "--protocol=modern_50k", "--seed=1", f"--out={table}"
    )
    assert ended.status == 0, ended.err
    assert checkpoints(table) == before
    (run,) = json.loads((table / "ablation.json").read_text())["runs"]
    assert {r["protocol"] for r in run["records"][1:]} == {"modern_50k"}
    assert {r["split"] for r in run["records"][1:]} == {"train+validation"}
    assert {r["seed"] for r in run["records"]} == {1}
    assert "FD to train+validation" in (table / "ablation.md").read_text()


def test_rows_of_other_sizes_are_refused_before_training(rows, extractor, tmp_path):
    arguments = command(rows, extractor, f"--out={tmp_path / 'out'}")
    arguments.remove("--parameter_share=0")
    ended = call("ablation", *arguments)
    assert ended.status == 2
    assert "the same number of parameters in every row, to 1.5%" in ended.err
    assert re.search(r"Received: vae [\d,]+, v_ade [\d,]+, .*gan [\d,]+", ended.err)
    assert not (tmp_path / "out").exists()


def test_rows_of_other_data_are_refused(rows, extractor, tmp_path):
    text = (rows / "tiny_vae.flags").read_text()
    (tmp_path / "tiny_small.flags").write_text(f"{text}\n--image_size=4")
    given = f"--rows={rows / 'tiny_vae.flags'},{tmp_path / 'tiny_small.flags'}"
    ended = call("ablation", *extractor, given, f"--out={tmp_path / 'out'}")
    assert ended.status == 2
    assert (
        "the same data. Received: image_size=(0,) in vae, image_size=(4,)" in ended.err
    )
    assert not (tmp_path / "out").exists()


def test_a_run_of_other_settings_is_not_taken(rows, extractor, tmp_path):
    file = rows / "tiny_vae.flags"
    config = run_config.config_from_flagfile(file, seed=1)
    RunDirectory(tmp_path / "vae_0").open(config, (8, 8, 1), 17)
    arguments = command(rows, extractor, f"--out={tmp_path}", presets=("v_ade", "vae"))
    ended = call("ablation", *arguments)
    assert ended.status == 2 and "seed: 1 -> 0" in ended.err
    assert not (tmp_path / "v_ade_0").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out="], "--out must name a directory"),
        (["--rows=none.flags"], "a flagfile must exist.*'none.flags'"),
        (["--rows="], "--rows must name a flagfile. Received: none"),
        (["--seeds="], "must have rows and seeds. Received: none"),
        (["--seeds=x"], "`seeds` must be integers.*Received: x"),
        (["--set=colour=red"], "`set` must be NAME=VALUE of a setting.*'colour=red'"),
        (
            ["--set=seed=3"],
            "`set` must not name the seed; use --seeds. Received: seed=3",
        ),
        (["--set=num_steps"], "`set` must be NAME=VALUE of a setting.*'num_steps'"),
        (["--fit_settings=num_steps=few"], "`fit_settings` must have a value.*few"),
        (["--fit_settings=num_steps=0"], "`num_steps` must be at least 1. Received: 0"),
        (["--parameter_share=1"], "parameter_share must be at least 0 and below 1"),
        (["--extractor=classifier"], "extractor=classifier needs cache_dir"),
        (["--num_samples=5"], "at least 20 samples. Received: 5"),
    ],
)
def test_bad_flags_end_in_one_message(arguments, message, rows, extractor, tmp_path):
    given = {}
    for argument in [
        f"--rows={files(rows, ('gan',))}",
        *extractor[::2],
        f"--out={tmp_path / 'out'}",
        *([] if arguments[0].endswith("classifier") else extractor[1:2]),
        *arguments,
    ]:
        given[argument.split("=")[0]] = argument
    ended = call("ablation", *given.values())
    assert ended.status == 2
    assert re.search(message, ended.err), ended.err
    assert not (tmp_path / "out").exists()


def test_rows_need_names_of_their_own(rows, extractor, tmp_path):
    shutil.copy(rows / "tiny_vae.flags", tmp_path / "other_vae.flags")
    given = f"--rows={rows / 'tiny_vae.flags'},{tmp_path / 'other_vae.flags'}"
    ended = call("ablation", given, *extractor, f"--out={tmp_path / 'out'}")
    assert ended.status == 2 and "rows must have different names" in ended.err


def test_settings_of_all_rows_decide_over_flagfiles(rows):
    with flags_of(study_flags.define_ablation_flags):
        flags.FLAGS(
            [
                *("ablation", f"--rows={files(rows, ('v_ade', 'vae'))}"),
                *("--seeds=3,4", "--set=num_steps=7", "--set=flow_steps=2,1"),
            ]
        )
        configs = ablation.configs_of_flags(flags.FLAGS)
    assert list(configs) == [("v_ade", 3), ("v_ade", 4), ("vae", 3), ("vae", 4)]
    for (row, seed), config in configs.items():
        assert config.model.preset == row
        assert (config.training.seed, config.training.num_steps) == (seed, 7)
        assert config["flow_steps"] == ((2, 1) if row == "v_ade" else (4,))


def test_a_setting_that_acts_in_no_row_is_refused(rows):
    with flags_of(study_flags.define_ablation_flags):
        given = ["--set=iaf_steps=3", "--set=flow_steps=2,1"]
        flags.FLAGS(["ablation", f"--rows={files(rows, ('v_ade', 'vae'))}", *given])
        with pytest.raises(ValueError, match="can act in a row. Received: iaf_steps"):
            ablation.configs_of_flags(flags.FLAGS)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_the_rows_of_a_table_resolve(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with flags_of(study_flags.define_ablation_flags):
        flags.FLAGS(["ablation", *expand([f"--flagfile={path}"])])
        configs = ablation.configs_of_flags(flags.FLAGS)
    assert [row for row, _ in configs] == list(PRESETS)


def test_the_rows_of_digits_have_the_same_number_of_parameters(
    extractor, tmp_path, monkeypatch
):
    monkeypatch.chdir(ROOT)
    with flags_of(study_flags.define_ablation_flags):
        flags.FLAGS(["ablation", *expand(["--flagfile=flags/digits_ablation.flags"])])
        configs = ablation.configs_of_flags(flags.FLAGS)
    path = extractor[1].split("=")[1]
    options = EvaluationOptions(
        extractor="savedmodel", extractor_path=path, cache_dir=""
    )
    plan = plan_ablation(
        configs, tmp_path, options, parameter_share=0.015, fit_settings={}
    )
    assert [run.fit is not None for run in plan.runs] == [False] * 4 + [True]
