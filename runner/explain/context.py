"""What every chapter works with: an update, its names and the pen; and small pieces of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.explain.notation.digits import Pen
from runner.explain.notation.names import Names, indexed, partial, shared
from runner.explain.step import Step
from runner.nn.activations import ACTIVATIONS
from runner.nn.arrays import Array
from runner.nn.formula import Formula, Function, Symbol
from runner.nn.losses import ERROR, LOSSES, Loss
from runner.nn.network import ParameterName

#: A sum over more examples than this shows only its ends.
LONGEST_SUM = 12


@dataclass(frozen=True)
class Context:
    """An update with the names and the pen with which it is written down. Examples count from 1."""

    step: Step
    names: Names
    pen: Pen

    @property
    def loss(self) -> Loss:
        return LOSSES[self.step.experiment.loss]

    @property
    def outputs(self) -> range:
        return self.neurons(self.names.last)

    def a(self, example: int, layer: int, neuron: int) -> Formula:
        value = float(self.step.a[layer][example - 1, neuron - 1])
        return self.pen.result(value) if layer else self.pen.given(value)

    def z(self, example: int, layer: int, neuron: int) -> Formula:
        return self.pen.result(float(self.step.z[layer - 1][example - 1, neuron - 1]))

    def y(self, example: int, output: int) -> Formula:
        return self.pen.given(float(self.step.targets[example - 1, output - 1]))

    def old(self, parameter: ParameterName) -> Formula:
        return self.pen.given(float(self.step.old[self.names.place[parameter.name]]))

    def constants(self, activation: str) -> dict[Formula, Formula]:
        """The numbers that an activation's formulas have letters for."""
        return {letter: self.pen.given(value) for letter, value in ACTIVATIONS[activation].constants.items()}

    def kept(self, factors: Sequence[Array], example: int, layer: int, neuron: int) -> Formula:
        """One of the numbers that the backward pass kept."""
        return self.pen.result(float(factors[layer - 1][example - 1, neuron - 1]))

    def error(self, example: int | str) -> Symbol:
        """E of the only example, else E1, E2, …"""
        return ERROR if self.step.examples == 1 else indexed(ERROR, example)

    def dE(self, example: int | str, by: Formula) -> Formula:  # noqa: N802
        """∂E/∂by; of several examples each has its share of the mean, 1/N·∂Eₙ/∂by."""
        return shared(self.step.examples, partial(self.error(example), by))

    def neurons(self, layer: int) -> range:
        return range(1, self.names.sizes[layer] + 1)


def applied(activation: str, to: Formula, prime: bool = False) -> Formula:
    """sigmoid(z), or with a prime its derivative sigmoid′(z)."""
    return Function(activation + "′" * prime)(to)


def ends(count: int) -> list[int]:
    """1 to `count`, or where those are many the first and the last of them around a 0."""
    if count <= LONGEST_SUM:
        return list(range(1, count + 1))
    return [*range(1, LONGEST_SUM - 1), 0, count]
