"""Several folders as one table of runs, in which the source is a key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import RunnerError
from runner.files import load_yaml
from runner.overrides import bare
from runner.records.histories import NotShownError
from runner.records.names import HYDRA
from runner.results import Results

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "source"


class Several(Results):
    """The runs of several folders, of runs and of sweeps; `source` is a key of theirs."""

    def __init__(self, folders: Sequence[str | Path]) -> None:
        """Raises RunnerError as Results does, and for a folder that is given twice."""
        super().__init__(folders[0])
        self.sources = _names([Path(folder) for folder in folders])
        parts = [Results(folder) for folder in folders]
        swept = list(dict.fromkeys(key for part in parts for key in part.swept))
        configs = [_config(part) for part in parts]
        self.is_sweep = True
        self.runs = _stacked(parts, self.sources, swept, configs)
        for key in swept:
            self.runs[key] = bare(self.runs[key])
        self.swept = [key for key in (SOURCE, *swept) if self.runs[key].astype(str).nunique() > 1]
        self.has_ended = all(part.has_ended for part in parts)
        known = [_flat(config) | _examples(part) for config, part in zip(configs, parts, strict=True)]
        self.unlike = list(_unlike(dict(zip(self.sources, known, strict=True)), swept))


def _names(folders: Sequence[Path]) -> tuple[str, ...]:
    """The folders by as many of the last parts of their paths as tell them apart."""
    paths = [folder.resolve().parts for folder in folders]
    if len(set(paths)) < len(paths):
        twice = next(folder for at, folder in enumerate(folders) if paths.index(paths[at]) < at)
        raise RunnerError(f"{twice}: is given twice")
    parts = 1
    while len({path[-parts:] for path in paths}) < len(paths):
        parts += 1
    return tuple("/".join(path[-parts:]) for path in paths)


def _stacked(
    parts: Sequence[Results], names: Sequence[str], swept: Sequence[str], configs: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """The tables of runs under each other, each with its source and the folders of its runs.

    A key that was swept in another folder has the value that all runs of this one are configured with.
    """
    import pandas as pd

    tables = []
    for part, name, config in zip(parts, names, configs, strict=True):
        runs = part.as_written(part.runs)
        given = {key: [_value(config, key)] * len(runs) for key in swept if key not in runs}
        marks = {"run": runs["run"], SOURCE: name} | {key: given.get(key, runs.get(key)) for key in swept}
        results = runs.loc[:, "status":].assign(
            directory=[str(part.place(run).resolve()) for run in runs.index]
        )
        tables.append(pd.concat([pd.DataFrame(marks, index=runs.index), results], axis=1))
    return pd.concat(tables, ignore_index=True)


def _config(part: Results) -> dict[str, Any]:
    """The configuration of the first run that has one; nothing where none has."""

    for run in part.rows or [0]:
        path = part.record(run) / HYDRA / "config.yaml"
        if path.is_file():
            return load_yaml(path, of_run=True)
    return {}


def _value(config: Mapping[str, Any], key: str) -> Any:
    """The value of a dotted key, of a group its name; nothing where there is none."""
    at: Any = config
    for word in key.split("."):
        at = at.get(word, "") if isinstance(at, Mapping) else ""
    at = at.get("name", "") if isinstance(at, Mapping) else at
    return at if isinstance(at, int | float | str) else str(at)


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """What data and budget were configured, by dotted keys."""
    data = config.get("data") or {}
    return {"epochs": config.get("epochs")} | {f"data.{name}": value for name, value in data.items()}


def _examples(part: Results) -> dict[str, Any]:
    """How many examples the first run was trained on, where its data can still be made."""
    try:
        return {"training examples": part.experiment(part.rows[0]).data.examples} if part.rows else {}
    except (RunnerError, NotShownError):
        return {}


def _unlike(known: Mapping[str, Mapping[str, Any]], swept: Sequence[str]) -> Iterator[str]:
    """``epochs 100 (A), 300 (B)``: what was not swept, and is not the same in all of the sources."""
    unlike = {}
    for key in dict.fromkeys(key for configured in known.values() for key in configured):
        values = {source: configured.get(key) for source, configured in known.items()}
        if key not in swept and len(set(map(str, values.values()))) > 1:
            unlike[key] = f"{key} " + ", ".join(f"{value} ({source})" for source, value in values.items())
    others = "data.name" in unlike  # whose other keys cannot be compared
    yield from (said for key, said in unlike.items() if not (others and re.match(r"data\.(?!name$)", key)))
