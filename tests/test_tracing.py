"""What is traced over a run, its evaluation and its samples in one process."""

import collections

import pytest
import tensorflow as tf

from ade_tf.data import load_data
from ade_tf.evaluation import EvaluationOptions
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.evaluate import score
from ade_tf.evaluation.latent import posterior_moments
from ade_tf.runs import RunDirectory, load_run
from ade_tf.samples import draw
from ade_tf.training import train
from tests.helpers.models import tiny_config

BOUND = "LikelihoodScorer._bound_step"
WEIGHTS = "LikelihoodScorer._weights_step"
SAMPLE = "Sampler.__init__.<locals>.draw"
FEATURES = "freeze_network.<locals>.function"
SHARED = {
    "round_trip_maps.<locals>.<lambda>": 2,
    "round_trip_maps.<locals>.dequantized": 1,
    "codes_step.<locals>.of_batch": 1,
    "moments_step.<locals>.moments": 1,
}


class Traces:
    """Counts the traces of every `tf.function` that is made from now on."""

    def __init__(self, patch):
        self._made = []
        self._before = collections.Counter()
        real = tf.function

        def function(func=None, **settings):
            if func is None:
                return lambda func: function(func, **settings)
            self._made.append(real(func, **settings))
            return self._made[-1]

        patch.setattr(tf, "function", function)

    def new(self):
        """Returns `name -> traces` since the last call; Keras's own have one name."""
        counts = collections.Counter()
        for made in self._made:
            function = made.python_function
            name = function.__qualname__
            if function.__module__.startswith("keras"):
                name = "keras " + name.rpartition(".")[2]
            counts[name] += made.experimental_get_tracing_count()
        found = counts - self._before
        self._before = counts
        return dict(found)


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """A run's directory, the counter of traces, and those of the run."""
    with pytest.MonkeyPatch.context() as patch:
        traces = Traces(patch)
        directory = tmp_path_factory.mktemp("traced") / "run"
        yield directory, traces, _trained(directory / "short", traces, 4)


def _trained(directory, traces, num_steps):
    config = tiny_config(
        "av_ade",
        flow_steps=(1,),
        likelihood_only_steps=0,
        num_steps=num_steps,
        validate_every=2,
        sample_every=2,
        checkpoint_every=2,
        # Neither validation nor test is a whole number of batches.
        validation_images=130,
    )
    train(config, directory)
    return traces.new()


def test_a_run_is_traced_once_however_long(life):
    directory, traces, short = life
    longer = _trained(directory / "long", traces, 10)
    assert len(list(RunDirectory(directory / "long").samples.glob("*.png"))) == 6
    assert short == longer
    # Keras wraps the step in a function of its own.
    assert short == {
        BOUND: 1,
        "SampleGrid.__init__.<locals>.<lambda>": 1,
        "keras one_step_on_data": 1,
        "keras multi_step_on_iterator": 1,
    }


@pytest.mark.long
def test_an_evaluation_is_traced_once_for_all_splits_and_passes(life, tmp_path):
    directory, traces, _ = life
    run = load_run(directory / "short")
    options = EvaluationOptions(
        metrics=("bits_per_dim", "frechet_distance"),
        importance_samples=3,
        num_samples=130,
        batch_size=90,
        cache_dir=str(tmp_path),
    )
    evaluation = Evaluation(run, load_data(run.config.data), options)
    names = (
        "bits_per_dim",
        "frechet_distance",
        "inversion_error",
        "active_units",
        "mutual_information",
    )
    traces.new()
    for split in ("validation", "test"):
        for name in names:
            assert score(evaluation, name, split)
        found = traces.new()
        if split == "validation":
            # The classifier is trained first.
            assert found.pop("_train.<locals>.step") == 1
            once = {BOUND: 1, WEIGHTS: 1, SAMPLE: 1, FEATURES: 1, **SHARED}
            assert {name: found.pop(name, 0) for name in once} == once
            # The noise's graph belongs to the module, and other tests may have it.
            assert set(found) <= {"_noise"}
        else:
            assert found == {}


def test_samples_are_traced_once_for_all_batches_and_temperatures(
    life, tmp_path, monkeypatch
):
    directory, traces, _ = life
    monkeypatch.setattr("ade_tf.samples.request._BATCH", 3)
    traces.new()
    for options in ({"mode": "sample"}, {"mode": "temperatures"}):
        out = str(tmp_path / "a.npz")
        draw(directory / "short", num_samples=11, out=out, **options)
        assert traces.new() == {SAMPLE: 1}


def test_the_counter_sees_a_second_trace(life):
    directory, traces, _ = life
    model = load_run(directory / "short").model
    images = load_data(model.config.data).test.images
    traces.new()
    for size in (8, 9):
        posterior_moments(model, images[:20], batch_size=size)
    assert traces.new() == {"moments_step.<locals>.moments": 2}
    square = tf.function(lambda x: x * x)
    for size in (1, 2, 2, 3):
        square(tf.zeros([size]))
    (count,) = traces.new().values()
    assert count == 3
