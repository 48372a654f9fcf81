import importlib
import json
import pathlib
import subprocess
import sys
import time

import pytest

from ade_tf.config import RunConfig
from ade_tf.config.data import PreparationOptions
from ade_tf.data import prepare_data
from ade_tf.data.array_records import RecordImages
from experiments.bench import (
    BenchmarkOptions,
    benchmark,
    describe_report,
    sweep,
)
from experiments.bench.step_profile import PARTS
from tests.bench.cases import SMALL, config
from tests.helpers.binaries import call
from tests.helpers.models import tiny_config

MODES = ["train", "log_prob", "sample"]
ROOT = pathlib.Path(__file__).parents[2]


def as_flags(settings):
    for name, value in settings.items():
        items = map(str, value) if isinstance(value, tuple) else [str(value)]
        yield f"--{name}={','.join(items)}"


@pytest.mark.long
def test_binary_measures_the_flagfile_against_the_direct_glow(tmp_path):
    out = tmp_path / "new" / "glow.json"
    command = [
        *(sys.executable, "-m", "experiments.benchmark"),
        *("--flagfile=flags/bench_glow.flags", "--against=direct", f"--out={out}"),
        *("--image_shape=8,8,3", "--rounds=2", "--threads=1", "--profile"),
        *as_flags(SMALL),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert RunConfig.from_flat(report["config"]) == config(**SMALL)
    assert list(report["modes"]) == MODES
    for result in report["modes"].values():
        for speed in (result, result["references"]["direct"]):
            ms = speed["ms_per_step"]
            assert 0 < ms["min"] <= ms["median"] <= ms["max"]
            assert speed["images_per_s"] == pytest.approx(3000 / ms["median"])
        against = result["ratio"]["direct"]
        assert 0 < against["min"] <= against["median"] <= against["max"]
        assert 0 < result["products"]["share"]["median"]
        assert result["gflops_per_s"] == pytest.approx(
            result["flops_per_image"] * result["images_per_s"] / 1e9
        )
        share = result["gflops_per_s"] / report["matmul_gflops"]
        assert result["share_of_matmul_peak"] == pytest.approx(share)
    train, log_prob = (report["modes"][m]["flops_per_image"] for m in MODES[:2])
    # Forward, and twice as much for the gradients of weights and inputs.
    assert train == pytest.approx(3 * log_prob, rel=0.15)
    assert list(report["parts"]) == [*PARTS, "input"]
    assert sum(p["share"] for p in report["parts"].values()) == pytest.approx(1)
    assert report["parts"]["f"]["share"] > 0.2
    assert report["parts"]["optimizer"]["ms"] > 0
    assert report["parts"]["discriminator"]["ms"] == 0
    assert report["threads"] == 1
    assert report["image_shape"] == [8, 8, 3]
    assert report["start_up_s"] > 0
    assert report["peak_memory_mb"] > 100
    assert report["versions"]["tensorflow"].count(".") == 2
    said = done.stdout.splitlines()
    assert said[0] == "Tracing the first step ..."
    table = said[next(i for i, line in enumerate(said) if "ms/step" in line) :]
    starts = [line.split()[0] for line in table]
    direct = ["direct"] * 3
    assert starts[1:7:2] == list(report["modes"])
    assert starts[2:7:2] == direct
    assert "peak memory" in table[-1]


@pytest.mark.parametrize(
    ("preset", "modes"),
    [("vae", ["train", "log_prob", "sample"]), ("gan", ["train", "sample"])],
)
def test_any_configuration_is_measured_by_itself(tmp_path, preset, modes):
    out = tmp_path / "report.json"
    settings = dict(batch_size=2, levels=17)
    options = BenchmarkOptions(out=str(out), image_shape=(8, 8, 1), rounds=1)
    report = benchmark(tiny_config(preset, **settings), options)
    assert json.loads(out.read_text()) == report
    assert list(report["modes"]) == modes
    assert all(result["ratio"] == {} for result in report["modes"].values())
    assert report["levels"] == 17


@pytest.mark.parametrize(
    ("kind", "values", "modes"),
    [
        ("batch", ["2", "4", "8"], MODES),
        *(
            pytest.param(*sizes, MODES, marks=pytest.mark.long)
            for sizes in [("depth", ["1", "2", "4"]), ("width", ["x 1", "x 2", "x 4"])]
        ),
    ],
)
def test_a_sweep_times_growing_sizes(tmp_path, kind, values, modes):
    out = tmp_path / "report.json"
    options = BenchmarkOptions(
        out=str(out), image_shape=(8, 8, 1), rounds=2, sweep=kind
    )
    report = sweep(tiny_config("v_ade", batch_size=2, flow_steps=(1,)), options)
    assert json.loads(out.read_text()) == report
    assert [point["value"] for point in report["points"]] == values
    for place, point in enumerate(report["points"]):
        assert list(point["modes"]) == modes
        for result in point["modes"].values():
            assert result["ms_per_step"]["min"] > 0
            assert (result["ratio"] is None) == (place == 0)
    table = describe_report(report).splitlines()
    assert [line.split()[0] for line in table[1:4]] == [v.split()[0] for v in values]


@pytest.mark.long
def test_settings_are_timed_one_at_a_time(tmp_path, monkeypatch):
    sweeping = importlib.import_module("experiments.bench.sweeps")
    built, build = [], sweeping.build_model

    def counted(config, *arguments):
        built.append((config["flow_steps"], config.training.average_decay))
        return build(config, *arguments)

    monkeypatch.setattr(sweeping, "build_model", counted)
    options = BenchmarkOptions(
        out=str(tmp_path / "report.json"),
        image_shape=(8, 8, 1),
        rounds=2,
        sweep="settings",
        builds=2,
    )
    changes = {
        "flow_steps=3,2": {"flow_steps": (3, 2)},
        "average_decay=0.5": {"average_decay": 0.5},
        "both": {"flow_steps": (3, 2), "average_decay": 0.5},
    }
    base = tiny_config("v_ade", batch_size=2)
    report = sweep(base, options, changes)
    steps, decay = base["flow_steps"], base.training.average_decay
    changed = [((3, 2), decay), (steps, 0.5), ((3, 2), 0.5)]
    assert built == 2 * [(steps, decay), *changed]
    points = report["points"]
    names = ["as it is", *changes]
    assert [point["value"] for point in points] == names
    assert points[0]["modes"]["train"]["ratio"] is None
    # All are over the first, not over each other.
    for mode, first in points[0]["modes"].items():
        for point in points[1:]:
            found = point["modes"][mode]
            least = found["ms_per_step"]["min"] / first["ms_per_step"]["max"]
            most = found["ms_per_step"]["max"] / first["ms_per_step"]["min"]
            assert least <= found["ratio"]["median"] <= most
    table = describe_report(report).splitlines()
    assert table[2].startswith(names[1])
    assert "2 rounds, each the mean of 2 models of a size" in table[-1]


def test_steps_from_disk_are_timed_against_those_from_memory(tmp_path, monkeypatch):
    read = RecordImages.read

    def slow(images, places):
        # A time that no batch from memory takes, on a busy machine either.
        time.sleep(0.01)
        return read(images, places)

    monkeypatch.setattr(RecordImages, "read", slow)
    dataset = f"prepared:{tmp_path / 'digits'}"
    prepare_data(tmp_path / "digits", PreparationOptions(source="digits"))
    options = BenchmarkOptions(
        out=str(tmp_path / "report.json"), rounds=2, sweep="storage"
    )
    settings = dict(batch_size=4, network="mlp", width=4)
    report = sweep(tiny_config("vae", dataset=dataset, **settings), options)
    memory, disk = report["points"]
    assert (memory["value"], disk["value"]) == ("memory", "disk")
    assert list(disk["modes"]) == ["train", "input"]
    assert memory["modes"]["input"]["ratio"] is None
    assert disk["modes"]["input"]["ratio"]["min"] > 1.0
    assert report["image_shape"] == [8, 8, 1] and report["levels"] == 17
    assert "input, ms" in describe_report(report)
    with pytest.raises(ValueError, match="needs images on disk.*Received: dataset='di"):
        sweep(tiny_config("vae", **settings), options)


@pytest.mark.parametrize(
    ("kind", "changes"), [("settings", {}), ("batch", {"a": {"average_decay": 0.5}})]
)
def test_settings_belong_to_their_sweep(tmp_path, kind, changes):
    options = BenchmarkOptions(out=str(tmp_path / "report.json"), sweep=kind)
    with pytest.raises(ValueError, match="belong to the sweep `settings`.*Received"):
        sweep(tiny_config("v_ade"), options, changes)


@pytest.mark.long
def test_two_replicas_are_timed_against_one(tmp_path):
    out = tmp_path / "report.json"
    command = [
        *(sys.executable, "-m", "experiments.benchmark", "--sweep=replicas"),
        *("--preset=v_ade", "--image_shape=8,8,1", "--levels=17", "--rounds=2"),
        *("--batch_size=4", "--width=4", "--flow_steps=1", f"--out={out}"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    one, two = json.loads(out.read_text())["points"]
    assert (one["value"], two["value"]) == ("1", "2")
    assert list(two["modes"]) == ["train"]
    assert two["modes"]["train"]["ratio"]["min"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"out": ""}, "out must name a file"),
        ({"out": "."}, "out must name a file. Received: a directory"),
        ({"against": ("glow",)}, "against must be of direct.*Received: .*'glow'"),
        ({"image_shape": (8, 8)}, r"image_shape must be.*Received: .*\(8, 8\)"),
        ({"rounds": 0}, "`rounds` must be at least 1. Received: 0"),
        ({"threads": -1}, "`threads` must be at least 0. Received: -1"),
        ({"sweep": "size"}, "`sweep` must be one of.*Received: 'size'"),
        ({"sweep": "batch", "profile": True}, "neither references nor a profile"),
        ({"sweep": "batch", "builds": 0}, "`builds` must be at least 1. Received: 0"),
        ({"builds": 2}, "needs a sweep over.* Received: builds=2, sweep=''"),
        ({"builds": 2, "sweep": "storage"}, "Received: builds=2, sweep='storage'"),
    ],
)
def test_bad_options_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        BenchmarkOptions(**{"out": str(tmp_path / "report.json"), **arguments})


