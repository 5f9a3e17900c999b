"""The names of neurons and parameters, and what pages write beside the formulas of the tables."""

from __future__ import annotations

from collections.abc import Sequence

from runner.nn.formula import Formula, Operation, Sum, Symbol, product, total
from runner.nn.losses import PRED, P, Y
from runner.nn.network import ParameterName
from runner.training.experiment import Experiment

ELLIPSIS, ARROW = Symbol("…"), Symbol("→")


class Blank(Formula):
    """Room to write a number by hand."""


BLANK = Blank()


class Share(Formula):
    """1/N: what each of N examples or outputs adds to a mean."""

    def __init__(self, count: int) -> None:
        self.count = count

    def value(self, at: object = None) -> float:
        """1/N as a number."""
        return 1.0 / self.count


class Terms(Sum):
    """A sum behind a share, within which a line may be broken."""


class Derivative(Operation):
    """∂y/∂x, as a name: of y and x."""


class Derived(Operation):
    """∂(…)/∂x, still to be worked out: of what is in the parentheses and of x."""


class Row(Operation):
    """Formulas side by side."""

    def __init__(self, parts: tuple[Formula, ...], separator: str = ", ") -> None:
        super().__init__(parts)
        self.separator = separator


class Note(Formula):
    """What is said of a formula behind it."""

    def __init__(self, pieces: tuple[str | Formula, ...]) -> None:
        self.pieces = pieces


def partial(top: Formula, by: Formula) -> Formula:
    """The derivative ∂top/∂by."""
    return Derivative((top, by))


def noted(formula: Formula, note: Sequence[str | Formula]) -> Formula:
    """A formula with what is said of it, if anything is."""
    return Row((formula, Note(tuple(note))), "") if note else formula


def shared(count: int, *factors: Formula) -> Formula:
    """A product with its share of the mean over `count`; of a single one that is all of it."""
    return product(*([Share(count)] if count > 1 else []), *factors)


def mean(count: int, terms: Sequence[Formula]) -> Formula:
    """1/N·(term + term + …), over N examples or outputs; a sum where `count` is 1."""
    return shared(count, Terms(tuple(terms))) if count > 1 else total(*terms)


def indexed(letter: Symbol, index: int | str) -> Symbol:
    """A letter with a number below it."""
    return Symbol(letter.name, str(index))


_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Names:
    """How the neurons and the parameters of a network are called.

    Layers count from 1; layer 0 is the inputs. Neurons and inputs count from 1.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.sizes = experiment.sizes
        self.activations = experiment.activations
        self.last = len(self.sizes) - 1
        names = experiment.network.names
        self.parameters = {(p.layer, p.to, p.from_): p for p in names}
        self.place = {p.name: k for k, p in enumerate(names)}

    def neurons(self) -> list[tuple[int, int]]:
        """Layer and number of every neuron in the order of the forward pass."""
        return [(layer, j) for layer, size in enumerate(self.sizes) if layer for j in range(1, size + 1)]

    def is_identity(self, layer: int) -> bool:
        """Whether a neuron of the layer hands on its z as it is, so that z needs no name of its own."""
        return self.activations[layer - 1] == "identity"

    def a(self, layer: int, neuron: int) -> Symbol:
        """What a neuron hands on: x1, h1, pred; h1⁽²⁾ in the second of several hidden layers."""
        if layer == 0:
            return Symbol("x", str(neuron))
        if layer == self.last:
            return self._output(PRED, neuron)
        return Symbol("h", str(neuron), "" if self.last == 2 else f"⁽{str(layer).translate(_SUPERSCRIPTS)}⁾")

    def z(self, layer: int, neuron: int) -> Symbol:
        """The weighted sum of a neuron."""
        a = self.a(layer, neuron)
        return a if self.is_identity(layer) else Symbol("z", a)

    def y(self, output: int) -> Symbol:
        """The target of an output."""
        return self._output(Y, output)

    def p(self, output: int) -> Symbol:
        """The probability that a loss makes of an output."""
        return self._output(P, output)

    def _output(self, letter: Symbol, output: int) -> Symbol:
        return indexed(letter, output) if self.sizes[-1] > 1 else letter

    def into(self, layer: int, neuron: int) -> list[ParameterName]:
        """The weights into a neuron, and its bias where it has one."""
        sources = [*range(1, self.sizes[layer - 1] + 1), 0]
        keys = [(layer, neuron, source) for source in sources]
        return [self.parameters[key] for key in keys if key in self.parameters]

    def weighted(self, layer: int, neuron: int) -> list[Formula]:
        """The terms of a neuron's sum."""
        into = self.into(layer, neuron)
        return [symbol(p) * self.a(layer - 1, p.from_) if p.from_ else symbol(p) for p in into]


def symbol(parameter: ParameterName) -> Symbol:
    """A weight or a bias as a letter: w1."""
    return Symbol(parameter.name[:1], parameter.name[1:])
