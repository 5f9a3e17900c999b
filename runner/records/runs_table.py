"""The tables of a folder, ``runs.csv`` and ``parameters.csv``: read exactly, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from runner.api import exact_floats
from runner.errors import RunnerError
from runner.nn.network import Network
from runner.records.table import INTERRUPTED, lines_now, text
from runner.records.writing import HISTORY, MULTIRUN, RESULT_COLUMNS, RUNS, SUMMARY

STATUSES = ("completed", "diverged", "failed", INTERRUPTED)


def table_of_runs(folder: Path, is_sweep: bool) -> pd.DataFrame:
    """The line of a run, or those of a sweep's runs as they are now. Raises RunnerError for none."""
    if is_sweep:
        table = _table_of_sweep(folder)
    elif (folder / SUMMARY).is_file():
        table = _read_table(folder / SUMMARY)
        # the line of a sweep's run says where it is from there
        table = table.drop(columns=list(table.columns[1 : list(table.columns).index("status")]))
        table["directory"] = "."
    else:
        raise RunnerError(f"{folder}: the run is not finished; there is no {SUMMARY}")
    table["directory"] = table["directory"].fillna("").astype(str)
    return table.sort_values("run", kind="stable", ignore_index=True)


def _table_of_sweep(folder: Path) -> pd.DataFrame:
    """``runs.csv``, with what has become since of the runs that had not ended; or what the folders tell."""
    path = folder / RUNS
    if path.is_file():
        table = _read_table(path)
        if not (table["status"] == INTERRUPTED).any():
            return table
    elif not (folder / MULTIRUN).exists() and not any(
        p.name.isdigit() and p.is_dir() for p in folder.iterdir()
    ):
        raise RunnerError(f"{folder}: is neither the folder of a run nor of a sweep: no {HISTORY}, no {RUNS}")
    swept, lines = lines_now(folder)
    if not lines:
        raise RunnerError(f"{folder}: the sweep has no runs yet; there is nothing to draw")
    return _read_table(path, text(lines, swept))


def _read_table(path: Path, content: bytes | None = None) -> pd.DataFrame:
    """The table that `path` holds, or `content` in its place. Raises RunnerError for what is none."""
    table = _read_csv(path, content)
    for column in ("run", "status", "final_error", "initial_error", "best_error", "directory"):
        if column not in table:
            raise RunnerError(f"{path}: is not a table of runs; it has no column '{column}'")
    table = table.iloc[:, : list(table.columns).index("directory") + 1]  # a summary says more of its files
    unknown = table.loc[~table["status"].isin(STATUSES), "status"]
    if len(unknown):
        raise RunnerError(
            f"{path}, line {unknown.index[0] + 2}: status '{unknown.iloc[0]}' "
            f"is none of {', '.join(STATUSES)}"
        )
    ended = table["status"].isin(["completed", "diverged"])  # what else failed may have had any rate
    for column in [c for c in ("run", "learning_rate", *RESULT_COLUMNS) if c in table and c != "status"]:
        table[column] = _numbers(path, table, column, ended if column == "learning_rate" else None)
    done = table["status"] == "completed"
    finite = dict.fromkeys(("initial_error", "final_error", "best_error"), done)
    for column, rows in {"run": done | True, **finite}.items():
        _refuse(path, table, column, rows & ~np.isfinite(table[column]), "is not finite")
    _refuse(path, table, "run", table["run"] % 1 != 0, "is no whole number")
    _refuse(path, table, "run", table["run"].duplicated(), "stands there twice")
    if "learning_rate" in table:
        rates = table["learning_rate"]
        wrong = ended & ~(np.isfinite(rates) & (rates > 0))
        _refuse(path, table, "learning_rate", wrong, "is no learning rate above 0")
    return table.astype({"run": int})


def _read_csv(path: Path, content: bytes | None = None) -> pd.DataFrame:
    try:
        content = path.read_bytes() if content is None else content
        if content and not content.endswith(b"\n"):
            raise RunnerError(f"{path}: its last line has no end: it is cut")
        floats = exact_floats(pd.__version__)
        return pd.read_csv(BytesIO(content), keep_default_na=False, na_values=[""], **floats)
    except (ValueError, OSError) as error:
        raise RunnerError(f"{path}: cannot be read as CSV: {one_line(error)}") from None


