"""Folders of runs and sweeps, locked by the process that is at work in them.

A process locks its folder for itself alone, and the folder of any sweep around it together with
others: so the lock of a sweep's folder is that of all its runs. A lock ends with the process, however
that ends. It is on a hidden file that is opened for writing, as NFS wants it of who locks alone; who lets
go removes it, and a process that is killed leaves it, free, to the next.
"""

from __future__ import annotations

import errno
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

#: The hidden file in a folder that is locked.
LOCK = ".runner.lock"
#: Open files that this process has locked: what is forked would keep the locks of one that is killed.
_HELD: set[int] = set()


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


def remove_empty(folder: Path) -> None:
    """Removes a folder that this process holds, if nothing is in it but the lock."""
    with suppress(OSError):
        if [path.name for path in folder.iterdir()] in ([], [LOCK]):
            (folder / LOCK).unlink(missing_ok=True)
            folder.rmdir()


def _lock(folder: Path, locks: ExitStack, *, shared: bool = False) -> bool:
    """Locks a folder until `locks` are closed; returns False where another process has."""
    if fcntl is None:
        return _lock_by_file(folder, locks, shared=shared)
    path = folder.absolute() / LOCK
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):  # a folder around, of another user
                return True
            raise
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        except OSError:  # no locks are known there
            pass
        if _is_at(path, handle):
            _HELD.add(handle)
            locks.callback(_let_go, path, handle)
            return True
        os.close(handle)  # who held it has removed it meanwhile


def _let_go(path: Path, handle: int) -> None:
    """Ends a lock, and removes its file unless others share it."""
    try:
        with suppress(OSError):
            if _is_alone(handle) and _is_at(path, handle):
                path.unlink()
    finally:
        _HELD.discard(handle)
        os.close(handle)


def leave_to_parent() -> None:
    """Lets go, in a process that was forked, of what the one that forked it has locked."""
    while _HELD:
        os.close(_HELD.pop())


def _is_alone(handle: int) -> bool:
    """Whether no other process shares a lock, as far as a file system knows of locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _is_at(path: Path, handle: int) -> bool:
    """Whether an open file is the one that a path names."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


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
