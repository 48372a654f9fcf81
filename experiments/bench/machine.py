"""What the machine is, and what it can do at best."""

import os
import pathlib
import platform
import resource
import sys
import time

import tensorflow as tf

__all__ = ["available_cores", "describe_machine", "matmul_gflops", "peak_memory_mb"]

_SIDE = 1536


def available_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def describe_machine() -> str:
    """Returns processor and cores in words."""
    return f"{platform.machine()}, {os.cpu_count()} cores"


def matmul_gflops(repeats: int = 10) -> float:
    """Returns the best speed of a float32 product of matrices of side 1536, GFLOP/s."""
    first, second = (tf.random.normal([_SIDE, _SIDE]) for _ in range(2))
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        tf.matmul(first, second)[0, 0].numpy()
        times.append(time.perf_counter() - begin)
    return 2e-9 * _SIDE**3 / min(times)


def peak_memory_mb() -> float:
    """Returns the greatest resident memory of this process so far, MB."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        # On Linux `ru_maxrss` begins at that of the process which started this one.
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, KiB elsewhere.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
