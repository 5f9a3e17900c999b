"""Workers that are forked: there in milliseconds, where that is safe.

Safe it is where this process has one thread, of Python's or a library's: a lock that another thread holds
would stay held in what is forked. So nothing here starts one, as joblib and :mod:`concurrent.futures` do.
The one that pyarrow's allocator starts as it is imported does not count: that stops it around a fork, with
none of its locks held.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from runner.halting import SIGNALS
from runner.records.locks import leave_to_parent

#: What jemalloc calls its threads; see its ``background_thread_prefork0``.
ALLOCATOR = b"jemalloc_bg_thd\n"
#: Linux's name for the signal that a process gets when its parent ends, from ``sys/prctl.h``.
PR_SET_PDEATHSIG = 1


class WorkerDiedError(Exception):
    """A worker ended before it had returned what it was asked for."""


def may_fork() -> bool:
    """Whether this process may fork workers: it is Linux's, and has one thread."""
    if sys.platform != "linux":
        return False
    try:
        names = [Path(thread, "comm").read_bytes() for thread in Path("/proc/self/task").iterdir()]
    except OSError:
        return False
    return len(names) - names.count(ALLOCATOR) == 1


class _Worker(NamedTuple):
    process: Any
    connection: Any


def forked(
    call: Callable[..., Any],
    take: Callable[[], tuple[Any, ...] | None],
    workers: int,
    begun: Callable[[], None],
) -> Generator[Any]:
    """What `call` returns of each of the arguments, as it is done.

    `take` returns the next arguments, or None where there are none now; it is asked while workers are at
    work. `begun` is called as they are there: threads may be started. Raises what `call` raises, and
    WorkerDiedError.
    """
    from multiprocessing.connection import wait

    team, mask = list[_Worker](), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        _fill(team, call, workers)  # a signal that has waited comes at its end
        begun()
        idle, busy, ahead = list(team), dict[Any, _Worker](), take()
        while busy or ahead is not None:
            while idle and ahead is not None:
                worker = idle.pop()
                _alive(worker.connection.send, ahead)
                busy[worker.connection] = worker
                ahead = take()
            for connection in wait([*busy]):
                returned, error = _alive(connection.recv)  # type: ignore[union-attr]
                if error is not None:
                    raise error
                idle.append(busy.pop(connection))
                yield returned
            ahead = take() if ahead is None else ahead
    finally:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # which raises what came just before
        finally:
            for worker in team:
                worker.process.kill()
                worker.process.join()
                worker.connection.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _alive(talk: Callable[..., Any], *what: Any) -> Any:
    try:
        return talk(*what)
    except (EOFError, ConnectionError):
        raise WorkerDiedError from None


def _fill(team: list[_Worker], call: Callable[..., Any], workers: int) -> None:
    """Forks them; signals, which are for their parent, wait until they do not heed them."""
    from multiprocessing import get_context

    fork, parent = get_context("fork"), os.getpid()
    gc.freeze()  # a collection in a worker would copy every page that it shares
    try:
        with _signals_waiting() as before:
            for _ in range(workers):
                ours, theirs = fork.Pipe()
                process = fork.Process(target=_work, args=(call, theirs, parent, before), daemon=True)
                with warnings.catch_warnings():  # Python 3.12 and later count the allocator's thread
                    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
                    process.start()
                theirs.close()  # so that it ends with the worker
                team.append(_Worker(process, ours))
    finally:
        gc.unfreeze()


@contextmanager
def _signals_waiting() -> Iterator[Any]:
    """Has signals come at its end; gives the mask from before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(call: Callable[..., Any], connection: Any, parent: int, mask: Any) -> None:
    """A worker: it ends when it is killed, by its parent or because that has ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    leave_to_parent()
    while os.getppid() == parent:  # and not so where that ended before the call above
        arguments = connection.recv()
        connection.send(_answer(call, arguments))


def _answer(call: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    """What a call returned, and what it raised."""
    try:
        return call(*arguments), None
    except Exception as error:
        return None, error
