"""Lines of runs as text, and back."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import RunnerError
from runner.records.lines import Line, as_csv, read_lines, rows_of
from runner.training.endings import ENDINGS


def test_cells_that_do_not_apply_are_empty_in_a_table() -> None:
    done = {"epochs": 3, "final_error": 0.1, "best_error": math.nan, "accuracy": 1.0, "period": 2}
    first = Line(0, {"seed": 'a,"b"'}, "completed", done, ending="oscillating")
    lines = [first, Line(1, {"seed": None}, directory="")]
    columns = "ending,period,epochs,initial_error,final_error,best_error,best_epoch,accuracy,seconds"
    assert as_csv(rows_of(lines, ["seed"])).decode().splitlines() == [
        f"run,seed,status,{columns},directory",
        '0,"a,""b""",completed,oscillating,2,3,,0.1,,,1.0,,.',
        "1,,interrupted,,,,,,,,,,",
    ]


def test_a_result_gives_way_to_a_swept_key_of_its_name() -> None:
    line = Line(0, {"epochs": "5"}, "completed", {"epochs": 3, "final_error": 0.1})
    header, row = rows_of([line], ["epochs"])
    cells = dict(zip(header, row, strict=True))
    assert (cells["epochs"], cells["epochs_reached"], len(cells)) == ("5", 3, len(header))


numbers = st.one_of(st.integers(0, 10**6), st.floats(0, 1e308), st.just(math.nan))
results = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("epochs", "final_error", "test_error", "seconds"), numbers)
)
written_lines = st.lists(
    st.builds(
        Line,
        st.integers(0, 99),
        st.fixed_dictionaries(
            {"epochs": st.sampled_from(["3", "null"]), "seed": st.text('a,"[]=', max_size=4)}
        ),
        st.sampled_from(["completed", "failed", "interrupted"]),
        results,
        st.sampled_from(["0", "of/1", ""]),
        st.sampled_from(["", *ENDINGS]),
    ),
    max_size=4,
)


@given(written_lines)
def test_what_is_read_back_is_written_alike(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Line]
) -> None:
    """Also where a swept key has the name of a result."""
    path, swept = tmp_path_factory.mktemp("table") / "runs.csv", ["epochs", "seed"]
    path.write_bytes(as_csv(rows_of(lines, swept)))
    again = list(read_lines(path))
    assert as_csv(rows_of(again, swept)) == path.read_bytes()
    assert [line._replace(results={}) for line in again] == [line._replace(results={}) for line in lines]
    assert all(
        number == line.result(name) or math.isnan(number)
        for line, then in zip(again, lines, strict=True)
        for name, number in then.results.items()
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "runs.csv, line 1: there is no column 'run'"),
        ("run,status\n", "runs.csv, line 1: there is no column 'directory'"),
        (
            "run,status,epochs,directory\n0,completed,3,0\n1,completed,x,1\n",
            "line 3: column epochs: 'x' is not",
        ),
        ("run,status,directory\n0,completed\n", "line 2: is not the line of a run"),
        ("run,status,directory\none,completed,0\n", "line 2: is not the line of a run"),
    ],
)
def test_what_is_no_table_of_runs_is_refused(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text(content)
    with pytest.raises(RunnerError, match=message):
        list(read_lines(tmp_path / "runs.csv"))


def test_an_optimizing_sweeper_is_given_what_is_chosen_by_where_nobody_says() -> None:
    results = {"final_error": 0.1, "validation_error": 0.3, "accuracy": 0.9}
    line = Line(0, {}, "completed", results)
    assert [line.result_for(name) for name in (None, "final_error", "accuracy")] == [0.3, 0.1, 0.9]
    assert Line(0, {}, "completed", {"final_error": 0.1, "test_error": 0.3}).result_for(None) == 0.1
    accuracies = {s: Line(0, {}, s, results).result_for("accuracy") for s in ("stopped", "diverged")}
    assert accuracies == {"stopped": 0.9, "diverged": 0.0}
