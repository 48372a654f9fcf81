"""The package as `pip install .` leaves it: commands and flagfiles, from anywhere."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGED = (
    "ade_tf",
    "experiments",
    "flags",
    "setup.cfg",
    "pyproject.toml",
    "README.md",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The directory of an installation that is no editable one."""
    pytest.importorskip("setuptools")
    base = tmp_path_factory.mktemp("installed")
    source, site = base / "source", base / "site"
    source.mkdir()
    for name in (*PACKAGED, "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    options = ["--no-deps", "--no-build-isolation", "--quiet", f"--target={site}"]
    pip = [sys.executable, "-m", "pip", "install", *options, str(source)]
    subprocess.run(pip, check=True, capture_output=True)
    return site


def run(installed, directory, command, *flags):
    return subprocess.run(
        [str(installed / "bin" / command), *flags],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )


@pytest.mark.long
def test_a_flagfile_of_the_package_trains_in_an_empty_directory(installed, tmp_path):
    ended = run(
        *(installed, tmp_path, "ade-train", "--flagfile=flags/digits_flow.flags"),
        *("--num_steps=1", "--flow_steps=1", "--coupling_width=4", "--run_dir=run"),
    )
    assert ended.returncode == 0, ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    ended = run(installed, tmp_path, "ade-evaluate", "--run_dir=run")
    assert ended.returncode == 0 and "bits/dim" in ended.stdout, ended.stderr


def test_every_flagfile_is_packaged(installed):
    here = {path.relative_to(ROOT) for path in (ROOT / "flags").rglob("*.flags")}
    there = (installed / "flags").rglob("*.flags")
    assert here == {path.relative_to(installed) for path in there}


def test_every_binary_is_a_command(installed, tmp_path):
    binaries = (ROOT / "experiments").glob("*.py")
    names = {p.stem for p in binaries if '__name__ == "__main__"' in p.read_text()}
    commands = {path.name for path in (installed / "bin").iterdir()}
    assert commands == {f"ade-{name.replace('_', '-')}" for name in names}
    for command in sorted(commands):
        ended = run(installed, tmp_path, command, "--nothing")
        assert ended.returncode == 2 and "Unknown command line flag" in ended.stderr
