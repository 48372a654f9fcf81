"""The speed of a configuration's model on synthetic images."""

import contextlib
import time

import numpy as np
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models import build_model, initialize_from_data
from ade_tf.progress import Passes
from experiments.bench.machine import available_cores, matmul_gflops, peak_memory_mb
from experiments.bench.model_calls import model_calls
from experiments.bench.options import BenchmarkOptions
from experiments.bench.products import flops, products_alone, products_of
from experiments.bench.references import check_reference, reference_calls
from experiments.bench.report import write_report
from experiments.bench.step_profile import profile_of
from experiments.bench.timing import interleaved, ratio, run_to_end, summary

__all__ = ["benchmark", "check_finite", "synthetic_images"]


def benchmark(
    config: RunConfig, options: BenchmarkOptions, started: float | None = None
) -> dict:
    """Measures training, log_prob and sampling, and writes a JSON report.

    Images are uniform in 0 .. levels-1 (256 levels unless the configuration says
    otherwise; standard normal where it says `continuous`), one batch for all steps. By
    turns with the model, step for step, are timed: the convolutions and matrix products
    of the same step alone, and the references. The direct one starts from the model's
    weights.

    Args:
      config: A resolved configuration; its data set and its number of steps play no
        part.
      options: What is measured, and the file of the report, whose directory is made.
      started: `time.perf_counter()` at the start of the program, for the time to the
        first step; None for now.

    Returns:
      The report. `modes` has for `train`, `log_prob` (where there is a likelihood) and
      `sample`: `ms_per_step` (median, min, max), `images_per_s` and `gflops_per_s` (by
      the median), `flops_per_image`, `products` (the same products alone: `ms_per_step`
      and `share`, their time over the model's), `share_of_matmul_peak`, and for each
      reference `references` and `ratio` (the model's time over its time, by rounds).
      Besides: `start_up_s` until the end of the first training step, `peak_memory_mb`
      of the process before anything but the model is built, with `profile` the `parts`
      of a training step (`profile_of`), and what was measured where.

    Raises:
      ValueError: On a conditional model, or a reference that does not stand for the
        configuration's model or cannot be run.
      OSError: If the report cannot be written.
      FloatingPointError: If updates were skipped, which makes steps cheaper.
    """
    started = time.perf_counter() if started is None else started
    options.check_model(config)
    for name in options.against:
        check_reference(name, config, options.peer_python)
    options.prepare()
    levels = 0 if config.data.continuous else config.data.levels or 256
    print("Tracing the first step ...", flush=True)
    model = build_model(config, options.image_shape, levels)
    images = synthetic_images(config, options.image_shape, levels)
    initialize_from_data(model, images)
    own = model_calls(model, images)
    run_to_end(own["train"])
    start_up_s = time.perf_counter() - started
    for call in own.values():
        for _ in range(2):
            run_to_end(call)
    peak = peak_memory_mb()
    found = {"start_up_s": start_up_s, "peak_memory_mb": peak, "modes": {}}
    with contextlib.ExitStack() as stack:
        sides, described = {}, {}
        threads = options.threads or available_cores()
        for name in options.against:
            calls, described[name] = stack.enter_context(
                reference_calls(name, model, images, options.peer_python, threads)
            )
            sides[name] = calls
        for mode, call in own.items():
            products = products_of(call.function, *call.arguments)
            calls = {"model": call, "products": products_alone(products)}
            calls |= {name: side[mode] for name, side in sides.items()}
            times = interleaved(
                calls, options.rounds, progress=Passes(f"{mode}, rounds")
            )
            work = sum(flops(product) * n for product, n in products.items())
            found["modes"][mode] = _result(times, len(images), work)
    found["references"] = described
    peak_gflops = found["matmul_gflops"] = matmul_gflops()
    for result in found["modes"].values():
        result["share_of_matmul_peak"] = result["gflops_per_s"] / peak_gflops
    if options.profile:
        found["parts"] = profile_of(model, own["train"])
    check_finite(model)
    return write_report(found, config, options, levels)


def synthetic_images(config, image_shape, levels) -> tf.Tensor:
    """Returns a batch of random images, `[B, H, W, C]`."""
    shape, rng = (config.training.batch_size, *image_shape), np.random.default_rng(0)
    values = rng.integers(levels, size=shape) if levels else rng.normal(size=shape)
    return tf.constant(values, tf.float32)


def check_finite(model) -> None:
    """Raises FloatingPointError if a model has skipped updates."""
    skipped = int(model.skipped_updates.numpy())
    if skipped:
        raise FloatingPointError(
            "A benchmark times steps with finite gradients. "
            f"Received: {skipped} skipped updates"
        )


def _result(times, count, work):
    speeds = {
        side: {
            "images_per_s": 1e3 * count / summary(ms)["median"],
            "ms_per_step": summary(ms),
        }
        for side, ms in times.items()
    }
    result, alone = speeds.pop("model"), speeds.pop("products")
    result["flops_per_image"] = work / count
    result["gflops_per_s"] = work / result["ms_per_step"]["median"] / 1e6
    result["products"] = {
        "ms_per_step": alone["ms_per_step"],
        "share": ratio(times["products"], times["model"]),
    }
    result["ratio"] = {side: ratio(times["model"], times[side]) for side in speeds}
    result["references"] = speeds
    return result
