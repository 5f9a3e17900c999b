"""Every optimizer: the formulas of its quantities and of its direction are its numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import runner
from runner.nn.formula import Formula, Value
from runner.nn.optimizers import OPTIMIZERS, G, T, W, old
from runner.nn.options import letters


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
            values: dict[Formula, Value] = {G: g, T: t, W: w, **numbers, **before}
            for quantity, (letter, formula) in optimizer.formulas.items():
                if quantity in made:
                    np.testing.assert_allclose(formula.value(values), made[quantity], rtol=1e-14)
                    values[letter] = made[quantity]
            np.testing.assert_allclose(optimizer.direction(options).value(values), direction, rtol=1e-14)
