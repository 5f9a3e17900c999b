"""Tables are checked to the cell, and one that is cut is never taken for whole."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import runner
from runner.errors import RunnerError
from runner.records import reading
from runner.results import Results, read_histories, read_runs


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("completed", "splendid", "line 2: status 'splendid' is none of completed, diverged"),
        ("final_error", "final", "has no column 'final_error'"),
        (",30,", ",thirty,", "line 2, column best_epoch: 'thirty' is not a number"),
    ],
)
def test_a_tampered_table_is_refused(sweep: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    text = (copy / "runs.csv").read_text()
    head, _, rest = text.partition("\n")
    if old in head:
        head = head.replace(old, new, 1)
    else:
        at = rest.rfind(old, 0, rest.index("\n"))
        rest = rest[:at] + new + rest[at + len(old) :]
    (copy / "runs.csv").write_text(f"{head}\n{rest}")
    with pytest.raises(RunnerError, match=message):
        Results(copy)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("learning_rate", "foo", "line 3, column learning_rate: 'foo' is not a number"),
        ("learning_rate", "inf", "line 3, column learning_rate: 'inf' is no learning rate above 0"),
        ("learning_rate", "", "line 3, column learning_rate: nothing is no learning rate above 0"),
        ("learning_rate", "0", "line 3, column learning_rate: '0' is no learning rate above 0"),
        ("learning_rate", "-0.01", "line 3, column learning_rate: '-0.01' is no learning rate above 0"),
        ("run", "0", "line 3, column run: '0' stands there twice"),
        ("run", "1.5", "line 3, column run: '1.5' is no whole number"),
        ("run", "one", "line 3, column run: 'one' is not a number"),
        ("final_error", "", "line 3, column final_error: nothing is not finite"),
    ],
)
def test_a_faulty_cell_is_named(sweep: Path, tmp_path: Path, column: str, value: str, message: str) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    with open(copy / "runs.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    rows[1][column] = value
    with open(copy / "runs.csv", "w", newline="") as f:
        writer = csv.DictWriter(f, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(RunnerError, match=re.escape(f"runs.csv, {message}")):
        Results(copy)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda lines: [*lines[:2], lines[2].rpartition(",")[0] + ",abc", *lines[3:]],
         "line 3, column final: 'abc' is not a number"),
        (lambda lines: lines[:2] + lines[3:], "line 3: 'w3' stands where 'w2' is to be"),
        (lambda lines: lines[:-1], "has 5 parameters, and 6 are to be there"),
        (lambda lines: lines[:1], "has no weights of some layer"),
        (lambda lines: ["a,b"], "has no column 'name'"),
        (lambda lines: [lines[0], *(f"{line},1" for line in lines[1:])],
         "has lines of more cells than its header"),
    ],
)  # fmt: skip
def test_faulty_parameters_are_refused(
    sweep: Path, tmp_path: Path, edit: Callable[[list[str]], list[str]], message: str
) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    path = copy / "1" / "parameters.csv"
    path.write_text("\n".join(edit(path.read_text().splitlines())) + "\n")
    with pytest.raises(
        RunnerError, match=re.escape(f"parameters.csv{'' if message[0] == 'h' else ','}")
    ) as found:
        Results(copy).parameters(1)
    assert message in str(found.value)


@pytest.mark.parametrize("name", ["history.csv", "parameters.csv"])
@pytest.mark.parametrize("cut", [-2, -40])
def test_a_file_that_is_cut_is_never_taken_for_whole(
    name: str, cut: int, sweep: Path, tmp_path: Path
) -> None:
    """Not where it ends in a number, which then is another, or at the end of a line."""
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    path = copy / "1" / name
    content = path.read_bytes()
    content = content[:cut] if cut > -10 else content[: content[:cut].rindex(b"\n") + 1]
    path.write_bytes(content)
    read = {"history.csv": runner.read_history, "parameters.csv": runner.read_parameters}[name]
    reads = [lambda: read(copy / "1"), lambda: Results(copy).parameters(1)]
    if name == "history.csv":
        reads[1:] = [lambda: read_histories(copy), lambda: Results(copy).curves("final_error")]
    for one in reads:
        with pytest.raises(RunnerError, match=re.escape(name)):
            one()


def test_a_table_that_is_cut_is_never_taken_for_whole(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    path = copy / "runs.csv"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunnerError, match=r"runs\.csv: its last line has no end"):
        read_runs(copy)


def test_a_history_is_read_a_block_at_a_time_to_the_last_bit(
    sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sweep / "0" / "history.csv"
    monkeypatch.setattr(reading, "BLOCK", 200)
    frame = reading.history_of(path)
    with open(path, newline="") as f:
        header, *rows = csv.reader(f)
    assert list(frame.columns) == header
    assert frame.to_numpy().tolist() == [[float(cell) for cell in row] for row in rows]
    assert frame["epoch"].dtype == "int64"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (r"\n", "\n\n", "is not as it was written"),
        (r"\n2,", "\n2.5,", "is not as it was written"),
        (r",([^,]*)\n2,", r"\n2,\1,", "cannot be read as CSV: .*line 4"),
        (r"\n2,[^,]*", "\n2,x", "is not as it was written"),
        (r"\n2,", "\n2,1,", "cannot be read as CSV: .*line 4"),
        (r"\n$", "", "its last line has no end: it is cut"),
    ],
)
def test_a_history_of_other_cells_says_so(
    sweep: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    shutil.copytree(sweep / "0", tmp_path / "run")
    path = tmp_path / "run" / "history.csv"
    path.write_text(re.sub(old, new, path.read_text(), count=1))
    with pytest.raises(RunnerError, match=message):
        reading.history_of(path)
