"""Files as people have them: what is guessed and said, and the keys that tell the rest."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from making_data import from_csv

import runner
from runner.data import decoding
from runner.data.csv_file import Reading, examples_of
from runner.data.dialect import Written
from runner.data.table import Table, read_table, unlike

ROWS = [[0.5, 2, -3], [1.25, 4, 6], [-2, 5.5, 7], [3, 0.125, 9], [10, 1, 2.5]]


def written(separator: str = ",", decimal: str = ".", header: str = "a,b,y", end: str = "\n") -> str:
    names = [header.replace(",", separator)] if header else []
    cells = ([f"{x:g}".replace(".", decimal) for x in row] for row in ROWS)
    return end.join([*names, *map(separator.join, cells), ""])


def table_of(tmp_path: Path, content: str | bytes, **keys: object) -> Table:
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table("data.path", path, Written(**keys), ["3"])  # type: ignore[arg-type]


WAYS: list[tuple[str | bytes, list[str]]] = [
    (written(";"), ["separated by ';'"]),
    (written("\t"), ["separated by '\\t'"]),
    (written("|"), ["separated by '|'"]),
    (written("   "), ["separated by blanks"]),
    (" " + written("  ").replace("\n", "  \n "), ["separated by blanks"]),
    (written("\t").replace("1.25", "\t1.25"), ["separated by blanks"]),  # as a table of UCI's has it
    (written(";", ",", end="\r\n"), ["separated by ';'", "decimal commas"]),
    (written("\t", ","), ["separated by '\\t'", "decimal commas"]),
    (written("  ", ","), ["separated by blanks", "decimal commas"]),
    ("sep=;\r\n" + written(";", ",", end="\r\n"), ["decimal commas"]),
    ("# measured\n# by hand\n" + written(), ["lines that begin with # left out"]),
    ("# a b y\n" + written(" ", header=""), ["separated by blanks", "lines that begin with # left out"]),
    (written().replace("\n", ",\n"), []),
    (written().replace("\n", ",\n").replace("a,b,y,", "a,b,y"), []),
    (written().encode("utf-8-sig"), []),
    (written("\t").encode("utf-16"), ["separated by '\\t'"]),
    (gzip.compress(written().encode()), []),
    (bz2.compress(written().encode()), []),
    (lzma.compress(written().encode()), []),
]


@pytest.mark.parametrize(("content", "said"), WAYS, ids=range(len(WAYS)))
def test_a_table_is_the_same_however_it_is_written(
    content: str | bytes, said: list[str], tmp_path: Path
) -> None:
    assert table_of(tmp_path, content).said == said
    data = from_csv(tmp_path, content)
    assert data.inputs.tolist() == [row[:2] for row in ROWS]
    assert (data.targets.tolist(), list(data.input_names)) == ([[row[2]] for row in ROWS], ["a", "b"])


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ("a;y\n1,5;2\n", ["data.separator=;", "data.decimal=,"]),
        ("a y\n1.5 2\n", ["data.separator=blanks"]),
        ("a!y\n1.5!2\n", ["data.separator=!"]),
        ("a\ty\n1.5\t2\n", ["data.separator=tab"]),
        ("1.5,2\n", ["data.header=[a,y]"]),
        ("// note\na,y\n1.5,2 // as seen\n", ["data.comment=//"]),
        ("a,y\n1.5,2\n".encode("utf-16-le"), ["data.encoding=utf-16-le"]),
    ],
)
def test_keys_tell_what_is_not_guessed(content: str | bytes, keys: list[str], tmp_path: Path) -> None:
    data = from_csv(tmp_path, content, *keys)
    assert (data.inputs.tolist(), data.targets.tolist()) == ([[1.5]], [[2]])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("separator=ab", "data.separator=ab: must be one of comma, semicolon, tab"),
        ("decimal=x", "data.decimal=x: must be one of point, comma"),
        ("header=3", "data.header=3: must be true, none, or the columns' names"),
        ("header=[a,b]", r"data.header=\['a', 'b'\]: .* has 3 columns, and these are 2 names"),
        ("encoding=klingon", "data.encoding=klingon: must be an encoding"),
        ("encoding=ascii", "data.encoding=ascii: .* is not written in it"),
        ("missing=zero", "data.missing=zero: must be one of error, drop, mean"),
    ],
)
def test_what_these_keys_may_be(key: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError, match=words):
        from_csv(tmp_path, "a,b,y\n1,2,ü\n", f"data.{key}")


def test_commas_that_may_group_thousands_are_not_guessed(tmp_path: Path) -> None:
    text = "a;y\n" + "".join(f"{i};{i},125\n" for i in range(1, 9))
    with pytest.raises(runner.RunnerError, match=r"'1,125' looks like a number.*data\.decimal=comma"):
        from_csv(tmp_path, text)
    assert from_csv(tmp_path, text, "data.decimal=comma").targets[0] == [1.125]


def test_old_encodings_are_read_and_said(tmp_path: Path) -> None:
    table = table_of(tmp_path, "Fläche,y\n1,2\n".encode("latin-1"))
    assert (table.names, table.said) == (["Fläche", "y"], ["read as Windows-1252 (latin-1)"])


def test_columns_without_a_header_have_numbers_where_these_are_asked_for(tmp_path: Path) -> None:
    table = table_of(tmp_path, written(header=""))
    assert (table.names, table.said) == (["1", "2", "3"], ["no header: columns have numbers"])
    with pytest.raises(runner.RunnerError, match=r"no header: data\.header=none .* 1 to 3 .*data\.header=\["):
        from_csv(tmp_path, written(header=""))
    assert from_csv(tmp_path, written(header=""), "data.header=[a,b,y]").targets[0] == [-3]


@pytest.mark.parametrize(
    "text",
    [
        ",a,y\n0,1,2\n1,3,4\n",  # pandas' index
        '"","a","y"\n"Mazda",1,2\n"Fiat",3,4\n',  # R's names of rows
        '"a","y"\n"Mazda",1,2\n"Fiat",3,4\n',
        "Unnamed: 0,a,y\n5,1,2\n6,3,4\n",
    ],
)
def test_an_index_is_left_out_and_said(text: str, tmp_path: Path) -> None:
    table = table_of(tmp_path, text)
    assert table.names == ["a", "y"]
    assert table.said == ["the first column, which has no name, left out"]


def test_names_that_are_there_twice_are_told_apart(tmp_path: Path) -> None:
    table = table_of(tmp_path, "a,a,y\n1,2,3\n")
    assert table.names == ["a", "a.1", "y"]
    assert table.said == ["column 'a' is there twice, now 'a.1' too"]
    assert table_of(tmp_path, "a,a.1,a,a,a.1,y\n1,2,3,4,5,6\n").names == [
        "a",
        "a.1",
        "a.2",
        "a.3",
        "a.1.1",
        "y",
    ]


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError, match=r"t\.csv: cannot be unpacked"):
        table_of(tmp_path, gzip.compress(written().encode())[:-9])


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_comes_to_more_than_memory_has_is_refused(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "MOST_UNPACKED", len(written()))
    assert table_of(tmp_path, pack(written().encode())).names == ["a", "b", "y"]
    with pytest.raises(runner.RunnerError, match=r"t\.csv: comes to more than .* GiB; unpack it by hand"):
        table_of(tmp_path, pack(bytes(10**6)))


def test_a_packed_file_is_read_by_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all at once memory is asked, however little there is: 4 GiB, which a limit may not leave."""

    class Packed(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert 0 <= (-1 if size is None else size) <= 2**20
            return super().read(size)

    monkeypatch.setitem(decoding.PACKED, b"a,b", lambda packed: Packed(packed.getvalue()))
    assert table_of(tmp_path, written().encode()).names == ["a", "b", "y"]


def test_many_columns_are_looked_up_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted: a search through the names a column would be millions of comparisons."""

    class Name(str):
        __slots__ = ()
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Name.compared += 1
            return str(self) == other

    count = 3000
    names = [Name(f"c{i}") for i in range(count)]
    header = ",".join(names)
    (tmp_path / "wide.csv").write_text(f"{header}\n{','.join(['1'] * count)}\n{','.join(['2'] * count)}\n")
    table = read_table("data.path", tmp_path / "wide.csv", Written())
    table = replace(table, names=unlike(table.path, "", list(names), list(table.columns), [])[0])
    data = examples_of(table, None, [names[-1]], Reading())
    assert data.inputs.shape == (2, count - 1)
    assert Name.compared < 20 * count


def test_names_with_units_need_no_more_quotes(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text('"Temp (C)","Load, kN",Yield [%]\n1,2,3\n4,5,6\n')
    found = runner.load(
        "data=csv", f"data.path={path}", "data.targets=Yield [%]", "data.inputs=[Temp (C)]", "network=dense"
    )
    assert (found.data.inputs.tolist(), found.data.targets.tolist()) == ([[1], [4]], [[3], [6]])
