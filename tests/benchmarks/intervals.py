"""How often 95 % intervals cover what they are of: bootstraps of several kinds, by distribution and seeds.

Usage: python tests/benchmarks/intervals.py [SEEDS ...]
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from runner.results.intervals import interquartile_mean, intervals, middle

SAMPLES, RESAMPLES = 2000, 1000
SEEDS = (5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 20, 30)
DISTRIBUTIONS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "normal": (lambda rng, shape: rng.normal(size=shape), stats.norm.ppf),
    "exponential": (lambda rng, shape: rng.exponential(size=shape), stats.expon.ppf),
    "lognormal": (lambda rng, shape: rng.lognormal(size=shape), stats.lognorm(1.0).ppf),
}
WITHIN = 0.25 + (np.arange(100_000) + 0.5) / 200_000
STATISTICS: dict[str, tuple[Any, Callable[[Any], float]]] = {
    "median": (middle, lambda quantile: float(quantile(0.5))),
    "interquartile mean": (interquartile_mean, lambda quantile: float(quantile(WITHIN).mean())),
}


def of_scipy(samples: Any, statistic: Any, method: str) -> Any:
    """SciPy's own interval, (S, 2)."""
    ends = stats.bootstrap(
        (samples,),
        lambda values, axis: statistic(values),
        axis=-1,
        n_resamples=RESAMPLES,
        batch=100,
        method=method,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return np.stack([ends.low, ends.high], axis=-1)


def main() -> None:
    """A line a number of seeds, statistic and distribution: the share that each interval covers."""
    warnings.simplefilter("ignore")  # of BCa, where all resamples are alike
    kinds: dict[str, Callable[[Any, Any], Any]] = {
        "ours": intervals,
        "percentile": lambda samples, statistic: of_scipy(samples, statistic, "percentile"),
        "BCa": lambda samples, statistic: of_scipy(samples, statistic, "BCa"),
    }
    print(f"{'seeds':>5}  {'statistic':<18}  {'distribution':<12}", *(f"{kind:>10}" for kind in kinds))
    for seeds in map(int, sys.argv[1:] or SEEDS):
        for name, (statistic, truth_of) in STATISTICS.items():
            for distribution, (draw, quantile) in DISTRIBUTIONS.items():
                samples, truth = draw(np.random.default_rng(1), (SAMPLES, seeds)), truth_of(quantile)
                ends = [interval(samples, statistic) for interval in kinds.values()]
                covered = [((at[:, 0] <= truth) & (truth <= at[:, 1])).mean() for at in ends]
                print(
                    f"{seeds:>5}  {name:<18}  {distribution:<12}",
                    *(f"{c:>10.3f}" for c in covered),
                    flush=True,
                )


if __name__ == "__main__":
    main()
