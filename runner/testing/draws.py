"""Initializers and data: shapes, finite numbers, nothing random but from the streams that are given."""

from __future__ import annotations

from typing import Any

import numpy as np

from runner.data.bundled import Dataset
from runner.data.examples import Data
from runner.data.generated import Generator, Streams
from runner.nn.initializers import Initializer
from runner.nn.streams import stream
from runner.testing.promises import Options, numbers, that

#: As many points are made of a generator.
POINTS = 60


def initializer(entry: Initializer, options: dict[str, Any]) -> None:
    """Holds an initializer: of layers of several shapes, and of biases where it is for these too."""
    wrong = entry.refuses(**options)
    that(wrong is None, f"refuses its own options: {wrong}")
    shapes: list[tuple[int, ...]] = [(3, 5), (5, 3), (1, 1)] if entry.needs_fan else [(3, 5), (4,)]
    for shape in shapes:
        drawn, same = (entry.draw(stream(1, "weights"), shape, **options) for _ in range(2))
        numbers(f"weights of shape {shape}", drawn, shape)
        that(drawn.tobytes() == same.tobytes(), f"weights of shape {shape}: others from the same stream")


def generator(entry: Generator, options: dict[str, Any]) -> None:
    """Holds a generator, at its own noise, or none, and at some more."""
    own = {name: value for name, value in options.items() if name in entry.options}
    for noise in (entry.noise or 0.0, 0.25):
        made, same = (entry.make(Streams(1), POINTS, noise, **own) for _ in range(2))
        _examples(made, same)
        that(made.examples == POINTS, f"makes {made.examples} points where {POINTS} are asked for")


def dataset(entry: Dataset, options: Options) -> None:
    """Holds a data set."""
    _examples(*(entry.make(**options) for _ in range(2)))


def _examples(made: Data, same: Data) -> None:
    that(isinstance(made, Data), f"makes {type(made).__name__}, and not Data")
    for what, array, again, names in (
        ("inputs", made.inputs, same.inputs, made.input_names),
        ("targets", made.targets, same.targets, made.target_names),
    ):
        numbers(what, array, (made.examples, len(names)))
        that(array.tobytes() == again.tobytes(), f"{what}: others from the same seed")
    that(
        made.test_inputs is None and made.scale is None,
        "holds examples out or scales: that is done for all data",
    )
    that(np.unique(made.inputs, axis=0).size, "has no examples")
