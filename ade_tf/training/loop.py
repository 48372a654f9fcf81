"""A whole training run: from a configuration to a scored model on disk."""

import contextlib
import time

from ade_tf.config import RunConfig
from ade_tf.data import ImageData, load_data
from ade_tf.data.labelled import training_part
from ade_tf.drawing.curves import learning_curves
from ade_tf.drawing.tables import describe_record
from ade_tf.evaluation import Evaluation, EvaluationOptions
from ade_tf.evaluation.likelihood import evaluate_likelihood
from ade_tf.evaluation.translation import evaluate_likelihood_b
from ade_tf.files import replace_file
from ade_tf.models import (
    LikelihoodScorer,
    build_model,
    copy_generator,
    copy_weights,
    count_parameters,
    initialize_from_split,
)
from ade_tf.runs.checkpoints import Checkpointer, checkpoint_steps
from ade_tf.runs.records import append_record, read_records
from ade_tf.runs.restoring import LoadedRun, load_run, settle_weights
from ade_tf.runs.run_directory import RunDirectory, flagfile
from ade_tf.strategies import (
    directory_of_worker,
    make_strategy,
    of_all_workers,
    shared_batches,
)
from ade_tf.training.clock import Clock, times_now
from ade_tf.training.grids import SampleGrid, TranslationGrid
from ade_tf.training.recorder import Recorder
from ade_tf.training.stopping import StopSignals

__all__ = ["describe_run", "train"]


def describe_run(config: RunConfig) -> str:
    """Returns the resolved configuration, the data and the parameters of each part.

    Raises:
      ValueError: If the data cannot be loaded or the model not be built for it.
    """
    data = _load(config)
    model = build_model(config, data.image_shape, data.levels, data.num_classes)
    counts = count_parameters(model.parts)
    lines = [flagfile(config), f"data: {data.description}", "parameters:"]
    lines += [f"  {name}: {count:,}" for name, count in counts.items()]
    lines.append(f"  total: {sum(counts.values()):,}")
    return "\n".join(lines)


def _load(config, as_formerly=False) -> ImageData:
    if config.preset.second_domain and not config.data.dataset_b:
        raise ValueError(
            f"preset `{config.model.preset}` is of two domains: dataset_b names the "
            "images of the second. Received: none"
        )
    return load_data(config.data, as_formerly=as_formerly)


def train(config: RunConfig, run_dir) -> dict:
    """Trains a model into a directory, or goes on with the run found there.

    Resuming is exact: with the same command, machine and number of threads, a run that
    was killed ends with the weights it would have had. A finished run is left as it is.

    Args:
      config: A resolved configuration, from `RunConfig.from_flat`.
      run_dir: The run's directory; new, empty, or of a run of this configuration.

    Returns:
      The record of the test split's score, or an empty one where the preset has no
      likelihood or the run was stopped by a signal or by `max_hours`.

    Raises:
      ValueError: If the data, the model or the directory do not fit the configuration;
        nothing in the directory is then changed.
      OSError: If something cannot be written.
      FloatingPointError: If more than `max_skipped_updates` updates were not finite.
    """
    settings, began = config.training, times_now()
    run = RunDirectory(directory_of_worker(settings.strategy, run_dir))
    run.check(config)
    with contextlib.ExitStack() as stack:
        signals = stack.enter_context(StopSignals())
        stack.enter_context(run.named_in_errors())
        # A directory that is new is made, and locked, once all fits that goes into it.
        known = run.read() is not None
        if known:
            stack.enter_context(run.locked())
        data = _load(config, run.is_former)
        run.check_images(data, "other images need another run_dir")
        first = training_part(data.train, config, data.num_classes)
        seen = first, *(own.train for own in data.domains[1:])
        strategy = make_strategy(settings.strategy, settings.batch_size)
        images = (data.image_shape, data.levels, data.num_classes)
        with strategy.scope():
            model = build_model(config, *images)
        checkpointer = Checkpointer(
            model, run.checkpoints, keep=settings.keep_checkpoints
        )
        # A worker that was killed can lack the last checkpoint of another.
        lasts = of_all_workers(max(checkpointer.steps(), default=0), strategy)
        last = min(lasts)
        if not last:
            _take_weights(model, data)
        if not known:
            stack.enter_context(run.locked())
            run.check(config)
        run.open(config, *images, data)
        scored = ()
        if config.preset.likelihood:
            pairs = zip(model.domains(), data.domains, strict=True)
            scored = tuple((LikelihoodScorer(m), d.validation) for m, d in pairs)
        grid = _grid(model, data)
        if not last:
            _check_new(run, config, lasts)
        start = _restore_or_initialize(model, checkpointer, last, seen, strategy)
        drawn = None
        if start < settings.num_steps:
            _announce(config, data, model, start, run)
            clock = Clock(run.hours, settings, start, began)
            recorder = Recorder(run, checkpointer, signals, clock, scored, grid, start)
            began = time.monotonic()
            _fit(model, seen, start, recorder)
            if recorder.stopped:
                print(
                    f"{recorder.stopped} and saved. Run the same command to continue."
                )
                return {}
            print(f"Trained in {time.monotonic() - began:.0f} s.")
            drawn = recorder.drawn
        else:
            print(f"This run is finished ({settings.num_steps} steps).")
        return _finish(run, model, checkpointer, data, scored, grid, drawn)


