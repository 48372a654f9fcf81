import json
import pathlib
import subprocess
import sys

import pytest

from ade_tf.benchmarking import benchmark
from ade_tf.config import RunConfig
from tests.benchmarking.cases import SMALL, config
from tests.helpers.models import tiny_config

ROOT = pathlib.Path(__file__).parents[2]


def as_flags(settings):
    for name, value in settings.items():
        items = map(str, value) if isinstance(value, tuple) else [str(value)]
        yield f"--{name}={','.join(items)}"


def test_binary_measures_the_flagfile_against_the_direct_glow(tmp_path):
    out = tmp_path / "new" / "glow.json"
    command = [
        *(sys.executable, "-m", "experiments.benchmark"),
        *("--flagfile=flags/bench_glow.flags", "--against=direct", f"--out={out}"),
        *("--image_shape=8,8,3", "--rounds=2", "--threads=1", *as_flags(SMALL)),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(out.read_text())
    assert RunConfig.from_flat(report["config"]) == config(**SMALL)
    assert list(report["modes"]) == ["train", "log_prob", "sample"]
    for result in report["modes"].values():
        for speed in (result, result["references"]["direct"]):
            ms = speed["ms_per_step"]
            assert 0 < ms["min"] <= ms["median"] <= ms["max"]
            assert speed["images_per_s"] == pytest.approx(3000 / ms["median"])
        against = result["ratio"]["direct"]
        assert 0 < against["min"] <= against["median"] <= against["max"]
    assert report["threads"] == 1
    assert report["image_shape"] == [8, 8, 3]
    assert report["start_up_s"] > 0
    assert report["peak_memory_mb"] > 100
    assert report["versions"]["tensorflow"].count(".") == 2
    table = done.stdout.splitlines()
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
    report = benchmark(
        tiny_config(preset, **settings), out, image_shape=(8, 8, 1), rounds=1
    )
    assert json.loads(out.read_text()) == report
    assert list(report["modes"]) == modes
    assert all(result["ratio"] == {} for result in report["modes"].values())
    assert report["levels"] == 17


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"out": ""}, "out must name a file"),
        ({"out": "."}, "out must name a file. Received: a directory"),
        ({"against": "glow"}, "against must be one of direct.*Received: .*'glow'"),
        ({"image_shape": (8, 8)}, r"image_shape must be.*Received: .*\(8, 8\)"),
        ({"rounds": 0}, "rounds must be at least 1. Received: rounds=0"),
        ({"threads": -1}, "threads must be at least 0. Received: threads=-1"),
        ({"against": "direct", "settings": {"coupling": "spline"}}, "direct Glow"),
    ],
)
def test_bad_arguments_are_refused(tmp_path, arguments, message):
    arguments = {"out": tmp_path / "report.json", **arguments}
    settings = arguments.pop("settings", {})
    with pytest.raises(ValueError, match=message):
        benchmark(config(**settings), **arguments)
    assert not list(tmp_path.iterdir())
