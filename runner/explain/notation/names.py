"""Formulas written twice, as text and as LaTeX; numbers; the names of neurons and parameters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from runner.nn.network import ParameterName
from runner.training.experiment import Experiment

_FRACTION = re.compile(r"∂([^ ·/()]+)/∂([^ ·()]+)")


@dataclass(frozen=True)
class Math:
    """A piece of mathematics, as Unicode text and as LaTeX for mathematics mode."""

    text: str
    latex: str

    def __add__(self, other: Math) -> Math:
        return Math(self.text + other.text, self.latex + other.latex)

    @property
    def width(self) -> int:
        """How many columns of a terminal the text takes: an accent takes none."""
        return sum(not unicodedata.combining(c) for c in self.text)

    @property
    def set_width(self) -> int:
        """About as many columns as the formula takes where fractions stand over a line."""
        stacked = _FRACTION.sub(lambda m: max(m[1], m[2], key=len) + "d", self.text)
        powers = _SCIENTIFIC.sub(lambda m: m[0] + " × 10", stacked)
        return Math(powers.replace("z_", "z"), "").width


NOTHING = Math("", "")
DOT = Math("·", r" \cdot ")
TIMES = Math(" · ", r" \cdot ")
PLUS = Math(" + ", " + ")
MINUS = Math(" − ", " - ")
ETA = Math("η", r"\eta")
ERROR = Math("E", "E")
#: Room to write a number by hand.
BLANK_LATEX = r"\underline{\hspace{25mm}}"
BLANK = Math("_" * 12, BLANK_LATEX)


def same(text: str) -> Math:
    """What is written alike in both."""
    return Math(text, text)


def join(parts: Iterable[Math], separator: Math = NOTHING) -> Math:
    text, latex = zip(*((part.text, part.latex) for part in parts), strict=True)
    return Math(separator.text.join(text), separator.latex.join(latex))


def spread(parts: Sequence[Math], separator: Math) -> tuple[Math, ...]:
    """The parts, each but the first led by the separator: a line may be broken between any two."""
    return tuple(part if i == 0 else separator + part for i, part in enumerate(parts))


def parenthesised(inner: Math) -> Math:
    return Math(f"({inner.text})", rf"\left({inner.latex}\right)")


def indexed(letter: Math, index: int | str) -> Math:
    return Math(f"{letter.text}{index}", f"{letter.latex}_{{{index}}}")


def partial(top: Math, bottom: Math) -> Math:
    """The derivative ∂top/∂bottom."""
    return Math(f"∂{top.text}/∂{bottom.text}", rf"\frac{{\partial {top.latex}}}{{\partial {bottom.latex}}}")


def times(parts: Sequence[Math], dot: Math = DOT) -> Math:
    """A product of numbers or symbols, every part but the first guarded against its sign."""
    return join([parts[0], *[operand(part) for part in parts[1:]]], dot)


def factor(part: Math) -> Math:
    """A part as it stands in a product: in parentheses where it is a sum, or a fraction on one line."""
    signs = _outer_signs(part.text)
    if signs & set("+−"):
        return parenthesised(part)
    return Math(f"({part.text})", part.latex) if "/" in signs else part


def _outer_signs(text: str) -> set[str]:
    """The signs of a formula that stand in no parentheses, without those that only lead it: −, 1/4·."""
    depth, found = 0, set()
    for c in re.sub(r"^−|^1/\d+·|(?<=\d)e−", "", text):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0:
            found.add(c)
    return found


def bare(part: Math) -> Math:
    """A part without parentheses around the whole of it."""
    if not part.text.startswith("(") or _outer_signs(part.text) != {")"}:
        return part
    return Math(
        part.text[1:-1], re.sub(r"^(?:\\bigl|\\left)?\((.*?)(?:\\bigr|\\right)?\)$", r"\1", part.latex)
    )


# --- numbers ---------------------------------------------------------------------------------


#: Of a number so little may be due to the rounding of double precision alone.
NOISE = 1e-14


@dataclass(frozen=True)
class Number(Math):
    """A number as it is written to so many significant digits."""

    value: float
    digits: int

    def to(self, digits: int) -> Number:
        """The same number to more digits, or fewer."""
        return written(self.value, digits)


def written(value: float, digits: int) -> Number:
    """A number with zeros at its end where they are rounded ones, so that 1.00000 is not taken for 1."""
    value += 0.0  # no −0
    short = f"{value:.{digits}g}"
    exact = abs(float(short) - value) <= NOISE * abs(value)
    mantissa, _, exponent = (short if exact else f"{value:#.{digits}g}").partition("e")
    latex = mantissa.removesuffix(".")
    text = latex.replace("-", "−")
    if not exponent:
        return Number(text, latex, value, digits)
    power = int(exponent)
    return Number(f"{text}e{power}".replace("-", "−"), rf"{latex} \times 10^{{{power}}}", value, digits)


@dataclass(frozen=True)
class Pen:
    """Writes numbers to `digits` significant digits; leaves a blank for each result unless `solution`."""

    digits: int = 6
    solution: bool = True

    def given(self, value: float) -> Number:
        """A number that is known from the start: an input, a target, a weight, a rate."""
        return written(value, self.digits)

    def result(self, value: float) -> Math:
        """A number that has been worked out."""
        return self.given(value) if self.solution else BLANK


_SCIENTIFIC = re.compile(r"\de")
_RAISED = re.compile(r"[⁽⁾]")


def operand(number: Math, raised: bool = False) -> Math:
    """A number as it stands behind a sign or, where it is `raised`, under a power."""
    negative = number.text.startswith("−")
    compound = raised and (_RAISED.search(number.text) or _SCIENTIFIC.search(number.text))
    return parenthesised(number) if negative or compound else number


#: Behind these a negative number stands without parentheses of its own.
_LEADING = ("(", "|", "{", ",", "{cases}", "&", r"\\", "if", "else")


def fill(formula: Math, values: Mapping[Math, Math]) -> Math:
    """The formula with each symbol replaced; numbers get the parentheses they need. Notes are dropped."""
    formula = without_note(formula)
    text = _replace(formula.text, {s.text: v for s, v in values.items()}, "text")
    return Math(text, _replace(formula.latex, {s.latex: v for s, v in values.items()}, "latex"))


def without_note(formula: Math) -> Math:
    """A formula of the tables without what follows it in parentheses of its own."""
    return Math(formula.text.split("  ")[0], formula.latex.split(r"\quad")[0].strip())


def _replace(formula: str, values: Mapping[str, Math], form: str) -> str:
    symbols = "|".join(re.escape(s) for s in sorted(values, key=len, reverse=True))

    def value(match: re.Match[str]) -> str:
        raised = formula[match.end() : match.end() + 1] in ("^", "²")
        leads = formula[: match.start()].rstrip().endswith(_LEADING) or not match.start()
        number = values[match[0]]
        return str(getattr(number if leads and not raised else operand(number, raised), form))

    # a letter of a longer word or of a LaTeX command is no symbol
    return re.sub(rf"(?<![A-Za-z\\])(?:{symbols})(?![A-Za-z_])", value, formula)


# --- names -----------------------------------------------------------------------------------

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
PRED = Math("pred", r"\mathrm{pred}")


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

    def is_identity(self, layer: int) -> bool:
        """Whether a neuron of the layer hands on its z as it is, so that z needs no name of its own."""
        return self.activations[layer - 1] == "identity"

    def a(self, layer: int, neuron: int) -> Math:
        """What a neuron hands on: x1, h1, pred; h1⁽²⁾ in the second of several hidden layers."""
        if layer == 0:
            return indexed(same("x"), neuron)
        if layer == self.last:
            return indexed(PRED, neuron) if self.sizes[-1] > 1 else PRED
        name = indexed(same("h"), neuron)
        if self.last == 2:
            return name
        return Math(f"{name.text}⁽{str(layer).translate(_SUPERSCRIPTS)}⁾", f"{name.latex}^{{({layer})}}")

    def z(self, layer: int, neuron: int) -> Math:
        """The weighted sum of a neuron."""
        a = self.a(layer, neuron)
        return a if self.is_identity(layer) else Math(f"z_{a.text}", f"z_{{{a.latex}}}")

    def y(self, output: int) -> Math:
        return indexed(same("y"), output) if self.sizes[-1] > 1 else same("y")

    def parameter(self, layer: int, to: int, from_: int) -> Math:
        """The weight from a neuron to a neuron, or the bias where `from_` is 0."""
        return symbol(self.parameters[layer, to, from_])

    def has_bias(self, layer: int) -> bool:
        return (layer, 1, 0) in self.parameters


def symbol(parameter: ParameterName) -> Math:
    return indexed(same(parameter.name[0]), parameter.name[1:])
