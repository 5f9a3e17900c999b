"""Where things stand on a picture: nothing covers anything else, and nothing is cut off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making_sweeps import make_sweep
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.transforms import Bbox

from runner.figures import NAMES, STYLES, load
from runner.figures.drawing import paint
from runner.figures.figure import Options
from runner.figures.options import Look
from runner.figures.style.axes import thin_ticks
from runner.figures.style.panel import Panel
from runner.figures.style.sheets import in_force
from runner.results import Results


def painted(folder: Path, style: str = "paper", only: Sequence[str] = NAMES) -> Iterator[tuple[str, Canvas]]:
    """Every figure that applies."""
    results = Results(folder)
    for name in only:
        figure = load(name)
        if figure.applies(results, Options()) is None:
            with in_force(Look(style)):
                yield name, paint(figure, figure.numbers(results, Options()))


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two keys, one of them words, over a thousand epochs: wide ticks and a legend of two rows."""
    return make_sweep(
        tmp_path_factory.mktemp("long") / "s",
        {
            "learning_rate": [0.05, 0.1],
            "network.activation": ["identity", "leaky_relu", "sigmoid", "softplus", "softsign"],
        },
        ["epochs=1000", "log.every=10"],
    )


def texts_of(axis: Axis) -> list[Bbox]:
    """Where the labels of an axis and of its ticks stand, as drawn."""
    low, high = sorted(axis.get_view_interval())
    ticks = [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    shown = [text for text in [axis.label, *ticks] if text.get_text() and text.get_visible()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown]
    # a name that stands a line lower begins with an empty one
    return [Bbox([box.min, (box.x1, box.y0 + box.height / 2)]) if t[0] == "\n" else box for t, box in boxes]


def overlap(a: Bbox, b: Bbox) -> bool:
    met = Bbox.intersection(a, b)
    return met is not None and met.width > 1 and met.height > 1


@pytest.mark.parametrize(
    ("folder", "style"),
    [("many", "slides"), ("alone", "slides"),
     pytest.param("rates", "paper", marks=pytest.mark.thorough),
     pytest.param("long", "slides", marks=pytest.mark.thorough),
     pytest.param("seeds", "paper", marks=pytest.mark.thorough),
     pytest.param("seeds", "slides", marks=pytest.mark.thorough)],
)  # fmt: skip
def test_texts_keep_clear_of_each_other_and_within_the_picture(
    folder: str, style: str, request: pytest.FixtureRequest
) -> None:
    """And no ink lies at the edges: each figure is painted once for both."""
    for name, canvas in painted(request.getfixturevalue(folder), style):
        for dpi in (72, 300):  # of PDF and SVG, and of PNG, as it was laid out
            canvas.set_dpi(dpi)
            canvas.canvas.draw() if dpi == 300 else canvas.draw_without_rendering()
            shown = [ax for ax in canvas.axes if ax.axison]
            texts = [(ax, text) for ax in shown for axis in (ax.xaxis, ax.yaxis) for text in texts_of(axis)]
            for ax, text in texts:
                page = canvas.bbox.padded(2)  # letters are rounded to pixels
                assert Bbox.union([page, text]).extents == pytest.approx(page.extents), (name, dpi)
                assert not any(overlap(text, other.bbox) for other in shown if other is not ax), (name, dpi)
            for (_, one), (_, other) in combinations(texts, 2):
                assert not overlap(one, other), (name, dpi)
        assert inked_edges(canvas) == [], (name, style)
        legends = [*canvas.legends, *filter(None, (ax.get_legend() for ax in canvas.axes))]
        for legend in (legend.get_window_extent() for legend in legends):
            frames = [ax.bbox for ax in shown]
            labels = [text for ax in shown for axis in (ax.xaxis, ax.yaxis) for text in texts_of(axis)]
            assert not any(overlap(legend, box) for box in [*frames, *labels]), name


LOGITS = "loss=binary_cross_entropy_with_logits"
CLASSES = ("decision_boundary", "fit", "confusion")
WEIGHTS = ("weight_paths", "gradients", "network", "backprop")
#: What has pictures of its own: swept values, overrides of all runs, and which pictures.
VARIETY: dict[str, tuple[dict[str, list[Any]], list[str], Sequence[str]]] = {
    "held out, wide": ({}, ["network=dense", "data=moons", "data.test_fraction=0.3", LOGITS], NAMES),
    "held out, as high as wide": (
        {}, ["network=dense", "data=circles", "data.test_fraction=0.3", LOGITS], CLASSES,
    ),
    "held out, high": (
        {},
        ["data=inline", "data.inputs=[[0,0],[1,1.9],[0,1],[1,0.5],[0.5,1]]", "data.test_fraction=0.4",
         "data.targets=[[0],[1],[1],[0],[1]]", "network=dense", LOGITS],
        CLASSES,
    ),
    "held out, unlike sides": (
        {}, ["data=inline", "data.inputs=[[0,0],[1,9],[0,5],[1,3]]", "data.targets=[[0],[1],[1],[0]]",
             "data.test_fraction=0.4", "network=dense", LOGITS],
        CLASSES,
    ),
    "classes": (
        {}, ["network=dense", "data=gaussians", "data.classes=9", "data.test_fraction=0.3",
             "loss=cross_entropy"],
        [*CLASSES, "learning_curves", "network", "backprop"],
    ),
    "regression": ({}, ["network=dense", "data=plane", "data.test_fraction=0.3"], ["fit", "landscape"]),
    "matrices": ({}, ["network=dense", "network.hidden=[12,20]", "data=moons", LOGITS], WEIGHTS),
    "deep": (
        {}, ["network=dense", f"network.hidden={[1] * 9}".replace(" ", ""), "data=sine"], [*WEIGHTS, "fit"],
    ),
    "two keys": (
        {"learning_rate": [0.01, 0.1, 100.0], "batch_size": [1, 4, 8], "seed": [0, 1]},
        ["network=dense", "network.hidden=[2]", "data=moons", "data.points=16", "data.test_fraction=0.3"],
        NAMES,
    ),
    "three layers": ({}, ["network=dense", "network.hidden=[2,2]", "data=xor"], WEIGHTS),
    "long names": (
        {"network.weights": ["xavier_uniform", "lecun_normal", "orthogonal", "he_uniform", "zeros"],
         "network.output_activation": ["leaky_relu", "softplus"], "learning_rate": [0.01, 0.1]},
        ["network=dense", "data=moons", "data.points=16", "data.test_fraction=0.3"],
        NAMES,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.thorough if kind in ("long names", "two keys", "deep") else ())
        for kind in VARIETY
    ],
)
def test_no_ink_lies_at_the_edges(kind: str, tmp_path: Path) -> None:
    swept, overrides, only = VARIETY[kind]
    sweep = make_sweep(tmp_path / "s", swept, [*overrides, "epochs=3"])
    style = STYLES[list(VARIETY).index(kind) % len(STYLES)]  # one after the other
    assert_white_edges(sweep if swept else sweep / "0", style, only)


