"""A finished run that several tests look at or copy."""

import pytest

from tests.helpers.binaries import call, tiny_flags
from tests.helpers.eager import eagerly

CHEAP = tiny_flags(
    preset="vae", network="mlp", num_steps=6, checkpoint_every=2, sample_every=3
)


@pytest.fixture
def cheap():
    """Flags of the finished run."""
    return list(CHEAP)


@pytest.fixture(scope="package")
def finished(tmp_path_factory):
    """Directory of a finished run; tests may call `train` on it, but not change it."""
    run = tmp_path_factory.mktemp("finished") / "run"
    # Whatever module asks for it first.
    with eagerly(False):
        assert call("train", *CHEAP, f"--run_dir={run}").status == 0
    return run
