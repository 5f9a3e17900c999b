"""What this machine has: room on a disk, memory, processors. And whether the user insists on more."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from runner.errors import ConfigError

#: Where Linux says what there is.
PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
#: What a group of processes may take, what it has, and what of that can be had back: of versions 2 and 1.
GROUP_FILES = (
    ("memory.max", "memory.current", ("inactive_file", "active_file")),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
)
#: What says how much of a second, and of how long a one, a group may compute: of versions 2 and 1.
QUOTAS = (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us"))
#: As many runs a sweep may have.
MOST_RUNS = 10**6
#: How a user insists.
FORCE = "--force"
_STATE = {"insists": False}


class BeyondError(ConfigError):
    """A configuration that asks for more than the machine has, so that it is refused before it starts."""


def insists() -> bool:
    """Whether what is beyond the machine is to be tried all the same."""
    return _STATE["insists"]


def insist(insists: bool = True) -> None:
    """Sets what `insists` returns, for this process."""
    _STATE["insists"] = insists


def free_disk(folder: str | Path) -> int | None:
    """The bytes that may be written into a folder, which need not be there yet; None where nobody knows."""
    path = Path(folder).absolute()
    for there in (path, *path.parents):
        with suppress(OSError):
            usage = shutil.disk_usage(there)
            return usage.free if usage.total > 0 else None
    return None


def free_memory() -> int | None:
    """The bytes of memory that this process may yet take; None where nobody knows.

    The least of what the machine has left, its swap included, what the process's group may take, and its
    own limit (``ulimit -v``).
    """
    left = [_of_machine("MemAvailable:", "SwapFree:"), *(free for _, free in _group_limits()), _of_process()]
    return min((n for n in left if n is not None), default=None)


def whole_memory() -> int | None:
    """The bytes of memory that there are for all processes of the group; None where nobody knows."""
    there = [_of_machine("MemTotal:", "SwapTotal:"), *(limit for limit, _ in _group_limits())]
    return min((n for n in there if n is not None), default=None)


def _of_machine(*names: str) -> int | None:
    """The sum of some lines of ``/proc/meminfo``; elsewhere the memory that is built in."""
    with suppress(OSError, ValueError, IndexError):
        lines = (line.split() for line in (PROC / "meminfo").read_text("ascii").splitlines())
        numbers = {words[0]: 1024 * int(words[1]) for words in lines}
        if names[0] in numbers:
            return sum(numbers.get(name, 0) for name in names)
    with suppress(AttributeError, OSError, ValueError):
        built_in = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return built_in if built_in > 0 else None
    return None


def cores() -> int:
    """How many processors this process may use: by its affinity, and by what its group may compute."""
    try:
        own = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        own = os.cpu_count() or 1
    quotas = [quota for group, version in _groups("cpu") if (quota := _quota(group, QUOTAS[version]))]
    return min([own, *map(math.ceil, quotas)])


def _quota(group: Path, files: tuple[str, ...]) -> float:
    """Of how many processors a group may have the time; 0 where nothing bounds it."""
    with suppress(OSError, ValueError):
        quota, period = " ".join((group / name).read_text("ascii") for name in files).split()
        return max(0.0, int(quota) / int(period))  # no bound is "max", or -1
    return 0.0


def _group_limits() -> Iterator[tuple[int, int]]:
    """The limit of each group around this process that has one, and what is left of it."""
    for group, version in _groups("memory"):
        yield from _of_group(group, GROUP_FILES[version])


def _groups(controller: str) -> Iterator[tuple[Path, int]]:
    """The folder of each group around this process, and 0 for version 2, 1 for 1."""
    with suppress(OSError, ValueError):
        for line in (PROC / "self" / "cgroup").read_text("utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            root = CGROUPS / controller if controllers else CGROUPS
            folder = root / path.lstrip("/")
            yield from (
                (group, int(bool(controllers)))
                for group in (folder, *folder.parents)
                if group.is_relative_to(root)
            )


def _of_group(group: Path, files: tuple[str, str, tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    limit_file, usage_file, caches = files
    with suppress(OSError, ValueError, IndexError):  # no limit is "max", which is no number
        limit = int((group / limit_file).read_text("ascii"))
        lines = (line.split() for line in (group / "memory.stat").read_text("ascii").splitlines())
        cached = sum(int(words[1]) for words in lines if words[0] in caches)
        yield limit, max(0, limit - int((group / usage_file).read_text("ascii")) + cached)


def _of_process() -> int | None:
    """What ``ulimit -v`` leaves."""
    with suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            pages = int((PROC / "self" / "statm").read_text("ascii").split()[0])
            return max(0, limit - pages * os.sysconf("SC_PAGE_SIZE"))
    return None


def in_words(size: float) -> str:
    """A number of bytes as it is read: 1.23 MB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} PB"
