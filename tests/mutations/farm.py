"""Tasks in forked children, one child a task, so that nothing that a task changes outlives it."""

import multiprocessing
import resource
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


def forked(
    work: Callable[[Task], Any], tasks: Iterable[Task], *, jobs: int, seconds: int
) -> Iterator[tuple[Task, Any]]:
    """Each task with its result as it comes; None where a child died.

    A child that takes more than so many seconds of a processor is ended, however busy the machine.
    """
    waiting, running = deque(tasks), dict[Connection, _Child]()
    while waiting or running:
        while waiting and len(running) < jobs:
            receiver, child = _start(work, waiting.popleft(), seconds)
            running[receiver] = child
        for receiver in wait(list(running)):
            assert isinstance(receiver, Connection)
            child = running.pop(receiver)
            yield child.task, _result(receiver, child)


def _start(work: Callable[[Task], Any], task: Task, seconds: int) -> tuple[Connection, _Child]:
    receiver, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_send, args=(work, task, sender, seconds))
    process.start()
    sender.close()
    return receiver, _Child(task, process)


def _send(work: Callable[[Task], Any], task: Task, sender: Connection, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    sender.send(work(task))
    sender.close()


def _result(receiver: Connection, child: _Child) -> Any:
    try:
        found = receiver.recv()
    except EOFError:
        found = None
    child.process.join()
    receiver.close()
    return found
