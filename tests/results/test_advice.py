"""What is said to do about a sweep."""

from __future__ import annotations

import math
from typing import Any

import pytest

from runner.records.lines import Line
from runner.results.advice import EDGE, advice
from runner.results.ranking import rank


def lines(*runs: tuple[dict[str, object], float, str], **more: float) -> list[Line]:
    """Lines of runs (swept values, final error, ending), in job order."""
    return [
        Line(
            at,
            swept,
            "completed",
            {"epochs": 100, "initial_error": 1.0, "final_error": error} | more,
            "",
            ending,
        )
        for at, (swept, error, ending) in enumerate(runs)
    ]


def told(table: list[Line], metric: str = "final_error") -> dict[str, str]:
    keys = [key for key in table[0].swept if key != "seed"]
    said = advice(
        table, keys, rank(table, keys, metric), lambda run: f"η={table[run].swept['learning_rate']}"
    )
    return dict(each.said for each in said)


def over(rates: list[float], errors: list[float], ending: str = "converged", **more: Any) -> list[Line]:
    return lines(*(({"learning_rate": f"{r}"} | more, e, ending) for r, e in zip(rates, errors, strict=True)))


def test_of_one_run_there_is_nothing_to_say() -> None:
    assert told(over([1], [0.1])) == {}


def test_how_the_runs_ended_is_counted() -> None:
    table = over([1, 2, 3], [0.1, 0.2, 0.3])
    table[1] = table[1]._replace(ending="oscillating")
    table += [Line(3, {"learning_rate": "4"}, "diverged", {}, ending="diverged")]
    table += [Line(4, {"learning_rate": "5"}, "failed")]
    table += over([6], [1e6], "irregular")  # it has blown up
    said = told(table)
    assert said["how they ended"] == "2 converged, 1 oscillating, 2 diverged"
    assert said["unstable"] == (
        "40% diverged, the first at learning_rate=4; 20% did not settle, the first at learning_rate=2"
    )


def test_a_table_of_an_earlier_version_tells_no_endings() -> None:
    assert told(over([1, 2, 3], [0.3, 0.1, 0.3], "")) == {}
    lost = over([1, 2, 3, 4], [0.3, 0.1, 0.3, 1e9], "")
    assert list(told(lost)) == ["unstable"]


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ([0.4, 0.3, 0.2, 0.1], "learning_rate=1 is the largest of 4 values; go on with 3.2, 10, 32"),
        (
            [0.1, 0.2, 0.3, 0.4],
            "learning_rate=0.03 is the least of 4 values; go on with 0.0095, 0.003, 0.00095",
        ),
        ([0.4, 0.1, 0.2, 0.3], None),
        ([0.4, 0.3, 0.1, 0.1], None),  # one within is as good
        ([0.0, 1e-31, 0.1, 0.1], None),  # to rounding
    ],
)
def test_a_best_rate_at_the_edge_is_named_with_where_to_go_on(errors: list[float], said: str | None) -> None:
    assert told(over([0.03, 0.1, 0.3, 1], errors)).get("at the edge") == said


def test_what_failed_was_not_swept() -> None:
    """A rate below 0, say, is no edge, and nothing to go on from."""
    failed = Line(3, {"learning_rate": "-1"}, "failed")
    said = told([*over([0.1, 0.3, 1], [0.1, 0.2, 0.3]), failed])
    assert said["at the edge"].startswith("learning_rate=0.1 is the least of 3 values")
    lost = [line._replace(status="diverged") for line in over([5, 10], [1.0, 1.0])]
    assert told([*lost, failed])["unstable"].endswith("; go on with 2.5, 1.2, 0.62")


def test_an_edge_is_looked_for_with_each_choice_of_another_key() -> None:
    """The comparison of two schedules is not fair where one of them is cut short."""
    rates = [0.1, 0.3, 1]
    table = over(rates, [0.2, 0.1, 0.2], schedule="constant") + over(
        rates, [0.4, 0.3, 0.25], schedule="cosine"
    )
    said = told([line._replace(run=at) for at, line in enumerate(table)])
    assert said["at the edge"].endswith("go on with 3.2, 10, 32 (with schedule=cosine)")


