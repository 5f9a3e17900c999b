"""The tables of a run or a sweep as pandas has them: read exactly, and checked to the cell."""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from runner.errors import RunnerError, in_a_line
from runner.files import kept
from runner.nn.arrays import Array
from runner.nn.network import Network
from runner.overrides import plain
from runner.records.checksums import refuse_changed
from runner.records.histories import header_of
from runner.records.names import COMPLETED, FINISHED, PARAMETERS, RESULT_COLUMNS, STATUSES
from runner.training.endings import ENDINGS

if TYPE_CHECKING:  # pandas takes long to import, and training needs none of it
    import pandas as pd

#: A line of ``parameters.csv``: name, layer, to, from, initial, final.
ParameterRow: TypeAlias = tuple[str, int, int, int, float, float]
#: Bytes of a history that are read at a time.
BLOCK = 2**24


def parameter_rows(folder: str | Path) -> list[ParameterRow]:
    """The rows of a run's ``parameters.csv``. Raises OSError for none, ValueError if it is no such file."""
    try:
        text = kept(Path(folder) / PARAMETERS).read_text(encoding="utf-8")
        if not text.endswith("\n"):
            raise ValueError(f"the last line of {PARAMETERS} has no end: it is cut")
        return [_parameter(row, line) for line, row in enumerate(csv.DictReader(text.splitlines()), start=2)]
    except UnicodeDecodeError:
        raise ValueError(f"{PARAMETERS} is not UTF-8 text") from None
    except csv.Error as error:
        raise ValueError(f"{PARAMETERS} is not as it was written: {error}") from None


def _parameter(row: dict[str, str], line: int) -> ParameterRow:
    try:
        layer, to, from_ = (int(row[column]) for column in ("layer", "to", "from"))
        return row["name"], layer, to, from_, float(row["initial"]), float(row["final"])
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{PARAMETERS}, line {line}: is not that of a weight or a bias") from None


def state_of(folder: str | Path) -> dict[str, list[float]]:
    """The optimizer's state in a run's ``parameters.csv``: quantities (P,) by their columns."""
    rows = list(csv.DictReader(kept(Path(folder) / PARAMETERS).read_text(encoding="utf-8").splitlines()))
    rows.sort(
        key=lambda row: (row["name"][0] == "b", int(row["name"][1:]))
    )  # a spreadsheet may have sorted them
    names = list(rows[0])[list(rows[0]).index("final") + 1 :] if rows else []
    return {name: [float(row[name]) for row in rows] for name in names}


def exact_floats(pandas_version: str) -> dict[str, Any]:
    """The option that makes ``pandas.read_csv`` read floats to the last bit: its default since 3.1."""
    major, minor = map(int, pandas_version.split(".")[:2])
    return {"float_precision": "round_trip"} if (major, minor) < (3, 1) else {}


def read_finished(path: Path) -> pd.DataFrame:
    """A file of a finished run, as it was written. Raises RunnerError where it is not, or not there."""
    if not path.exists():
        raise RunnerError(f"{path.parent}: is not the folder of a finished run; there is no {path.name}")
    frame = read_table(path)
    refuse_changed(path)
    return frame


def history_of(path: Path) -> pd.DataFrame:
    """A finished run's history, as it was written; however long or wide, in a few times its numbers' memory.

    Raises RunnerError where it is not as it was written, or not there.
    """
    import pandas as pd

    if not path.exists() or (numbers := _rows_of(path)) is None:
        return read_finished(path)  # which says what is wrong
    refuse_changed(path)
    unit, *names = header_of(path)
    frame = pd.DataFrame(numbers[:, 1:], columns=names)
    frame.insert(0, unit, numbers[:, 0].astype(np.int64))
    return frame


def _rows_of(path: Path) -> Array | None:
    """The numbers (T, columns) of a history; None where it has other cells, or rows of other lengths.

    All cells are read as one column: pandas and pyarrow take longest over making columns, of which a
    history may have hundreds of thousands.
    """
    blocks = []
    with open(kept(path), "rb") as f:
        commas = f.readline().count(b",")
        while lines := f.readlines(BLOCK):
            if not lines[-1].endswith(b"\n") or {line.count(b",") for line in lines} != {commas}:
                return None
            if (numbers := _numbers_in(b"".join(lines))) is None or len(numbers) % (commas + 1):
                return None
            blocks.append(numbers.reshape(-1, commas + 1))
    rows = np.concatenate(blocks) if blocks else None
    return None if rows is None or (rows[:, 0] % 1).any() else rows


