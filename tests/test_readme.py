"""The examples and commands of the README and of the pages run as they stand there."""

import pathlib
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ade_tf.data import load_dataset

ROOT = pathlib.Path(__file__).parents[1]


def blocks(page, language):
    text = (ROOT / page).read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_readme_is_for_a_stranger():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 220
    commands = blocks("README.md", "sh")
    assert len(commands) == 2
    assert all(block.count("\n") == 1 for block in commands)
    assert "flags/digits_av_ade.flags" in commands[0] and "pytest" in commands[1]
    example = blocks("README.md", "python")[0]
    assert len(example.splitlines()) <= 15


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text())
    missing = [
        link
        for link in links
        if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()
    ]
    assert not missing


def test_the_model_in_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(blocks("README.md", "python")[0], names)  # noqa: S102
    assert names["samples"].shape == (16, 8, 8, 1)
    assert names["codes"].shape == (300, 16)
    assert (tmp_path / "digits.keras").exists()


def test_the_bijectors_of_the_readme():
    names = {}
    exec(blocks("README.md", "python")[2], names)  # noqa: S102
    assert names["y"].shape == (64, 8, 8, 1) and names["log_det"].shape == (64,)


def test_bijectors_in_a_plain_training_loop_and_in_a_pipeline(capsys):
    loop, pipeline = blocks("docs/bijectors.md", "python")
    names = {}
    exec(loop, names)  # noqa: S102
    printed = capsys.readouterr().out
    uniform = 64 * np.log(17)
    assert float(printed.split()[0]) < 0.75 * uniform
    exec(pipeline, names)  # noqa: S102
    assert capsys.readouterr().out.strip() == "(64, 8, 8, 1)"
    batch = tf.cast(names["x"][:64], tf.float32)
    np.testing.assert_allclose(
        next(iter(names["features"])), names["feature_map"].inverse(batch), atol=1e-5
    )


def test_faded_digits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(blocks("docs/novelty.md", "python")[0], {})  # noqa: S102
    faded = load_dataset("npz:faded.npz").test.images
    assert faded.shape == (300, 8, 8, 1) and set(np.unique(faded)) == {0, 16}


@pytest.mark.long
def test_the_commands_of_the_readme_in_their_order(tmp_path):
    """All but the tests, with few steps, in a directory of their own."""
    first, _ = blocks("README.md", "sh")
    commands = [first.split("&&")[1].strip() + " --num_steps=60 --sample_every=60"]
    for block in blocks("README.md", "bash"):
        commands += block.strip().splitlines()
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for i in range(40):
        pixels = generator.integers(0, 256, [80, 96, 3], dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / "cats" / f"{i}.jpg")
    (tmp_path / "flags").symlink_to(ROOT / "flags")
    for command in commands:
        words = shlex.split(command)
        assert words[:2] == ["python3", "-m"]
        words[0] = sys.executable
        if "flags/images64" in command:
            words += ["--num_steps=2", "--validation_images=4", "--sample_every=0"]
        done = subprocess.run(
            words,
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": "/tmp"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr[-2000:]}"
    example = blocks("README.md", "python")[1]
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
