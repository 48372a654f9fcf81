"""The speed of a configuration's model on synthetic images."""

import json
import os
import pathlib
import platform
import resource
import sys
import time

import numpy as np
import tensorflow as tf

from ade_tf.benchmarking.timing import interleaved, ratio, summary
from ade_tf.benchmarking.workloads import REFERENCES, model_calls
from ade_tf.config import RunConfig
from ade_tf.files import replace_file
from ade_tf.models import build_model, initialize_from_data
from ade_tf.versions import package_versions

__all__ = ["benchmark", "describe_report"]


def benchmark(
    config: RunConfig,
    out,
    *,
    image_shape=(32, 32, 3),
    against: str = "",
    rounds: int = 30,
    threads: int = 0,
    started: float | None = None,
) -> dict:
    """Measures training, log_prob and sampling, and writes a JSON report.

    Images are uniform in 0 .. levels-1 (256 levels unless the configuration says
    otherwise; standard normal where it says `continuous`), one batch for all steps.
    A reference is timed by turns with the model, step for step, and starts from the
    same weights.

    Args:
      config: A resolved configuration; its data set and its number of steps play no
        part.
      out: File of the report; its directory is made.
      image_shape: `(H, W, C)`.
      against: Key of `REFERENCES`, or "" for none.
      rounds: Timed steps of each mode, at least 1.
      threads: Threads of TensorFlow; 0 for its own choice. More than 0 only in a
        process that has not used TensorFlow yet.
      started: `time.perf_counter()` at the start of the program, for the time to the
        first step; None for now.

    Returns:
      The report: `modes` with, for `train`, `log_prob` and `sample`, `images_per_s` (by
      the median), `ms_per_step` and, with a reference, `ratio` (time over its time, by
      rounds) and `references`; `start_up_s` until the end of the first training step;
      `peak_memory_mb` of the process before the reference is built; and what was
      measured where.

    Raises:
      ValueError: On an argument out of range, a conditional model, or a reference that
        does not stand for the configuration's model.
      OSError: If the report cannot be written.
      FloatingPointError: If updates were skipped, which makes steps cheaper.
    """
    started = time.perf_counter() if started is None else started
    out = _checked(out, image_shape, against, rounds, threads)
    if config.model.conditional:
        raise ValueError(
            "a benchmark's images have no labels: the model must not be conditional. "
            "Received: conditional=True"
        )
    if against:
        REFERENCES[against].check(config)
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    levels = 0 if config.data.continuous else config.data.levels or 256
    model = build_model(config, image_shape, levels)
    images = _images((config.training.batch_size, *image_shape), levels)
    initialize_from_data(model, images)
    sides = {"model": model_calls(model, images)}
    interleaved({"first": sides["model"]["train"]}, rounds=1, warmup=0)
    start_up_s = time.perf_counter() - started
    for call in sides["model"].values():
        interleaved({"warm": call}, rounds=2, warmup=0)
    peak_memory_mb = _peak_memory_mb()
    if against:
        sides[against] = REFERENCES[against].calls(model, images)
    modes = {}
    for mode in sides["model"]:
        calls = {side: calls[mode] for side, calls in sides.items()}
        modes[mode] = _result(interleaved(calls, rounds), len(images))
    if int(model.skipped_updates.numpy()):
        raise FloatingPointError(
            "A benchmark times steps with finite gradients. "
            f"Received: {int(model.skipped_updates.numpy())} skipped updates"
        )
    report = {
        "modes": modes,
        "start_up_s": start_up_s,
        "peak_memory_mb": peak_memory_mb,
        "threads": threads or _available_cores(),
        "rounds": rounds,
        "against": against,
        "image_shape": list(image_shape),
        "levels": levels,
        "batch_size": len(images),
        "config": config.to_flat(),
        "versions": package_versions(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    replace_file(out, (json.dumps(report, indent=1) + "\n").encode())
    return report


def describe_report(report: dict) -> str:
    """Returns a report of `benchmark` as a table to be read."""
    header = ("", "images/s", "ms/step", "min", "max", "ratio", "min", "max")
    lines = ["{:<12}{:>10}{:>10}{:>10}{:>10}{:>8}{:>8}{:>8}".format(*header)]
    for mode, result in report["modes"].items():
        lines.append(_line(mode, result, result["ratio"].get(report["against"])))
        for name, reference in result["references"].items():
            lines.append(_line(f"  {name}", reference, None))
    lines.append(
        f"first training step after {report['start_up_s']:.1f} s, "
        f"peak memory {report['peak_memory_mb']:.0f} MB, "
        f"{report['threads']} threads, {report['rounds']} rounds"
    )
    return "\n".join(lines)


def _checked(out, image_shape, against, rounds, threads):
    if not out:
        raise ValueError(f"out must name a file. Received: out={out!r}")
    if len(image_shape) != 3 or min(image_shape) < 1:
        raise ValueError(
            "image_shape must be height, width and channels, each at least 1. "
            f"Received: image_shape={tuple(image_shape)}"
        )
    if against not in ("", *REFERENCES):
        raise ValueError(
            f"against must be one of {', '.join(REFERENCES)}, or empty. "
            f"Received: against={against!r}"
        )
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1. Received: rounds={rounds}")
    if threads < 0:
        raise ValueError(f"threads must be at least 0. Received: threads={threads}")
    out = pathlib.Path(out)
    if out.is_dir():
        raise ValueError(f"out must name a file. Received: a directory, {str(out)!r}")
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


def _images(shape, levels):
    rng = np.random.default_rng(0)
    values = rng.integers(levels, size=shape) if levels else rng.normal(size=shape)
    return tf.constant(values, tf.float32)


def _result(times, count):
    speeds = {
        side: {
            "images_per_s": 1e3 * count / summary(ms)["median"],
            "ms_per_step": summary(ms),
        }
        for side, ms in times.items()
    }
    result = speeds.pop("model")
    result["ratio"] = {side: ratio(times["model"], times[side]) for side in speeds}
    result["references"] = speeds
    return result


def _line(name, speed, against):
    ms = speed["ms_per_step"]
    line = f"{name:<12}{speed['images_per_s']:>10.1f}"
    line += "".join(f"{ms[key]:>10.1f}" for key in ("median", "min", "max"))
    if against is not None:
        line += "".join(f"{against[key]:>8.3f}" for key in ("median", "min", "max"))
    return line


def _peak_memory_mb():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, KiB elsewhere.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _available_cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()
