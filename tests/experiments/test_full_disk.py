import contextlib
import pathlib
import resource
import shutil

import pytest

from tests.helpers.binaries import call, contents, tiny_flags

FLAGS = tiny_flags(preset="vae", num_steps=6, checkpoint_every=2, sample_every=3)


@contextlib.contextmanager
def room_of(size):
    """Lets no file grow over a size, as a full disk would; Python ignores SIGXFSZ."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run, and what it scored."""
    run = tmp_path_factory.mktemp("disk") / "run"
    ended = call("train", *FLAGS, f"--run_dir={run}")
    assert ended.status == 0
    return run, contents(run)


@pytest.fixture
def half(finished, tmp_path):
    """A copy of the run as it was after step 4."""
    run = tmp_path / "run"
    shutil.copytree(finished[0], run)
    for path in [*run.glob("checkpoints/step-6.*"), *run.glob("samples/*")]:
        path.unlink()
    (run / "metrics.jsonl").unlink()
    shutil.rmtree(run / "tensorboard")
    return run


def checkpoints(files):
    return {n: data for n, data in files.items() if n.startswith("checkpoints/")}


@pytest.mark.parametrize(
    ("room", "message"),
    [
        # Of the files that grow beyond it, the first to be written is named.
        (1, "scalars.jsonl"),
        (300, "scalars.jsonl"),
        ("scalars", "tensorboard"),
        ("events", "step-000006.png"),
        ("picture", "a checkpoint must be written whole; the earlier ones are kept."),
    ],
)
def test_a_full_disk_is_one_message_and_spares_what_was_saved(
    finished, half, room, message
):
    sizes = {name: len(data) for name, data in finished[1].items()}
    print(sizes)
    raise SystemError(sizes)
