"""Panels whose ticks are settled and measured once, and the figure that has them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import Bbox, ScaledTranslation

from runner.nn.arrays import Array


class Picture(Figure):
    """A figure that is none of pyplot's, with its `caption`: a notebook shows it where it stands."""

    caption: str = ""

    def _repr_png_(self) -> bytes:
        content = BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()


class Panel(Axes):
    """Axes that measure their ticks and labels once, before they get their place, and then keep them.

    Their room beside the frame does not depend on its size, but matplotlib's Axes measure it again in
    each of two rounds of the layout and as they are drawn, each time for the ticks, the axis's label and
    the spine between them: a seventh of all the time that figures take.

    The layout is told what stands beyond the frame as if the frame filled its place. Where the sides
    are drawn alike the frame is smaller than that, and matplotlib's Axes ask for as much less room: in
    the place that they get then, the frame is larger, and what stands above it is cut off.
    """

    _room: Array | None = None  # beyond the frame to the left, below, to the right, above: in pixels

    def get_tightbbox(self, renderer: Any = None, **more: Any) -> Bbox | None:
        """The place with the room beside the frame, which is measured the first time."""
        if self._room is None:
            self.apply_aspect()
            self._room = self._settled(renderer, **more)
        rest = super().get_tightbbox(renderer, **more) or self.bbox
        beyond = np.subtract(rest.extents, self.bbox.extents)
        room = np.append(np.minimum(beyond, self._room)[:2], np.maximum(beyond, self._room)[2:])
        place = self.get_position(original=True).transformed(self.figure.transSubfigure)
        return Bbox.from_extents(*np.add(place.extents, room))

    def _settled(self, renderer: Any, **more: Any) -> Array:
        """Keeps the ticks and the place of each axis's label; returns the room that they take."""
        boxes: list[Bbox | None] = [self.bbox]
        for axis, at in ((self.xaxis, (0.5, 0.0)), (self.yaxis, (0.0, 0.5))):
            if not (self.axison and axis.get_visible()):
                continue
            axis.set_major_locator(FixedLocator(list(axis.get_majorticklocs())))
            boxes.append(axis.get_tightbbox(renderer, **more))
            label = axis.label.get_transform().transform(axis.label.get_position())
            right, up = (label - self.transAxes.transform(at)) / self.figure.dpi
            beside = ScaledTranslation(right, up, self.figure.dpi_scale_trans)
            axis.set_label_coords(*at, transform=self.transAxes + beside)
            axis.set_in_layout(False)  # its room is known
        return np.subtract(Bbox.union(list(filter(None, boxes))).extents, self.bbox.extents)


def is_ours(axes: Sequence[Axes]) -> bool:
    """Whether panels are all that their figure has, which `paint` lays out; others are a user's own."""
    return isinstance(axes[0], Panel)