def test_an_edge_is_looked_for_by_training_error_too() -> None:
    table = over([0.1, 0.3, 1], [0.3, 0.2, 0.1])
    tested = zip(table, [0.5, 0.2, 0.9], strict=True)
    table = [line._replace(results={**line.results, "test_error": e}) for line, e in tested]
    assert told(table, "test_error")["at the edge"].endswith("(by final error)")


def headings(table: list[Line], keys: list[str]) -> list[str]:
    return [each.heading for each in advice(table, keys, rank(table, keys, "final_error"), str)]


def test_a_value_of_zero_and_a_key_of_words_have_no_edge() -> None:
    table = lines(
        *(({"regularization.l2": v}, e, "converged") for v, e in [("0", 0.1), ("0.1", 0.2), ("1", 0.3)])
    )
    keys = ["regularization.l2"]
    assert "at the edge" not in headings(table, keys)
    words = lines(*(({"network.activation": v}, 0.1, "converged") for v in ("relu", "sin", "tanh")))
    assert "at the edge" not in headings(words, ["network.activation"])


def test_a_sweep_that_still_falls_asks_for_more_epochs() -> None:
    table = over([1, 2, 3], [0.2, 0.1, 0.2], "falling")
    assert told(table)["still falling"] == (
        "the best setting (with 2 other runs): more epochs would lower the error, 200 say"
    )
    table[1] = table[1]._replace(ending="converged")
    assert told(table)["still falling"].startswith("2 of 3 runs, not the best: ")
    solved = [line._replace(results=line.results | {"final_error": 0.0}) for line in table[1:2]]
    assert "still falling" not in told([table[0], *solved, table[2]])
    table[0] = table[0]._replace(ending="converged")
    assert "still falling" not in told(table)


def test_a_sweep_of_which_nothing_is_left_asks_for_smaller_rates() -> None:
    said = told(over([2, 5, 10], [math.inf] * 3, "diverged"))
    assert said["unstable"] == "100% diverged, the first at learning_rate=2; go on with 0.89, 0.4, 0.18"


def seeded(first: list[float], second: list[float]) -> list[Line]:
    pairs = [("0.1", e) for e in first] + [("0.3", e) for e in second]
    return lines(*(({"learning_rate": r, "seed": at}, e, "converged") for at, (r, e) in enumerate(pairs)))


def test_seeds_that_do_not_tell_two_settings_apart_are_too_few() -> None:
    assert told(seeded([0.1, 0.2, 0.3], [0.15, 0.25, 0.35]))["too close to call"].startswith(
        "3 seeds do not tell the best from η=0.3; about "
    )
    assert told(seeded([0.1, 0.2], [0.3, 0.4]))["too close to call"] == (
        "2 seeds do not tell the best from η=0.3; about 4 would"
    )
    assert "too close to call" not in told(seeded([0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]))
    assert "too close to call" not in told(seeded([0.1], [0.3]))
    assert told(seeded([0.1, 0.5, 0.3], [0.1, 0.5, 0.31]))["too close to call"].endswith(
        "; they may be equal"
    )


def test_advice_is_data_with_words() -> None:
    """What a page asks of it stands in fields, not in sentences."""
    ended = {"sgd": {1: 0.3, 2: 0.1, 4: 0.2}, "adam": {1: 0.4, 2: 0.5, 4: 0.35}}
    runs = ((o, r, e) for o, errors in ended.items() for r, e in errors.items())
    table = lines(*(({"learning_rate": f"{r}", "optimizer": o}, e, "converged") for o, r, e in runs))
    keys = ["learning_rate", "optimizer"]
    ranking = rank(table, keys, "final_error")
    (edge,) = (a for a in advice(table, keys, ranking, str) if a.heading == EDGE)
    assert (edge.setting, edge.part, edge.by) == ("learning_rate=4", "optimizer=adam", "")
    assert edge.remedy == "8, 16, 32"
    assert edge.text == (
        "learning_rate=4 is the largest of 3 values; go on with 8, 16, 32 (with optimizer=adam)"
    )
