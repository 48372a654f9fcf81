"""A benchmark's report: its file, and a table to be read."""

import dataclasses
import json

from ade_tf.files import replace_file
from ade_tf.versions import package_versions
from experiments.bench.machine import available_cores, describe_machine

__all__ = ["describe_report", "write_report"]

_HEAD = ("", "images/s", "ms/step", "min", "max", "ratio", "min", "max")
_SIZES = (16, 10, 10, 10, 10, 8, 8, 8)


def write_report(found: dict, config, options, levels: int) -> dict:
    """Adds what was measured where, and writes the report.

    Args:
      found: What was measured.
      config: The configuration.
      options: The `BenchmarkOptions`.
      levels: Grey levels of the images.

    Returns:
      The report.
    """
    chosen = dataclasses.asdict(options)
    del chosen["out"]
    report = {
        **found,
        **chosen,
        "threads": options.threads or available_cores(),
        "image_shape": list(options.image_shape),
        "against": list(options.against),
        "levels": levels,
        "batch_size": config.training.batch_size,
        "config": config.to_flat(),
        "versions": package_versions(),
        "machine": describe_machine(),
    }
    replace_file(options.out, (json.dumps(report, indent=1) + "\n").encode())
    return report


def describe_report(report: dict) -> str:
    """Returns a report of `benchmark` or `sweep` as a table to be read."""
    if report["sweep"]:
        return "\n".join(_sweep_lines(report))
    lines = [_cells(_HEAD)]
    for mode, result in report["modes"].items():
        lines.append(_line(mode, result))
        for name, reference in result["references"].items():
            lines.append(_line(f"  {name}", reference, result["ratio"][name]))
    for mode, result in report["modes"].items():
        lines.append(
            f"{mode}: {result['flops_per_image'] / 1e6:.1f} MFLOP an image outside of "
            f"loops, {result['gflops_per_s']:.1f} GFLOP/s, "
            f"{100 * result['share_of_matmul_peak']:.0f} % of a large matrix product; "
            f"its own convolutions and products alone take "
            f"{100 * result['products']['share']['median']:.0f} % of the time"
        )
    if report["profile"]:
        lines.append("parts of a training step:")
        for part, share in report["parts"].items():
            lines.append(
                f"  {part:<22}{share['ms']:>8.1f} ms {100 * share['share']:>6.1f} %"
            )
    lines.append(
        "ratio: time of the model over that of the reference, round by round; "
        f"{report['rounds']} rounds, {report['threads']} threads"
    )
    lines.append(
        f"first training step after {report['start_up_s']:.1f} s, "
        f"peak memory {report['peak_memory_mb']:.0f} MB"
    )
    return "\n".join(lines)


def _sweep_lines(report):
    """Yields a line for each point of a sweep."""
    kind, modes = report["sweep"], list(report["points"][0]["modes"])
    wide = 2 + max(len(str(point["value"])) for point in report["points"])
    wide = max(wide, len(kind) + 2)
    yield f"{kind:<{wide}}" + "".join(f"{mode:>12}, ms   ratio" for mode in modes)
    for point in report["points"]:
        line = f"{point['value']!s:<{wide}}"
        for mode in modes:
            result = point["modes"][mode]
            grown = result["ratio"]
            times = f"{grown['median']:.3f}" if grown else ""
            line += f"{result['ms_per_step']['median']:>16.1f}{times:>8}"
        yield line
    other = "first line" if kind == "settings" else "line above"
    several = f", each the mean of {report['builds']} models of a size"
    built = several if report["builds"] > 1 else ""
    yield (
        f"ratio: time over that of the {other}, round by round; "
        f"{report['rounds']} rounds{built}, {report['threads']} threads"
    )


def _line(name, speed, against=None):
    ms, keys = speed["ms_per_step"], ("median", "min", "max")
    cells = [name, f"{speed['images_per_s']:.1f}", *(f"{ms[key]:.1f}" for key in keys)]
    if against is not None:
        cells += [f"{against[key]:.3f}" for key in keys]
    return _cells(cells)


def _cells(cells):
    first, *others = zip(cells, _SIZES, strict=False)
    return f"{first[0]:<{first[1]}}" + "".join(f"{c:>{size}}" for c, size in others)
