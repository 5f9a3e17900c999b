"""Figures shared out among processes: what is forked draws them, and who asked for them writes them.

Matplotlib holds the interpreter as it draws, so that threads would wait for each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from runner.commands import wants_traceback
from runner.errors import RunnerError
from runner.figures import NAMES, OF_ALL_RUNS
from runner.records.stores import store_in
from runner.resources import cores
from runner.sweeping.forking import WorkerDiedError, forked, may_fork

if TYPE_CHECKING:
    from runner.results import Results

T = TypeVar("T")

#: Processes at most: those of all runs, which one draws, take half of the time.
MOST = 2


def processes(results: Results, only: Sequence[str] = ()) -> int:
    """How many processes draw the figures in `only` (or all): 1 is this one itself.

    What is forked has temporary folders of its own, for runs without any, and its errors have no traceback.
    """
    by_itself = results.sources or store_in(results.folder) or wants_traceback() or not may_fork()
    return 1 if by_itself else min(cores(), MOST, len(_shares(only or NAMES)))


def shared(draw: Callable[[Sequence[str]], Iterator[T]], names: Sequence[str], count: int) -> Iterator[T]:
    """What `draw` yields of each of `names`, in their order, by `count` processes.

    Raises what `draw` raises, and RunnerError where a process is killed.
    """
    if count == 1:
        yield from draw(names)
        return
    shares, made, waiting = iter([(share,) for share in _shares(names)]), dict[str, T](), deque(names)

    def of_share(share: Sequence[str]) -> list[tuple[str, T]]:
        return list(zip(share, draw(share), strict=True))

    try:
        with closing(forked(of_share, lambda: next(shares, None), count, lambda: None)) as drawn:
            for share in drawn:
                made |= share
                while waiting and waiting[0] in made:
                    yield made.pop(waiting.popleft())
    except WorkerDiedError:
        raise RunnerError(
            "a process that was drawing has been killed; where memory is short, "
            "draw fewer figures at a time, with --only"
        ) from None


def _shares(names: Sequence[str]) -> list[Sequence[str]]:
    """What one process draws at a time: first those that read the histories of all runs."""
    of_runs = [name for name in names if name in OF_ALL_RUNS]
    others = ([name] for name in names if name not in OF_ALL_RUNS)
    return [share for share in (of_runs, *others) if share]
