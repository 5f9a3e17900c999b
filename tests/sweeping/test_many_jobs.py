"""Jobs that are made when they are asked for are those of lists, and take no memory of their own."""

from __future__ import annotations

import itertools
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from runner.sweeping.many_jobs import Grid

#: Columns of one to three keys that vary together, each with up to four values, some of them twice.
COLUMNS = st.lists(
    st.integers(1, 4).flatmap(
        lambda rows: st.lists(
            st.lists(st.sampled_from("abc"), min_size=rows, max_size=rows), min_size=1, max_size=3
        )
    ),
    max_size=3,
)


@st.composite
def grids(draw: st.DrawFn) -> tuple[Grid, list[list[str]]]:
    """A grid, and its jobs as lists."""
    columns = draw(COLUMNS)
    order = draw(st.permutations(range(sum(map(len, columns)))))
    rows = itertools.product(*(zip(*column, strict=True) for column in columns))
    laid = [list(itertools.chain(*row)) for row in rows]
    return Grid(columns, order), [[job[at] for at in order] for job in laid]


@given(grids())
def test_a_grid_has_every_choice_the_last_varying_fastest(made: tuple[Grid, list[list[str]]]) -> None:
    grid, jobs = made
    assert grid == jobs
    assert [grid[at] for at in range(-len(jobs), len(jobs))] == [*jobs, *jobs]


@given(grids())
def test_each_job_is_there_once_in_the_order_of_the_first(made: tuple[Grid, list[list[str]]]) -> None:
    grid, jobs = made
    assert list(grid.distinct()) == [list(job) for job in dict.fromkeys(map(tuple, jobs))]


@given(grids(), st.data())
def test_what_is_made_of_them_is_what_is_made_of_lists(
    made: tuple[Grid, list[list[str]]], data: st.DataObject
) -> None:
    grid, jobs = made
    part = data.draw(st.slices(len(jobs)))
    assert list(grid[part]) == jobs[part]
    places = data.draw(st.lists(st.integers(0, len(jobs) - 1)))
    picked = grid.picked(places)
    assert list(picked) == [jobs[at] for at in places]
    both = picked.joined([["new"]])
    assert list(both) == [*picked, ["new"]]
    assert [both[at] for at in range(len(both))] == [*picked, ["new"]]
    assert list(both[part].picked(range(len(both[part])))) == [*picked, ["new"]][part]


def test_they_are_not_others() -> None:
    grid = Grid([[["a", "b"]]], [0])
    assert grid != [["a"]]
    assert grid != [["a"], ["c"]]
    assert grid == [["a"], ["b"]]
    assert grid != 2
    assert repr(grid) == "[['a'], ['b']]"


def test_many_take_no_memory_of_their_own() -> None:
    values = [str(n) for n in range(1000)]
    tracemalloc.start()
    try:
        grid = Grid([[values], [values]], [1, 0])
        kept = grid.picked(range(0, 10**6, 10))
        each = tracemalloc.get_traced_memory()[0] / len(kept)
    finally:
        tracemalloc.stop()
    assert kept[-1] == ["990", "999"]
    assert each < 10
