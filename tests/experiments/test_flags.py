import numpy as np
import pytest
from absl import flags

from ade_tf.config import RunConfig
from ade_tf.models import build_model, count_parameters
from experiments import common_flags, run_config
from experiments.flagfiles import expand
from tests.helpers.binaries import FLAGFILES, ROOT, call, flags_of, tiny_flags
from tests.helpers.models import tiny_config

BENCHMARKS = [path for path in FLAGFILES if path.stem.startswith("bench_")]
OF_RUNS = ("evaluate", "novelty", "sample", "report")
RUNS = [path for path in FLAGFILES if path not in BENCHMARKS]


def described(*arguments):
    """Returns what --dry_run prints: the flags, and the parameters by part."""
    ended = call("train", *arguments, "--dry_run")
    assert ended.status == 0, ended.err
    lines = ended.out.splitlines()
    parts = lines[lines.index("parameters:") + 1 :]
    split = (line.strip().replace(",", "").split(": ") for line in parts)
    return (
        [line for line in lines if line.startswith("--")],
        {name: int(number) for name, number in split},
    )


def values(lines):
    return dict(line.removeprefix("--").split("=", 1) for line in lines)


CASES = [
    ["--preset=flow", "--flow_steps=2,1", "--coupling=spline", "--keep_best=false"],
    ["--preset=av_gde", "--learning_rate=3e-05", "--nodequantize_samples"],
    ["--preset=flow_gan", "--random_flip", "--validate_every=4", "--keep_best"],
]


@pytest.mark.parametrize("arguments", CASES, ids=lambda a: a[0])
def test_a_dry_run_prints_the_whole_configuration(tmp_path, arguments, monkeypatch):
    monkeypatch.chdir(tmp_path)
    preset = arguments[0].removeprefix("--preset=")
    lines, parts = described(*tiny_flags(preset=preset), *arguments)
    assert values(lines).keys() == RunConfig.settings().keys()
    flagfile = tmp_path / "again.flags"
    flagfile.write_text("\n".join(lines))
    assert described(f"--flagfile={flagfile}") == (lines, parts)
    assert list(tmp_path.iterdir()) == [flagfile]
    total = parts.pop("total")
    assert total == sum(parts.values())
    assert ("discriminator" in parts) == (arguments[0] != "--preset=flow")
    assert ("posterior" in parts) == (arguments[0] == "--preset=av_gde")


def test_the_parameters_are_the_trainable_ones():
    lines, parts = described(*tiny_flags())
    found = {n: v for n, v in values(lines).items() if n in ("width", "latent_size")}
    assert found == {"width": "8", "latent_size": "4"}
    model = build_model(tiny_config(), (8, 8, 1), 17)
    assert parts.pop("total") == sum(np.prod(v.shape) for v in model.trainable_weights)
    assert parts == count_parameters(model.parts)


def test_a_run_writes_the_flags_that_resolve_to_it(finished, cheap):
    written = finished / "resolved.flags"
    assert written.read_text().split() == described(*cheap)[0]
    ended = call("train", f"--flagfile={written}", f"--run_dir={finished}")
    assert ended.status == 0 and "This run is finished (6 steps)." in ended.out


def resolved(*arguments):
    return values(described(*arguments)[0])


def test_preset_then_flagfile_then_command_line(tmp_path):
    """Each decides over the one before it, in whatever order they are written."""
    inner, outer = tmp_path / "inner.flags", tmp_path / "outer.flags"
    inner.write_text("--preset=v_ade\n--width=9\n--latent_size=5\n--seed=1\n")
    outer.write_text(f"# Comment.\n--flagfile={inner}\n--latent_size=6\n--seed=2\n")
    wanted = {"width": "9", "latent_size": "6", "seed": "3", "feature_map": "real_nvp"}
    line = ["--seed=3", "--feature_map=real_nvp"]
    for file in ([f"--flagfile={outer}"], ["--flagfile", str(outer)]):
        for arguments in ([*file, *line], [*line, *file]):
            found = resolved("--coupling_width=4", *arguments)
            assert {name: found[name] for name in wanted} == wanted
    assert resolved(f"--flagfile={outer}")["feature_map"] == "glow"


@pytest.mark.parametrize("flagfile", RUNS, ids=lambda path: path.stem)
def test_every_flagfile_of_a_run_resolves(flagfile, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    text = flagfile.read_text()
    assert text.startswith("# ")
    arguments = []
    if flagfile.stem.startswith("cifar10"):
        assert "--dataset" not in text and "--data_dir" not in text
        archive = tmp_path / "images.npz"
        np.savez(archive, images=np.zeros((20, 32, 32, 3), np.uint8))
        arguments = [f"--dataset=npz:{archive}"]
    lines, parts = described(f"--flagfile={flagfile.relative_to(ROOT)}", *arguments)
    assert values(lines).keys() == RunConfig.settings().keys()
    assert parts["total"] > 1000


@pytest.mark.parametrize("flagfile", BENCHMARKS, ids=lambda path: path.stem)
def test_every_flagfile_of_a_benchmark_resolves(flagfile, monkeypatch):
    monkeypatch.chdir(ROOT)
    with flags_of(common_flags.define_benchmark_flags):
        flags.FLAGS(["benchmark", *expand([f"--flagfile={flagfile}"])])
        assert run_config.config_from_flags()["flow_steps"]


def test_there_are_flagfiles():
    names = {path.stem for path in RUNS}
    assert {"digits_av_ade", "digits_flow", "digits_v_ade"} <= names


@pytest.mark.parametrize("flag", ["--help", "--helpfull"])
def test_every_setting_has_a_flag_with_its_help(flag):
    ended = call("train", flag)
    assert ended.status in (0, 1)
    text = " ".join(ended.out.split())
    for name in RunConfig.settings():
        assert f"--{name}" in text or f"--[no]{name}" in text
    assert not set(RunConfig.settings()) & set(flags.FLAGS)


def test_a_flagfile_may_set_what_cannot_act_and_the_command_line_not(tmp_path):
    shared = tmp_path / "shared.flags"
    shared.write_text("--latent_size=3\n--noflow_factor_out\n--flow_steps=1\n")
    line = ("--preset=flow", "--dry_run")
    plain = call("train", *line, "--noflow_factor_out", "--flow_steps=1")
    ended = call("train", *line, f"--flagfile={shared}")
    assert ended.status == 0 and ended.out == plain.out
    assert ended.err == (
        "without effect: latent_size needs a preset with a z. Received: "
        "preset='flow', latent_size=3\n"
    )
    refused = call("train", *line, f"--flagfile={shared}", "--latent_size=3")
    assert refused.status == 2
    assert "error: latent_size needs a preset with a z" in refused.err
    no = call("train", "--preset=vae", "--dry_run", "--noflow_squeeze")
    assert no.status == 2 and "flow_squeeze needs feature_map `glow`" in no.err


@pytest.mark.parametrize(
    ("binary", "names"),
    [
        ("compare", ("image_size", "levels", "continuous", "skip_bad_images")),
        ("novelty", ("image_size", "levels", "continuous", "skip_bad_images")),
        *((b, ("dataset", "data_dir", "changed_data")) for b in OF_RUNS),
    ],
)
def test_remedies_that_messages_name_have_flags(binary, names):
    text = call(binary, "--helpfull").out
    for name in names:
        assert f"--{name}:" in text or f"--[no]{name}:" in text, name
