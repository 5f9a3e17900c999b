"""Formulas as small trees that operators build, so that an entry of a table reads as its mathematics.

A formula is filled, symbol by symbol or part by part, and has a value, of floats or of arrays. How it
is written is not its affair: see ``runner.explain.notation.printers``.

>>> a = Symbol("a")
>>> (a * (1 - a)).value({a: 0.25})
0.1875
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from runner.nn.arrays import Array

Value: TypeAlias = float | Array
#: What stands in a formula beside formulas.
Operand: TypeAlias = "Formula | float"
NOTHING: Mapping[Formula, Value] = {}


class Formula:
    """A node of a tree. Equal trees are equal."""

    def fill(self, values: Mapping[Formula, Formula]) -> Formula:
        """The formula with others in the places of its symbols, or of whole parts of it."""
        return values.get(self, self)

    def value(self, at: Mapping[Formula, Value] = NOTHING) -> Value:
        """What it comes to. Raises KeyError where a symbol has no value."""
        return at[self]

    def parts_within(self) -> list[Formula]:
        """The formula and all parts of it, from left to right."""
        return [self]

    def __add__(self, other: Operand) -> Formula:
        return Sum((*(self.parts if isinstance(self, Sum) else (self,)), formula(other)))

    def __radd__(self, other: Operand) -> Formula:
        return formula(other) + self

    def __neg__(self) -> Formula:
        return Negation((self,))

    def __sub__(self, other: Operand) -> Formula:
        return self + -formula(other)

    def __rsub__(self, other: Operand) -> Formula:
        return formula(other) - self

    def __mul__(self, other: Operand) -> Formula:
        return product(self, formula(other))

    def __rmul__(self, other: Operand) -> Formula:
        return product(formula(other), self)

    def __truediv__(self, other: Operand) -> Formula:
        return Quotient((self, formula(other)))

    def __rtruediv__(self, other: Operand) -> Formula:
        return formula(other) / self

    def __floordiv__(self, other: Operand) -> Formula:
        return floor(self / other)

    def __pow__(self, other: Operand) -> Formula:
        return Power((self, formula(other)))

    def __rpow__(self, other: Operand) -> Formula:
        return formula(other) ** self

    def __abs__(self) -> Formula:
        return absolute(self)

    def __gt__(self, other: Operand) -> Formula:
        return Relation((self, formula(other)), ">")

    def __le__(self, other: Operand) -> Formula:
        return Relation((self, formula(other)), "≤")


@dataclass(frozen=True)
class Symbol(Formula):
    """A letter or a word, with what stands below and above it: w1, β₁, z_h1, v_old, h1⁽²⁾, w1 new."""

    name: str
    below: str | Symbol = ""
    above: str = ""


@dataclass(frozen=True)
class Number(Formula):
    """A number; `digits` of it are significant, where it is not exact."""

    number: float
    digits: int | None = None

    @property
    def rounded(self) -> float:
        """The number as it is written."""
        return self.number if self.digits is None else float(f"{self.number:.{self.digits}g}")

    def value(self, at: Mapping[Formula, Value] = NOTHING) -> Value:
        return np.float64(self.rounded)


@dataclass(frozen=True)
class Constant(Symbol):
    """A letter that stands for one number wherever it stands."""

    number: float = 0.0

    def value(self, at: Mapping[Formula, Value] = NOTHING) -> Value:
        return self.number


PI = Constant("π", number=np.pi)


@dataclass(frozen=True)
class Operation(Formula):
    """What is made of its parts."""

    parts: tuple[Formula, ...]

    def compute(self, *values: Any) -> Value:
        """The value, of those of the parts."""
        raise NotImplementedError

    def fill(self, values: Mapping[Formula, Formula]) -> Formula:
        if self in values:
            return values[self]
        return replace(self, parts=tuple(part.fill(values) for part in self.parts))

    def value(self, at: Mapping[Formula, Value] = NOTHING) -> Value:
        return at[self] if self in at else self.compute(*(part.value(at) for part in self.parts))

    def parts_within(self) -> list[Formula]:
        return [self, *(inner for part in self.parts for inner in part.parts_within())]


class Sum(Operation):
    """A sum of its terms. One that is a term of another is a group of its own."""

    def compute(self, *values: Any) -> Value:
        return reduce(np.add, values)


class Negation(Operation):
    def compute(self, *values: Any) -> Value:
        return np.negative(values[0])


class Product(Operation):
    def compute(self, *values: Any) -> Value:
        return reduce(np.multiply, values)


class Quotient(Operation):
    def compute(self, *values: Any) -> Value:
        return np.divide(*values)


class Power(Operation):
    def compute(self, *values: Any) -> Value:
        return np.power(*values)


@dataclass(frozen=True)
class Relation(Operation):
    """Parts between which a sign stands: >, ≤, =, →."""

    sign: str

    def compute(self, *values: Any) -> Value:
        return {">": np.greater, "≤": np.less_equal}[self.sign](*values)


class Cases(Operation):
    """`then` where a condition holds, else `otherwise`."""

    def compute(self, *values: Any) -> Value:
        return np.where(*values)


class SumOver(Operation):
    """The sum of a part over the outputs k, as it is written; it has no value."""


@dataclass(frozen=True)
class Function:
    """A named function, which makes formulas of formulas; without `compute` they have no value."""

    name: str
    compute: Callable[..., Value] | None = field(default=None, compare=False)

    def __call__(self, *parts: Operand) -> Call:
        return Call(tuple(map(formula, parts)), self)


@dataclass(frozen=True)
class Call(Operation):
    function: Function

    def compute(self, *values: Any) -> Value:
        if self.function.compute is None:
            raise KeyError(self.function.name)
        return self.function.compute(*values)


def formula(operand: Operand) -> Formula:
    return operand if isinstance(operand, Formula) else Number(operand)


def product(*factors: Formula) -> Formula:
    """A product; those among its factors are taken apart, and a single factor is itself."""
    flat = [part for f in factors for part in (f.parts if isinstance(f, Product) else (f,))]
    return Product(tuple(flat)) if len(flat) > 1 else flat[0]


def total(*terms: Formula) -> Formula:
    """A sum of terms, of which each stays what it is; a single term is itself."""
    return Sum(terms) if len(terms) > 1 else terms[0]


def where(condition: Formula, then: Operand, otherwise: Operand) -> Formula:
    return Cases((condition, formula(then), formula(otherwise)))


absolute, floor = Function("abs", np.abs), Function("floor", np.floor)
exp, ln, sqrt = Function("exp", np.exp), Function("ln", np.log), Function("sqrt", np.sqrt)
sin, cos, tanh = Function("sin", np.sin), Function("cos", np.cos), Function("tanh", np.tanh)
maximum, sign = Function("max", np.maximum), Function("sign", np.sign)
clip = Function("clip", np.clip)
