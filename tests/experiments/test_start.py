"""Help and mistyped flags, which need no TensorFlow and so answer at once."""

import subprocess
import sys

import pytest

from tests.helpers.binaries import ROOT

HEAVY = ("tensorflow", "tensorflow_probability", "keras", "sklearn", "matplotlib")
# What is imported at all, said at the end.
SCRIPT = """
import atexit, runpy, sys
atexit.register(lambda: print("imported", *sorted(sys.modules)))
sys.argv = sys.argv[1:]
runpy.run_module("experiments." + sys.argv[0], run_name="__main__")
"""


def imported(binary, flag):
    """Returns how a binary ended, its words, and the modules it had imported."""
    line = [sys.executable, "-c", SCRIPT, binary, flag]
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    words, _, modules = ended.stdout.rpartition("imported ")
    return ended.returncode, words + ended.stderr, set(modules.split())


@pytest.mark.parametrize(
    "binary",
    ["train", "export", "score", "novelty", "benchmark", "toy", "adversaries"],
)
def test_help_and_a_mistyped_flag_answer_without_tensorflow(binary):
    for flag, status, message in (
        ("--help", 1, "flags:"),
        ("--no_such_flag=3", 2, "error: flags must be known"),
    ):
        code, words, modules = imported(binary, flag)
        assert code == status and message in words
        assert "experiments.common_flags" in modules
        assert not modules.intersection(HEAVY)


def test_a_setting_that_cannot_act_is_refused_without_tensorflow():
    code, words, modules = imported("train", "--iaf_steps=3")
    assert code == 2
    assert "iaf_steps needs posterior `iaf`. Received: posterior='gaussian'" in words
    assert not modules.intersection(HEAVY)
