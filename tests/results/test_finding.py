"""Which learning rate is taken, and which are tried next, from made-up trainings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from runner.errors import RunnerError
from runner.records.lines import Line
from runner.results.finding import RATES, Curve, find, finding, next_rates, settles

INITIAL = 1.0


def lines(error: Callable[[float, int], float], rates: Sequence[float], seeds: int = 3) -> list[Line]:
    """Trainings at `rates` whose final error is `error` of the rate and the seed; NaN: it diverged."""
    made = []
    for rate in rates:
        for seed in range(seeds):
            value = error(rate, seed)
            results = {"epochs": 9, "initial_error": INITIAL, "final_error": value}
            status = "diverged" if math.isnan(value) else "completed"
            made.append(Line(len(made), {"learning_rate": rate, "seed": seed}, status, results))
    return made


def curve(errors: dict[float, float]) -> Curve:
    return Curve.of(lines(lambda rate, _: errors[rate], list(errors)), "final_error")


def valley(rate: float, _: int = 0) -> float:
    """An error that is least at 0.03, where it is 1e-4; from 0.3 on it diverges."""
    return math.nan if rate >= 0.3 else min(1.0, 1e-4 * (1 + 50 * math.log(rate / 0.03) ** 2))


def floor(rate: float, _: int = 0) -> float:
    """Rounding from 0.01 to 0.25, another one at each rate; then an error that has blown up."""
    return 1e4 if rate > 0.25 else rate * 1e-25 if rate >= 0.01 else 0.5


def test_one_round_and_a_finer_one_find_the_best_of_a_valley() -> None:
    rounds: list[list[float]] = []

    def measure(rates: Sequence[float]) -> list[Line]:
        rounds.append(list(rates))
        return lines(valley, rates)

    found = find(RATES, "final_error", measure)
    assert rounds[0] == list(RATES)
    assert len(rounds) == 2
    assert found.rate == pytest.approx(0.03, rel=0.16)  # to a fine step
    assert found.low <= found.rate <= found.high < 0.06
    assert 0.26 < found.largest_stable < 0.3  # to a sixteenth of a decade
    assert found.tried == (1e-4, 10)
    tried = [*rounds[0], *rounds[1]]
    assert len(found.lines) == 3 * len(set(tried)) == 3 * len(tried)


@pytest.mark.parametrize(("shift", "edge"), [(1e-4, 1e-6), (1e4, 1000)])
def test_the_span_is_widened_where_the_best_is_at_its_edge(shift: float, edge: float) -> None:
    found = find(RATES, "final_error", lambda rates: lines(lambda r, _: valley(r / shift), rates))
    assert found.rate == pytest.approx(0.03 * shift, rel=0.16)
    assert edge in found.tried


def test_below_rounding_all_are_equal_and_the_middle_is_taken() -> None:
    found = find(RATES, "final_error", lambda rates: lines(floor, rates))
    assert found.low == 0.01
    assert found.high == pytest.approx(0.237, rel=0.01)
    assert found.rate == pytest.approx(math.sqrt(found.low * found.high), rel=0.34)  # to half a coarse step
    assert found.largest_stable == found.high


def test_a_lucky_rate_among_worse_neighbours_is_not_the_best() -> None:
    """But where all seeds give the same there is no luck."""
    rates = [0.1 * 10 ** (step / 16) for step in range(17)]

    def error(rate: float, seed: int) -> float:
        return (1e-9 if rate == rates[2] else 1e-3 if rate >= rates[8] else 1e-1) * (1 + 0.01 * seed)

    assert finding(lines(error, rates), "final_error").low == rates[8]
    same = finding(lines(lambda rate, _: error(rate, 0), rates), "final_error")
    assert (same.low, same.rate, same.high) == (rates[2],) * 3
    assert finding(lines(error, rates, seeds=1), "final_error").low == rates[8]


def test_a_narrow_best_between_two_rates_is_found_where_seeds_are_alike() -> None:
    narrow = 10 ** (-2 + 6 / 16)

    def error(rate: float, seed: int) -> float:
        return 1e-9 if abs(math.log(rate / narrow)) < 1e-3 else 1e-4 if 1e-3 < rate < 1 else 0.5

    seen: list[Line] = []

    def measure(rates: Sequence[float]) -> list[Line]:
        seen.extend(more := lines(error, rates))
        return more

    coarse = [10 ** (step / 4) for step in range(-16, 5)]
    assert find(coarse, "final_error", measure).rate == pytest.approx(narrow, rel=1e-4)
    assert len(seen) < 3 * 80


def test_a_lost_seed_of_three_is_outvoted_and_two_are_not() -> None:
    rates = [0.01, 0.1, 1.0]
    one = lines(lambda rate, seed: math.nan if rate == 1 and seed == 0 else 0.1 / rate, rates)
    assert Curve.of(one, "final_error").errors[2] == pytest.approx(0.1)
    assert finding(one, "final_error").largest_stable == 1
    two = lines(lambda rate, seed: math.nan if rate == 1 and seed < 2 else 0.01 / rate, rates)
    assert finding(two, "final_error").rate == 0.1
    assert finding(two, "final_error").largest_stable == 0.1


def test_a_run_without_a_result_counts_for_nothing() -> None:
    table = lines(valley, RATES)
    failed = [Line(0, {"learning_rate": rate, "seed": 9}, "failed") for rate in RATES]
    assert Curve.of([*table, *failed], "final_error") == Curve.of(table, "final_error")
    with pytest.raises(RunnerError, match="no training has a result"):
        Curve.of(failed, "final_error")


def test_the_best_at_no_rate_is_said_and_smaller_rates_are_tried_first() -> None:
    tried: list[float] = []

    def measure(rates: Sequence[float]) -> list[Line]:
        tried.extend(rates)
        return lines(lambda *_: math.nan, rates)

    with pytest.raises(RunnerError, match=r"no learning rate from 1e-10 to 10 brings the final error below"):
        find(RATES, "final_error", measure)
    assert min(tried) == 1e-10
    assert max(tried) == 10


def test_rates_as_far_apart_as_numbers_go_are_compared() -> None:
    apart = [1e-300, 1e-3, 1e300]
    finer = next_rates(Curve.of(lines(valley, apart), "final_error"))
    assert 1e-300 < min(finer) < 1e-299 < 1e299 < max(finer) < 1e300
    assert finding(lines(lambda rate, _: 0.1, apart), "final_error").rate == 1e-3


def test_where_it_is_fine_enough_nothing_is_tried() -> None:
    rates = [0.003 * 10 ** (step / 16) for step in range(33)]
    assert next_rates(Curve.of(lines(valley, rates), "final_error")) == []


@pytest.mark.parametrize(
    ("ending", "status", "best", "is_settled"),
    [
        ("converged", "completed", 0.5, True),
        ("falling", "completed", 0.5, True),
        ("irregular", "completed", 0.4, True),  # uneven, and near its best
        ("irregular", "completed", 0.1, False),
        ("oscillating", "completed", 0.5, False),
        ("diverged", "completed", 0.5, False),  # it grows
        ("diverged", "diverged", 0.5, False),
    ],
)
def test_a_run_settles_unless_it_swings_or_is_lost(
    ending: str, status: str, best: float, is_settled: bool
) -> None:
    results = {"initial_error": 1.0, "final_error": 0.5, "best_error": best}
    assert settles(Line(0, {}, status, results, ending=ending)) is is_settled
