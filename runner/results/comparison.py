"""The values of a swept key, each at its best of all else: over seeds, and paired by seed with the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.nn.arrays import Array
from runner.overrides import in_order, plain
from runner.records.names import higher_is_better
from runner.results.comparing import improvement
from runner.results.intervals import interquartile_mean, intervals_of, middle
from runner.results.ranking import Setting, median
from runner.training.endings import ROUNDING

if TYPE_CHECKING:
    import pandas as pd

    from runner.results.runs import Runs

#: From so many seeds on, settings are chosen by one half of them and judged by the other, both ways.
ENOUGH_TO_SPLIT = 10
#: What a row is: what there is to say of a value, or a seed of it.
VALUE, SEED = "value", "seed"


@dataclass(frozen=True)
class Judged:
    """A value of a key at its best: the metric of each seed, and the settings that it is of.

    `split`: each seed is judged in the setting that the other half of the seeds has chosen. `choices` is how
    many settings there were to choose from.
    """

    value: Any
    sample: dict[Any, float]
    chosen: tuple[Setting, ...]
    split: bool
    choices: int


def judge(results: Runs, key: str, metric: str) -> list[Judged]:
    """Every value of `key` that has a result, the best first, by the medians of their samples.

    Errors below ROUNDING are equal.
    """
    settings, sign = results.ranking(metric).settings, -1.0 if higher_is_better(metric) else 1.0
    quality, seeds = results.quality(metric), _seeds(results)
    if sign > 0:
        quality = quality.clip(lower=ROUNDING)
    samples = {setting: {seeds[run]: float(quality[run]) for run in setting.runs} for setting in settings}
    values = {setting: results.runs.at[setting.middle, key] for setting in settings}
    judged = []
    for value in in_order(values.values()):
        among = {setting: samples[setting] for setting in settings if values[setting] == value}
        judged.append(_judge(value, among, sign))
    places = {setting: at for at, setting in enumerate(settings)}  # of equals the best is that of a ranking

    def cost(one: Judged) -> tuple[float, int]:
        return median(sign * number for number in one.sample.values()), places[one.chosen[0]]

    return sorted(judged, key=cost)


def _seeds(results: Runs) -> pd.Series[Any]:
    """The seed of each run, of finished ones; 0 where none was swept."""
    runs = results.runs
    return runs["seed"] if "seed" in results.swept else runs["run"] * 0


def _judge(value: Any, among: dict[Setting, dict[Any, float]], sign: float) -> Judged:
    """Of settings with their seeds' metrics, the best first, what the best of them is like."""
    first = next(iter(among))
    seeds = in_order(seed for sample in among.values() for seed in sample)
    if len(among) == 1 or len(seeds) < ENOUGH_TO_SPLIT:
        sample = {seed: among[first][seed] for seed in seeds if seed in among[first]}
        return Judged(value, sample, (first,), split=False, choices=len(among))
    sample = {}
    chosen: list[Setting] = []
    for ours, theirs in ((seeds[0::2], seeds[1::2]), (seeds[1::2], seeds[0::2])):
        best = min(among, key=lambda setting: _cost(among[setting], ours, sign))
        sample |= {seed: among[best][seed] for seed in theirs if seed in among[best]}
        chosen.append(best)
    sample = {seed: sample[seed] for seed in seeds if seed in sample}
    return Judged(value, sample, tuple(dict.fromkeys(chosen)), split=True, choices=len(among))


def _cost(sample: dict[Any, float], seeds: Sequence[Any], sign: float) -> float:
    """The median of the costs of some seeds; infinite where there are none."""
    costs = [sign * sample[seed] for seed in seeds if seed in sample]
    return median(costs) if costs else np.inf


def comparison_table(results: Runs, key: str, metric: str) -> pd.DataFrame:
    """A row a value of `key` (VALUE), the best first, then a row a seed of each (SEED).

    Of a value: the `metric`, its median over `n` seeds, of which `diverged` were lost; the ends of its
    interval, `low` and `high`; `iqm`, the interquartile mean, with `iqm_low` and `iqm_high`; the setting
    `chosen`. Of all but the best the `difference` from it, the median over the `pairs` of seeds of both,
    with `difference_low` and `difference_high`, and `improvement`, the probability that a run of the best is
    better than one of it. What is infinite, as what is lost is, is empty. ``attrs`` say ``split`` and
    ``choices`` (see Judged), the most there are.
    """
    import pandas as pd

    judged = judge(results, key, metric)
    samples = [_array(one.sample.values()) for one in judged]
    pairs = [_paired(one.sample, judged[0].sample) for one in judged]
    others = [name for name in results.keys if name != key]
    names = [[results.name(setting.middle, others) for setting in one.chosen] for one in judged]
    marks = [{"key": key, "value": plain(one.value)} for one in judged]
    values = pd.DataFrame(marks).assign(layer=VALUE, **_of_samples(samples, metric))
    values["chosen"] = [" | ".join(chosen) for chosen in names]
    values = values.assign(**_from_the_best(samples, pairs, -1.0 if higher_is_better(metric) else 1.0))
    seeds = [
        mark
        | {"layer": SEED, "seed": seed, metric: number, "difference": pair.get(seed, np.nan)}
        | {"n": 1, "diverged": int(np.isinf(number)), "pairs": int(seed in pair)}
        for mark, one, pair in zip(marks, judged, pairs, strict=True)
        for seed, number in one.sample.items()
    ]
    table = pd.concat([values, pd.DataFrame(seeds)], ignore_index=True).replace([np.inf, -np.inf], np.nan)
    table.attrs = {"split": any(one.split for one in judged), "choices": max(one.choices for one in judged)}
    return table


def _of_samples(samples: Sequence[Array], metric: str) -> dict[str, Any]:
    """The columns that say what each sample is like."""
    ends, ends_of_means = intervals_of(samples), intervals_of(samples, interquartile_mean)
    return {
        metric: [float(middle(sample)) for sample in samples],
        "low": ends[:, 0],
        "high": ends[:, 1],
        "iqm": [float(interquartile_mean(sample)) for sample in samples],
        "iqm_low": ends_of_means[:, 0],
        "iqm_high": ends_of_means[:, 1],
        "n": [len(sample) for sample in samples],
        "diverged": [int(np.isinf(sample).sum()) for sample in samples],
    }


def _from_the_best(
    samples: Sequence[Array], pairs: Sequence[dict[Any, float]], sign: float
) -> dict[str, Any]:
    """The columns that say how the samples compare with the first; of that there is nothing to say."""
    best, differences = samples[0], [_array(pair.values() if at else []) for at, pair in enumerate(pairs)]
    ends = intervals_of(differences)
    return {
        "difference": [float(middle(of)) if len(of) else np.nan for of in differences],
        "difference_low": ends[:, 0],
        "difference_high": ends[:, 1],
        "pairs": [len(of) for of in differences],
        "improvement": [np.nan, *(improvement(list(sign * best), list(sign * of)) for of in samples[1:])],
    }


def _array(numbers: Any) -> Array:
    return np.array(list(numbers), dtype=np.float64)


def _paired(ours: dict[Any, float], theirs: dict[Any, float]) -> dict[Any, float]:
    """By how much ours is more than theirs, by the seeds that both have; what is equal, lost too, by 0."""
    both = [seed for seed in ours if seed in theirs]
    return {seed: 0.0 if ours[seed] == theirs[seed] else ours[seed] - theirs[seed] for seed in both}
