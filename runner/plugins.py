"""Entries of one's own for the tables: from Python files that a user names, and from installed packages.

A file's entries are the objects at its top level that are one of a table's types, by the names that they
have there. An installed package declares its own as entry points, ``backprop_runner.activations`` and so
on; these are looked for only where a name is asked for that no table has. Code runs here, so nothing but
a user's own words leads to here: never what is read in a run's folder.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Collection, Iterable, MutableMapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from runner.data.bundled import DATASETS, Dataset
from runner.data.examples import Data, Source
from runner.data.generated import GENERATORS, Generator
from runner.errors import ConfigError, RunnerError, in_a_line
from runner.files import plain
from runner.nn.activations import ACTIVATIONS, Activation
from runner.nn.initializers import INITIALIZERS, Initializer
from runner.nn.losses import LOSSES, Loss
from runner.nn.optimizers import OPTIMIZERS, Optimizer
from runner.nn.options import Option
from runner.nn.schedules import SCHEDULES, Schedule
from runner.remarks import remark

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "Activation",
    "Data",
    "Dataset",
    "Generator",
    "Initializer",
    "Loss",
    "Optimizer",
    "Option",
    "Schedule",
]

#: What a run's record calls its files by: those that its configuration names, those of installed packages.
KEY, ENTRY_POINT = "plugins", "entry_point"
Table: TypeAlias = MutableMapping[str, Any]
#: The name of an entry, after that of the group of entry points that it belongs to.
Name: TypeAlias = tuple[str, str]
#: What is looked for, and where it goes: of each type, its group of entry points and its table.
TYPES: dict[type, tuple[str, Table]] = {
    Activation: ("activations", ACTIVATIONS),
    Loss: ("losses", LOSSES),
    Optimizer: ("optimizers", OPTIMIZERS),
    Schedule: ("schedules", SCHEDULES),
    Initializer: ("initializers", INITIALIZERS),
    Generator: ("data", GENERATORS),
    Dataset: ("data", DATASETS),
}
GROUP = "backprop_runner."
#: Names that are in no table and yet taken.
KEPT = {("data", "csv"), ("data", "inline")}


@dataclass(frozen=True)
class Plugin:
    """A file of a user's own, with its `content`; or an entry of a `distribution`, as "my-parts 1.2".

    A worker that is handed one has its entries from then on, wherever it runs.
    """

    source: Source
    entries: tuple[Name, ...]
    content: bytes = b""
    distribution: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return _handed_over, (self.source, self.entries, self.content, self.distribution)


#: Of every entry that does not ship: what it is from.
_OWN: dict[Name, Plugin] = {}


def load(path: str) -> Plugin:
    """The file at `path` as it is now, its entries in their tables. Raises ConfigError where it cannot be."""
    file = Path(path).expanduser()
    try:
        status = plain(file).stat()
        source, content = _read(file.absolute(), status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise ConfigError(KEY, path, f"cannot be read: {error.strerror}") from None
    return next((p for p in loaded() if p.source == source), None) or _install(source, content)


@lru_cache(maxsize=64)
def _read(file: Path, _written: int, _size: int) -> tuple[Source, bytes]:
    content = plain(file).read_bytes()
    return Source.of(KEY, file, content), content


def load_all(paths: Iterable[str]) -> tuple[Plugin, ...]:
    """Those at several paths, in their order."""
    return tuple(dict.fromkeys(map(load, paths)))


#: Files that stand for those of their names in any run, however they have changed since.
_INSISTED: dict[str, Plugin] = {}


def insist(path: str) -> str:
    """Loads a file, and takes it for the one of its name that any run was made with, changed or not."""
    _INSISTED[Path(path).name] = load(path)
    return path


def of_run(folder: str | Path, sources: Iterable[Source], given: Iterable[str] = ()) -> list[Plugin]:
    """What a user has loaded of the files that the run in `folder` was made with, or `given` for them.

    Raises RunnerError where a user has not: no folder says what code runs.
    """
    chosen = _INSISTED | {Path(plugin.source.path).name: plugin for plugin in load_all(given)}
    same = {plugin.source.sha256: plugin for plugin in loaded()}
    plugins = []
    for source in sources:
        plugin = same.get(source.sha256) or chosen.get(Path(source.path).name)
        if plugin is None:
            raise RunnerError(
                f"the run in {folder} was made with code of {source.path}, and no folder says what code "
                f"runs: name it, --plugins {source.path} of a command, or load_run(DIR, plugins=[FILE])"
            )
        if plugin.source.sha256 != source.sha256:
            _remark(
                f"{plugin.source.path}: has changed since a run of {Path(folder).parent} was made with it"
            )
        plugins.append(plugin)
    return plugins


@cache
def _remark(text: str) -> None:
    remark(text)


def loaded() -> list[Plugin]:
    """All that have entries in tables by now."""
    return list(dict.fromkeys(_OWN.values()))


def _handed_over(source: Source, entries: tuple[Name, ...], content: bytes, distribution: str) -> Plugin:
    plugin = Plugin(source, entries, content, distribution)
    restore([plugin])
    return plugin


def restore(plugins: Iterable[Plugin]) -> None:
    """Puts the entries of plugins into their tables, as these were when they were loaded."""
    for plugin in plugins:
        if all(_OWN.get(name) == plugin for name in plugin.entries):
            continue
        if not plugin.distribution:
            _install(plugin.source, plugin.content)
        elif not all(find(*name) for name in plugin.entries):
            raise RunnerError(f"{plugin.distribution}: is not installed where a run needs it")


def _install(source: Source, content: bytes) -> Plugin:
    """Runs a file, and puts its entries in the place of those that it had before."""
    module = _executed(source, content)
    mine = {(group, name): entry for name, entry in vars(module).items() if (group := _group(name, entry))}
    if not mine:
        kinds = ", ".join(kind.__name__ for kind in TYPES)
        raise ConfigError(KEY, source.path, f"has no entry of a table at its top level: none of {kinds}")
    before = [name for name, p in _OWN.items() if (p.source.key, p.source.path) == (KEY, source.path)]
    for group, name in mine:
        there = any(name in table for table in _tables(group)) or (group, name) in KEPT
        if there and (group, name) not in before:
            raise ConfigError(KEY, source.path, _taken(group, name))
    for group, name in before:
        del _OWN[group, name]
        for table in _tables(group):
            table.pop(name, None)
    plugin = Plugin(source, tuple(mine), content)
    for own, entry in mine.items():
        _add(own, entry, plugin)
    return plugin


def _add(name: Name, entry: Any, plugin: Plugin) -> None:
    _table_of(entry)[name[1]] = entry
    _OWN[name] = plugin


def _taken(group: str, name: str) -> str:
    plugin = _OWN.get((group, name))
    where = f"is in {plugin.distribution or plugin.source.path} too" if plugin else "ships with this package"
    return f"its {name} has a name that is taken: an entry of {group} that {where}; give it another"


def _group(name: str, entry: Any) -> str:
    """The group of what stands at a file's top level; "" for what is no entry of its own."""
    kind = next((kind for kind in TYPES if isinstance(entry, kind)), None)
    if kind is None or name.startswith("_"):
        return ""
    group, table = TYPES[kind]
    ships = any(entry is other for key, other in table.items() if (group, key) not in _OWN)
    return "" if ships else group


