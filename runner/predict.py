"""``backprop-predict``: a trained run's predictions for the rows of a file, in the data's own units."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in runner.__main__

import numpy as np

from runner.api.opening import open as open_run
from runner.api.run import Run
from runner.commands import add_plugins, add_quiet, add_version, ending, write_named
from runner.config.data import reading_of
from runner.data.csv_file import Recipe
from runner.data.dialect import Written
from runner.data.new_rows import NewRows, read_rows, recipe_of, targets_in
from runner.data.parts import TRAINING, Part
from runner.data.table import Table
from runner.errors import ConfigError, RunnerError, did_you_mean
from runner.nn.arrays import Array, Mask
from runner.records.names import DIVERGED, words_of
from runner.records.predictions import as_texts, is_finite
from runner.remarks import deliver, remark
from runner.training.goodness import goodness
from runner.training.objective import Examples, Objective, measured, outputs
from runner.training.predictions import Columns, predictions_of
from runner.training.threads import same_bits

#: The keys that say how FILE is written, where that is not as the run's own file was, or not guessed.
KEYS = (*Written._fields, "missing")

EXAMPLES = """
examples:
  backprop-predict outputs/2026-01-31/12-00-00 new.csv
      the rows of new.csv, each with its prediction behind it, as CSV
  backprop-predict DIR new.csv --out predicted.csv
      the same into a file
  backprop-predict DIR new.csv --only-predictions
      without the columns that new.csv has itself
  backprop-predict DIR new.csv data.missing=mean
      cells without a value get their column's mean in the training part (drop leaves their rows out)
  backprop-predict DIR new.txt data.separator=tab data.decimal=comma
      where how FILE is written cannot be guessed

