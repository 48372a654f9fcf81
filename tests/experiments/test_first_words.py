"""Tests of what a command says when it cannot begin, before it loads TensorFlow."""

import subprocess
import sys

import pytest

from tests.helpers.binaries import ROOT, call

_WITHOUT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras"):
            raise RuntimeError(f"{name} was imported")
sys.meta_path.insert(0, Refuse())
import runpy
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def started(binary, *arguments):
    """Runs a command that may not import TensorFlow."""
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT, f"experiments.{binary}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            ["train", "--dataset=folder:nowhere", "--run_dir=r"],
            "`folder:PATH` must name an existing folder. Received: 'nowhere'",
        ),
        (
            ["train", "--dataset=npz:none.npz", "--dry_run"],
            "`npz:PATH` must name an existing file. Received: 'none.npz'",
        ),
        (["evaluate", "--run_dir=none"], "Received: 'none', which does not exist"),
        (["sample", "--run_dir=tests"], "Received: 'tests', which is no run"),
        (
            ["train", "--flagfile=digits_av_ad.flags"],
            "which is in none of them. Did you mean digits_av_ade",
        ),
    ],
)
def test_what_is_not_there_is_said_at_once(line, said):
    ended = started(*line)
    assert ended.returncode == 2 and said in ended.stderr, ended.stderr


def test_a_warning_is_one_plain_line(tmp_path, cheap, monkeypatch):
    (tmp_path / "digits").mkdir()
    monkeypatch.chdir(tmp_path)
    ended = call("train", *cheap, "--dry_run")
    assert ended.status == 0
    said = "warning: `digits` are images that come with the package; those of the"
    assert any(line.startswith(said) for line in ended.err.splitlines()), ended.err