def _table_of(entry: Any) -> Table:
    return next(table for kind, (_, table) in TYPES.items() if isinstance(entry, kind))


def _tables(group: str) -> list[Table]:
    return [table for name, table in TYPES.values() if name == group]


def _executed(source: Source, content: bytes) -> ModuleType:
    """The module that a file makes. Raises ConfigError, with the line, where it raises anything."""
    module = ModuleType(f"backprop_runner_plugin_{Path(source.path).stem}_{source.sha256[:8]}")
    module.__file__ = source.path
    sys.modules[module.__name__] = module  # where dataclasses look for their module
    try:
        exec(compile(content, source.path, "exec"), vars(module))  # noqa: S102 - it is what was asked for
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == source.path]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ConfigError(KEY, source.path, f"line {line}: {type(error).__name__}: {text}") from error
    return module


# --- installed packages ----------------------------------------------------------------------


@cache
def _points(group: str) -> list[EntryPoint]:
    """The entry points that packages have for a group: what takes milliseconds to find."""
    from importlib.metadata import entry_points  # with email, zipfile and more

    return list(entry_points(group=GROUP + group))


def _group_of(names: Collection[str]) -> str:
    return next((group for group, table in TYPES.values() if table is names), "")


def has(names: Collection[str], name: str) -> bool:
    """Whether a table, or any other collection, has a name; of a table also an installed package's."""
    return name in names or (bool(group := _group_of(names)) and find(group, name))


def all_names(names: Collection[str]) -> list[str]:
    """The names of a collection; of a table with those of installed packages."""
    return list(dict.fromkeys([*names, *installed(_group_of(names))]))


def installed(group: str) -> list[str]:
    """The names that packages have for a group."""
    return [point.name for point in _points(group)] if group else []


def find(group: str, name: str) -> bool:
    """Whether an entry is there, or a package has it, which is imported then.

    Raises RunnerError for one that cannot be imported, is of another kind, or that two packages have.
    """
    if any(name in table for table in _tables(group)):
        return True
    points = [point for point in _points(group) if point.name == name]
    if not points:
        return False
    names = [f"{point.dist.name} {point.dist.version}" for point in points if point.dist]
    if len(points) > 1:
        raise RunnerError(f"{group}: {' and '.join(names)} have a {name} each; uninstall one")
    try:
        entry = points[0].load()
    except Exception as error:
        raise RunnerError(f"{name} of {names[0]}: {type(error).__name__}: {in_a_line(error)}") from error
    if _group(name, entry) != group:
        raise RunnerError(f"{name} of {names[0]}: is no entry for {group}, but {type(entry).__name__}")
    file = Path(str(sys.modules[points[0].module].__file__))
    source = Source.of(ENTRY_POINT, file, file.read_bytes())
    _add((group, name), entry, Plugin(source, ((group, name),), distribution=names[0]))
    return True


def used(files: Iterable[Plugin], names: Iterable[Name]) -> tuple[Plugin, ...]:
    """The files, and what the entries of those names are from where they do not ship."""
    return tuple(dict.fromkeys([*files, *(_OWN[name] for name in names if name in _OWN)]))
