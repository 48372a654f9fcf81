import contextlib
import re
import resource
import shutil

import pytest

from tests.helpers.binaries import call, contents, tiny_flags

FLAGS = tiny_flags(
    preset="vae", network="mlp", num_steps=6, checkpoint_every=2, sample_every=3
)


@contextlib.contextmanager
def room_of(size):
    """Lets no file grow over a size, as a full disk would; Python ignores SIGXFSZ."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def train(run):
    return call("train", *FLAGS, f"--run_dir={run}")


def errors(ended):
    """Returns the lines that say what was wrong, without earlier warnings."""
    assert "Traceback" not in ended.err
    return [line for line in ended.err.splitlines() if line.startswith("error: ")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    run = tmp_path_factory.mktemp("disk") / "run"
    assert train(run).status == 0
    return run


@pytest.fixture
def half(finished, tmp_path):
    """A copy of the run as after step 4, its records lost."""
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    shutil.rmtree(run / "tensorboard")
    for path in run.glob("checkpoints/step-6.*"):
        path.unlink()
    for name in ("scalars.jsonl", "metrics.jsonl"):
        (run / name).unlink()
    return run


def checkpoints(run):
    return contents(run / "checkpoints")


@pytest.mark.parametrize(
    ("room", "message"),
    [
        # The file that is written first, of those that are larger.
        (
            20,
            "(A record is written whole|files must be accessible and disks have room)",
        ),
        (700, "TensorBoard's events must be written whole."),
        (3000, "files must be accessible and disks have room."),
        (20_000, "a checkpoint must be written whole; the earlier ones are kept."),
    ],
    ids=["scalars", "events", "picture", "checkpoint"],
)
def test_a_full_disk_is_one_message_and_spares_checkpoints(
    finished, half, room, message
):
    before = checkpoints(half)
    with room_of(room):
        ended = train(half)
    assert ended.status == 2
    (error,) = errors(ended)
    assert re.match(f"error: {message} Received: .*{re.escape(str(half))}", error)
    assert checkpoints(half) == before
    # With room again, the same command ends as if nothing had been.
    assert train(half).status == 0
    assert checkpoints(half) == checkpoints(finished)


def test_a_new_run_without_room_can_be_started_again(tmp_path):
    with room_of(0):
        ended = train(tmp_path / "run")
    assert ended.status == 2
    assert "Errno 27" in errors(ended)[0]
    ended = call("train", *FLAGS, f"--run_dir={tmp_path / 'run'}", "--num_steps=1")
    assert ended.status == 0
