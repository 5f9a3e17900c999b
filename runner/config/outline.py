"""Generated data before they are made: of many points a run's memory is asked by their sizes alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from runner.data.examples import Data
from runner.data.generated import GENERATORS, generate

#: Numbers that are as soon made as asked about.
FEW = 4 * 10**6
#: And those of which no array has as many: to be refused by themselves.
MANY = 2**40
#: Options that say how many columns there are, and the fewest.
COLUMNS = {"features": 1, "outputs": 1, "classes": 2}


def is_large(section: Any) -> bool:
    """Whether a section ``data`` asks for so many numbers that what they take is asked before."""
    name = section.get("name") if isinstance(section, Mapping) else None
    if not isinstance(name, str) or name not in GENERATORS:
        return False
    points, *columns = (section.get(key, 1) for key in ("points", *COLUMNS))
    if not all(type(number) is int and number > 0 for number in (points, *columns)):
        return False
    return bool(FEW < points * max(columns) < MANY)


def outlined(section: Mapping[str, Any]) -> Data:
    """Data of the sizes that such a section says, which take no memory: their numbers are all 0."""
    name = section["name"]
    given = {option: section.get(option, 1) for option in GENERATORS[name].options}
    few = generate(
        name, points=4, noise=0.0, seed=0, options=given | {k: COLUMNS[k] for k in given if k in COLUMNS}
    )
    inputs = section.get("features", few.inputs.shape[1])
    outputs = section.get("outputs", section.get("classes", few.targets.shape[1]))
    sizes = (
        (section["points"], inputs),
        (section["points"], 1 if "classes" in section and outputs == 2 else outputs),
    )
    x, y = (np.broadcast_to(np.float64(0.0), size) for size in sizes)
    outline = Data(x, y, (), (), few.classifies, name=name)
    outline.__dict__["one_hot"] = few.classifies  # which would look at every target
    return outline
