"""How light colours are, and how well they can be told from each other: WCAG 2.1, relative luminance."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import ArrayLike

#: The luminance on which black and white letters have the same contrast.
MIDDLE_GREY = 0.179


def luminance(color: Any) -> float:
    """The relative luminance of a colour: 0 of black, 1 of white."""
    values: ArrayLike = to_rgb(color)
    rgb = np.asarray(values)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(color: Any, ground: Any = "white") -> float:
    """The contrast of a colour on its ground: from 1, where they are alike, to 21."""
    dark, light = sorted((luminance(color), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)
