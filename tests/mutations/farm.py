"""Tasks in forked children, one child a task, so that nothing that a task changes outlives it."""

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, TypeVar

Task = TypeVar("Task")
_FORK = multiprocessing.get_context("fork")


class _Child(NamedTuple):
    task: Any
    process: BaseProcess
    ends: float


def forked(
    work: Callable[[Task], Any], tasks: Iterable[Task], *, jobs: int, seconds: float
) -> Iterator[tuple[Task, Any]]:
    """Each task with its result as it comes; None where a child died or took too long."""
    waiting, running = deque(tasks), dict[Connection, _Child]()
    while waiting or running:
        while waiting and len(running) < jobs:
            receiver, child = _start(work, waiting.popleft(), seconds)
            running[receiver] = child
        ready = wait(list(running), timeout=1.0)
        late = [x for x, child in running.items() if child.ends < time.monotonic()]
        for receiver in {*ready, *late}:
            child = running.pop(receiver)  # type: ignore[arg-type]
            yield child.task, _result(receiver, child)  # type: ignore[arg-type]


def _start(work: Callable[[Task], Any], task: Task, seconds: float) -> tuple[Connection, _Child]:
    receiver, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_send, args=(work, task, sender))
    process.start()
    sender.close()
    return receiver, _Child(task, process, time.monotonic() + seconds)


def _send(work: Callable[[Task], Any], task: Task, sender: Connection) -> None:
    sender.send(work(task))
    sender.close()


def _result(receiver: Connection, child: _Child) -> Any:
    try:
        found = receiver.recv() if receiver.poll() else None
    except EOFError:
        found = None
    child.process.kill()
    child.process.join()
    receiver.close()
    return found
