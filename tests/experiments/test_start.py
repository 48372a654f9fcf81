"""Help and mistyped flags, which need no TensorFlow and so answer at once."""

import os
import subprocess
import sys

import pytest

from tests.helpers.binaries import DEFINE, ROOT

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


@pytest.mark.parametrize("binary", DEFINE)
def test_help_and_a_mistyped_flag_answer_without_tensorflow(binary):
    for flag, status, message in (
        ("--help", 0, "flags:"),
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


@pytest.mark.parametrize("level", [None, "0"])
def test_tensorflow_is_imported_without_a_word(level):
    """Unless the user set its level; what it says as it fails is shown."""
    script = "import experiments, tensorflow as tf; tf.constant(1.0) + 1; print('done')"
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    if level is not None:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    line = [sys.executable, "-c", script]
    ended = subprocess.run(
        line, cwd=ROOT, capture_output=True, text=True, env=environment
    )
    assert ended.stdout == "done\n"
    assert (ended.stderr == "") == (level is None)


def test_a_failed_import_of_tensorflow_is_told(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os; os.write(2, b'no such library\\n'); raise ImportError('broken')"
    )
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    script += "import experiments, tensorflow"
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    line = [sys.executable, "-c", script]
    ended = subprocess.run(
        line, cwd=ROOT, capture_output=True, text=True, env=environment
    )
    assert "no such library" in ended.stderr and "broken" in ended.stderr
