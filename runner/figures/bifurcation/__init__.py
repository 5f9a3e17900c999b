"""Where runs end up against the learning rate, as a logistic map is drawn: at 1 value, at 2, 4, …, anywhere.

Of every run the last rows are dots. For the article's network the rates at which 1 value becomes 2, 2
become 4 and 4 become 8 are known: 0.277350 (1/√13), 0.342796 and 0.357226.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runner.figures.bifurcation.caption import caption
from runner.figures.bifurcation.ends import ends_of
from runner.figures.bifurcation.picture import draw, panels_of
from runner.figures.figure import DOUBLE, Figure, Layout, Options, losses_of, needs_finished, verb_of
from runner.nn.arrays import Array
from runner.records.histories import MOST_NUMBERS, NotShownError
from runner.results import COLUMNS, Results
from runner.results.rates import RATE
from runner.training.endings import IRREGULAR, OSCILLATING
from runner.training.objective import outputs_at

LEAST_RATES = 20
#: Dots in all, and the last rows of a run that are taken for them, between the two.
DOTS, ROWS = 2**17, (16, 256)
LATE = 0.25  # of a run: what stands before is how it got there


def numbers(results: Results, options: Options) -> pd.DataFrame:
    """A row a dot: the run, its rate, how it ended, and one of its last rows; of runs that were not lost.

    The prediction is that for the first example, its first output, where the weights were recorded.
    """
    column, runs = COLUMNS[results.metric(options.metric)], _family(results, options)
    left = runs[~results.lost[runs.index]]
    count = int(np.clip(DOTS // len(runs), *ROWS))
    weights = _weights(results, left)
    names = [results.unit, column, *(["prediction"] if weights else [])]
    tails = list(_tails(results, left, [column, *weights], count))
    if not tails:
        raise NotShownError("every run diverged or blew up")
    lengths = np.concatenate([lengths for lengths, _ in tails])
    rows = np.concatenate([rows for _, rows in tails], axis=1)
    marks = {key: np.repeat(left[key].to_numpy(), lengths) for key in ("run", RATE, "ending", "period")}
    table = pd.DataFrame(marks | dict(zip(names, rows, strict=True)))
    table = table.astype({results.unit: int})
    data = results.experiment(int(left.index[0])).data if weights else None
    table.attrs = {
        "unit": results.unit,
        "column": column,
        "ends": ends_of(runs),
        "target": float(data.targets_in_own_units(data.targets[:1])[0, 0]) if data else None,
        "outputs": data.targets.shape if data else (),
        "apart": int(np.median(np.diff(rows[0, : lengths[0]]))) if lengths[0] > 1 else 1,
        "rows": int(lengths.max()),
        "family": results.name(int(runs.index[0]), _others(results)),
        "losses": losses_of(results),
    }
    return table


def _tails(
    results: Results, runs: pd.DataFrame, columns: Sequence[str], count: int
) -> Iterator[tuple[NDArray[np.intp], Array]]:
    """How many late rows runs have (R,), and these below each other (2 or 3, T).

    They are counts, errors and, of weights among the `columns`, predictions.
    """
    places = list(runs.index)
    experiment = results.experiment(places[0]) if len(columns) > 1 else None
    for lengths, tails in results.tails(places, columns, count):
        ends = lengths.cumsum()
        counts = tails[results.unit]
        late = counts >= (1 - LATE) * np.repeat(counts[ends - 1], lengths)
        unit, errors, *weights = (values[late] for values in tails.values())
        rows = [unit, errors]
        if experiment:
            rows.append(outputs_at(experiment, np.column_stack(weights))[:, 0])
        yield np.add.reduceat(late, ends - lengths, dtype=np.intp), np.stack(rows).astype(float)


def _weights(results: Results, runs: pd.DataFrame) -> list[str]:
    """The names of the weights, where all of the runs have recorded them and they are few."""
    names = results.weight_names()
    recorded = set(runs.index) <= set(results.with_weights)
    return names if recorded and len(names) * len(runs) * ROWS[0] < MOST_NUMBERS else []


def _others(results: Results) -> list[str]:
    """The swept keys but for the rate and the seed."""
    return [key for key in results.keys if key != RATE]


def _family(results: Results, options: Options) -> pd.DataFrame:
    """The runs that differ from the best setting in the rate and the seed alone, by rising rate."""
    runs, others = results.finished, _others(results)
    if others:
        best = results.ranking(options.metric).settings[0].runs[0]
        runs = runs[(runs[others] == runs.loc[best, others]).all(axis=1)]
    return runs.sort_values(RATE, kind="stable")


def _applies(results: Results, options: Options) -> str | None:
    if RATE not in results.swept:
        return "the learning rate was not swept"
    if reason := needs_finished(results):
        return reason
    runs = _family(results, options)
    if (rates := runs[RATE].nunique()) < LEAST_RATES:
        return f"a diagram of where runs end needs {LEAST_RATES} learning rates or more; there are {rates}"
    if results.lost[runs.index].all():
        return f"every run {verb_of(results.outcomes)}"
    if not runs["ending"].isin(["", OSCILLATING, IRREGULAR]).any():
        return "no run ends in a cycle or irregularly"
    return None


def _layout(table: pd.DataFrame) -> Layout:
    return Layout(rows=len(panels_of(table)), columns_wide=DOUBLE, aspect=0.3)


FIGURE = Figure(_applies, numbers, draw, caption, _layout, follows=("metric", "xlim"))
