"""Optimizers: pure pairs of init and update, and what they make of two gradients by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import runner
from runner.nn.arrays import Array
from runner.nn.formula import Formula, Value
from runner.nn.optimizers import OPTIMIZERS, Hyperparameters, T, W, old
from runner.nn.optimizers import G as GRADIENT
from runner.nn.options import letters

G = [np.array([[0.5, -2.0], [1.0, 0.25]]), np.array([[-1.0, 1.0], [0.125, 4.0]])]
#: Where the runs are.
PLACE = np.array([[0.3, -0.7], [2.0, 0.0]])


def hyperparameters(name: str, **more: float) -> Hyperparameters:
    defaults = runner.load(f"optimizer={name}").optimizer_options
    return {key: np.full((2, 1), float(value)) for key, value in {**defaults, **more}.items()}


def directions(name: str, gradients: list[Array], **more: float) -> list[Array]:
    optimizer, h = OPTIMIZERS[name], hyperparameters(name, **more)
    state, made = optimizer.init(h, gradients[0].shape), []
    for t, gradient in enumerate(gradients, start=1):
        direction, state = optimizer.update(gradient, state, PLACE, h, t)
        made.append(direction)
    return made


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_update_is_a_pure_function_of_its_arguments(name: str, momentum: float) -> None:
    optimizer = OPTIMIZERS[name]
    more = {"momentum": momentum} if "momentum" in optimizer.options else {}
    h = hyperparameters(name, **more)
    before = optimizer.init(h, (2, 2))
    copies, g = {key: array.copy() for key, array in before.items()}, G[0].copy()
    (first, after), (second, _) = (optimizer.update(g, before, PLACE, h, 1) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert g.tobytes() == G[0].tobytes()
    assert before.keys() == after.keys() == copies.keys()
    assert all(before[key].tobytes() == copies[key].tobytes() for key in before)
    assert all(array.shape == (2, 2) for array in after.values())
    assert not optimizer.quantities(after, h, 1).keys() & after.keys()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_runs_have_the_same_bits_alone_and_in_company(name: str) -> None:
    h = hyperparameters(name)
    alone = {key: array[1:] for key, array in h.items()}
    together = directions(name, G)
    state = OPTIMIZERS[name].init(alone, (1, 2))
    for t, gradient in enumerate(G, start=1):
        direction, state = OPTIMIZERS[name].update(gradient[1:], state, PLACE[1:], alone, t)
        assert direction.tobytes() == together[t - 1][1:].tobytes()


def test_sgd_by_hand() -> None:
    g, h = G
    np.testing.assert_array_equal(directions("sgd", G), [g, h])
    np.testing.assert_array_equal(directions("sgd", G, momentum=0.5), [g, 0.5 * g + h])
    nesterov = [g + 0.5 * g, h + 0.5 * (0.5 * g + h)]
    np.testing.assert_array_equal(directions("sgd", G, momentum=0.5, nesterov=True), nesterov)


def test_adagrad_by_hand() -> None:
    g, h = G
    made = directions("adagrad", G, initial_accumulator_value=2.0, lr_decay=0.5)
    by_hand = [g / (np.sqrt(2 + g * g) + 1e-10), h / 1.5 / (np.sqrt(2 + g * g + h * h) + 1e-10)]
    np.testing.assert_allclose(made, by_hand, rtol=1e-14)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_rmsprop_by_hand(momentum: float) -> None:
    g, h = G
    s = 0.01 * g * g
    first = g / (np.sqrt(s) + 1e-8)
    second = momentum * first + h / (np.sqrt(0.99 * s + 0.01 * h * h) + 1e-8)
    np.testing.assert_allclose(directions("rmsprop", G, momentum=momentum), [first, second], rtol=1e-12)


def test_adam_by_hand_and_its_quantities() -> None:
    g, h = G
    m, v = 0.9 * 0.1 * g + 0.1 * h, 0.999 * 0.001 * g * g + 0.001 * h * h
    hats = {"m_hat": m / (1 - 0.9**2), "v_hat": v / (1 - 0.999**2)}
    first, second = directions("adam", G)
    np.testing.assert_allclose(first, np.sign(g), rtol=1e-6)
    np.testing.assert_allclose(second, hats["m_hat"] / (np.sqrt(hats["v_hat"]) + 1e-8), rtol=1e-12)
    made = OPTIMIZERS["adam"].quantities({"m": m, "v": v}, hyperparameters("adam"), 2)
    for name, value in hats.items():
        np.testing.assert_allclose(made[name], value, rtol=1e-14)


def test_adamw_by_hand() -> None:
    """As torch.optim.AdamW: the parameter shrinks by η·λ of itself, beside Adam's own step."""
    decayed, plain = directions("adamw", G, weight_decay=0.1), directions("adam", G)
    for with_decay, without in zip(decayed, plain, strict=True):
        rate = 0.05
        torch = PLACE * (1 - rate * 0.1) - rate * without
        np.testing.assert_allclose(PLACE - rate * with_decay, torch, rtol=1e-14, atol=1e-16)
    first = directions("adamw", [np.array([[2.0, -2.0]] * 2)])[0]
    np.testing.assert_allclose(first, [[1.003, -1.007], [1.02, -1.0]], rtol=1e-8)


