"""Dimensions that are known, shades by hand, and the picture of a small sweep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making_sweeps import make_sweep
from reading_figures import drawn

from runner.figures import load
from runner.figures.figure import Options
from runner.figures.trainability.boundary import Dimension, boundary_of, ranks, speeds, times
from runner.results import Results

SIDE = [round(float(rate), 6) for rate in np.geomspace(2, 1000, 16)]
UP = [round(float(rate), 6) for rate in np.geomspace(0.1, 1, 17)]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sweep(
        tmp_path_factory.mktemp("trainability") / "s",
        {"network.rates.0": SIDE, "network.rates.1": UP},
        ["experiment=trainability", "epochs=30"],
    )


def test_known_dimensions() -> None:
    """A line, the plane, and Pascal's triangle modulo 2: Sierpiński's, of log 3/log 2."""
    line = Dimension.of(np.eye(64, dtype=bool))
    assert line is not None
    assert (line.median, line.spread) == (1.0, 0.0)
    assert line.sizes.tolist() == [1, 2, 4, 8, 16, 32]
    plane = Dimension.of(np.ones((64, 70), dtype=bool))
    assert plane is not None
    assert plane.median == pytest.approx(2, abs=0.05)
    rows, columns = np.indices((64, 64))
    sierpinski = Dimension.of((rows & columns) == 0)
    assert sierpinski is not None
    assert sierpinski.median == pytest.approx(np.log2(3), rel=1e-12)
    assert Dimension.of(np.zeros((16, 16), dtype=bool)) is None


def test_the_boundary_is_where_neighbours_differ() -> None:
    cells = np.array([[0, 0, 1, np.nan], [0, 0, 1, 1.0], [0, 0, 0, 1]])
    assert boundary_of(cells).astype(int).tolist() == [[0, 1, 0], [0, 1, 1]]


def test_shades_by_hand() -> None:
    errors = np.array([[2.0, 1, 0.5], [2, 1.9, 1.8], [2, 4, 8], [2, 1e9, np.nan], [2, np.nan, np.nan]])
    relative = times(errors, np.array([False, False, False, True, False]))
    assert relative[3:].tolist() == [[1, 1e6, 1e6], [1, 1, 1]]
    converges, sums, shades = speeds(relative)
    assert converges.tolist() == [True, True, False, False, False]
    np.testing.assert_allclose(sums, [1.75, 2.85, 1.75, 1 + 2e-6, 3])
    np.testing.assert_allclose(shades, [-0.75, -0.25, 0.5, 5 / 6, 1 / 6])
    assert ranks(np.array([3.0, 1, 1, 9])).tolist() == [0.625, 0.25, 0.25, 0.875]
    assert times(np.zeros((1, 2)), np.array([False])).tolist() == [[1, 1]]  # at its end from the start


def test_a_pixel_a_run_in_its_place(sweep: Path) -> None:
    numbers, canvas = drawn("trainability", sweep)
    assert len(numbers) == 16 * 17
    ax, bar = canvas.axes[0], canvas.axes[0].child_axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    (mesh,) = (c for c in ax.collections if c.get_gid() == "runs")
    cells = np.asarray(mesh.get_array()).reshape(17, 16)
    (x, y), results = numbers.attrs["plane"], Results(sweep)
    for pixel in numbers.iloc[::40].to_dict("records"):
        error = results.history(pixel["run"], ["error"])["error"]
        assert pixel["converges"] == (error.iloc[-20:].mean() < error.iloc[0])
        assert pixel["converges"] == (pixel["shade"] < 0)
        assert cells[UP.index(pixel[y]), SIDE.index(pixel[x])] == pixel["shade"]
    assert [text.get_text() for text in bar.get_yticklabels()][::2] == ["soonest", "last", "soonest"]
    caption = load("trainability").caption(numbers)
    assert f"{numbers['converges'].sum()}, whose mean error" in caption
    assert "box-counting dimension is 1." in caption


def test_it_follows_the_axes_asked_for(sweep: Path) -> None:
    numbers = load("trainability").numbers(Results(sweep), Options(x="network.rates.1"))
    assert numbers.attrs["plane"] == ("network.rates.1", "network.rates.0")


@pytest.mark.parametrize(
    ("swept", "words"),
    [
        ({"learning_rate": [0.1, 0.2]}, "a sweep over two keys and nothing else"),
        ({"learning_rate": [0.1, 0.2], "seed": [0, 1]}, "a sweep over two keys and nothing else"),
        ({"learning_rate": SIDE, "regularization.l2": [0.1, 1]}, "regularization.l2 has 2 values"),
    ],
)
def test_sweeps_that_have_no_such_picture(swept: dict[str, list[float]], words: str, tmp_path: Path) -> None:
    folder = make_sweep(tmp_path / "s", swept, ["epochs=0"])
    reason = load("trainability").applies(Results(folder), Options())
    assert reason is not None
    assert words in reason


def test_values_that_are_even_in_steps_are_refused_and_a_grid_with_gaps(sweep: Path) -> None:
    results = Results(sweep)
    whole = results.runs
    results.runs = whole.assign(**{"network.rates.1": whole["network.rates.1"].rank(method="dense")})
    reason = load("trainability").applies(results, Options())
    assert reason is not None
    assert "network.rates.1 must be above 0 and even in ratio" in reason
    results.runs = whole.iloc[1:]
    reason = load("trainability").applies(results, Options())
    assert reason == "it needs all 272 combinations of the values of network.rates.0 and network.rates.1"
