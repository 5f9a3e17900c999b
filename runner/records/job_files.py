"""The files that Hydra would write into a job's folder, as plain data that travels to workers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

from runner.errors import show
from runner.files import is_within
from runner.records.names import HYDRA_FILES
from runner.records.writing import write_anew

#: What differs from job to job in ``hydra.yaml``: the name of the gap, and the path of its key.
GAPS = {
    "num": ("hydra", "job", "num"),
    "id": ("hydra", "job", "id"),
    "override_dirname": ("hydra", "job", "override_dirname"),
    "task": ("hydra", "overrides", "task"),
    "folder": ("hydra", "runtime", "output_dir"),
}

_PLAIN_TEXT = re.compile(r"[A-Za-z_][\w.]*=[\w.=,+-]*", re.ASCII)  # YAML never quotes such text
_representer = yaml.representer.SafeRepresenter()


def written(value: Any, path: Sequence[str]) -> str:
    """A value as YAML writes it behind the colon of the key at `path`."""
    if isinstance(value, int | float | None):
        return f" {_representer.represent_data(value).value}"
    if isinstance(value, str) and _PLAIN_TEXT.fullmatch(value):
        return f" {value}"
    return _written_text(tuple(path), value) if isinstance(value, str) else _behind(path, value)


def written_lines(overrides: Iterable[str], path: Sequence[str]) -> str:
    """A list of overrides as YAML writes it behind the colon of the key at `path`."""
    start = "\n" + "  " * max(0, len(path) - 1) + "- "
    lines = [
        start + text if _PLAIN_TEXT.fullmatch(text) else _written_text(tuple(path), text, in_list=True)
        for text in overrides
    ]
    return "".join(lines) or " []"


@lru_cache(maxsize=4096)
def _written_text(path: tuple[str, ...], text: str, in_list: bool = False) -> str:
    return _behind(path, [text] if in_list else text)


def _behind(path: Sequence[str], value: Any) -> str:
    """What the dumper writes behind a key's colon. A long text is folded by how far in it stands."""
    from runner.hydra_internals import as_yaml  # a worker seldom needs it, and has no Hydra

    if not path:
        return "\n" + as_yaml(value).rstrip("\n")
    nested = value
    for key in reversed(path):
        nested = [nested] if key.isdecimal() else {key: nested}
    sign = "-" if path[-1].isdecimal() else f"{path[-1]}:"
    return as_yaml(nested).rstrip("\n").partition(sign)[2]


def dirname(overrides: Iterable[str], separators: tuple[str, str]) -> str:
    """A folder's name made of overrides, of which `separators` are between two and in one, as Hydra's."""
    item_sep, kv_sep = separators
    return item_sep.join(sorted(overrides)).replace("=", kv_sep)


def mark(number: int) -> str:
    """The word that stands for gap `number` until a text is cut there."""
    return f"gap_{number}_gap"


@dataclass(frozen=True)
class Text:
    """A text with gaps: the parts around them, and the names of what goes into each."""

    parts: tuple[str, ...]
    gaps: tuple[str, ...] = ()

    @classmethod
    def marked(cls, text: str, names: Sequence[str]) -> Text:
        """Gaps wherever `text` has the :func:`mark` of one of `names`, with the space before it."""
        pieces = re.split(r" ?gap_(\d+)_gap", text)
        return cls(tuple(pieces[::2]), tuple(names[int(number)] for number in pieces[1::2]))

    def fill(self, values: Mapping[str, str]) -> bytes:
        """The text with `values` in its gaps."""
        filled = [values[gap] + part for gap, part in zip(self.gaps, self.parts[1:], strict=True)]
        return (self.parts[0] + "".join(filled)).encode()


@dataclass(frozen=True)
class Template:
    """What the files of jobs of one kind share."""

    subdir: str | None  # Hydra's ``output_subdir``, None for no files
    texts: tuple[Text, ...]  # of HYDRA_FILES
    keys: tuple[str, ...] = ()  # that have a value of the job's own
    folder: str = ""  # where the jobs' folders are
    separators: tuple[str, str] = (",", "=")  # in a folder's name made of overrides


@lru_cache(maxsize=64)
def _as_text(template: Template) -> str:
    texts = [(text.parts, text.gaps) for text in template.texts]
    return json.dumps([template.subdir, texts, template.keys, template.folder, template.separators])


@lru_cache(maxsize=64)
def _template(text: str) -> Template:
    subdir, texts, keys, folder, (item_sep, kv_sep) = json.loads(text)
    if subdir is not None and not is_within(subdir):
        raise ValueError(f"{show(subdir)}: a folder outside of the run's")
    made = tuple(Text(tuple(parts), tuple(gaps)) for parts, gaps in texts)
    return Template(subdir, made, tuple(keys), folder, (item_sep, kv_sep))


def _make(*folders: str) -> None:
    """Makes folders, each inside the one before, as a rule in one that is there: os.makedirs asks first."""
    try:
        for folder in dict.fromkeys(folders):
            os.mkdir(folder)
    except OSError:
        os.makedirs(folders[-1], exist_ok=True)


class JobFiles(NamedTuple):
    """What is written into a job's folder before it runs."""

    template: Template
    number: int
    overrides: list[str]
    values: Sequence[Any] = ()

    def write(self, folder: str) -> None:
        """Makes the job's folder, with the files that Hydra would write."""
        subdir = self.template.subdir
        where = folder if subdir is None else f"{folder}/{subdir}"
        _make(folder, where)
        if subdir is None:
            return
        filling = self._filling()
        for name, text in zip(HYDRA_FILES, self.template.texts, strict=True):
            write_anew(f"{where}/{name}", text.fill(filling))

    def packed(self) -> tuple[str, str]:
        """The same as two texts, that of all jobs of its kind and its own, of which `unpacked` makes it."""
        return _as_text(self.template), json.dumps([self.number, self.overrides, self.values])

    @classmethod
    def unpacked(cls, shared: str, own: str) -> JobFiles:
        """What was packed. Raises ValueError or TypeError for anything else."""
        return cls(_template(shared), *json.loads(own))

    def config(self) -> bytes:
        """The text of ``config.yaml``."""
        return self.template.texts[0].fill(self._filling())

    def _filling(self) -> dict[str, str]:
        """What goes into each gap of the texts."""
        pairs = zip(self.template.keys, self.values, strict=True)
        name = dirname(self.overrides, self.template.separators)
        return {key: written(value, key.split(".")) for key, value in pairs} | {
            "num": f" {self.number}",
            "id": f" '{self.number}'",
            "override_dirname": written(name, GAPS["override_dirname"]),
            "task": written_lines(self.overrides, GAPS["task"]),
            "folder": str(self.number),
            "overrides": written_lines(self.overrides, ()).lstrip("\n "),
        }
