"""How the cost of a configuration grows with its size, or with a setting."""

import dataclasses
import functools

import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models import build_model, initialize_from_data
from ade_tf.progress import Passes
from ade_tf.strategies import make_strategy
from experiments.bench.measure import check_finite, synthetic_images
from experiments.bench.model_calls import model_calls
from experiments.bench.options import BenchmarkOptions
from experiments.bench.report import write_report
from experiments.bench.storage import from_memory_and_disk, load_stored
from experiments.bench.timing import interleaved, mean_over_copies, ratio, summary

__all__ = ["sweep"]


def sweep(config: RunConfig, options: BenchmarkOptions, settings=None) -> dict:
    """Times a configuration at several sizes by turns, and writes a JSON report.

    Args:
      config: A resolved configuration, the smallest size.
      options: `sweep` names what grows: `batch` (1, 2 and 4 times `batch_size`),
        `depth` (`flow_steps`), `width` (of all networks), or `replicas` (a training
        step of one replica, and of two mirrored ones with the same global batch: on
        CPUs, two logical devices); `storage` (a training step from memory, and from
        disk, and the input of each alone); or `settings`, where each of the changes
        given is made by itself.
      settings: `label -> {name: value}`, the changes of the sweep `settings`.

    Returns:
      The report. `points` has for each size its `value` and, for each of its `modes`,
      `ms_per_step`, of a round the mean over the `builds`, and `ratio`, that time over
      that of the size before (of settings: over that of the configuration itself),
      round by round (None for the first).

    Raises:
      ValueError: If the model has no depth to grow, is conditional, or its batch cannot
        be shared by two replicas; or if there are settings without their sweep, or the
        reverse.
      OSError: If the report cannot be written.
      FloatingPointError: If updates were skipped.
    """
    options.check_model(config)
    if bool(settings) != (options.sweep == "settings"):
        raise ValueError(
            "settings to change belong to the sweep `settings`, and it needs one. "
            f"Received: sweep={options.sweep}, settings={settings}"
        )
    if options.sweep == "storage":
        return _storage(config, options)
    if settings:
        sizes = list(_changes(config, settings))
    else:
        sizes = list(_SIZES[options.sweep](config))
    options.prepare()
    if options.sweep == "replicas" and not tf.config.list_physical_devices("GPU"):
        devices = tf.config.list_physical_devices("CPU")
        two = [tf.config.LogicalDeviceConfiguration() for _ in range(2)]
        tf.config.set_logical_device_configuration(devices[0], two)
    print("Building the sizes ...", flush=True)
    models, builds = [], []
    for _ in range(options.builds):
        calls = {}
        for value, grown, strategy in sizes:
            made = make_strategy(strategy, grown.training.batch_size)
            model, own = _built(grown, options.image_shape, made)
            models.append(model)
            calls[value] = own if strategy == "single" else {"train": own["train"]}
        builds.append(calls)
    modes = set.intersection(*(set(own) for own in calls.values()))
    times = {
        mode: _times(builds, mode, options.rounds)
        for mode in ("train", "log_prob", "sample")
        if mode in modes
    }
    points = _points(times, fixed_base=bool(settings))
    for model in models:
        check_finite(model)
    return write_report({"points": points}, config, options, models[0].levels)


def _storage(config, options):
    options.prepare()
    data = load_stored(config)
    times = from_memory_and_disk(config, data, options.rounds)
    options = dataclasses.replace(options, image_shape=data.image_shape)
    return write_report({"points": _points(times)}, config, options, data.levels)


def _points(times, fixed_base=False):
    """Returns the points of a report of `mode -> value -> [milliseconds]`.

    Args:
      times: The times.
      fixed_base: Whether ratios are to the first value; else to the one before.
    """
    points, base = [], None
    for value in next(iter(times.values())):
        found = {}
        for mode, ms in times.items():
            found[mode] = {
                "ms_per_step": summary(ms[value]),
                "ratio": ratio(ms[value], ms[base]) if base else None,
            }
        points.append({"value": value, "modes": found})
        if not (fixed_base and base):
            base = value
    return points


def _times(builds, mode, rounds):
    """Returns `value -> [milliseconds of each round]`, means over the builds."""
    calls = {
        (value, build): own[mode]
        for build, sizes in enumerate(builds)
        for value, own in sizes.items()
    }
    return mean_over_copies(
        interleaved(calls, rounds, progress=Passes(f"{mode}, rounds"))
    )


def _built(config, image_shape, strategy):
    levels = 0 if config.data.continuous else config.data.levels or 256
    images = synthetic_images(config, image_shape, levels)
    with strategy.scope():
        model = build_model(config, image_shape, levels)
        initialize_from_data(model, images)
    if strategy.num_replicas_in_sync == 1:
        return model, model_calls(model, images)
    parts = tf.split(images, strategy.num_replicas_in_sync)
    batch = strategy.experimental_distribute_values_from_function(
        lambda context: parts[context.replica_id_in_sync_group]
    )

    @functools.partial(tf.function, autograph=False)
    def step(batch):
        logs = strategy.run(model.train_step, args=({"image": batch},))
        return tf.nest.map_structure(
            lambda value: strategy.experimental_local_results(value)[0], logs
        )

    return model, {"train": lambda: step(batch)}


def _changes(config, settings):
    yield "as it is", config, "single"
    for label, changed in settings.items():
        yield label, config.replace(**changed), "single"


def _batches(config):
    for factor in (1, 2, 4):
        count = factor * config.training.batch_size
        yield str(count), config.replace(batch_size=count), "single"


def _depths(config):
    if not config.preset.flow:
        raise ValueError(
            "a sweep of the depth needs a preset with a flow. "
            f"Received: preset={config.model.preset!r}"
        )
    for factor in (1, 2, 4):
        steps = tuple(factor * n for n in config["flow_steps"])
        yield ",".join(map(str, steps)), config.replace(flow_steps=steps), "single"


def _widths(config):
    names = [name for name in config.acting() if f"_{name}".endswith("_width")]
    for factor in (1, 2, 4):
        widths = {name: factor * config[name] for name in names}
        yield f"x {factor}", config.replace(**widths), "single"


def _replicas(config):
    if config.training.batch_size % 2:
        raise ValueError(
            "two replicas share a batch evenly. "
            f"Received: batch_size={config.training.batch_size}"
        )
    for count, strategy in (("1", "single"), ("2", "mirrored")):
        yield count, config, strategy


_SIZES = {
    "batch": _batches,
    "depth": _depths,
    "width": _widths,
    "replicas": _replicas,
}
