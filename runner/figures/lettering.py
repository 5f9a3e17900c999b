"""Many plain texts at once, for films: the outline of each letter is made once, and all are filled together.

matplotlib lays out and renders texts one by one, which took a film of numbers most of its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Bbox, IdentityTransform
from numpy.typing import NDArray

from runner.nn.arrays import Array

#: How much of a text's width lies left of its place.
LEFT = {"left": 0.0, "center": 0.5, "right": 1.0}


def is_plain(artist: Artist) -> bool:
    """Whether it is one upright line of text, with nothing behind or around it and no mathematics."""
    return (
        type(artist) is Text
        and artist.get_text() != ""
        and not {"$", "\n"}.intersection(artist.get_text())
        and artist.get_rotation() == 0
        and not (artist.get_bbox_patch() or artist.get_path_effects() or artist.get_usetex())
    )


class Letter(NamedTuple):
    """An outline, as vertices (V, 2) in points and codes (V,), and how far it is to the next letter."""

    vertices: Array
    codes: NDArray[np.uint8]
    width: float


@dataclass
class Lettering:
    """Draws plain texts with `renderer`. Of each font are kept the letters, and the extent of a line."""

    renderer: Any
    letters: dict[FontProperties, dict[str, Letter]] = field(default_factory=dict)
    lines: dict[FontProperties, Bbox] = field(default_factory=dict)

    def draw(self, texts: Iterable[Text]) -> None:
        """Draws texts, those of one colour as one shape."""
        for color, alike in groupby(sorted(texts, key=_color), key=_color):
            outlines = [outline for text in alike for outline in self._placed(text)]
            vertices, codes = (np.concatenate(part) for part in zip(*outlines, strict=True))
            shape = PathPatch(Path(vertices, codes), fc=color, lw=0, transform=IdentityTransform())
            shape.draw(self.renderer)

    def _placed(self, text: Text) -> Iterator[tuple[Array, NDArray[np.uint8]]]:
        """Each letter of a text, as vertices (V, 2) in dots of the page and codes (V,)."""
        font, dots = text.get_fontproperties(), self.renderer.points_to_pixels(1.0)
        known = self.letters.setdefault(font, {})
        letters = [known.get(name) or known.setdefault(name, _letter(name, font)) for name in text.get_text()]
        line = self.lines.get(font) or self.lines.setdefault(font, self._line(text))
        up = {"bottom": line.y0, "center": (line.y0 + line.y1) / 2, "top": line.y1, "baseline": 0.0}
        x, y = text.get_transform().transform(text.get_position())
        x -= LEFT[text.get_horizontalalignment()] * dots * sum(letter.width for letter in letters)
        for letter in letters:
            yield letter.vertices * dots + (x, y - up[text.get_verticalalignment()]), letter.codes
            x += dots * letter.width

    def _line(self, like: Text) -> Bbox:
        """The extent of a line in dots, from its base line at 0."""
        probe = Text(
            0, 0, "0", fontproperties=like.get_fontproperties(), figure=like.get_figure(), va="baseline"
        )
        return probe.get_window_extent(self.renderer)


def _color(text: Text) -> str:
    return str(text.get_color())


def _letter(letter: str, font: FontProperties) -> Letter:
    two, one = (text_to_path.get_text_width_height_descent(s, font, False)[0] for s in (f"{letter}0", "0"))
    vertices, codes = text_to_path.get_text_path(font, letter)
    scale = font.get_size_in_points() / text_to_path.FONT_SCALE
    return Letter(np.asarray(vertices) * scale, np.array(codes, Path.code_type), two - one)
