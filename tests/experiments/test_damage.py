"""Full disks and damaged checkpoints, met by the same command as ever."""

import contextlib
import re
import resource
import shutil

import pytest

from ade_tf.runs import RunDirectory
from tests.helpers.binaries import call, contents, saved_numbers
from tests.helpers.eager import eagerly


@contextlib.contextmanager
def room_of(size):
    """Lets no file grow over a size, as a full disk would; Python ignores SIGXFSZ."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def errors(ended):
    """Returns the lines that say what was wrong, without earlier warnings."""
    assert "Traceback" not in ended.err
    return [line for line in ended.err.splitlines() if line.startswith("error: ")]


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def test_a_full_disk_is_one_message_and_spares_checkpoints(run, cheap, finished):
    # As the run was after step 4.
    shutil.rmtree(run / "tensorboard")
    for path in [*run.glob("checkpoints/step-6.*"), run / "metrics.jsonl"]:
        path.unlink()
    before = contents(run / "checkpoints")
    lines = (run / "scalars.jsonl").read_text().splitlines(keepends=True)
    until_now = len("".join(lines[:4]))
    system = "files must be accessible and disks must have space."
    meets = [
        (until_now - 9, "scalars dropped", system),
        (until_now + 9, "scalars added", f"({system}|A record is written whole)"),
        (20, "first event", "TensorBoard's events must be written whole."),
        (700, "later events", "TensorBoard's events must be written whole."),
        (3000, "picture", system),
        (20_000, "checkpoint", "a checkpoint must be written whole; the earlier ones"),
    ]
    for room, what, rule in meets:
        if what == "first event":
            (run / "scalars.jsonl").unlink()
        # Eagerly: the step or two that these make are not kept.
        with room_of(room), eagerly():
            ended = call("train", *cheap, f"--run_dir={run}")
        assert ended.status == 2
        (error,) = errors(ended)
        pattern = f"error: {rule}.* Received: .*{re.escape(str(run))}"
        assert re.match(pattern, error), f"{what}: {error}"
        assert contents(run / "checkpoints") == before
        assert not list(run.rglob("*.png.*")) and not list(run.rglob(".*"))
    # With room again, the same command ends as if nothing had been.
    assert call("train", *cheap, f"--run_dir={run}").status == 0
    assert saved_numbers(run, 6) == saved_numbers(finished, 6)


def test_a_new_run_without_room_is_no_run_yet(tmp_path, cheap):
    run = tmp_path / "run"
    with room_of(0):
        ended = call("train", *cheap, f"--run_dir={run}")
    assert ended.status == 2
    assert len(errors(ended)) == 1 and str(run) in ended.err
    assert RunDirectory(run).read() is None


def flip_bytes(run, step):
    (path,) = run.glob(f"checkpoints/step-{step}.data*")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = (byte ^ 255 for byte in data[middle : middle + 64])
    path.write_bytes(data)


def test_a_damaged_newest_checkpoint_gives_way(run, cheap, finished):
    flip_bytes(run, 6)
    ended = call("train", *cheap, f"--run_dir={run}")
    assert ended.status == 0
    assert re.search("step-6'.*; trying the one before it", ended.err)
    assert f"Resuming from step 4 of {run}" in ended.out
    assert saved_numbers(run, 6) == saved_numbers(finished, 6)
    names = ("scalars.jsonl", "metrics.jsonl")
    assert [(run / n).read_bytes() for n in names] == [
        (finished / n).read_bytes() for n in names
    ]


def test_nothing_but_damaged_checkpoints_is_refused(run, cheap):
    for step in (4, 6):
        flip_bytes(run, step)
    before = contents(run)
    for binary, flags in (("train", cheap), ("evaluate", []), ("sample", [])):
        ended = call(binary, *flags, f"--run_dir={run}")
        assert ended.status == 2
        (error,) = errors(ended)
        assert re.search(r"must have one that can be read. Received: .*\[4, 6\]", error)
    assert contents(run) == before
