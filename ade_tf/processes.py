"""Work that is shared out to processes."""

import collections
import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator

__all__ = ["parallel"]


@contextlib.contextmanager
def parallel(processes: int = 0) -> Iterator[Callable]:
    """Makes a context of a function that maps another over arguments, in processes.

    It takes a function and an iterable of its arguments, tuples, and yields the results
    in their order. Few arguments are made ahead. The processes end with this one,
    however it ends.

    Args:
      processes: Their number; 0: one for each core. 1 is this process itself.
    """
    processes = processes or os.cpu_count()
    if processes == 1:
        yield lambda function, tasks: (function(*task) for task in tasks)
        return
    # Not by a fork, for whoever calls may have threads.
    pool = concurrent.futures.ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_begin
    )

    def run(function, tasks):
        waiting = collections.deque()
        for task in tasks:
            waiting.append(pool.submit(function, *task))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    try:
        yield run
    finally:
        pool.shutdown(cancel_futures=True)


def _begin():
    """Leaves Ctrl-C to the parent, and ends when that has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end():
        parent.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
