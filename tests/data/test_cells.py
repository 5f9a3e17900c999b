"""What cells are taken for: numbers written for readers, names of classes, missing headers."""

from __future__ import annotations

from pathlib import Path

import pytest
from making_data import from_csv

import runner
from runner.data.dialect import Written
from runner.data.table import read_table


@pytest.mark.parametrize(
    "cell",
    ["4,750", "$11,593", "$5", "5 €", "EUR 5", "1.234,5", "2,5", "12 %", "3‰", "1e3 km", "1.5 kg", "1 234",
     "1'234", "12,34,567", "1_000", "−5", "(4,750)", "0x1F"],
)  # fmt: skip
def test_targets_that_readers_take_for_numbers_are_no_classes(cell: str, tmp_path: Path) -> None:
    for column in ([cell, cell[:-1] + "8" if cell[-1].isdigit() else cell, "7"], [cell] * 3, ["low", cell]):
        text = "a,y\n" + "".join(f'{i},"{value}"\n' for i, value in enumerate(column))
        with pytest.raises(runner.RunnerError) as caught:
            from_csv(tmp_path, text)
        line = 2 + column.index(cell)
        assert f"line {line}, column y: '{cell}' looks like a number" in str(caught.value)
        assert "digits and a point alone" in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("2024-01-05", "a date"),
        ("5.1.2024", "a date"),
        ("3/4/24", "a date"),
        ("12:30", "a time"),
        ("NA", "a missing value"),
        ("?", "a missing value"),
        ("#N/A", "a missing value"),
    ],
)
def test_targets_that_are_no_names_are_no_classes(cell: str, what: str, tmp_path: Path) -> None:
    for others in ("red,blue", "1,2"):
        rows = "".join(f"{i},{value}\n" for i, value in enumerate([*others.split(","), cell]))
        with pytest.raises(runner.RunnerError, match=f"line 4, column y: '.*' looks like .*{what}"):
            from_csv(tmp_path, "a,y\n" + rows)


@pytest.mark.parametrize(
    "labels",
    [
        ["1st", "2nd", "Crew"],
        ["<=50K", ">50K"],
        ["+", "-"],
        ["18-25", "26-35", "36+"],
        ["True", "False"],
        ["none", "mild"],
        ["2wd", "4wd"],
        ["5 stars", "4 stars"],
        ["(0.5, 1.0]", "(1.0, 1.5]"],
        ["2,4-D", "control"],
        ["1.2.3", "1.2.4"],
    ],
)
def test_names_of_classes_with_digits_in_them(labels: list[str], tmp_path: Path) -> None:
    rows = "".join(f'{i},"{label}"\n' for i, label in enumerate(labels))
    assert from_csv(tmp_path, "a,y\n" + rows).classes == {"y": sorted(labels)}


IRIS = "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n6.4,3.2,4.5,1.5,Iris-versicolor\n"
WINE = "7.4,0.7,0,1.9,0.076,5\n7.8,0.88,0,2.6,0.098,5\n11.2,0.28,0.56,1.9,0.075,6\n7.9,0.6,0.06,1.6,0.069,5\n"


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        (IRIS, "species"),
        (IRIS, "Iris-setosa"),  # a name from another message
        (WINE, "5"),
        ("0,0,0\n0,1,1\n1,0,1\n1,1,0\n", "y"),
        ("5,?,1\n4,2,2\n6,3,1\n", "1"),
        ("male,22,7.25\nfemale,38,71.28\nmale,26,7.92\n", "7.25"),
    ],
)
def test_a_file_without_a_header_is_told(text: str, targets: str, tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError) as caught:
        from_csv(tmp_path, text, f"data.targets='{targets}'")
    for word in (text.partition("\n")[0], "line 1", "no header", "data.header=none"):
        assert word in str(caught.value)
    names = ",".join("abcdef"[: text.partition("\n")[0].count(",")]) + ",y\n"
    if "?" not in text and "male" not in text:
        assert len(from_csv(tmp_path, names + text).inputs) == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "1990,2000\n1,2\n3,4\n",
        "1990,1995,2000\n1800,1900,2000\n5,2010,1990\n",
        "0,1,2,3\n0.5,1.5,2.5,0.1\n1,2,3,4\n",  # as pandas writes what has no names
        "400.5,401,401.5\n0.1,0.2,0.3\n0.4,0.1,0.2\n",  # wavelengths
        "a,1\n3,1\n4,2\n",
        "name,1990,1991\nanna,1990,1991\nbob,1,2\n",
        "city,class\nparis,paris\nrome,rome\n",
        "a,b\n,2\n3,4\n",
    ],
)
def test_headers_that_are_like_data_are_taken(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    table = read_table("data.path", path, Written())
    assert table.names == text.partition("\n")[0].split(",")
    assert table.rows == len(table.columns[0]) == text.count("\n") - 1
