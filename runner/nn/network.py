"""The network: forward, and backward by the chain rule.

The notation is the mathematics': a neuron computes  z = Σ w·a + b  from the activations a of the
layer before it, and hands on  a = f(z). The forward pass keeps every z and every a; the backward
pass reads them, and keeps every factor of the chain:

    ∂E/∂w = ∂E/∂a · ∂a/∂z · ∂z/∂w,   where  ∂a/∂z = f'(z)  and  ∂z/∂w = the a before,

and what reaches the layer before is  ∂E/∂a_before = ∂E/∂z · w.  No factor is fused away.
Letters of the shapes: see :mod:`runner.nn.arrays`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from runner.nn.activations import Activation
from runner.nn.arrays import Array


class Layer(NamedTuple):
    """The parameters of a layer, or their derivatives: w (R, O, I), b (R, O) or None."""

    w: Array
    b: Array | None


class Forward(NamedTuple):
    """z of each layer (R, N, O); a likewise, with the inputs (1 or R, N, I) before them."""

    z: list[Array]
    a: list[Array]

    @property
    def pred(self) -> Array:
        return self.a[-1]


class Backward(NamedTuple):
    """The factors of the chain, a list entry a layer: ∂E/∂a, ∂a/∂z and ∂E/∂z, (R, N, O) each.

    ∂a/∂z may be of any shape that broadcasts to that, as the activation returns it.
    """

    dE_da: list[Array]
    da_dz: list[Array]
    dE_dz: list[Array]


def forward(layers: Sequence[Layer], activations: Sequence[Activation], x: Array) -> Forward:
    """The predictions for the inputs x (1 or R, N, I), and everything on the way to them."""
    z: list[Array] = []
    a: list[Array] = [x]
    for (w, b), f in zip(layers, activations, strict=True):
        z.append(a[-1] @ w.mT)
        if b is not None:
            z[-1] += b[:, None, :]
        a.append(f.value(z[-1]))
    return Forward(z, a)


def backward(
    layers: Sequence[Layer],
    activations: Sequence[Activation],
    passed: Forward,
    dE_dpred: Array,
    gradient: Sequence[Layer],
) -> Backward:
    """Walks the chain from ∂E/∂pred (R, N, O) to every parameter; writes into `gradient`.

    `gradient` has the shapes of `layers`; every derivative is the sum over the N examples.
    """
    dE_da, da_dz, dE_dz = [dE_dpred], [], []
    for i in reversed(range(len(layers))):
        da_dz.append(activations[i].derivative(passed.z[i], passed.a[i + 1]))
        dE_dz.append(dE_da[-1] * da_dz[-1])
        np.matmul(dE_dz[-1].mT, passed.a[i], out=gradient[i].w)
        if (dE_db := gradient[i].b) is not None:
            # the sum over the examples, as a product with ones: three times as fast as a reduction
            np.matmul(np.ones((1, dE_dz[-1].shape[1])), dE_dz[-1], out=dE_db[:, None, :])
        if i > 0:
            dE_da.append(dE_dz[-1] @ layers[i].w)
    return Backward(dE_da[::-1], da_dz[::-1], dE_dz[::-1])


def views(parameters: Array, sizes: Sequence[int], has_biases: bool) -> list[Layer]:
    """The layers as views into `parameters` (R, P): all weights first, then all biases.

    A neuron's incoming weights stand together, neuron after neuron, layer after layer: the order
    of w1, w2, … and of the columns of a history.
    """
    runs = len(parameters)
    shapes = [(o, i) for i, o in pairwise(sizes)]
    w_ends = np.cumsum([o * i for o, i in shapes]).tolist()
    b_ends = (w_ends[-1] + np.cumsum(sizes[1:])).tolist()
    layers = []
    for (o, i), w_end, b_end in zip(shapes, w_ends, b_ends, strict=True):
        w = parameters[:, w_end - o * i : w_end].reshape(runs, o, i)
        layers.append(Layer(w, parameters[:, b_end - o : b_end] if has_biases else None))
    return layers


class ParameterName(NamedTuple):
    """A parameter's place: `layer`, `to` and `from_` count from 1; a bias comes from 0."""

    name: str
    layer: int
    to: int
    from_: int


def parameter_names(sizes: Sequence[int], has_biases: bool) -> list[ParameterName]:
    """w1, w2, … and b1, b2, … in the order of the columns, with the neurons they connect."""
    pairs = list(enumerate(pairwise(sizes), start=1))
    weights = [(layer, j, i) for layer, (n, m) in pairs for j in range(1, m + 1) for i in range(1, n + 1)]
    biases = [(layer, j, 0) for layer, (_, m) in pairs for j in range(1, m + 1)] if has_biases else []
    return [ParameterName(f"w{k}", *place) for k, place in enumerate(weights, start=1)] + [
        ParameterName(f"b{k}", *place) for k, place in enumerate(biases, start=1)
    ]
