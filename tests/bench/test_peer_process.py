"""Peers that cannot be run, or end before the benchmark does."""

import time
import venv

import pytest

from experiments.bench import BenchmarkOptions, benchmark, peer_process
from experiments.bench.peer_process import check_peer, peer_calls
from tests.bench.cases import config


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A Python without the packages of this environment."""
    bare = tmp_path_factory.mktemp("bare")
    venv.create(bare, with_pip=False)
    return str(bare / "bin" / "python")


def test_a_library_that_is_not_installed_is_refused(tmp_path, python):
    options = BenchmarkOptions(
        out=str(tmp_path / "out.json"), against=("nflows",), peer_python=python
    )
    with pytest.raises(ValueError, match="nflows needs torch and nflows"):
        benchmark(config(), options)


def test_modules_around_the_program_are_not_the_peers(tmp_path, monkeypatch, python):
    for name in ("torch", "nflows"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="nflows needs torch and nflows"):
        check_peer("nflows", config(), python)


def test_a_program_that_cannot_be_run_is_refused(tmp_path):
    program = tmp_path / "program"
    program.touch(mode=0o755)
    with pytest.raises(ValueError, match="peer_python must be a Python. Received"):
        check_peer("nflows", config(), str(program))


@pytest.mark.parametrize("when", ["at the start", "while another has its turn"])
def test_the_last_words_of_a_peer_are_told(tmp_path, monkeypatch, python, when):
    hello = "" if when == "at the start" else "print('{}', flush=True)\n"
    script = tmp_path / "peer.py"
    script.write_text(f"{hello}raise SystemExit('out of memory')")
    monkeypatch.setattr(peer_process, "_SCRIPT", script)
    with pytest.raises(ChildProcessError, match="status 1\nout of memory"):
        with peer_calls("nflows", config(), (8, 8, 3), python, 1) as (calls, _):
            time.sleep(1)
            calls["train"]()
