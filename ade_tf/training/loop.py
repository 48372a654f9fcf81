"""A whole training run: from a configuration to a scored model on disk."""

import time

from ade_tf.config import RunConfig
from ade_tf.data import load_data, training_stream
from ade_tf.drawing.curves import learning_curves
from ade_tf.drawing.tables import describe_record
from ade_tf.evaluation import Evaluation, EvaluationOptions
from ade_tf.evaluation.likelihood import evaluate_likelihood
from ade_tf.models import (
    INITIALIZATION_IMAGES,
    LikelihoodScorer,
    build_model,
    copy_generator,
    count_parameters,
    initialize_from_data,
)
from ade_tf.runs.checkpoints import Checkpointer, checkpoint_steps
from ade_tf.runs.records import append_record, read_records, truncate_after
from ade_tf.runs.restoring import LoadedRun, load_run, settle_weights
from ade_tf.runs.run_directory import RunDirectory, flagfile
from ade_tf.strategies import directory_of_worker, make_strategy
from ade_tf.training.recorder import Recorder, SampleGrid
from ade_tf.training.stopping import StopSignals

__all__ = ["describe_run", "train"]


def describe_run(config: RunConfig) -> str:
    """Returns the resolved configuration, the data and the parameters of each part.

    Raises:
      ValueError: If the data cannot be loaded or the model not be built for it.
    """
    data = load_data(config.data)
    model = build_model(config, data.image_shape, data.levels, data.num_classes)
    counts = count_parameters(model.parts)
    lines = [flagfile(config), f"data: {data.description}", "parameters:"]
    lines += [f"  {name}: {count:,}" for name, count in counts.items()]
    lines.append(f"  total: {sum(counts.values()):,}")
    return "\n".join(lines)


def train(config: RunConfig, run_dir) -> dict:
    """Trains a model into a directory, or goes on with the run found there.

    Resuming is exact: with the same command, machine and number of threads, a run that
    was killed ends with the weights it would have had. A finished run is left as it is.

    Args:
      config: A resolved configuration, from `RunConfig.from_flat`.
      run_dir: The run's directory; new, empty, or of a run of this configuration.

    Returns:
      The record of the test split's score, or an empty one where the preset has no
      likelihood or the run was stopped by a signal.

    Raises:
      ValueError: If the data, the model or the directory do not fit the configuration;
        nothing in the directory is then changed.
      OSError: If something cannot be written.
      FloatingPointError: If more than `max_skipped_updates` updates were not finite.
    """
    settings = config.training
    run = RunDirectory(directory_of_worker(settings.strategy, run_dir))
    run.check(config)
    with StopSignals() as signals, run.named_in_errors():
        data = load_data(config.data)
        strategy = make_strategy(settings.strategy, settings.batch_size)
        images = (data.image_shape, data.levels, data.num_classes)
        with strategy.scope():
            model = build_model(config, *images)
        checkpointer = Checkpointer(
            model, run.checkpoints, keep=settings.keep_checkpoints
        )
        generator = config.objective.generator_from
        if generator and not checkpointer.steps():
            copy_generator(model, _finished_run(generator).model)
        run.open(config, *images)
        scorer = LikelihoodScorer(model) if config.preset.likelihood else None
        grid = SampleGrid(model)
        start = _restore_or_initialize(model, checkpointer, run, data, strategy)
        if start < settings.num_steps:
            _announce(config, data, model, start, run)
            recorder = Recorder(
                run, checkpointer, data.validation, signals, scorer, grid, start
            )
            began = time.monotonic()
            _fit(model, data, start, recorder)
            if signals.requested:
                print("Stopped and saved. Run the same command to continue.")
                return {}
            print(f"Trained in {time.monotonic() - began:.0f} s.")
        else:
            print(f"This run is finished ({settings.num_steps} steps).")
        return _finish(run, model, checkpointer, data, scorer, grid)


def _finished_run(run_dir):
    """Loads a run that is trained to its end."""
    run = load_run(run_dir)
    last = checkpoint_steps(run.directory.checkpoints)[-1]
    if last < run.config.training.num_steps:
        raise ValueError(
            "generator_from must be a finished run. Received: "
            f"{str(run_dir)!r}, at {last} of {run.config.training.num_steps} steps"
        )
    return run


def _restore_or_initialize(model, checkpointer, run, data, strategy):
    start = checkpointer.restore()
    if start is None:
        run.scalars.unlink(missing_ok=True)
        if model.config.objective.generator_from:
            return 0
        images = data.train.images[:INITIALIZATION_IMAGES]
        labels = model.own_labels(data.train.labels[:INITIALIZATION_IMAGES])
        with strategy.scope():
            initialize_from_data(model, images, model.config.training.seed, labels)
        return 0
    if run.scalars.exists():
        truncate_after(run.scalars, start)
    return start


def _fit(model, data, start, recorder):
    """Fits the rest of the run."""
    config = model.config
    stream = training_stream(
        data.train,
        batch_size=config.training.batch_size,
        seed=config.training.seed,
        start_step=start,
        random_flip=config.data.random_flip,
    )
    model.fit(
        stream,
        steps_per_epoch=config.training.num_steps - start,
        callbacks=[recorder],
        verbose=0,
    )


def _announce(config, data, model, start, run):
    counts = count_parameters(model.parts)
    sizes = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    print(f"{config.model.preset}: {config.preset.summary}")
    print(f"data: {data.description}")
    print(f"parameters: {sizes}")
    if start:
        print(f"Resuming from step {start} of {run.path}")
    print("Tracing the first step ...", flush=True)


def _finish(run, model, checkpointer, data, scorer, grid):
    """Scores the test split once and says where everything is."""
    step = settle_weights(model, checkpointer)
    records = read_records(run.metrics) if run.metrics.exists() else []
    done = [r for r in records if r.get("origin") == "train" and r["step"] == step]
    record = done[-1] if done else {}
    if not done and scorer:
        trained = LoadedRun(model, model.config, run, step)
        evaluation = Evaluation(trained, data, EvaluationOptions())
        evaluation.scorer = scorer
        (record,) = evaluate_likelihood(evaluation, "test")
        record["origin"] = "train"
        append_record(run.metrics, record)
    picture = run.samples / "final.png"
    if not picture.exists():
        grid.save(picture)
    learning_curves(read_records(run.scalars), run.path / "curves.png")
    print(f"run       {run.path}")
    if grid.shown:
        print(f"samples   {picture}")
    print(f"curves    {run.path / 'curves.png'}")
    if record:
        print(describe_record(record), flush=True)
    return record
