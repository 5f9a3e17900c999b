"""Lines in columns are as lines in a dictionary, and take less memory."""

from __future__ import annotations

import math
import pickle
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.records.lines import Line, as_csv, in_pieces, rows_of, swept_keys
from runner.records.many_lines import Lines
from runner.records.names import RESULT_COLUMNS, STATUSES, WHOLE_RESULTS


def _result(name: str) -> st.SearchStrategy[float]:
    return st.integers(0, 2**53) if name in WHOLE_RESULTS else st.floats()


RESULTS = st.fixed_dictionaries({}, optional={name: _result(name) for name in RESULT_COLUMNS})
SWEPT = st.dictionaries(st.sampled_from("abc"), st.none() | st.text(max_size=3) | st.integers(), max_size=3)
LINES = st.builds(
    Line,
    st.integers(0, 20) | st.sampled_from([-1, 2**70]),
    SWEPT,
    st.sampled_from(STATUSES),
    RESULTS,
    st.text(max_size=3) | st.integers(0, 20).map(str),
    st.sampled_from(["", "converged"]),
)


def plain(line: Line) -> tuple[Any, ...]:
    """What a line holds, NaN equal to itself."""
    return line._replace(
        swept=dict(line.swept), results={k: repr(v) for k, v in sorted(line.results.items())}
    )


@given(st.lists(LINES))
def test_they_are_as_in_a_dictionary(given_lines: list[Line]) -> None:
    lines, expected = Lines(given_lines), {line.run: line for line in given_lines}
    assert len(lines) == len(expected)
    assert list(lines) == sorted(expected)
    assert [run for run in [*range(-2, 22), 2**70, "0"] if run in lines] == sorted(expected)
    assert {run: plain(line) for run, line in lines.items()} == {
        n: plain(line) for n, line in expected.items()
    }
    assert set(lines.swept) == set(swept_keys(given_lines))
    for run, line in lines.items():
        assert plain(pickle.loads(pickle.dumps(line))) == plain(expected[run])
        assert len(line.swept) == len(expected[run].swept)
        assert len(line.results) == len(expected[run].results)
        assert line.results.get("seconds", -1.0) == pytest.approx(
            expected[run].results.get("seconds", -1.0), abs=0, nan_ok=True
        )


@given(st.lists(LINES))
def test_their_rows_are_those_of_lines(given_lines: list[Line]) -> None:
    lines = Lines(given_lines)
    assert as_csv(lines.rows()) == as_csv(rows_of(list(lines.values()), lines.swept))


def test_a_line_may_take_the_place_of_what_it_was_made_of() -> None:
    lines = Lines([Line(0, {"seed": "1"}), Line(1, {"seed": "2"})])
    lines[0] = lines[0]._replace(status="completed", results={"final_error": 0.5})
    lines[0] = lines[0]._replace(directory="elsewhere")
    assert lines[0] == Line(0, {"seed": "1"}, "completed", {"final_error": 0.5}, "elsewhere")
    assert lines[1] == Line(1, {"seed": "2"}, directory=".")
    with pytest.raises(KeyError, match="rate"):
        lines[0].swept["rate"]
    with pytest.raises(KeyError, match="epochs"):
        lines[0].results["epochs"]
    with pytest.raises(KeyError, match="2"):
        lines[2]
    with pytest.raises(TypeError, match="a run keeps its line"):
        del lines[0]


def test_a_run_takes_few_bytes() -> None:
    """A line of its own takes seven times as much."""
    many = 5_000
    results = {"epochs": 100, "initial_error": 0.3, "final_error": 0.2, "best_error": 0.2, "best_epoch": 99}
    tracemalloc.start()
    try:
        lines = Lines(
            Line(
                n,
                {"learning_rate": repr(n / 7)},
                "completed",
                {**results, "seconds": n / 3},
                str(n),
                "falling",
            )
            for n in range(many)
        )
        each = tracemalloc.get_traced_memory()[0] / many
    finally:
        tracemalloc.stop()
    assert len(lines) == many
    assert each < 115
    assert math.isclose(lines[7].result("seconds"), 7 / 3)


def test_text_in_pieces_is_that_of_one() -> None:
    lines = Lines(Line(n, {"seed": str(n)}) for n in range(25_000))
    pieces = list(in_pieces(lines.rows()))
    assert len(pieces) == 3
    assert b"".join(pieces).count(b"\n") == len(lines) + 1
