"""Training as it goes, as a GIF: a frame a recorded epoch, the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import groupby
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure as Canvas
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.spines import Spine
from matplotlib.text import Text
from PIL import Image

from runner.figures.lettering import Lettering, is_plain

#: At most so many frames, their dots an inch, and how long each and the last are shown, in ms.
FRAMES, DPI, EACH, LAST = 100, 150, 80, 2000
MANY = 10  # plain texts of a frame, which are drawn as one
COLORS = 255  # of a frame; one more is what has not changed since the frame before
#: What stands beside the data: it is drawn once, and so is what lies below all that moves.
BESIDE = (Axis, Axes, Legend)


def film(pictures: Iterable[Image.Image]) -> bytes:
    """A GIF that begins anew after its last frame."""
    first, *others = (
        p.quantize(COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE) for p in pictures
    )
    durations = [*[EACH] * len(others), LAST]
    content = BytesIO()
    first.save(
        content, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False
    )
    return content.getvalue()


def children(panels: Iterable[Axes]) -> list[Artist]:
    """All that panels consist of."""
    return [artist for ax in panels for artist in ax.get_children()]


def shots(
    canvas: Canvas, panels: Sequence[Axes], stays: Collection[Artist], draws: Iterable[Callable[[], None]]
) -> Iterator[Image.Image]:
    """The pictures of a canvas that is laid out, each with what one of `draws` draws in its panels.

    Of the panels' children those in `stays` stay from one picture to the next, but for titles; the others are
    replaced. What lies below or above all that changes is drawn once (matplotlib's guide to "blitting").
    """
    agg: Any = canvas.canvas
    heights = [artist.get_zorder() for artist in (Line2D([], []), panels[0].title, *_others(panels, stays))]
    over = [artist for artist in _over(panels, min(heights)) if artist in stays]
    for artist in _over(panels, min(heights)):
        artist.set_animated(True)
    agg.draw()
    below = agg.copy_from_bbox(canvas.bbox)
    agg.renderer.clear()
    _draw(agg, (artist for artist in over if artist.get_zorder() > max(heights)))
    above = _picture(agg).copy()
    among = [artist for artist in over if artist.get_zorder() <= max(heights)]
    lettering = Lettering(agg.renderer)
    for draw in draws:
        for artist in _others(panels, stays):
            artist.remove()
        agg.restore_region(below)
        draw()
        _draw(agg, [*among, *_others(panels, stays)], lettering)
        yield Image.alpha_composite(_picture(agg), above).convert("RGB")


def _draw(agg: Any, artists: Iterable[Artist], lettering: Lettering | None = None) -> None:
    """Draws artists, the lowest first; with `lettering`, many plain texts of one height as one."""
    for (_, plain), alike in groupby(sorted(artists, key=_height), key=_height):
        together = list(alike)
        if plain and lettering and len(together) >= MANY:
            lettering.draw(text for text in together if isinstance(text, Text))
            continue
        for artist in together:
            artist.draw(agg.renderer)


def _height(artist: Artist) -> tuple[float, bool]:
    """How high an artist is drawn: plain texts over what else is as high."""
    return artist.get_zorder(), is_plain(artist)


def _picture(agg: Any) -> Image.Image:
    """What is drawn, as it is now."""
    return Image.frombuffer("RGBA", agg.get_width_height(physical=True), agg.buffer_rgba())


def _others(panels: Sequence[Axes], stays: Collection[Artist]) -> list[Artist]:
    return [artist for artist in children(panels) if artist not in stays]


def _over(panels: Sequence[Axes], lowest: float) -> list[Artist]:
    """What of the panels is drawn as high as `lowest` or higher, and has its place within the frame."""
    return [
        artist
        for ax in panels
        for artist in ax.get_children()
        if artist.get_zorder() >= lowest
        and artist is not ax.patch
        and not isinstance(artist, BESIDE)
        and (ax.axison or not isinstance(artist, Spine))
    ]
