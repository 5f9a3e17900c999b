"""What every part of the page works with: a step, its names and the pen; and small pieces of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.explain.notation.names import (
    ERROR,
    PLUS,
    Math,
    Names,
    Pen,
    indexed,
    partial,
    same,
    spread,
)
from runner.explain.step import Step
from runner.nn.activations import SELU_ALPHA, SELU_SCALE
from runner.nn.arrays import Array
from runner.nn.losses import LOSSES, Loss
from runner.nn.network import ParameterName

Z, A, Y, P, OUTPUTS = same("z"), same("a"), same("y"), same("p"), same("O")
#: The letters in the formulas of an activation that stand for numbers of its own.
CONSTANTS = {
    "selu": {
        Math("λ", r"\lambda"): SELU_SCALE,
        Math("α", r"\alpha"): SELU_ALPHA,
        Math("λα", r"\lambda \alpha"): SELU_SCALE * SELU_ALPHA,
    }
}
COMMA = same(", ")
ELLIPSIS = Math("…", r"\dots")
#: A sum over more examples than this shows only its ends.
LONGEST_SUM = 12


@dataclass(frozen=True)
class Work:
    """A step with the names and the pen with which it is written down. Examples count from 1."""

    step: Step
    names: Names
    pen: Pen

    @property
    def loss(self) -> Loss:
        return LOSSES[self.step.experiment.loss]

    @property
    def outputs(self) -> int:
        return self.names.sizes[-1]

    def a(self, example: int, layer: int, neuron: int) -> Math:
        value = float(self.step.a[layer][example - 1, neuron - 1])
        return self.pen.result(value) if layer else self.pen.given(value)

    def z(self, example: int, layer: int, neuron: int) -> Math:
        return self.pen.result(float(self.step.z[layer - 1][example - 1, neuron - 1]))

    def y(self, example: int, output: int) -> Math:
        return self.pen.given(float(self.step.targets[example - 1, output - 1]))

    def old(self, parameter: ParameterName) -> Math:
        return self.pen.given(float(self.step.old[self.names.place[parameter.name]]))

    def constants(self, activation: str) -> dict[Math, Math]:
        """The numbers that an activation's formulas have letters for."""
        return {letter: self.pen.given(value) for letter, value in CONSTANTS.get(activation, {}).items()}

    def kept(self, factors: Sequence[Array], example: int, layer: int, neuron: int) -> Math:
        """One of the numbers that the backward pass kept."""
        return self.pen.result(float(factors[layer - 1][example - 1, neuron - 1]))

    def dE(self, example: int, by: Math) -> Math:  # noqa: N802
        """∂E/∂by; of several examples each has its share of the mean, 1/N·∂Eₙ/∂by."""
        examples = self.step.examples
        if examples == 1:
            return partial(ERROR, by)
        return share(examples) + partial(indexed(ERROR, example), by)

    def neurons(self, layer: int) -> range:
        return range(1, self.names.sizes[layer] + 1)


def share(count: int) -> Math:
    """1/N as a factor, and nothing for a single one."""
    return Math(f"1/{count}·", rf"\tfrac{{1}}{{{count}}} \cdot ") if count > 1 else Math("", "")


def applied(activation: str, to: Math, prime: bool = False) -> Math:
    """sigmoid(z), or with a prime its derivative sigmoid′(z)."""
    escaped = activation.replace("_", r"\_")
    mark = Math("′", "'") if prime else Math("", "")
    return Math(activation, rf"\mathrm{{{escaped}}}") + mark + Math(f"({to.text})", rf"({to.latex})")


def ends(count: int) -> list[int]:
    """1 to `count`, or where those are many the first and the last of them around a 0."""
    if count <= LONGEST_SUM:
        return list(range(1, count + 1))
    return [*range(1, LONGEST_SUM - 1), 0, count]


def bracketed(before: Math, terms: Sequence[Math]) -> tuple[Math, ...]:
    pieces = list(spread(terms, PLUS))
    pieces[0] = before + Math("(", r"\bigl(") + pieces[0]
    pieces[-1] += Math(")", r"\bigr)")
    return tuple(pieces)