def _numbers(
    path: Path, table: pd.DataFrame, column: str, rows: pd.Series[bool] | None = None
) -> pd.Series[float]:
    """A column as numbers, NaN where it is empty. Raises RunnerError for anything else in `rows`, or any."""
    numbers = pd.to_numeric(table[column], errors="coerce")
    wrong = numbers.isna() & table[column].notna()
    _refuse(path, table, column, wrong if rows is None else wrong & rows, "is not a number")
    return numbers


def _refuse(path: Path, table: pd.DataFrame, column: str, wrong: pd.Series[bool], what: str) -> None:
    """Raises RunnerError for the first row that is `wrong`, naming its line and column."""
    if not wrong.any():
        return
    row = table.index[wrong][0]
    value: Any = table.at[row, column]
    said = "nothing" if value != value else f"'{plain(value)}'"
    raise RunnerError(f"{path}, line {row + 2}, column {column}: {said} {what}")


def parameters_of(path: Path) -> pd.DataFrame:
    """``parameters.csv``, with every weight from the inputs to the outputs. Raises RunnerError otherwise."""
    table = _read_csv(path)
    places = ["layer", "to", "from"]
    for column in ("name", *places, "initial", "final"):
        if column not in table:
            raise RunnerError(f"{path}: has no column '{column}'")
        if column != "name":
            table[column] = _numbers(path, table, column)
    for column in places:
        _refuse(path, table, column, ~(table[column] % 1 == 0), "is no whole number")
    weights = table[table["from"] > 0]
    expected = Network(tuple(_sizes(path, weights)), (), has_biases=len(weights) < len(table)).names
    found = list(table[["name", *places]].itertuples(index=False, name=None))
    for line, (right, one) in enumerate(zip(expected, found, strict=False), start=2):
        if tuple(right) != one:
            raise RunnerError(f"{path}, line {line}: '{one[0]}' stands where '{right[0]}' is to be")
    if len(found) != len(expected):
        raise RunnerError(f"{path}: has {len(found)} parameters, and {len(expected)} are to be there")
    return table.astype(dict.fromkeys(places, int))


def _sizes(path: Path, weights: pd.DataFrame) -> list[int]:
    """The numbers of inputs and of neurons a layer, as far as any weight goes."""
    last = int(weights["layer"].max()) if len(weights) else 0
    into, out = (weights.groupby("layer")[side].max() for side in ("from", "to"))
    sizes = [max(int(into.get(i + 1, 0)), int(out.get(i, 0))) for i in range(last + 1)]
    if not sizes or not all(sizes):
        raise RunnerError(f"{path}: has no weights of some layer")
    return sizes


def bare(values: pd.Series[Any]) -> pd.Series[Any]:
    """Lists of one number, as sizes of a single hidden layer are, as numbers."""
    found = [re.fullmatch(r"\[\s*([-+.\deE]+)\s*\]", str(value)) for value in values]
    if all(found):
        return pd.to_numeric(pd.Series([f[1] for f in found if f], index=values.index))
    return values


# --- values ---------------------------------------------------------------------------------------


def in_order(values: Iterable[Any]) -> list[Any]:
    """Distinct swept values as a reader counts: numbers, then lists by their lengths, then words."""
    return sorted(dict.fromkeys(values), key=_rank)


def _rank(value: Any) -> tuple[Any, ...]:
    text = str(value)
    if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", text):
        return 0, float(text)
    if re.fullmatch(r"\[[\d, ]*\]", text):
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        return 1, len(numbers), numbers
    return 2, text


def one_line(error: Exception) -> str:
    """An error's words in a line."""
    return " ".join(str(error).split())


def plain(value: Any) -> str:
    """A swept value as a reader writes it, in full."""
    if not isinstance(value, float | np.floating):
        return str(value)
    short = f"{value:g}"
    return short if float(short) == value or value != value else repr(float(value))
