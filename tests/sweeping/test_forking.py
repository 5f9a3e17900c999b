"""Forked workers: what they return, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

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


def nobody_forks_beside_a_thread() -> None:
    from runner.sweeping.forking import may_fork

    end = Event()
    thread = Thread(target=end.wait)
    thread.start()
    assert not may_fork()
    end.set()


def test_workers_are_forked_and_end(tmp_path: Path) -> None:
    """In a process of its own: this one may have threads, of pytest's or of OpenBLAS'."""
    call = [sys.executable, "-W", "error", __file__]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    workers_are_what_they_should_be()
    an_error_and_a_death_are_told()
    nobody_forks_beside_a_thread()
