"""Files that are opened for reading: plain ones only, and inside of the folder that they belong to.

To open a FIFO may take for ever, and a device has no end. A folder of results may come from anybody: what
it holds may name other places, or be a link to one, and YAML of a few bytes may stand for gigabytes.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from runner.errors import RunnerError, show, too_long

#: What else than a file and a folder there is.
KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}
#: Values that aliases of a YAML file may stand for.
MOST_ALIASED = 100_000
#: What reads YAML and nothing of Python's; C's is ten times as fast, where there is one.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: What PyYAML raises, beside errors of its own, for a value that is not what a tag or its looks say.
UNMEANT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
#: What tags of YAML are in words, where these are others.
TAGS = {"int": "whole number", "float": "number", "timestamp": "date", "map": "mapping"}
#: Problems of PyYAML's that are told in other words.
PROBLEMS = {"found unhashable key": "a list or a mapping cannot be a key"}
#: What may be an integer, in whatever digits, that Python does not write.
LONG = re.compile(rb"[\da-fA-F_:]{3500}")
TOO_DEEP = "lists or mappings stand too deep in each other"
#: The folder of a run whose files are named with it.
RECORD = ".hydra"


class UnfitFileError(OSError):
    """A file that is not opened, whatever the system allows."""

    def __str__(self) -> str:
        return str(self.strerror)


def plain(path: str | Path) -> Path:
    """The path of a file, to be opened. Raises OSError where there is none, or something else."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except ValueError:  # of letters that no name has: NUL, half a pair
        raise UnfitFileError(errno.EINVAL, "is no name that a file may have", str(path)) from None
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if kind != stat.S_IFREG:
        what = KINDS.get(kind, "no file")
        raise UnfitFileError(errno.EINVAL, f"is {what}, and only plain files are read", str(path))
    return Path(path)


def kept(path: str | Path) -> Path:
    """The same of a file in a folder of results, which is no link that leads out of its folder."""
    folder = os.path.dirname(path)
    is_record = os.path.basename(folder) == RECORD
    if os.path.islink(path) or (is_record and os.path.islink(folder)):
        refuse_outside(Path(path), Path(os.path.dirname(folder) if is_record else folder))
    return plain(path)


def inner(folder: Path, directory: str) -> Path:
    """What a table calls a run's folder, inside of the `folder` that the table is in.

    Raises RunnerError where that leads out, be it by a link.
    """
    if not is_within(directory):
        raise RunnerError(f"{folder}: has a run in {directory}, which is outside of it, and is not read")
    around = str(folder)
    for name in directory.split("/"):
        around = f"{around}/{name}"
        if os.path.islink(around):
            refuse_outside(Path(around), folder)
    return Path(around)


def refuse_outside(path: Path, folder: Path) -> None:
    """Raises OSError where a path inside of a folder leads out of it, by links."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise UnfitFileError(
            errno.ELOOP, "is a link that leads out of its folder, and is not followed", str(path)
        )


def refuse_links(folder: Path, *paths: Path) -> None:
    """Raises OSError where one of the `paths` that are to be written to, or a file in it, is a link.

    It is about what leads out of `folder`: whose files these are may not be who says where they go.
    """
    for path in paths:
        for place in (path, *(path.iterdir() if path.is_dir() else ())):
            if place.is_symlink():
                refuse_outside(place, folder)


def is_within(path: str) -> bool:
    """Whether a path leads nowhere but into the folder that it starts from, on whatever system."""
    drive = re.match(r"[A-Za-z]:", path)
    return not drive and path[:1] not in ("/", "\\") and ".." not in re.split(r"[/\\]", path)


def yaml_file(path: str | Path, *, of_run: bool = False) -> Path:
    """The path of a YAML file, to be opened, of which all aliases together do not stand for too much.

    Raises OSError where it is no plain file, `of_run` no :func:`kept` one, and yaml.YAMLError for too much,
    and for what is not UTF-8.
    """
    path = kept(path) if of_run else plain(path)
    _refuse_content(path, path.read_bytes())
    return path


def load_yaml(path: str | Path, *, of_run: bool = False) -> Any:
    """What a YAML file holds, whatever it says of Python's objects. Raises what :func:`yaml_file` does."""
    return parsed(yaml_file(path, of_run=of_run).read_bytes(), path)


def parsed(content: bytes, path: str | Path) -> Any:
    """What YAML holds that is named by a `path`. Raises what :func:`yaml_file` does of content."""
    _refuse_content(Path(path), content)
    stream = io.StringIO(content.decode())
    stream.name = str(path)  # as PyYAML names it
    with placing(path, content=content):
        return yaml.load(stream, LOADER)  # noqa: S506 - a safe one


