"""A whole short run in two phases: what is traced, and who moves when."""

import shutil

import numpy as np
import pytest

from ade_tf.models import AdaptiveDensityEstimator, LikelihoodScorer, build_model
from ade_tf.runs import Checkpointer, RunDirectory
from ade_tf.runs.records import read_records
from ade_tf.training import grids, train
from tests.helpers.binaries import saved_numbers
from tests.helpers.models import digits, tiny_config


@pytest.fixture(scope="module")
def phases(tmp_path_factory):
    """A run whose adversary rests for 3 of 7 steps; how often what was traced."""
    config = tiny_config(
        "av_ade",
        flow_steps=(1,),
        spectral_norm=True,
        likelihood_only_steps=3,
        num_steps=7,
        validate_every=1,
        sample_every=2,
        keep_checkpoints=9,
    )
    traces = {"train_step": 0, "bound": 0, "sample": 0}

    def counted(name, function):
        def wrapped(*args, **kwargs):
            traces[name] += 1
            return function(*args, **kwargs)

        return wrapped

    directory = tmp_path_factory.mktemp("phases") / "run"
    with pytest.MonkeyPatch.context() as patch:
        for owner, attribute, name in (
            (AdaptiveDensityEstimator, "train_step", "train_step"),
            (LikelihoodScorer, "_bound_step", "bound"),
        ):
            patch.setattr(owner, attribute, counted(name, getattr(owner, attribute)))
        patch.setattr(grids, "sample", counted("sample", grids.sample))
        train(config, directory)
    return config, RunDirectory(directory), traces


def at_step(phases, step, directory):
    """The model as its checkpoint of a step has it."""
    config, run, _ = phases
    for part in run.checkpoints.glob(f"step-{step}.*"):
        shutil.copy(part, directory)
    model = build_model(config, digits().image_shape, digits().levels)
    assert Checkpointer(model, directory).restore() == step
    return model


def test_nothing_is_traced_twice(phases):
    _, run, traces = phases
    # A step per phase; the test split and the last grid are traced no more.
    assert traces == {"train_step": 2, "bound": 1, "sample": 1}
    records = read_records(run.scalars)
    assert len([r for r in records if "validation_bits_per_dim" in r]) == 7
    assert len(list(run.samples.glob("step-*.png"))) == 3


def test_going_on_where_the_adversary_joins_in_is_exact(phases, tmp_path):
    config, run, _ = phases
    shutil.copytree(run.path, tmp_path / "run")
    for step in (6, 7):
        for part in (tmp_path / "run" / "checkpoints").glob(f"step-{step}.*"):
            part.unlink()
    train(config, tmp_path / "run")
    assert saved_numbers(tmp_path / "run", 7) == saved_numbers(run.path, 7)
    again = RunDirectory(tmp_path / "run").scalars.read_text()
    assert again == run.scalars.read_text()


def test_the_adversary_rests_in_the_first_phase(phases, tmp_path):
    config, run, _ = phases
    start = build_model(config, digits().image_shape, digits().levels)
    first = at_step(phases, 3, tmp_path)
    for before, after in zip(
        start.discriminator.variables, first.discriminator.variables, strict=True
    ):
        np.testing.assert_array_equal(before.numpy(), after.numpy())
    assert int(first.discriminator_optimizer.iterations.numpy()) == 0
    assert int(first.generator_optimizer.iterations.numpy()) == 3
    steps = {record["step"]: record for record in read_records(run.scalars)}
    assert all("discriminator_loss" not in steps[n] for n in (1, 2, 3))
    assert all("discriminator_loss" in steps[n] for n in (4, 5, 6, 7))


def test_the_adversary_works_in_the_second_phase(phases, tmp_path):
    config, _, _ = phases
    start = build_model(config, digits().image_shape, digits().levels)
    last = at_step(phases, 7, tmp_path)
    for before, after in zip(
        start.discriminator.trainable_variables,
        last.discriminator.trainable_variables,
        strict=True,
    ):
        assert not np.array_equal(before.numpy(), after.numpy())
    assert int(last.discriminator_optimizer.iterations.numpy()) == 4
    assert int(last.generator_optimizer.iterations.numpy()) == 3 + 2 * 4


@pytest.mark.parametrize(
    ("sample_every", "drawn"),
    [(2, ["step-000002", "step-000004"]), (3, ["step-000003", "final"])],
)
def test_the_samples_of_the_last_step_are_drawn_once(
    tmp_path, monkeypatch, sample_every, drawn
):
    saved, save = [], grids.SampleGrid.save

    def noted(grid, path):
        saved.append(path.stem)
        save(grid, path)

    monkeypatch.setattr(grids.SampleGrid, "save", noted)
    train(tiny_config("vae", num_steps=4, sample_every=sample_every), tmp_path)
    assert saved == drawn
    final = (tmp_path / "samples" / "final.png").read_bytes()
    assert final == (tmp_path / "samples" / f"{drawn[-1]}.png").read_bytes()