@pytest.mark.parametrize("style", STYLES)
def test_no_ink_lies_at_the_edges_where_all_diverged(diverged: Path, style: str) -> None:
    assert_white_edges(diverged, style)


def assert_white_edges(folder: Path, style: str, only: Sequence[str] = NAMES) -> None:
    drawn = 0
    for name, canvas in painted(folder, style, only):
        canvas.canvas.draw()
        assert inked_edges(canvas) == [], (name, style)
        drawn += 1
    assert drawn


def inked_edges(canvas: Canvas) -> list[str]:
    """The edges of a drawn picture that are not white."""
    picture = np.asarray(canvas.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    edges = {"top": picture[0], "bottom": picture[-1], "left": picture[:, 0], "right": picture[:, -1]}
    return [edge for edge, pixels in edges.items() if (pixels < 255).any()]


def test_a_bar_beside_panels_that_have_no_labels_has_room(alone: Path) -> None:
    canvas = dict(painted(alone, only=["network"]))["network"]
    canvas.draw_without_rendering()
    for label in texts_of(canvas.axes[-1].yaxis):
        assert Bbox.union([canvas.bbox, label]).extents == pytest.approx(canvas.bbox.extents)


def test_a_bar_beside_panels_is_as_tall_as_they_are(many: Path) -> None:
    canvas = dict(painted(many, only=["weight_paths"]))["weight_paths"]
    canvas.draw_without_rendering()
    *panels, bar = canvas.axes
    frames = Bbox.union([ax.get_position() for ax in panels])
    assert bar.get_position().intervaly == pytest.approx(frames.intervaly)
    assert bar.get_position().x0 > frames.x1
    assert all(isinstance(ax, Panel) for ax in panels)


def test_panels_are_measured_once(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Axis] = []
    whole = Axis.get_tightbbox

    def counted(axis: Axis, *args: Any, **more: Any) -> Any:
        if isinstance(axis.axes, Panel) and axis.get_in_layout():
            measured.append(axis)
        return whole(axis, *args, **more)

    monkeypatch.setattr(Axis, "get_tightbbox", counted)
    for name, canvas in painted(many):
        canvas.draw_without_rendering()
        panels: list[Axes] = [ax for ax in canvas.axes if isinstance(ax, Panel) and ax.axison]
        assert len(measured) == 2 * len(panels), name
        measured.clear()


@pytest.mark.parametrize("limits", [(-16.8, 2.2), (-0.0161, 0.0012), (-9e5, 3e5), (0.0, 1.0)])
def test_thinned_ticks_keep_apart(limits: tuple[float, float]) -> None:
    with in_force(Look()):
        canvas = Canvas()
        FigureCanvasAgg(canvas)
        ax = canvas.add_subplot()
        ax.set_xlim(limits)
        before = len(ax.xaxis.get_majorticklocs())
        thin_ticks(ax)
        canvas.draw_without_rendering()
        names = texts_of(ax.xaxis)
        assert 2 <= len(names) <= before
        for one, other in pairwise(sorted(names, key=lambda box: box.x0)):
            assert other.x0 - one.x1 > 0.3 * one.height


def test_ticks_stay_as_they_were_measured(alone: Path) -> None:
    for name, canvas in painted(alone):
        for ax in (ax for ax in canvas.axes if ax.axison and isinstance(ax, Panel)):
            before = [axis.get_majorticklocs().tolist() for axis in (ax.xaxis, ax.yaxis)]
            ax.set_position((0.4, 0.4, 0.2, 0.2))  # where matplotlib would take fewer
            canvas.draw_without_rendering()
            assert [axis.get_majorticklocs().tolist() for axis in (ax.xaxis, ax.yaxis)] == before, name
