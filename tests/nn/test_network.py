"""The network: its parameters as layers, their names, and the chain by hand."""

from __future__ import annotations

import numpy as np
import pytest

from runner.nn.network import Network

SIZES, ACTIVATIONS = (2, 3, 2), ("tanh", "sigmoid")


@pytest.mark.parametrize("has_biases", [True, False])
def test_views_and_names_have_one_order(has_biases: bool) -> None:
    network = Network(SIZES, ACTIVATIONS, has_biases)
    count = network.parameter_count
    assert count == network.weight_count + network.bias_count == (17 if has_biases else 12)
    parameters = np.arange(2.0 * count).reshape(2, count)
    layers = network.views(parameters)
    assert [w.shape for w, _ in layers] == [(2, 3, 2), (2, 2, 3)]
    for k, place in enumerate(network.names):
        w, b = layers[place.layer - 1]
        at = w[:, place.to - 1, place.from_ - 1] if place.from_ or b is None else b[:, 0, place.to - 1]
        assert at.tolist() == parameters[:, k].tolist()
    letters = [place.name[0] for place in network.names]
    assert letters == ["w"] * network.weight_count + ["b"] * network.bias_count
    layers[1][0][1, 0, 2] = -1.0
    assert (parameters == -1.0).sum() == 1


def test_forward_and_backward_by_hand() -> None:
    network, rng = Network(SIZES, ACTIVATIONS, has_biases=True), np.random.default_rng(0)
    parameters, x, dE_dpred = rng.normal(size=(1, 17)), rng.normal(size=(1, 4, 2)), rng.normal(size=(1, 4, 2))
    (w1, b1), (w2, b2) = [(w[0], b[0]) for w, b in network.views(parameters) if b is not None]
    h = np.tanh(x[0] @ w1.T + b1)
    pred = 1 / (1 + np.exp(-(h @ w2.T + b2)))
    passed = network.forward(parameters, x)
    np.testing.assert_allclose(passed.pred[0], pred, rtol=1e-14)
    dE_dz2 = dE_dpred[0] * pred * (1 - pred)
    dE_dz1 = dE_dz2 @ w2 * (1 - h * h)
    by_hand = [dE_dz1.T @ x[0], dE_dz2.T @ h, dE_dz1.sum(axis=0), dE_dz2.sum(axis=0)]
    gradient = network.backward(passed, dE_dpred).gradient
    np.testing.assert_allclose(gradient[0], np.concatenate([g.ravel() for g in by_hand]), rtol=1e-12)


def test_networks_of_equal_layers_are_equal() -> None:
    assert Network(SIZES, ACTIVATIONS, True) == Network(SIZES, ACTIVATIONS, True)
    assert len({Network(SIZES, ACTIVATIONS, has) for has in (True, False, True)}) == 2


def test_the_gradient_alone_is_that_of_the_whole_chain() -> None:
    network = Network((3, 4, 2), ("tanh", "identity"), True)
    rng = np.random.default_rng(0)
    passed = network.forward(rng.normal(size=(5, network.parameter_count)), rng.normal(size=(1, 6, 3)))
    dE_dpred = rng.normal(size=(5, 6, 2))
    whole = network.backward(passed, dE_dpred)
    np.testing.assert_array_equal(network.gradient(passed, dE_dpred), whole.gradient)
    for dE_da, da_dz, dE_dz in zip(whole.dE_da, whole.da_dz, whole.dE_dz, strict=True):
        np.testing.assert_array_equal(dE_dz, dE_da * da_dz)
    assert whole.dE_da[-1] is dE_dpred
