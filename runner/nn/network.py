"""The network: forward, and backward by the chain rule.

The notation is the mathematics': a neuron computes  z = Σ w·a + b  from the activations a of the
layer before it, and hands on  a = f(z). The forward pass keeps every z and every a; the backward
pass reads them, and keeps every factor of the chain:

    ∂E/∂w = ∂E/∂a · ∂a/∂z · ∂z/∂w,   where  ∂a/∂z = f'(z)  and  ∂z/∂w = the a before,

and what reaches the layer before is  ∂E/∂a_before = ∂E/∂z · w.  No factor is fused away.
Letters of the shapes: see :mod:`runner.nn.arrays`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from runner.nn.activations import ACTIVATIONS
from runner.nn.arrays import Array, Numbers

#: The parameters of a layer, or their derivatives: w (R, O, I), and b (R, 1, O) or None.
Layer: TypeAlias = tuple[Array, Array | None]


class Forward(NamedTuple):
    """A pass through `layers`: z (R, N, O) of each; a likewise, the inputs (1 or R, N, I) before them."""

    layers: list[Layer]
    z: list[Array]
    a: list[Array]

    @property
    def pred(self) -> Array:
        """The predictions (R, N, O): the last a."""
        return self.a[-1]


class Factors(NamedTuple):
    """The factors of the chain at a layer: ∂E/∂a, ∂a/∂z and their product ∂E/∂z, (R, N, O) each."""

    dE_da: Array
    da_dz: Array
    dE_dz: Array


class Backward(NamedTuple):
    """The factors of the chain, a list entry a layer: ∂E/∂a, ∂a/∂z and ∂E/∂z, (R, N, O) each.

    ∂a/∂z may be of any shape that broadcasts to that, as the activation returns it. `gradient` (R, P) is
    ∂E/∂w and ∂E/∂b, each the sum over the N examples.
    """

    dE_da: list[Array]
    da_dz: list[Array]
    dE_dz: list[Array]
    gradient: Array


class ParameterName(NamedTuple):
    """A parameter's place: `layer`, `to` and `from_` count from 1; a bias comes from 0."""

    name: str
    layer: int
    to: int
    from_: int


@dataclass(frozen=True)
class Network:
    """Layers of neurons: `sizes` from the inputs to the outputs, the activation of each layer after them.

    Its parameters are arrays (R, P): all weights first, then all biases, where it has them. A neuron's
    incoming weights stand together, neuron after neuron, layer after layer: the order of w1, w2, … and
    of the columns of a history.
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    has_biases: bool

    @cached_property
    def weight_count(self) -> int:
        """How many of the parameters are weights: the first."""
        return sum(i * o for i, o in pairwise(self.sizes))

    @cached_property
    def bias_count(self) -> int:
        """How many are biases: the last."""
        return sum(self.sizes[1:]) if self.has_biases else 0

    @cached_property
    def parameter_count(self) -> int:
        """P, all of them."""
        return self.weight_count + self.bias_count

    @property
    def layer_of(self) -> Numbers:
        """The layer 1, 2, … of each parameter (P,)."""
        layers, counts = np.arange(1, len(self.sizes)), [i * o for i, o in pairwise(self.sizes)]
        biases = np.repeat(layers, self.sizes[1:] if self.has_biases else 0)
        return np.concatenate([np.repeat(layers, counts), biases])

    @property
    def names(self) -> list[ParameterName]:
        """w1, w2, … and b1, b2, … in the order of the columns, with the neurons they connect."""
        pairs = list(enumerate(pairwise(self.sizes), start=1))
        weights = [(layer, j, i) for layer, (n, m) in pairs for j in range(1, m + 1) for i in range(1, n + 1)]
        biases = [(layer, j, 0) for layer, (_, m) in pairs for j in range(1, m + 1) if self.has_biases]
        places = (("w", weights), ("b", biases))
        return [ParameterName(f"{w}{k}", *at) for w, all_at in places for k, at in enumerate(all_at, start=1)]

    @cached_property
    def _record(self) -> np.dtype[np.void]:
        """The parameters of a run as one record: its fields are w1, w2, … of the layers, then b1, b2, …"""
        shapes = {f"w{k}": (o, i) for k, (i, o) in enumerate(pairwise(self.sizes), start=1)}
        shapes |= {f"b{k}": (1, o) for k, o in enumerate(self.sizes[1:], start=1) if self.has_biases}
        return np.dtype([(name, np.float64, shape) for name, shape in shapes.items()])

    @cached_property
    def _fields(self) -> list[tuple[str, str | None]]:
        return [(f"w{k}", f"b{k}" if self.has_biases else None) for k in range(1, len(self.sizes))]

    def views(self, parameters: Array) -> list[Layer]:
        """The layers as views into `parameters` (R, P), which is contiguous."""
        of = np.ndarray(len(parameters), self._record, parameters)
        return [(of[w], of[b] if b else None) for w, b in self._fields]

    def forward(self, parameters: Array, x: Array) -> Forward:
        """The predictions for the inputs x (1 or R, N, I), and everything on the way to them."""
        layers = self.views(parameters)
        z: list[Array] = []
        a: list[Array] = [x]
        for (w, b), f in zip(layers, self.activations, strict=True):
            z.append(a[-1] @ w.mT)
            if b is not None:
                z[-1] += b
            a.append(ACTIVATIONS[f].value(z[-1]))
        return Forward(layers, z, a)

    def chain(self, passed: Forward, dE_dpred: Array, gradient: Array) -> Iterator[Factors]:
        """Walks the chain from ∂E/∂pred (R, N, O) back along a forward pass; yields every layer's factors.

        What they make of every parameter, ∂E/∂w and ∂E/∂b, is put into `gradient` (R, P) on the way.
        """
        layers, z, a = passed
        derivatives, dE_da = self.views(gradient), dE_dpred
        for i in reversed(range(len(layers))):
            (w, _), (dE_dw, dE_db) = layers[i], derivatives[i]
            da_dz = ACTIVATIONS[self.activations[i]].derivative(z[i], a[i + 1])
            dE_dz = dE_da * da_dz
            np.matmul(dE_dz.mT, a[i], out=dE_dw)
            if dE_db is not None:
                # the sum over the examples, as a product with ones: three times as fast as a reduction
                np.matmul(np.ones((1, dE_dz.shape[1])), dE_dz, out=dE_db)
            yield Factors(dE_da, da_dz, dE_dz)
            if i > 0:
                dE_da = dE_dz @ w

    def backward(self, passed: Forward, dE_dpred: Array) -> Backward:
        """The whole chain from ∂E/∂pred (R, N, O), with all its factors."""
        gradient = np.empty((len(dE_dpred), self.parameter_count))
        factors = list(self.chain(passed, dE_dpred, gradient))
        dE_da, da_dz, dE_dz = map(list, zip(*reversed(factors), strict=True))
        return Backward(dE_da, da_dz, dE_dz, gradient)

    def gradient(self, passed: Forward, dE_dpred: Array) -> Array:
        """That of `backward` alone: no factor outlives its layer, whose memory the next ones find cached."""
        gradient = np.empty((len(dE_dpred), self.parameter_count))
        deque(self.chain(passed, dE_dpred, gradient), maxlen=0)
        return gradient
