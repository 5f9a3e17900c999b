"""What every chapter works with: an update, its names and the pen; and small pieces of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.explain.notation.digits import Pen
from runner.explain.notation.names import Names, indexed, partial, shared
from runner.explain.step import Step
from runner.nn.activations import ACTIVATIONS, Z
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
        """The loss of the run."""
        return LOSSES[self.step.experiment.loss]

    @property
    def outputs(self) -> range:
        """The numbers of the outputs."""
        return self.neurons(self.names.last)

    def a(self, example: int, layer: int, neuron: int) -> Formula:
        """What a neuron hands on; the inputs are given."""
        if layer == 0:
            return self.pen.given(float(self.step.a[0][example - 1, neuron - 1]))
        return self.kept(self.step.a[1:], example, layer, neuron)

    def z(self, example: int, layer: int, neuron: int) -> Formula:
        """The weighted sum of a neuron."""
        return self.kept(self.step.z, example, layer, neuron)

    def y(self, example: int, output: int) -> Formula:
        """The target of an output."""
        return self.pen.given(float(self.step.targets[example - 1, output - 1]))

    def of(self, values: Array, parameter: ParameterName) -> float:
        """The value of a parameter among those of all, (P,)."""
        return float(values[self.names.place[parameter.name]])

    def old(self, parameter: ParameterName) -> Formula:
        """A parameter before the update."""
        return self.pen.given(self.of(self.step.old, parameter))

    def new(self, parameter: ParameterName) -> Formula:
        """A parameter after the update."""
        return self.pen.result(self.of(self.step.new, parameter))

    def gradient(self, parameter: ParameterName) -> Formula:
        """The derivative of what is minimised by a parameter."""
        return self.pen.result(self.of(self.step.gradient, parameter))

    def error_gradient(self, parameter: ParameterName) -> Formula:
        """The derivative of the error alone."""
        return self.pen.result(self.of(self.step.error_gradient, parameter))

    def constants(self, activation: str) -> dict[Formula, Formula]:
        """The numbers that an activation's formulas have letters for."""
        return {letter: self.pen.given(value) for letter, value in ACTIVATIONS[activation].constants.items()}

    def kept(self, factors: Sequence[Array], example: int, layer: int, neuron: int) -> Formula:
        """One of the numbers that training kept, (N, O) a layer."""
        return self.pen.result(float(factors[layer - 1][example - 1, neuron - 1]))

    def error(self, example: int | str) -> Symbol:
        """E of the only example, else E1, E2, …"""
        return ERROR if self.step.examples == 1 else indexed(ERROR, example)

    def dE(self, example: int | str, by: Formula) -> Formula:  # noqa: N802
        """∂E/∂by; of several examples each has its share of the mean, 1/N·∂Eₙ/∂by."""
        return shared(self.step.examples, partial(self.error(example), by))

    def neurons(self, layer: int) -> range:
        """The numbers of a layer's neurons."""
        return range(1, self.names.sizes[layer] + 1)


def formula_of(activation: str) -> Formula:
    """An activation in z; its name with z in it, where it has no formula."""
    return ACTIVATIONS[activation].formula or applied(activation, Z)


def slope_of(activation: str) -> Formula:
    """Its derivative in z and a, likewise."""
    return ACTIVATIONS[activation].slope or applied(activation, Z, prime=True)


def applied(activation: str, to: Formula, prime: bool = False) -> Formula:
    """sigmoid(z), or with a prime its derivative sigmoid′(z)."""
    return Function(activation + "′" * prime)(to)


def ends(count: int) -> list[int]:
    """1 to `count`, or where those are many the first and the last of them around a 0."""
    if count <= LONGEST_SUM:
        return list(range(1, count + 1))
    return [*range(1, LONGEST_SUM - 1), 0, count]
