"""Pools of processes that end when asked: on an interrupt nothing that waits is begun."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

_PARENT_DIED = 1  # PR_SET_PDEATHSIG of Linux's prctl


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of spawned processes; an exception within ends them at once, whatever they compute.

    Workers leave an interrupt from the keyboard to their parent and, on Linux, end with it.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start, (os.getpid(),))
    try:
        yield pool
    except BaseException:
        processes = list((pool._processes or {}).values())  # no public name before Python 3.14
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        raise
    pool.shutdown()


def _start(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DIED, signal.SIGTERM)
        if os.getppid() != parent:  # which died before
            os._exit(1)
