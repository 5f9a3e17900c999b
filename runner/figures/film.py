"""Training as it goes, as a GIF: a frame a recorded epoch, the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from matplotlib.figure import Figure as Canvas
from PIL import Image

#: At most so many frames, their dots an inch, and how long each and the last are shown, in ms.
FRAMES, DPI, EACH, LAST = 100, 150, 80, 2000
COLORS = 255  # of a frame; one more is what has not changed since the frame before


def film(canvases: Iterable[Canvas]) -> bytes:
    """A GIF that begins anew after its last frame; the canvases are laid out already."""
    first, *others = map(_frame, canvases)
    durations = [*[EACH] * len(others), LAST]
    content = BytesIO()
    first.save(
        content, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False
    )
    return content.getvalue()


def _frame(canvas: Canvas) -> Image.Image:
    agg: Any = canvas.canvas
    agg.draw()
    opaque = Image.frombuffer("RGBA", agg.get_width_height(physical=True), agg.buffer_rgba()).convert("RGB")
    return opaque.quantize(COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
