"""Draws the figures that apply, and writes each beside its numbers; the same bytes every time."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from PIL import Image  # matplotlib's own writer of PNG files
from pyarrow import csv

from runner.commands import write_named
from runner.errors import RunnerError
from runner.escaping import xml
from runner.figures import FILM, NAMES, OF_ALL_RUNS, load, read_ahead
from runner.figures.figure import (
    DOUBLE,
    PAGE,
    Figure,
    Layout,
    Options,
    check_labels,
    check_options,
    drops_role,
    note_of,
)
from runner.figures.film import DPI, FRAMES, children, film, shots
from runner.figures.moments import frames
from runner.figures.options import Look
from runner.figures.sharing import processes, shared
from runner.figures.style.axes import set_ends
from runner.figures.style.labels import LABELS
from runner.figures.style.panel import Panel, Picture
from runner.figures.style.sheets import in_force
from runner.records.histories import NotShownError
from runner.results import Results

#: What would differ from day to day, or say who drew.
METADATA: dict[str, dict[str, str | None]] = {
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    "svg": {"Date": None, "Creator": None},
}
#: zlib's level for PNG files: the next takes half the time again for files that are 6 % smaller.
COMPRESSION = 3

Ends: TypeAlias = Mapping[str, tuple[float, float]]
Encoding: TypeAlias = Callable[[], bytes]
Contents: TypeAlias = Mapping[Path, bytes]


@dataclass(frozen=True)
class Rendered:
    """What became of a figure: its files and caption, or the reason why it was skipped.

    `failed`: not because it does not apply, but because a file of a run is not as it was written.
    """

    name: str
    paths: Sequence[Path] = ()
    caption: str = ""
    reason: str | None = None
    failed: bool = False
    width: float = 0.0  # in inches


def draw_figures(
    results: Results,
    out: Path,
    *,
    only: Sequence[str] = (),
    formats: Sequence[str] = ("png",),
    look: Look | None = None,
    options: Options | None = None,
) -> Iterator[Rendered]:
    """Draws every figure that applies, or those in `only`, into `out`; yields each as it is done.

    A figure that does not apply, or that a faulty file keeps from being drawn, comes with its reason,
    and the others are drawn. Raises RunnerError for choices that cannot be followed.
    """
    options, look = options or Options(), look or Look()
    check_options(results, options, only)
    check_labels(results, look, LABELS)
    read_ahead(results, only, options.metric, options.threshold)
    wanted = only or NAMES
    names = dict.fromkeys(name for name in wanted if name not in OF_ALL_RUNS)
    names |= dict.fromkeys(name for name in OF_ALL_RUNS if name in wanted)
    making = _Making(out, list(dict.fromkeys(formats)), look.width, options.ends)
    with in_force(look):
        draw = partial(_drawn, results, options, making)
        for rendered, contents in shared(draw, list(names), processes(results, only)):
            _write(out, contents)
            yield rendered


def _write(out: Path, contents: Contents) -> None:
    path = out
    try:
        if contents:
            out.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            write_named(path, content)
    except OSError as error:
        raise RunnerError(f"{error.filename or path}: cannot be written: {error.strerror or error}") from None


def _drawn(
    results: Results, options: Options, making: _Making, names: Sequence[str]
) -> Iterator[tuple[Rendered, Contents]]:
    """Each figure, and what its files are to contain: that is encoded beside what is drawn next."""
    with ThreadPoolExecutor(1) as encoder:
        made: deque[tuple[Rendered, dict[Path, Future[bytes]]]] = deque()
        for name in names:
            rendered, encodings = _rendered(results, name, options, making)
            made.append((rendered, {path: encoder.submit(encode) for path, encode in encodings.items()}))
            while made and all(content.done() for content in made[0][1].values()):
                yield _whole(*made.popleft())
        while made:
            yield _whole(*made.popleft())


def _whole(rendered: Rendered, contents: Mapping[Path, Future[bytes]]) -> tuple[Rendered, Contents]:
    return rendered, {path: content.result() for path, content in contents.items()}


def _rendered(
    results: Results, name: str, options: Options, making: _Making
) -> tuple[Rendered, dict[Path, Encoding]]:
    """A figure as it is drawn, and what is left to do: the bytes of each of its files."""
    figure = load(name)
    making = making.of(figure)
    if not making.formats:
        return Rendered(name, reason=f"it does not show epochs one by one, as a {FILM} does"), {}
    try:
        numbers = numbers_of(results, figure, options)
        films = FILM in making.formats
        filmed = figure.numbers(results, replace(options, frames=FRAMES)) if films else None
    except RunnerError as error:
        return Rendered(name, reason=str(error), failed=not isinstance(error, NotShownError)), {}
    try:
        encodings = making.stills(name, figure, numbers, results.as_written(numbers))
        if filmed is not None:
            encodings |= making.film(name, figure, filmed)
    except NotShownError as error:
        return Rendered(name, reason=str(error)), {}
    caption, width = (
        figure.caption(numbers) + note_of(results),
        making.width or _width(figure.layout(numbers)),
    )
    return Rendered(name, making.paths(name), caption, width=width), encodings


def numbers_of(results: Results, figure: Figure, options: Options) -> pd.DataFrame:
    """All that a figure draws. Raises NotShownError where it does not apply, or would drop an option."""
    if results.sources and not figure.several:
        raise NotShownError("it is of one folder, and several are given")
    if reason := figure.applies(results, options) or figure.refuses(options):
        raise NotShownError(reason)
    numbers = figure.numbers(results, options)
    if reason := drops_role(numbers, options):
        raise NotShownError(reason)
    return numbers


def paint(
    figure: Figure, numbers: pd.DataFrame, width: float | None = None, ends: Ends = MappingProxyType({})
) -> Picture:
    """The picture of `numbers` in the style in force, as wide as its layout is or so many inches.

    `ends` are those of axes that were asked for, by "x" and "y".
    """
    canvas, panels = _begin(figure, numbers, width)
    draw_moment(figure, panels, numbers, ends)
    _lay_out(canvas)
    return canvas


def draw_moment(figure: Figure, panels: Sequence[Axes], numbers: pd.DataFrame, ends: Ends) -> None:
    """Draws what differs from one moment to the next, and gives the axes the ends that were asked for."""
    figure.moment(panels, numbers)
    for which, asked in ends.items():
        for ax in panels if which == "x" else _of_first(panels):
            set_ends(ax, which, asked)


def _of_first(panels: Sequence[Axes]) -> list[Axes]:
    """The panels whose heights are those of the first: what has no label of its own shares them."""
    return [ax for ax in panels if ax.get_ylabel() in ("", panels[0].get_ylabel())]


def _begin(figure: Figure, numbers: pd.DataFrame, width: float | None) -> tuple[Picture, list[Axes]]:
    """A canvas and its panels with what is drawn of every moment, not laid out yet."""
    layout = figure.layout(numbers)
    width = width or _width(layout)
    height = width / layout.columns * layout.aspect * layout.rows
    canvas = Picture(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(canvas)
    figure.draw(panels := _panels(canvas, layout), numbers)
    return canvas, panels


def paint_frames(figure: Figure, numbers: pd.DataFrame, width: float | None = None) -> Iterator[Image.Image]:
    """The moments of `numbers` one by one, where the last one puts them; else as :func:`paint`."""
    *_, last = tables = list(frames(numbers))
    canvas, panels = _begin(figure, last, width)
    stays = set(children(panels))
    figure.moment(panels, last)
    _lay_out(canvas)
    return shots(canvas, panels, stays, (partial(figure.moment, panels, table) for table in tables))


def _width(layout: Layout) -> float:
    return PAGE if layout.columns_wide == DOUBLE else float(mpl.rcParams["figure.figsize"][0])


@dataclass(frozen=True)
class _Making:
    """Where pictures go, in which formats, and how large."""

    out: Path
    formats: Sequence[str]
    width: float | None  # of every figure, in inches
    ends: Ends  # of axes, by "x" and "y"

    def of(self, figure: Figure) -> _Making:
        """The formats that a figure comes in: a film only of what shows epochs one by one."""
        return replace(self, formats=[f for f in self.formats if f != FILM or "epochs" in figure.follows])

    def paths(self, name: str) -> list[Path]:
        return [self.out / f"{name}.{kind}" for kind in self.formats]

    def stills(
        self, name: str, figure: Figure, numbers: pd.DataFrame, as_written: pd.DataFrame
    ) -> dict[Path, Encoding]:
        """Draws `numbers`; the pictures, and the numbers beside them `as_written`, by their paths."""
        stills = [(k, p) for k, p in zip(self.formats, self.paths(name), strict=True) if k != FILM]
        canvas = paint(figure, numbers, self.width, self.ends) if stills else None
        encodings: dict[Path, Encoding] = {self.out / f"{name}.csv": partial(_as_csv, as_written)}
        for kind, path in stills:
            assert canvas is not None
            encodings[path] = _png_of(canvas) if kind == "png" else partial(bytes, _page(canvas, kind))
        return encodings

    def film(self, name: str, figure: Figure, numbers: pd.DataFrame) -> dict[Path, Encoding]:
        """Draws the moments of `numbers` one by one: one film, by its path."""
        with mpl.rc_context({"figure.dpi": DPI}):
            content = film(paint_frames(figure, numbers, self.width))
        return {self.out / f"{name}.{FILM}": partial(bytes, content)}


def _page(canvas: Canvas, kind: str) -> bytes:
    """A picture made of lines and letters."""
    canvas.savefig(content := BytesIO(), format=kind, metadata=METADATA[kind])
    page = content.getvalue()
    return xml(page.decode()).encode() if kind == "svg" else page


def _png_of(canvas: Canvas) -> Encoding:
    """A picture made of points."""
    agg: Any = canvas.canvas  # the one that it was laid out on: another would measure every text anew
    agg.draw()
    size = agg.get_width_height(physical=True)
    return partial(_as_png, Image.frombuffer("RGBA", size, agg.buffer_rgba()), canvas.dpi)


def _as_png(image: Image.Image, dpi: float) -> bytes:
    opaque = image.convert("RGB")  # the paper is white
    opaque.save(content := BytesIO(), "PNG", dpi=(dpi,) * 2, compress_level=COMPRESSION)
    return content.getvalue()


def _lay_out(canvas: Canvas) -> None:
    """Gives every panel its place, once: savefig would do it again, and twice, for every format."""
    for spine in (spine for ax in canvas.axes for spine in ax.spines.values()):
        spine.set_in_layout(False)  # they lie in the panel, but take a tenth of the time to say so
    engine: Any = canvas.get_layout_engine()
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="constrained_layout not applied")
        try:
            engine.execute(canvas)
        except UserWarning:
            width = canvas.get_size_inches()[0]
            raise NotShownError(
                f"{width:g} inches leave no room for its panels; try a larger --width"
            ) from None
    canvas.set_layout_engine(None)


def _panels(canvas: Canvas, layout: Layout) -> list[Axes]:
    kind = {"axes_class": Panel}
    grid = list(np.ravel(canvas.subplots(layout.rows, layout.columns, subplot_kw=kind)))
    used = layout.panels or len(grid)
    for spare in grid[used:]:
        spare.remove()
    return grid[:used]


def _as_csv(numbers: pd.DataFrame) -> bytes:
    """A table as CSV with shortest decimals; pandas would take ten times as long."""
    columns = {str(name): pa.array(values, from_pandas=True) for name, values in numbers.items()}
    csv.write_csv(pa.table(columns), text := BytesIO())
    return text.getvalue()