# --- formulas --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_formulas_are_state_and_direction(name: str) -> None:
    """Three updates of two runs, over the options of the table on and off."""
    optimizer = OPTIMIZERS[name]
    rng = np.random.default_rng(5)
    defaults = runner.load(f"optimizer={name}").optimizer_options
    flags = [option for option, default in defaults.items() if default == 0]
    for on in itertools.product((0.0, 0.3), repeat=len(flags)):
        options = {**defaults, **dict(zip(flags, on, strict=True))}
        if options.get("nesterov") and not options["momentum"]:
            continue
        h = {option: np.full((2, 1), float(value)) for option, value in options.items()}
        numbers = {letter: h[option] for option, letter in letters(optimizer.options).items()}
        state = optimizer.init(h, (2, 4))
        for t in (1, 2, 3):
            g, w = rng.normal(size=(2, 2, 4))
            before = {old(optimizer.formulas[quantity][0]): value for quantity, value in state.items()}
            direction, state = optimizer.update(g, state, w, h, t)
            made = {**state, **optimizer.quantities(state, h, t)}
            values: dict[Formula, Value] = {GRADIENT: g, T: t, W: w, **numbers, **before}
            for quantity, (letter, formula) in optimizer.formulas.items():
                if quantity in made:
                    np.testing.assert_allclose(formula.value(values), made[quantity], rtol=1e-14)
                    values[letter] = made[quantity]
            np.testing.assert_allclose(optimizer.direction(options).value(values), direction, rtol=1e-14)


#: Every optimizer, and every option that its limit depends on.
VARIANTS: list[tuple[str, dict[str, float]]] = [
    *[(name, {}) for name in OPTIMIZERS],
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": 1.0}),
    ("rmsprop", {"momentum": 0.6}),
    ("adagrad", {"lr_decay": 1e-3}),
    ("adam", {"beta1": 0.5}),
    ("adamw", {"weight_decay": 3.0}),
]


@pytest.mark.parametrize(("name", "more"), VARIANTS)
def test_steps_grow_beyond_the_stability_limit_and_not_below(name: str, more: dict[str, float]) -> None:
    """On a quadratic of curvature 3, with squares of gradients that are held as they are."""
    optimizer, curvature, t = OPTIMIZERS[name], 3.0, 10**6
    h, x = hyperparameters(name, **more), np.full((2, 1), 1e-9)
    state = {key: np.zeros((2, 1)) for key in optimizer.init(h, (2, 1))}
    held = {key: np.full((2, 1), 0.7) for key in ("v" if "m" in state else "s",) if key in state}
    sharpness = np.full((2, 1), curvature)
    if optimizer.preconditioner is not None:
        _, after = optimizer.update(0.0 * x, state | held, x, h, t)
        sharpness = sharpness / optimizer.preconditioner(after, h, t)
    rate = np.array([[0.99], [1.01]]) * optimizer.stability_limit(sharpness, h)
    sizes = []
    for _ in range(1200):
        direction, state = optimizer.update(curvature * x, state | held, x, h, t)
        x = x - rate * direction
        sizes.append(np.abs(x[:, 0]))
    below, beyond = np.max(sizes[-6:], axis=0) / np.max(sizes[:6], axis=0)
    assert below < 0.1
    assert beyond > 10