FILE has the columns that the run learnt from, found by their names, in any order and in their own units:
inputs are scaled and texts encoded here, as in training. Other columns are handed on. Of classes the
prediction is a class, beside its probabilities. Where FILE has the target too, the last line (on stderr)
says how good the predictions are.
"""


def parser() -> argparse.ArgumentParser:
    """The command line of ``backprop-predict``."""
    p = argparse.ArgumentParser(
        prog="backprop-predict",
        usage="backprop-predict DIR FILE [data.KEY=VALUE ...] [options]",
        description="Predictions of a trained run for the rows of a file.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    p.add_argument("folder", metavar="DIR", help="the folder of a run")
    p.add_argument(
        "file", metavar="FILE", type=Path, help="a table, as data=csv reads them: CSV, TSV, Parquet"
    )
    p.add_argument("keys", nargs="*", metavar="data.KEY=VALUE", help=f"how FILE is read: {', '.join(KEYS)}")
    p.add_argument("--out", type=Path, metavar="FILE", help="a file to write instead of printing")
    p.add_argument("--only-predictions", action="store_true", help="leave out the columns of FILE itself")
    add_plugins(p)
    add_version(p)
    add_quiet(p)
    return p


def run(arguments: argparse.Namespace) -> None:
    """Writes the predictions that the arguments ask for. Raises RunnerError for what a user can put right."""
    trained = open_run(arguments.folder)
    recipe = _told(recipe_of(trained.experiment.data), arguments.keys)
    rows = read_rows(arguments.file, trained.experiment.data, recipe)
    with same_bits():
        pred = outputs(trained.experiment, trained.result.final, rows.inputs)
    predictions = predictions_of(trained.experiment, pred)
    if not is_finite(predictions):
        wrong = int(np.flatnonzero(rows.kept)[~np.isfinite(pred).all(axis=1)][0])
        place = f"{rows.table.place} {rows.table.lines[wrong]}"
        raise RunnerError(f"{arguments.file}, {place}: the prediction is no finite number")
    own = {} if arguments.only_predictions else _own(rows.table, rows.kept)
    _write(arguments.out, _as_csv(own, predictions), arguments.file)
    for line in (*_notes(trained), *rows.said, *_judged(trained, rows, recipe)):
        remark(line)


def _told(recipe: Recipe, keys: Sequence[str]) -> Recipe:
    """The recipe with what the command line says of FILE. Raises RunnerError for what is no such key."""
    import yaml

    given = {}
    for one in keys:
        key, equals, value = one.partition("=")
        name = key.removeprefix("data.")
        if not equals or not key.startswith("data.") or name not in KEYS:
            known = [f"data.{name}" for name in KEYS]
            raise RunnerError(f"{one}: is none of {'=, '.join(known)}={did_you_mean(key, known)}")
        given[name] = value if name == "separator" else yaml.safe_load(value)
    checked = reading_of(given)
    written = {name: getattr(checked.written, name) for name in given if name in Written._fields}
    reading = recipe.reading._replace(written=recipe.reading.written._replace(**written))
    return recipe._replace(
        reading=reading._replace(missing=checked.missing) if "missing" in given else reading
    )


def _own(table: Table, kept: Mask) -> dict[str, list[str]]:
    """The cells of a table, column by column, as they stand there."""
    places = np.flatnonzero(kept).tolist()
    return {
        name: [cells[place] for place in places] if not isinstance(cells, np.ndarray) else _short(cells[kept])
        for name, cells in zip(table.names, table.columns, strict=True)
    }


def _short(numbers: Array) -> list[str]:
    """Numbers as text, whole ones without a point, and nothing for NaN."""
    texts = (text.removesuffix(".0") for text in as_texts(numbers))
    return ["" if text == "null" else text for text in texts]


def _as_csv(own: dict[str, list[str]], predictions: Columns) -> bytes:
    names: list[str] = list(own)
    for name in predictions:
        names.append(next(n for n in chain([name], (f"{name}.{i}" for i in count(1))) if n not in names))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*own.values(), *map(as_texts, predictions.values()), strict=True))
    return text.getvalue().encode()


def _write(out: Path | None, content: bytes, source: Path) -> None:
    if out is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        deliver(content.decode(), exact=True)
        return
    if out.exists() and out.samefile(source):
        raise ConfigError("--out", out, "is FILE itself: name another")
    try:
        write_named(out, content)
    except OSError as error:
        raise ConfigError("--out", out, f"cannot be written: {error.strerror}") from None


def _notes(trained: Run) -> Iterator[str]:
    if trained.result.status == DIVERGED:
        yield f"this run diverged after epoch {trained.result.epochs}: its last finite weights predict"


def _judged(trained: Run, rows: NewRows, recipe: Recipe) -> Iterator[str]:
    """How good the predictions are, where the file has the targets: a line."""
    try:
        y = targets_in(rows.table, recipe)
    except RunnerError as error:
        yield f"not compared with the targets: {error}"
        return
    if y is None:
        return
    y = y[rows.kept]
    known = ~np.isnan(y).any(axis=1)
    if not known.any():
        return
    experiment = trained.experiment
    if y.shape[1] == 1 and experiment.sizes[-1] == 2:  # of two classes, a column each
        y = np.hstack([1.0 - y, y])
    scale = experiment.data.target_scale
    x, y = rows.inputs[known], y[known] if scale is None else scale.of(y[known])
    shown = ", ".join(f"{words_of(name)} {value:.6g}" for name, value in _measures(trained, x, y).items())
    yield f"compared with the {len(y):,} target{'s' * (len(y) != 1)} in {rows.table.path.name}: {shown}"


def _measures(trained: Run, x: Array, y: Array) -> dict[str, float]:
    """Error, accuracy or R² and RMSE over inputs (N, I) and targets (N, O), both as they are learnt."""
    experiment, final = trained.experiment, trained.result.final[None]
    objective = Objective.of([experiment])
    points = (objective.at(final, part) for part in Examples.of(x, np.ascontiguousarray(y)).split())
    with same_bits():
        found = {name: float(of[0]) for name, of in measured(points, experiment.classifies).items()}
    judged = replace(experiment.data, lost="").with_parts({TRAINING: Part(x, y)})
    if experiment.regresses:
        found |= goodness([replace(experiment, data=judged)], final)[0]
    return found


@ending()
def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    run(parser().parse_intermixed_args(arguments))


if __name__ == "__main__":
    main()
