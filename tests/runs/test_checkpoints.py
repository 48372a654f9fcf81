import resource

import numpy as np
import pytest

from ade_tf.config import RunConfig
from ade_tf.models import build_model
from ade_tf.runs import Checkpointer
from tests.helpers.binaries import contents
from tests.helpers.models import tiny_config

SHAPE, LEVELS = (8, 8, 1), 17


@pytest.fixture(scope="module")
def model():
    return build_model(tiny_config(spectral_norm=True), SHAPE, LEVELS)


def everything(model):
    """Returns every variable that goes on with a run."""
    optimizers = (model.generator_optimizer, model.discriminator_optimizer)
    average = [model.average.vector, model.average.taken]
    states = [*optimizers[0].variables, *optimizers[1].variables]
    return [*model.variables, *states, *average]


def fill(model, seed):
    """Gives every variable values of its own; returns them."""
    generator = np.random.default_rng(seed)
    for variable in everything(model):
        values = generator.integers(1, 1000, variable.shape)
        variable.assign(values.astype(variable.numpy().dtype))
    return values_of(model)


def values_of(model):
    return [variable.numpy().copy() for variable in everything(model)]


def assert_equal(here, there):
    assert all(map(np.array_equal, here, there))


def saved(model, directory, steps=(2, 4)):
    """Returns a checkpointer with checkpoints of some steps, and what they hold."""
    checkpointer = Checkpointer(model, directory)
    values = {}
    for step in steps:
        values[step] = fill(model, step)
        checkpointer.save(step)
    fill(model, 99)
    return checkpointer, values


def test_restores_every_variable(model, tmp_path):
    assert model.average is not None
    checkpointer, values = saved(model, tmp_path)
    assert checkpointer.restore() == 4
    assert_equal(values_of(model), values[4])


def test_nothing_to_restore(model, tmp_path):
    checkpointer = Checkpointer(model, tmp_path / "none")
    assert checkpointer.restore() is None
    assert checkpointer.restore_best() is None


def test_keeps_the_newest_and_the_best(model, tmp_path):
    checkpointer, _ = saved(model, tmp_path, steps=(1, 2, 10))
    for step in (4, 7):
        best = fill(model, step)
        checkpointer.save_best(step)
    assert checkpointer.steps() == [2, 10]
    assert {name.split(".")[0] for name in contents(tmp_path)} == {
        "step-2",
        "step-10",
        "best-7",
    }
    fill(model, 99)
    assert checkpointer.restore_best() == 7
    assert_equal(values_of(model), best)


def flip(data):
    middle = len(data) // 2
    return data[:middle] + bytes(b ^ 255 for b in data[middle : middle + 64])


DAMAGE = {
    "flipped": lambda data: flip(data) + data[len(data) // 2 + 64 :],
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
}


def damage(directory, step, part, kind):
    (path,) = directory.glob(f"step-{step}.{part}*")
    path.write_bytes(DAMAGE[kind](path.read_bytes()))


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("part", ["data", "index"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    model, tmp_path, part, kind, caplog
):
    checkpointer, values = saved(model, tmp_path)
    damage(tmp_path, 4, part, kind)
    assert checkpointer.restore() == 2
    assert_equal(values_of(model), values[2])
    assert "step-4" in caplog.text and "trying the one before it" in caplog.text


def test_a_missing_part_gives_way_to_the_one_before(model, tmp_path):
    checkpointer, values = saved(model, tmp_path)
    next(tmp_path.glob("step-4.data*")).unlink()
    assert checkpointer.restore() == 2
    assert_equal(values_of(model), values[2])


def test_saving_after_a_fallback_keeps_what_can_be_read(model, tmp_path):
    checkpointer, values = saved(model, tmp_path, steps=(2, 8))
    damage(tmp_path, 8, "data", "cut")
    checkpointer.restore()
    checkpointer.save(3)
    assert checkpointer.steps() == [2, 3]


@pytest.mark.parametrize("why", ["damaged", "not wanted"])
def test_what_was_passed_over_does_not_push_out_what_was_restored(model, tmp_path, why):
    checkpointer, _ = saved(model, tmp_path, steps=(2, 4))
    if why == "damaged":
        damage(tmp_path, 4, "data", "cut")
    assert checkpointer.restore(None if why == "damaged" else 3) == 2
    checkpointer.save(5)
    assert checkpointer.steps() == [2, 5]
    checkpointer.save(6)
    assert checkpointer.steps() == [5, 6]


def test_all_damaged_is_refused(model, tmp_path):
    checkpointer, _ = saved(model, tmp_path)
    for step in (2, 4):
        damage(tmp_path, step, "data", "flipped")
    with pytest.raises(ValueError, match=r"one that can be read. Received:.*\[2, 4\]"):
        checkpointer.restore()


def test_damaged_best_weights_are_refused(model, tmp_path):
    checkpointer = Checkpointer(model, tmp_path)
    checkpointer.save_best(5)
    (tmp_path / "best-5.index").write_bytes(b"")
    with pytest.raises(ValueError, match="whole and of this model. Received:.*best-5"):
        checkpointer.restore_best()


def test_another_model_is_refused(model, tmp_path):
    saved(model, tmp_path)
    flat = tiny_config(spectral_norm=True).to_flat()
    other = build_model(RunConfig.from_flat({**flat, "width": 12}), SHAPE, LEVELS)
    with pytest.raises(ValueError, match="must have one that can be read"):
        Checkpointer(other, tmp_path).restore()


@pytest.mark.parametrize("room", [0, 1000, 20_000])
def test_a_full_disk_spares_the_earlier_ones(model, tmp_path, room):
    checkpointer, values = saved(model, tmp_path)
    before = contents(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        # The kernel's signal for it is ignored by Python from the start.
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        with pytest.raises(OSError, match="written whole.*Received: .*File too large"):
            checkpointer.save(6)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(tmp_path) == before
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    assert checkpointer.restore() == 4
    assert_equal(values_of(model), values[4])


def test_what_a_kill_left_half_written_is_cleared(model, tmp_path):
    checkpointer, _ = saved(model, tmp_path)
    (tmp_path / "writing-step-5_temp").mkdir()
    (tmp_path / "writing-step-5_temp" / "part").write_text("half")
    (tmp_path / "writing-step-5.data-00000-of-00001").write_text("half")
    assert checkpointer.restore() == 4
    checkpointer.save(6)
    assert {path.name.split(".")[0] for path in tmp_path.iterdir()} == {
        "step-4",
        "step-6",
    }
