"""Forked workers: what they return, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest.mock import patch

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are Linux's")


def told(number: int) -> tuple[int, int, bool, int]:
    """What a worker is: the process, whether it ends by SIGTERM, how many locks it holds."""
    import signal

    from runner.records import locks

    if number == 3:
        raise ValueError(number)
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number, os.getpid(), signal.getsignal(signal.SIGTERM) != signal.SIG_IGN, len(locks._HELD)


def of_two_workers(*numbers: int) -> list[tuple[int, int, bool, int]]:
    from runner.sweeping.forking import forked

    calls = iter([(number,) for number in numbers])
    return list(forked(told, lambda: next(calls, None), 2, lambda: None))


def workers_are_what_they_should_be() -> None:
    from runner.records.locks import held
    from runner.sweeping.forking import may_fork

    assert may_fork()
    with held(Path.cwd(), around=False):
        numbers, processes, may_end, locks = zip(*of_two_workers(0, 1, 2, 4), strict=True)
    assert sorted(numbers) == [0, 1, 2, 4]
    assert os.getpid() not in processes
    assert not any(may_end)
    assert not any(locks)


def an_error_and_a_death_are_told() -> None:
    from runner.sweeping.forking import WorkerDiedError, may_fork

    with pytest.raises(ValueError, match="3"):
        of_two_workers(0, 3)
    with pytest.raises(WorkerDiedError):
        of_two_workers(0, 5)
    with pytest.raises(ChildProcessError):  # nobody is left
        os.waitpid(-1, os.WNOHANG)
    assert may_fork()


def a_signal_that_comes_meanwhile_leaves_nobody() -> None:
    """It waits until they are there: nobody else would end them, and who made them would wait for them."""
    import signal

    parent = os.getpid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
    os.register_at_fork(after_in_child=lambda: os.kill(parent, signal.SIGINT) if TOLD else None)
    TOLD.append(True)
    with pytest.raises(KeyboardInterrupt):
        of_two_workers(0)
    TOLD.clear()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def a_second_signal_as_they_are_to_end_leaves_nobody() -> None:
    """It comes where the first one has been raised, before signals wait again."""
    import signal

    blocked: list[int] = []

    def late(how: int, mask: Any) -> Any:
        if how == signal.SIG_BLOCK and mask:
            blocked.append(how)
            if len(blocked) == 2:  # the first is of their beginning
                signal.raise_signal(signal.SIGINT)
        return set_mask(how, mask)

    set_mask = signal.pthread_sigmask
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with patch.object(signal, "pthread_sigmask", late), pytest.raises(KeyboardInterrupt):
        of_two_workers(0)
    assert len(blocked) == 2
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


TOLD: list[bool] = []


def nobody_forks_beside_a_thread() -> None:
    from runner.sweeping.forking import may_fork

    end = Event()
    thread = Thread(target=end.wait)
    thread.start()
    assert not may_fork()
    end.set()


def the_allocator_of_pyarrow_is_no_thread_of_ours() -> None:
    """What it has begun, its thread too, it goes on with in what is forked."""
    import pyarrow as pa

    from runner.sweeping.forking import forked, may_fork

    if "jemalloc" not in pa.supported_memory_backends():
        return
    pools = [pool() for pool in (pa.jemalloc_memory_pool, pa.system_memory_pool, pa.default_memory_pool)]

    def summed(count: int) -> int:
        arrays = [pa.array(range(count), memory_pool=pool) for pool in pools for _ in range(50)]
        return sum(array[-1].as_py() for array in arrays)

    before, deadline = summed(10_000), time.monotonic() + 10
    while (names := thread_names()).count("jemalloc_bg_thd") == 0 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(names) > 1
    assert may_fork()
    calls = iter([(10_000,)] * 8)
    assert list(forked(summed, lambda: next(calls, None), 2, lambda: None)) == [before] * 8
    assert summed(10_000) == before


def thread_names() -> list[str]:
    return [path.read_text(encoding="ascii").strip() for path in Path("/proc/self/task").glob("*/comm")]


def test_workers_are_forked_and_end(tmp_path: Path) -> None:
    """In a process of its own: this one may have threads, of pytest's or of OpenBLAS'."""
    call = [sys.executable, "-W", "error", __file__]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    workers_are_what_they_should_be()
    an_error_and_a_death_are_told()
    a_signal_that_comes_meanwhile_leaves_nobody()
    a_second_signal_as_they_are_to_end_leaves_nobody()
    nobody_forks_beside_a_thread()
    the_allocator_of_pyarrow_is_no_thread_of_ours()
