"""Folders of runs and sweeps, locked by the process that is at work in them.

A process locks its folder for itself alone, and the folder of any sweep around it together with
others: so the lock of a sweep's folder is that of all its runs. A lock ends with the process, however
that ends, and leaves no file behind.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from runner.errors import RunnerError
from runner.records.names import MULTIRUN


def inside(folder: str, sweep: str) -> str:
    """A run's folder as seen from its sweep's, with slashes, or as it is where it is elsewhere.

    Both are absolute, and as :mod:`pathlib` writes them.
    """
    within = folder.startswith(f"{sweep}{os.sep}")
    return folder[len(sweep) + 1 :].replace(os.sep, "/") if within else folder


@contextmanager
def held(folder: Path, key: str = "hydra.sweep.dir", *, around: bool = True) -> Iterator[None]:
    """Keeps other processes out of the folder that `key` names for as long as this one writes into it.

    Raises RunnerError where another holds it, or a sweep `around` it, or is at work inside it. Where a
    file system knows no locks nobody is kept out.
    """
    parents = folder.absolute().parents if around else ()
    sweeps = [parent for parent in parents if (parent / MULTIRUN).is_file()]
    at_work = f"{key}={folder}: another process is at work in it; wait until that has ended"
    with ExitStack() as locks:
        if not _lock(folder, locks):
            raise RunnerError(f"{at_work}, or name another folder")
        for sweep in sweeps:
            if not _lock(sweep, locks, shared=True):
                raise RunnerError(f"{at_work}, or name another folder (the sweep in {sweep})")
        yield


def refuse_at_work(folder: Path, key: str) -> None:
    """Raises RunnerError where another process is at work in the folder that `key` names."""
    with held(folder, key, around=False):
        pass


def _lock(folder: Path, locks: ExitStack, *, shared: bool = False) -> bool:
    """Locks a folder until `locks` are closed; returns False where another process has."""
    if fcntl is None:
        return _lock_by_file(folder, locks, shared=shared)
    with suppress(PermissionError):  # a folder around that may not be read
        handle = os.open(folder, os.O_RDONLY)
        locks.callback(os.close, handle)
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
    return True


def _lock_by_file(folder: Path, locks: ExitStack, *, shared: bool) -> bool:
    """The same where folders cannot be locked: by a file among the system's temporary ones."""
    from filelock import FileLock, Timeout

    name = sha256(os.path.realpath(folder).encode()).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir(), f"backprop-runner-{name}.lock"))
    with suppress(OSError):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        if shared:  # such locks are not: who would share one only sees whether it is free
            lock.release()
        else:
            locks.callback(lock.release)
    return True
