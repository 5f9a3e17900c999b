"""What has been made of parts of configurations, kept for those that have such a part too."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from operator import is_
from typing import Any, TypeVar

from runner.config.exporting import folder_of
from runner.config.shipped import find_file
from runner.data.examples import Data
from runner.plugins import loaded
from runner.records.names import PARAMETERS
from runner.training.settings import Given

T = TypeVar("T")

#: What a cache keeps at most: as many results, and as many bytes of arrays.
MOST_KEPT, MOST_BYTES = 256, 64 * 2**20


class Cache:
    """What has been made of parts of configurations, for those that have such a part too.

    The parts of one sweep's jobs are most often the same objects, which tells without a look into
    them. Parts that are equal are found again too, unless a file that they name has changed. When there
    is too much, the oldest go, never the latest of their kind.
    """

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], Any] = {}
        self.latest: dict[str, tuple[tuple[Any, ...], tuple[str, str]]] = {}

    def get(self, make: Callable[..., T], *parts: Any) -> T:
        """What `make` makes of `parts`."""
        name = make.__name__
        before, key = self.latest.get(name, ((), (name, "")))
        if len(before) != len(parts) or not all(map(is_, before, parts)):
            key = (name, repr((*parts, _versions(parts[0]))))  # tells 1 from true, and null from nan
            self.made[key] = self.made.pop(key) if key in self.made else make(*parts)
            self.latest[name] = (parts, key)
            self._trim()
        return self.made[key]

    def _trim(self) -> None:
        sizes = {key: _bytes_of(made) for key, made in self.made.items()}
        total = sum(sizes.values())
        latest = {key for _, key in self.latest.values()}
        for key in [key for key in sizes if key not in latest]:
            if total <= MOST_BYTES and len(self.made) <= MOST_KEPT:
                return
            del self.made[key]
            total -= sizes[key]


def _bytes_of(made: Any) -> int:
    """The size of the arrays of a data set, or of a network whose weights are given."""
    if isinstance(made, dict):
        return sum(_bytes_of(value) for value in made.values())
    return made.nbytes if isinstance(made, Data | Given) else 0


def _versions(section: Any) -> list[Any]:
    """Of the files that a section names: when each was last written, its size; what its entries are from."""
    if not isinstance(section, Mapping):
        return []
    sources = [section.get(key) for key in ("weights", "biases")]
    folders = [source.get("from") for source in sources if isinstance(source, Mapping)]
    given = [section.get(key) for key in ("path", "test_path")]
    paths = [find_file(path) for path in given if isinstance(path, str)]
    paths += [folder_of(folder) / PARAMETERS for folder in folders if isinstance(folder, str)]
    files = [(path.stat().st_mtime_ns, path.stat().st_size) for path in paths if os.path.isfile(path)]
    text = repr(section) if (own := loaded()) else ""
    return [*files, *(p.source for p in own if any(repr(name) in text for _, name in p.entries))]
