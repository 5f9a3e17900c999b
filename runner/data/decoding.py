"""From the bytes of a file to its text: unpacked where it is packed, decoded as it was written."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Callable
from io import BufferedIOBase, BytesIO
from pathlib import Path

from runner.errors import ConfigError, RunnerError, in_a_line
from runner.escaping import one_line
from runner.files import plain

#: How packed files begin, and what unpacks them.
PACKED: dict[bytes, Callable[[BytesIO], BufferedIOBase]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
}
#: Bytes that a packed file may come to: one of zeros comes to a thousand times its own. They are read by
#: pieces, as for so many at once memory is asked, however few there are.
MOST_UNPACKED, PIECE = 4 * 2**30, 2**20
#: How other files begin that hold tables, and what they are.
OTHERS = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
}
#: How text begins that says its encoding.
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
#: What text is taken for that is no UTF-8: Windows', and where that has no such byte, ISO 8859-1.
OLD = {"cp1252": "Windows-1252 (latin-1)", "latin-1": "latin-1"}
PARQUET = b"PAR1"


def read_bytes(key: str, path: Path) -> bytes:
    """The content of the file that `key` names. Raises ConfigError where it cannot be read."""
    try:
        return plain(path).read_bytes()
    except FileNotFoundError:
        raise ConfigError(key, path, "there is no such file") from None
    except OSError as error:
        raise ConfigError(key, path, f"cannot be read: {error.strerror}") from None


def unpacked(path: Path, content: bytes) -> bytes:
    """A content, unpacked where it is packed by gzip, bzip2 or xz. Raises RunnerError for a broken one."""
    for mark, unpack in PACKED.items():
        if content.startswith(mark):
            try:
                unpacked = _read(unpack(BytesIO(content)))
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise RunnerError(f"{path}: cannot be unpacked: {in_a_line(error)}") from None
            if len(unpacked) > MOST_UNPACKED:
                most = f"{MOST_UNPACKED / 2**30:g} GiB"
                raise RunnerError(f"{path}: comes to more than {most}; unpack it by hand, if that is to be")
            return unpacked
    return content


def _read(packed: BufferedIOBase) -> bytes:
    """What is in a packed file, to the first piece beyond MOST_UNPACKED."""
    unpacked = BytesIO()
    while unpacked.tell() <= MOST_UNPACKED and (piece := packed.read(PIECE)):
        unpacked.write(piece)
    return unpacked.getvalue()


def decoded(path: Path, content: bytes, encoding: str | None) -> tuple[str, str]:
    """Text of bytes, and what it was taken for where that was guessed. Raises RunnerError for no text."""
    for mark, what in OTHERS.items():
        if content.startswith(mark):
            raise RunnerError(f"{path}: is {what}, not text: save it as CSV")
    if encoding is not None:
        return _as_told(path, content, encoding), ""
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    for name, said in {encoding: "", **OLD}.items():
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, said and f"read as {said}"
    raise RunnerError(f"{path}: is no text in UTF-8; data.encoding=NAME says what it is written in")


def _as_told(path: Path, content: bytes, encoding: str) -> str:
    try:
        text = content.decode("utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding)
        return text.removeprefix("\ufeff")
    except LookupError:
        allowed = "must be an encoding that Python knows, as utf-8, latin-1, cp1252 or utf-16"
        raise ConfigError("data.encoding", encoding, allowed) from None
    except UnicodeError as error:
        reason = one_line(getattr(error, "reason", str(error)))
        raise ConfigError("data.encoding", encoding, f"{path} is not written in it ({reason})") from None
