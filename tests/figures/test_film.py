"""Films: what is drawn only once in them is where a picture of one epoch has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from reading_figures import sweep_of

from runner.figures import load
from runner.figures.drawing import paint, paint_frames
from runner.figures.figure import Options
from runner.figures.moments import frames
from runner.figures.options import Look
from runner.figures.style.sheets import in_force
from runner.results import Results


@pytest.fixture(scope="session")
def sine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = ("network=dense", "network.hidden=[2]", "data=sine", "loss=mean_squared_error", "epochs=9")
    return sweep_of(tmp_path_factory.mktemp("sine"), {"seed": [0]}, *given, "learning_rate=0.3")


@pytest.mark.parametrize(
    ("name", "sweep", "run"),
    [
        ("network", "rates", "2"),
        ("backprop", "rates", "2"),
        ("landscape", "rates", "2"),
        ("decision_boundary", "seeds", "0"),
        ("fit", "sine", "0"),
    ],
)
def test_a_frame_is_the_picture_of_its_epoch(
    name: str, sweep: str, run: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.figures.film.MANY", 10**6)  # many texts as one are those of test_lettering.py
    figure, folder = load(name), request.getfixturevalue(sweep) / run
    results = Results(folder)
    assert figure.applies(results, Options()) is None
    numbers = figure.numbers(results, Options(frames=3))
    first, *_, last = list(frames(numbers))
    with in_force(Look()), mpl.rc_context({"figure.dpi": 60}):
        films = [np.asarray(picture, dtype=int) for picture in paint_frames(figure, numbers)]
        stills = [_pixels(paint(figure, table)) for table in (first, last)]
    assert len(films) == len(numbers.attrs["moments"])
    for film, still in zip((films[0], films[-1]), stills, strict=True):
        assert np.abs(film - still).max() <= 3  # of 255: layers are rounded
    assert np.abs(films[0] - films[-1]).max() > 100


def _pixels(canvas: Any) -> Any:
    canvas.canvas.draw()
    return np.asarray(canvas.canvas.buffer_rgba(), dtype=int)[..., :3]