def _grid(model, data):
    """Returns the pictures of training: of samples, or of translations."""
    if model.config.preset.second_domain:
        return TranslationGrid(model, data)
    return SampleGrid(model, data.validation.images)


def _take_weights(model, data):
    """Gives a new model the weights of the run that its configuration names, if any."""
    config = model.config
    if config.objective.generator_from:
        source = _finished_run(config.objective.generator_from, data)
        copy_generator(model, source.model)
    if config.training.initialize_from:
        copy_weights(model, load_run(config.training.initialize_from).model)


def _finished_run(run_dir, data):
    """Loads a run that is trained to its end with the same images."""
    run = load_run(run_dir)
    last = checkpoint_steps(run.directory.checkpoints)[-1]
    if last < run.config.training.num_steps:
        raise ValueError(
            "generator_from must be a finished run. Received: "
            f"{str(run_dir)!r}, at {last} of {run.config.training.num_steps} steps"
        )
    run.directory.check_images(data, "generator_from takes a run of the same images")
    return run


def _restore_or_initialize(model, checkpointer, last, seen, strategy):
    config = model.config
    if not last:
        if config.objective.generator_from or config.training.initialize_from:
            return 0
        with strategy.scope():
            for own, split in zip(model.domains(), seen, strict=True):
                initialize_from_split(own, split)
        return 0
    start = checkpointer.restore(last)
    steps = of_all_workers(start or 0, strategy)
    if len(set(steps)) > 1:
        raise ValueError(
            "the workers of a run must have a checkpoint of the same step to go on "
            f"from. Received: the steps {steps}"
        )
    return start


def _check_new(run, config, lasts):
    """Refuses to begin anew a run whose records are of more than a first checkpoint."""
    lines = read_records(run.scalars, missing_ok=True)
    last = lines[-1]["step"] if lines else 0
    settings = (run.read()["config"].training, config.training)
    first = max(training.checkpoint_every for training in settings)
    if last <= first and not read_records(run.metrics, missing_ok=True):
        return
    if any(lasts):
        raise ValueError(
            "a run goes on from a step of which every worker has a checkpoint (one "
            "without can take a copy of the directory of one that has it). Received: "
            f"{str(run.path)!r}, at step {last}; last steps of the workers: {lasts}"
        )
    raise ValueError(
        "a run that has records of training has checkpoints to go on from (to begin "
        f"anew, give another run_dir). Received: {str(run.path)!r}, at step {last} and "
        "without checkpoints"
    )


def _fit(model, seen, start, recorder):
    """Fits the rest of the run."""
    config = model.config
    batches, _ = model.stream(seen, start)
    model.fit(
        shared_batches(batches, model.distribute_strategy),
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
        steps = run.read()["config"].training.num_steps, config.training.num_steps
        if steps[0] != steps[1]:
            print(
                f"num_steps {steps[0]} -> {steps[1]}: the learning rate goes on as in "
                f"a run of {steps[1]} steps"
            )
    print("Tracing the first step ...", flush=True)


def _scored_weights(model, step):
    """Returns which weights are scored, in words."""
    settings = model.config.training
    average = "as they are"
    if settings.average_decay:
        average = f"their moving average (average_decay={settings.average_decay:g})"
    kept = ", the best by validation" if settings.keep_best else ""
    return f"of step {step}{kept}: {average}"


def _finish(run, model, checkpointer, data, scored, grid, drawn):
    """Scores the test split once and says where everything is.

    `drawn` are the pictures of steps that were made now; None if none were made.
    """
    step = settle_weights(model, checkpointer)
    done = [
        record
        for record in read_records(run.metrics, missing_ok=True)
        if record.get("origin") == "train" and record["step"] == step
    ]
    found = done[-len(data.domains) :]
    # Of two domains, one record may be all that was written.
    if len(done) < len(scored):
        loaded = LoadedRun(model, model.config, run, step)
        evaluation = Evaluation(loaded, data, EvaluationOptions())
        evaluation.scorer = scored[0][0]
        found = evaluate_likelihood(evaluation, "test")
        if len(data.domains) > 1:
            found += evaluate_likelihood_b(evaluation, "test")
        found = [record | {"origin": "train"} for record in found]
        for record in found[len(done) :]:
            append_record(run.metrics, record)
    picture = run.samples / "final.png"
    if grid.shown and (drawn is not None or not picture.exists()):
        if drawn and step in drawn:
            replace_file(picture, drawn[step].read_bytes())
        else:
            print("Drawing samples ...", flush=True)
            grid.save(picture)
    learning_curves(read_records(run.scalars), run.path / "curves.png")
    print(f"run       {run.path}")
    if grid.shown:
        print(f"samples   {picture}")
    print(f"curves    {run.path / 'curves.png'}")
    if found:
        print(f"weights   {_scored_weights(model, step)}")
    for record in found:
        print(describe_record(record), flush=True)
    return found[0] if found else {}