@pytest.mark.parametrize(
    ("settings", "arguments", "message"),
    [
        ({"coupling": "spline"}, {"against": ("direct",)}, "direct Glow"),
        ({"learned_prior": True}, {"against": ("normflows",)}, "no learned prior"),
        ({"flow_steps": (2, 1)}, {"against": ("nflows",)}, "equally many steps"),
        (
            {},
            {"against": ("normflows",), "peer_python": "no-such-python"},
            "peer_python must be a program. Received: 'no-such-python'",
        ),
    ],
)
def test_models_without_the_reference_are_refused(
    tmp_path, settings, arguments, message
):
    options = BenchmarkOptions(out=str(tmp_path / "new" / "report.json"), **arguments)
    with pytest.raises(ValueError, match=message):
        benchmark(config(**settings), options)
    assert not list(tmp_path.iterdir())


def test_a_sweep_refuses_what_cannot_grow(tmp_path):
    options = {"out": str(tmp_path / "report.json")}
    with pytest.raises(ValueError, match="needs a preset with a flow"):
        sweep(tiny_config("vae"), BenchmarkOptions(sweep="depth", **options))
    with pytest.raises(ValueError, match="share a batch evenly"):
        sweep(
            tiny_config("vae", batch_size=3),
            BenchmarkOptions(sweep="replicas", **options),
        )


def test_a_change_is_of_one_setting_or_of_several_together(monkeypatch, tmp_path):
    bench = importlib.import_module("experiments.bench")

    seen = []
    monkeypatch.setattr(
        bench, "sweep", lambda config, options, changes: seen.append(changes)
    )
    monkeypatch.setattr(bench, "describe_report", str)
    together = "flow_steps=3,2,average_decay=0.5"
    line = ["--set=width=4", f"--set={together}", "--sweep=settings"]
    status, _, err = call("benchmark", *line, f"--out={tmp_path / 'report.json'}")
    assert status == 0, err
    both = {"flow_steps": (3, 2), "average_decay": 0.5}
    assert seen == [{"width=4": {"width": 4}, together: both}]