@contextmanager
def placing(path: str | Path, loader: Any = LOADER, content: bytes | None = None) -> Iterator[None]:
    """Has a value that cannot be read (``!!int x``, a 13th month) told by its place in the file.

    It is read inside, as `loader` does it; `content` is the file's, unless that is given. Raises
    yaml.MarkedYAMLError, and RunnerError for what is too deep.
    """
    try:
        yield
    except RecursionError:
        raise RunnerError(f"{path}: {TOO_DEEP}") from None
    except UNMEANT as error:
        raise _unmeant(str(path), loader(_content(path, content))) or error from None
    read = _content(path, content)
    if LONG.search(read) and (fault := _unmeant(str(path), loader(read))):
        raise fault


def _content(path: str | Path, content: bytes | None) -> bytes:
    return Path(path).read_bytes() if content is None else content


def _unmeant(name: str, reader: Any) -> yaml.MarkedYAMLError | None:
    """What is wrong with a value that a `reader` of YAML cannot read; None where it can read all."""
    nodes = [("", node)] if (node := reader.get_single_node()) else []
    for key, node in nodes:  # which grow: what is inside of one stands behind it
        nodes += _inside(key, node)
    for key, node in reversed(nodes):
        try:
            with suppress(yaml.YAMLError):  # of what is nothing by itself, as <<
                value = reader.construct_object(node, deep=True)
                if isinstance(value, int):
                    str(value)  # one in other digits than ours is read at any length, and never written
        except UNMEANT as error:
            tag = str(node.tag).rpartition(":")[2]
            why = f"is no {TAGS.get(tag, tag)}; in quotes and without a tag it is text"
            at = node.start_mark
            mark = yaml.Mark(name, 0, at.line, at.column, None, 0)
            value = node.value if isinstance(node, yaml.ScalarNode) else ""
            shown = f"{show('='.join(filter(None, (key, value))))}: " if key or value else ""
            return yaml.MarkedYAMLError(problem=shown + (too_long(error) or why), problem_mark=mark)
    return None


def _inside(key: str, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    """The nodes in one that stands under a `key`, with the keys that each stands under."""
    if isinstance(node, yaml.SequenceNode):
        yield from ((f"{key}[{at}]", item) for at, item in enumerate(node.value))
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = name.value if isinstance(name, yaml.ScalarNode) else "?"
            yield key, name
            yield f"{key}.{inner}".removeprefix("."), value


def yaml_fault(error: yaml.YAMLError) -> str | None:
    """The file that an error is about, the place in it, and what is wrong; None for errors that say none."""
    if isinstance(error, yaml.reader.ReaderError):
        if isinstance(error.character, bytes):
            wrong = f"byte 0x{error.character.hex()}, position {error.position}"
            return f"{error.name}: is not UTF-8 text: {wrong}"
        what = f"the letter {chr(error.character)!a}"
        return f"{error.name}, position {error.position}: {what} is none that YAML may have; take it out"
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark):
        problem = PROBLEMS.get(str(error.problem), error.problem)
        return f"{mark.name}, line {mark.line + 1}, column {mark.column + 1}: {problem}"
    return None


def _refuse_content(path: Path, content: bytes) -> None:
    """Raises yaml.reader.ReaderError for bytes that are not UTF-8: who decodes them may not say whose.

    And yaml.MarkedYAMLError for too many aliases.
    """
    try:
        content.decode()
    except UnicodeDecodeError as error:
        wrong = content[error.start : error.start + 1]
        raise yaml.reader.ReaderError(str(path), error.start, wrong, "utf-8", error.reason) from None
    if b"*" in content and b"&" in content:
        _refuse_many(path, content)


def _refuse_many(path: Path, content: bytes) -> None:
    """Raises yaml.MarkedYAMLError for aliases of themselves, or of more than MOST_ALIASED values."""
    sizes: dict[str | None, int] = {}  # of what has an anchor, once it is whole
    open_ones: list[tuple[str | None, int]] = []  # anchors of the containers around, sizes before them
    size = aliased = 0
    try:
        for event in yaml.parse(content, LOADER):
            if isinstance(event, yaml.AliasEvent):
                is_inside = event.anchor in (anchor for anchor, _ in open_ones)
                grown = MOST_ALIASED + 1 if is_inside else sizes.get(event.anchor, 0)
                size, aliased = size + grown, aliased + grown
                if aliased > MOST_ALIASED:
                    break
            elif isinstance(event, yaml.CollectionStartEvent):
                open_ones.append((event.anchor, size))
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, before = open_ones.pop()
                size += 1
                sizes |= {} if anchor is None else {anchor: size - before}
            elif isinstance(event, yaml.ScalarEvent):
                size += 1
                sizes |= {} if event.anchor is None else {event.anchor: 1}
    except yaml.YAMLError:
        return  # who loads it says so
    if aliased > MOST_ALIASED and (at := event.start_mark):
        mark = yaml.Mark(str(path), 0, at.line, at.column, None, 0)
        text = f"aliases stand for themselves, or for more than {MOST_ALIASED:,} values"
        raise yaml.MarkedYAMLError(problem=text, problem_mark=mark)