def _numbers_in(cells: bytes) -> Array | None:
    import pyarrow as pa
    from pyarrow import csv as arrow

    read = arrow.ReadOptions(column_names=["cell"], use_threads=False)
    parse = arrow.ParseOptions(ignore_empty_lines=False)
    convert = arrow.ConvertOptions(column_types={"cell": pa.float64()}, null_values=[])
    try:
        table = arrow.read_csv(BytesIO(cells.replace(b",", b"\n")), read, parse, convert)
    except pa.ArrowInvalid:
        return None
    numbers: Array = table["cell"].to_numpy()
    return numbers


def read_table(path: Path, content: bytes | None = None) -> pd.DataFrame:
    """The CSV file at `path`, or `content` in its place. Raises RunnerError where it cannot be read."""
    import pandas as pd

    try:
        content = kept(path).read_bytes() if content is None else content
        if content and not content.endswith(b"\n"):
            raise RunnerError(f"{path}: its last line has no end: it is cut")
        floats = exact_floats(pd.__version__)
        table = pd.read_csv(BytesIO(content), keep_default_na=False, na_values=[""], **floats)
    except (ValueError, OSError) as error:
        raise RunnerError(f"{path}: cannot be read as CSV: {in_a_line(error)}") from None
    if not isinstance(table.index, pd.RangeIndex):  # which pandas makes of the cells that are too many
        raise RunnerError(f"{path}: has lines of more cells than its header")
    return table


def read_runs_table(path: Path, content: bytes | None = None) -> pd.DataFrame:
    """The lines of runs at `path`, or in `content`, checked. Raises RunnerError for what are none."""
    table = read_table(path, content)
    for column in ("run", "status", "final_error", "initial_error", "best_error", "directory"):
        if column not in table:
            raise RunnerError(f"{path}: is not a table of runs; it has no column '{column}'")
    table = table.iloc[:, : list(table.columns).index("directory") + 1]  # a summary says more of its files
    for at, column in enumerate(("ending", "period"), start=list(table).index("status") + 1):
        if column not in table:  # a table of an earlier version
            table.insert(at, column, np.nan)
    table["ending"] = table["ending"].astype(object).fillna("")
    for column, known in (("status", STATUSES), ("ending", ("", *ENDINGS))):
        unknown = table.loc[~table[column].isin(known), column]
        if len(unknown):
            said = f"{path}, line {unknown.index[0] + 2}: {column} '{unknown.iloc[0]}'"
            raise RunnerError(f"{said} is none of {', '.join(filter(None, known))}")
    ended = table["status"].isin(FINISHED)  # what else failed may have had any rate
    for column in [c for c in ("run", "learning_rate", *RESULT_COLUMNS) if c in table]:
        table[column] = _numbers(path, table, column, ended if column == "learning_rate" else None)
    done = table["status"] == COMPLETED
    for column in ("run", "initial_error", "final_error", "best_error"):
        wrong = ~np.isfinite(table[column]) & (done | (column == "run"))
        _refuse(path, table, column, wrong, "is not finite")
    _refuse(path, table, "run", table["run"] % 1 != 0, "is no whole number")
    _refuse(path, table, "run", table["run"].duplicated(), "stands there twice")
    if "learning_rate" in table:
        rates = table["learning_rate"]
        wrong = ended & ~(np.isfinite(rates) & (rates > 0))
        _refuse(path, table, "learning_rate", wrong, "is no learning rate above 0")
    return table.astype({"run": int})


def _numbers(
    path: Path, table: pd.DataFrame, column: str, rows: pd.Series[bool] | None = None
) -> pd.Series[float]:
    """A column as numbers, NaN where it is empty. Raises RunnerError for anything else in `rows`, or any."""
    import pandas as pd

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
    cell = "nothing" if value != value else f"'{plain(value)}'"
    raise RunnerError(f"{path}, line {row + 2}, column {column}: {cell} {what}")


def parameters_of(path: Path) -> pd.DataFrame:
    """``parameters.csv``, with every weight from the inputs to the outputs. Raises RunnerError otherwise."""
    table = read_table(path)
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
    rows = list(table[["name", *places]].itertuples(index=False, name=None))
    for line, (right, row) in enumerate(zip(expected, rows, strict=False), start=2):
        if tuple(right) != row:
            raise RunnerError(f"{path}, line {line}: '{row[0]}' stands where '{right[0]}' is to be")
    if len(rows) != len(expected):
        raise RunnerError(f"{path}: has {len(rows)} parameters, and {len(expected)} are to be there")
    return table.astype(dict.fromkeys(places, int))


def _sizes(path: Path, weights: pd.DataFrame) -> list[int]:
    """The numbers of inputs and of neurons a layer, as far as any weight goes."""
    last = int(weights["layer"].max()) if len(weights) else 0
    into, out = (weights.groupby("layer")[side].max() for side in ("from", "to"))
    sizes = [max(int(into.get(i + 1, 0)), int(out.get(i, 0))) for i in range(last + 1)]
    if not sizes or not all(sizes):
        raise RunnerError(f"{path}: has no weights of some layer")
    return sizes
