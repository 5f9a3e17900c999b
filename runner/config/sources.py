"""The files that a recorded run was made from, found again: where they were, or where a configuration says.

Whoever needs a run's data again gets those that it was trained on, or is told which file is another
one by now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from runner.config.exporting import folder_of
from runner.config.shipped import find_file
from runner.data.examples import Source
from runner.errors import RunnerError
from runner.files import plain
from runner.plugins import ENTRY_POINT, KEY
from runner.records.about import sources_of
from runner.records.names import ABOUT

#: Keys that name a file itself; others name the folder that it is in.
DATA_FILES = ("data.path", "data.test_path")


class OtherFileError(RunnerError):
    """A file that a run was made from has changed, or is gone."""


def whereabouts(folder: str | Path, config: Mapping[str, Any], but: Collection[str] = ()) -> dict[str, str]:
    """Where the files are that the run in `folder` was made from, by the key that names each.

    That is where they were, or else where `config` says. Files of the keys in `but`, or of their groups,
    are left out. Raises OtherFileError for one that has changed, or is gone.
    """
    whole = {}
    for source in sources_of(folder):
        if source.key == ENTRY_POINT or any(f"{source.key}.".startswith(f"{key}.") for key in but):
            continue
        configured = _configured(source, config)
        inside = [Path(folder, place) for place in configured if source.key in DATA_FILES]  # written with it
        places = [Path(source.path), *configured, *inside]
        path = next((place for place in places if _hash_of(place) == source.sha256), None)
        if path is None:
            raise OtherFileError(_lost(source, folder, places))
        path = path.absolute()
        whole[source.key] = str(path if source.key in DATA_FILES else path.parent)
    return whole


def refuse_other_files(folder: str | Path, config: Mapping[str, Any]) -> None:
    """Raises OtherFileError where `config` names other files than the run in `folder` was made from."""
    for source in sources_of(folder):
        places = _configured(source, config)
        if any(_hash_of(place) == source.sha256 for place in places):
            continue
        if places and _hash_of(places[0]) is None and _hash_of(Path(source.path)) == source.sha256:
            raise OtherFileError(
                f"{places[0]}: is not there, seen from this folder; the run in {folder} was made from "
                f"{source.path}: start from the folder where that began"
            )
        raise OtherFileError(_lost(source, folder, places or [Path(source.path)]))


def _configured(source: Source, config: Mapping[str, Any]) -> list[Path]:
    """Where a configuration says that a file is."""
    if source.key == ENTRY_POINT:
        return [Path(source.path)]
    value: Any = config
    for key in source.key.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    if source.key == KEY:  # the one of that name, of several
        paths = [Path(path).expanduser() for path in ([value] if isinstance(value, str) else value or [])]
        return [path for path in paths if path.name == Path(source.path).name]
    if not isinstance(value, str):
        return []
    path = find_file(value)
    return [path / Path(source.path).name if source.key not in DATA_FILES else path]


def _lost(source: Source, folder: str | Path, places: Collection[Path]) -> str:
    """What is wrong with a file that is in none of the `places` as it was."""
    changed = next((place for place in places if _hash_of(place) is not None), None)
    if changed is None:
        return (
            f"{source.path}: is gone, and the run in {folder} was made from it; put it back there, or train "
            f"anew with another {source.key}"
        )
    return (
        f"{changed}: has changed since the run in {folder} was made from it; put back the file as it was "
        f"(its sha256 is in {Path(folder, ABOUT)}), or train anew"
    )


def _hash_of(path: Path) -> str | None:
    """The hash of a file's content, or None where there is no such file."""
    path = folder_of(path.parent) / path.name
    try:
        status = path.stat()
        return _hash(path.absolute(), status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):  # the latter of letters that no name has
        return None


@lru_cache(maxsize=64)
def _hash(path: Path, _written: int, _size: int) -> str:
    return sha256(plain(path).read_bytes()).hexdigest()
