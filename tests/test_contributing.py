"""The walk in CONTRIBUTING.md names files that exist, and works as it stands there."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.helpers.binaries import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
WRITTEN = re.findall(r"Write\s`([\w/.]+)`:\n\n```\w+\n(.*?)```", TEXT, re.DOTALL)
# File, a place in it, and what stands there once a block is inserted.
BEFORE, AFTER = "{block}\n\n{place}", "{place}{block}"
INSERTED = (
    ("ade_tf/config/densities.py", "# Every entry takes `latent_shape`", BEFORE),
    ("ade_tf/config/densities.py", "POSTERIORS = {\n", AFTER),
    ("tests/models/test_latents.py", "SETTINGS = {\n", AFTER),
    ("tests/models/test_latents.py", "SIZES = {\n", AFTER),
)


def test_every_file_that_is_named_exists():
    added = {name for name, _ in WRITTEN}
    assert len(added) == 3
    named = re.findall(r"(?:ade_tf|tests|flags|docs|experiments|\.ci)/[\w/.]+", TEXT)
    for name in {name.rstrip(".") for name in named} - added:
        assert (ROOT / name).exists(), name
    for name in added:
        assert not (ROOT / name).exists(), name


def test_the_order_of_packages_is_that_of_the_layout():
    from tests.test_layout import ORDER

    (row,) = re.findall(r"^`config` →.*?\n\n", TEXT, re.DOTALL | re.MULTILINE)
    listed = re.findall(r"`(\w+)`", row)
    packages = [name for name in ORDER if (ROOT / "ade_tf" / name).is_dir()]
    assert listed == packages


def test_style_is_checked_alike_everywhere():
    run = (ROOT / ".ci/run").read_text()
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    entries = re.findall(r"entry: (ruff .*)", hooks)
    assert len(entries) == 2 and "files: ^(ade_tf|experiments|tests)/" in hooks
    for entry in entries:
        command = f"{entry} ade_tf experiments tests"
        assert command in TEXT
        assert command in run.replace(" --check", "")


@pytest.mark.long
def test_the_walk_adds_a_posterior(tmp_path):
    for name in ("ade_tf", "experiments", "flags", "tests"):
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unwanted)
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name, text in WRITTEN:
        (tmp_path / name).write_text(text)
    blocks = re.findall(r"^```python\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE)
    blocks = [block for block in blocks if not block.startswith('"""')]
    assert len(blocks) == len(INSERTED)
    for block, (name, place, there) in zip(blocks, INSERTED, strict=True):
        path = tmp_path / name
        text = path.read_text()
        assert text.count(place) == 1
        path.write_text(text.replace(place, there.format(block=block, place=place)))
    *_, commands = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    tests, train = commands.splitlines()
    short = f"{train} --num_steps=4 --warmup_steps=0"
    style = "python -m ruff check --line-length 88 --select E,F,I,UP,B ade_tf tests"
    format_ = "python -m ruff format --check --line-length 88 ade_tf tests"
    for command in (style, format_, tests, short):
        given = [sys.executable, *command.split()[1:]]
        done = subprocess.run(given, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (tmp_path / "runs/bent/metrics.jsonl").exists()
