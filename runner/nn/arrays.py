"""The array type of the project and the letters in which every docstring gives a shape.

==  ===========================================================================
R   runs trained side by side: the leading axis of every array that a run owns
N   examples (rows of data)
I   inputs of a layer, O its outputs
T   rows recorded in a history
P   parameters of a network: all weights, layer by layer, then all biases
==  ===========================================================================

A single run is a batch of one: R is 1, and the code is the same. Nothing ever reduces over R or
draws random numbers along it, which is why a run has the same bits alone and in company: on one
processor family, with one NumPy, and a BLAS that does not round by where numbers lie in memory.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
#: Which of the runs, or of the examples: true or false each.
Mask: TypeAlias = NDArray[np.bool_]
#: Numbers of runs.
Numbers: TypeAlias = NDArray[np.intp]
#: Which of the P parameters: a slice where they are the first of them, as a rule all, or their places.
Places: TypeAlias = slice | Numbers


def spread(values: Array, places: Places, width: int) -> Array:
    """`values` (…, R, some) at their `places` among `width` parameters, with zeros for the others."""
    if values.shape[-1] == width:
        return values
    whole = np.zeros((*values.shape[:-1], width))
    whole[..., places] = values
    return whole
