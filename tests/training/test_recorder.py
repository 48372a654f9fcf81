import signal

import keras
import numpy as np
import pytest

from ade_tf.data import training_stream
from ade_tf.models import LikelihoodScorer
from ade_tf.runs import Checkpointer, RunDirectory
from ade_tf.runs.records import read_records
from ade_tf.training.clock import Clock, times_now
from ade_tf.training.grids import SampleGrid
from ade_tf.training.recorder import Recorder
from ade_tf.training.stopping import StopSignals
from tests.helpers.models import digits, tiny_model

SETTINGS = dict(network="mlp", coupling_network="mlp", coupling_blocks=0, num_steps=6)


class Deed(keras.callbacks.Callback):
    """Does something before a step, counted from 1."""

    def __init__(self, **deeds):
        super().__init__()
        self._deeds = {int(name.removeprefix("step")): d for name, d in deeds.items()}

    def on_train_batch_begin(self, batch, logs=None):
        self._deeds.get(batch + 1, lambda: None)()


def fit(model, directory, signals=None, **deeds):
    """Trains a model as a run does; returns the run and its checkpointer."""
    run = RunDirectory(directory / "run")
    run.open(model.config, model.image_shape, model.levels)
    checkpointer = Checkpointer(model, run.checkpoints)
    signals = signals or StopSignals()
    scored = ()
    if model.config.preset.likelihood:
        scored = ((LikelihoodScorer(model), digits().validation),)
    settings = model.config.training
    clock = Clock(run.hours, settings, 0, times_now())
    recorder = Recorder(run, checkpointer, signals, clock, scored, SampleGrid(model))
    stream = training_stream(digits().train, batch_size=settings.batch_size, seed=0)
    model.fit(
        stream,
        steps_per_epoch=settings.num_steps,
        callbacks=[Deed(**deeds), recorder],
        verbose=0,
    )
    return run, checkpointer


def spoil(variable):
    """Returns a function that makes a variable NaN, and one that heals it."""
    kept = variable.numpy()
    return (
        lambda: variable.assign(np.full_like(kept, np.nan)),
        lambda: variable.assign(kept),
    )


@pytest.mark.parametrize(
    ("preset", "part", "term"),
    [
        ("vae", "decoder", "reconstruction"),
        ("av_gde", "discriminator", "discriminator_loss"),
    ],
)
def test_too_many_skipped_updates_end_in_the_first_bad_term(
    tmp_path, preset, part, term
):
    model = tiny_model(preset, max_skipped_updates=0, **SETTINGS)
    bad, _ = spoil(getattr(model, part).trainable_variables[0])
    message = rf"max_skipped_updates\). Received: step 3: `{term}` is not finite"
    with pytest.raises(FloatingPointError, match=message):
        fit(model, tmp_path, step3=bad)


def test_skipped_updates_within_the_limit_are_told_and_counted(tmp_path, capsys):
    # What is averaged would keep the NaN.
    model = tiny_model("vae", max_skipped_updates=2, average_decay=0.0, **SETTINGS)
    bad, healed = spoil(model.decoder.trainable_variables[0])
    run, _ = fit(model, tmp_path, step2=bad, step4=healed)
    out = capsys.readouterr().out
    for step, count in ((2, 1), (3, 2)):
        message = f"step {step}: `reconstruction` is not finite; update skipped"
        assert f"{message} ({count} so far)\n" in out
    records = read_records(run.scalars)
    assert [r["skipped"] for r in records] == [0.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert [r["bits_per_dim"] is None for r in records].count(True) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_after_the_step_and_saves_it(tmp_path, number):
    model = tiny_model("vae", checkpoint_every=4, **SETTINGS)
    with StopSignals() as signals:
        run, checkpointer = fit(
            model, tmp_path, signals, step3=lambda: signal.raise_signal(number)
        )
        assert signals.requested and not signals.unsaved
    assert int(model.step.numpy()) == 3
    assert checkpointer.steps() == [3]
    assert [record["step"] for record in read_records(run.scalars)] == [1, 2, 3]


def test_what_is_due_when(tmp_path):
    model = tiny_model(
        "vae",
        log_every=4,
        validate_every=3,
        sample_every=2,
        checkpoint_every=4,
        keep_checkpoints=3,
        keep_best=True,
        learning_rate=0.05,
        average_decay=0.0,
        schedule="constant",
        **SETTINGS,
    )
    run, checkpointer = fit(model, tmp_path)
    records = {record["step"]: record for record in read_records(run.scalars)}
    assert list(records) == [3, 4, 6]
    assert "bits_per_dim" not in records[3] and "bits_per_dim" in records[4]
    validated = {s: r.get("validation_bits_per_dim") for s, r in records.items()}
    assert validated[4] is None
    del validated[4]
    assert checkpointer.steps() == [4, 6]
    assert checkpointer.steps("best") == [min(validated, key=validated.get)]
    pictures = sorted(path.name for path in run.samples.iterdir())
    assert pictures == [f"step-00000{step}.png" for step in (2, 4, 6)]
    assert any(run.tensorboard.iterdir())
