"""What tests read of figures: the lines and marks of a picture, and the numbers of the files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from making_sweeps import make_sweep
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure as Canvas

from runner.figures import load
from runner.figures.drawing import paint
from runner.figures.figure import Options
from runner.figures.options import Look
from runner.figures.style.sheets import in_force
from runner.results import Results


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def errors(folder: Path) -> list[float]:
    return [float(row["error"]) for row in rows(folder / "history.csv")]


def drawn(name: str, folder: Path, **options: Any) -> tuple[pd.DataFrame, Canvas]:
    figure = load(name)
    results, chosen = Results(folder), Options(**options)
    assert figure.applies(results, chosen) is None
    numbers = figure.numbers(results, chosen)
    with mpl.rc_context():
        return numbers, paint(figure, numbers)


def drawn_as_paper(name: str, folder: Path) -> tuple[pd.DataFrame, Canvas]:
    with in_force(Look()):
        figure, results = load(name), Results(folder)
        numbers = figure.numbers(results, Options())
        return numbers, paint(figure, numbers)


def curves(canvas: Canvas, axes: int = 0) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """The lines of a panel that are lines: no marks, no legend's."""
    ax = canvas.axes[axes]
    lines = [line for line in ax.get_lines() if line.get_linestyle() != "None" and line.get_gid() is None]
    alone = [np.column_stack(line.get_data()) for line in lines]
    found = [
        *alone,
        *(path for c in ax.collections if is_curves(c) for path in c.get_segments()),
    ]
    return [(path[:, 0], path[:, 1]) for path in found if len(path) > 1]


def is_curves(collection: Any) -> bool:
    return isinstance(collection, LineCollection) and collection.get_gid() != "whiskers"


def stars(canvas: Canvas) -> tuple[float, float]:
    (star,) = [line for line in canvas.axes[0].get_lines() if line.get_marker() == "*"]
    (x,), (y,) = star.get_data()
    return float(x), float(y)


def sweep_of(folder: Path, swept: dict[str, list[Any]], *overrides: str) -> Path:
    return make_sweep(folder / "s", swept, overrides)


def retold(sweep: Path, **columns: list[Any]) -> Path:
    """The sweep with other words in its table."""
    table = pd.read_csv(sweep / "runs.csv", dtype=str)
    for name, values in columns.items():
        table[name.replace("__", ".")] = values
    table.to_csv(sweep / "runs.csv", index=False)
    return sweep
