"""Products of the Hessian with a vector: both passes of the network, differentiated along a direction.

Along a direction v in the parameters, R{f} = ∂/∂r f(parameters + r·v) at r = 0 obeys the rules of a
derivative. Applied to every line of :mod:`runner.nn.network` it gives

    R{z} = R{w}·a + w·R{a} + R{b}        R{a} = f'(z) · R{z}            where R{w}, R{b} are v's, R{x} = 0
    R{∂E/∂z} = R{∂E/∂a} · f'(z) + ∂E/∂a · f''(z) · R{z}
    R{∂E/∂w} = R{∂E/∂z} · a + ∂E/∂z · R{a}        R{∂E/∂a before} = R{∂E/∂z} · w + ∂E/∂z · R{w}

and R{∂E/∂w} is H·v, exactly, for about the cost of another gradient or two, without H ever being made.
Source: Pearlmutter, "Fast exact multiplication by the Hessian" (Neural Computation, 1994).

Directions are (…, R, P): any number for each of the R runs, in front of the run axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from runner.errors import RunnerError
from runner.nn.activations import ACTIVATIONS
from runner.nn.arrays import Array
from runner.nn.losses import Loss
from runner.nn.network import Backward, Forward, Layer, Network


class Passed(NamedTuple):
    """A forward and a backward pass of a network, from which the products with any direction follow."""

    network: Network
    forward: Forward
    backward: Backward
    bends: list[Array]  # ∂E/∂a · f''(z) of each layer, which is the same for every direction

    @classmethod
    def of(cls, network: Network, forward: Forward, backward: Backward) -> Passed:
        """What there is of a gradient. Raises RunnerError for an activation without a second derivative."""
        seconds = [
            _second(f)(z, a) for f, z, a in zip(network.activations, forward.z, forward.a[1:], strict=True)
        ]
        bends = [dE_da * second for dE_da, second in zip(backward.dE_da, seconds, strict=True)]
        return cls(network, forward, backward, bends)


def _second(activation: str) -> Callable[[Array, Array], Array]:
    second = ACTIVATIONS[activation].second
    if second is None:
        raise RunnerError(f"the activation {activation} has no second derivative, which curvature takes")
    return second


def hessian_vector(passed: Passed, loss: Loss, y: Array, v: Array) -> Array:
    """H·v of the error (…, R, P), of `v` (…, R, P), which is contiguous.

    The passes are those of the mean of `loss` over examples with targets `y` (1 or R, N, O). Raises
    RunnerError for a loss without a second derivative.
    """
    if loss.second is None:
        raise RunnerError("the loss has no second derivative, which curvature takes")
    layers = _layers(passed.network, v)
    R_z, R_a = _forward(passed, layers)
    R_dE_dpred = loss.second(passed.forward.pred, y, R_a[-1]) / y.shape[1]  # E is the mean
    return _backward(passed, layers, (R_z, R_a), R_dE_dpred)


def _layers(network: Network, parameters: Array) -> list[Layer]:
    """The layers as views into `parameters` (…, R, P): w (…, R, O, I) and b (…, R, 1, O) or None."""
    front = parameters.shape[:-1]
    flat = network.views(parameters.reshape(-1, parameters.shape[-1]))
    return [
        (w.reshape(*front, *w.shape[1:]), None if b is None else b.reshape(*front, *b.shape[1:]))
        for w, b in flat
    ]


def _forward(passed: Passed, v: list[Layer]) -> tuple[list[Array], list[Array]]:
    """R{z} and R{a} (…, R, N, O) of each layer."""
    layers, _, a = passed.forward
    R_z: list[Array] = []
    R_a: list[Array] = []
    for i, ((w, _), (R_w, R_b)) in enumerate(zip(layers, v, strict=True)):
        R_z.append(a[i] @ R_w.mT)
        if i > 0:  # the inputs stay as they are
            R_z[-1] += R_a[-1] @ w.mT
        if R_b is not None:
            R_z[-1] += R_b
        R_a.append(passed.backward.da_dz[i] * R_z[-1])
    return R_z, R_a


def _backward(passed: Passed, v: list[Layer], R: tuple[list[Array], list[Array]], R_dE_da: Array) -> Array:
    """R{∂E/∂w} and R{∂E/∂b} of every layer, (…, R, P), from R{∂E/∂pred}."""
    (layers, _, a), (_, da_dz, dE_dz, _) = passed.forward, passed.backward
    R_z, R_a = R
    product = np.empty((*R_dE_da.shape[:-2], passed.network.parameter_count))
    products = _layers(passed.network, product)
    for i in reversed(range(len(layers))):
        R_dE_dw, R_dE_db = products[i]
        R_dE_dz = R_dE_da * da_dz[i] + passed.bends[i] * R_z[i]
        np.matmul(R_dE_dz.mT, a[i], out=R_dE_dw)
        if R_dE_db is not None:
            np.matmul(np.ones((1, R_dE_dz.shape[-2])), R_dE_dz, out=R_dE_db)
        if i > 0:
            R_dE_dw += dE_dz[i].mT @ R_a[i - 1]
            R_dE_da = R_dE_dz @ layers[i][0] + dE_dz[i] @ v[i][0]
    return product
