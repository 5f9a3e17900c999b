"""Optimizers and schedules: pure functions, formulas over their options on and off, the stability limit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from runner.nn.arrays import Array
from runner.nn.formula import Formula, Value
from runner.nn.optimizers import G, Optimizer, State, T, W, old
from runner.nn.options import Option, letters
from runner.nn.schedules import EPOCHS, ETA, E, Schedule
from runner.testing.promises import Options, close, numbers, same_alone, that

#: Gradients of two updates of two runs, where these are, and the updates of a test of stability.
GRADIENTS = [np.array([[0.5, -2.0], [1.0, 0.25]]), np.array([[-1.0, 1.0], [0.125, 4.0]])]
PLACE = np.array([[0.3, -0.7], [2.0, 0.0]])
UPDATES = 1200


def filled(options: Options, runs: int = 2) -> dict[str, Array]:
    """Options as arrays (R, 1)."""
    return {name: np.full((runs, 1), float(value)) for name, value in options.items()}


def lettered(taken: Mapping[str, Option], values: Mapping[str, Array]) -> dict[Formula, Value]:
    """The values of options by the letters that formulas have for them."""
    return {letter: values[option] for option, letter in letters(taken).items()}


# --- optimizers ------------------------------------------------------------------------------


def optimizer(entry: Optimizer, options: dict[str, float]) -> None:
    """Holds an optimizer: at these options, its formulas with each on and off."""
    _is_pure(entry, options)
    for variant in _variants(entry, options):
        _formulas(entry, variant)
    if entry.stability_limit is not None:
        _stability(entry, options)


def _is_pure(entry: Optimizer, options: Options) -> None:
    h = filled(options)
    state = entry.init(h, (2, 2))
    alone = [{key: array[run : run + 1] for key, array in h.items()} for run in (0, 1)]
    states = [entry.init(one, (1, 2)) for one in alone]
    for t, gradient in enumerate(GRADIENTS, start=1):
        before, g = {key: array.copy() for key, array in state.items()}, gradient.copy()
        direction, after = entry.update(g, state, PLACE, h, t)
        numbers("direction", direction, (2, 2))
        for name, array in after.items():
            numbers(f"state {name}", array, (2, 2))
        that(after.keys() == before.keys(), f"state: init has {[*before]}, and an update {[*after]}")
        that(_same(before, state) and g.tobytes() == gradient.tobytes(), "update: changes its arguments")
        that(
            _same({"": direction}, {"": entry.update(g, state, PLACE, h, t)[0]}),
            "update: is not the same twice",
        )
        for run in (0, 1):
            place = slice(run, run + 1)
            one, states[run] = entry.update(gradient[place], states[run], PLACE[place], alone[run], t)
            that(
                one.tobytes() == direction[place].tobytes(),
                f"update: run {run} has other bits alone than in a stack",
            )
        state = after
        shared = entry.quantities(state, h, t).keys() & state.keys()
        that(not shared, f"quantities: {shared} are names of the state too")


def _same(one: State, other: State) -> bool:
    return all(one[key].tobytes() == other[key].tobytes() for key in one)


def _variants(entry: Optimizer, options: Options) -> Iterator[Options]:
    """The options, each that is zero also above it."""
    flags = [name for name, value in options.items() if value == 0]
    for on in itertools.product((0.0, 0.3), repeat=len(flags)):
        values = {**options, **dict(zip(flags, on, strict=True))}
        if all(values[o.needs] for name, o in entry.options.items() if o.needs and values[name]):
            yield values


def _formulas(entry: Optimizer, options: Options) -> None:
    """Three updates of two runs, beside what the formulas come to."""
    rng, h = np.random.default_rng(5), filled(options)
    state = entry.init(h, (2, 4))
    for t in (1, 2, 3):
        g, w = rng.normal(size=(2, 2, 4))
        kept = {q: value for q, value in state.items() if q in entry.formulas}
        before: dict[Formula, Value] = {old(entry.formulas[q][0]): value for q, value in kept.items()}
        direction, state = entry.update(g, state, w, h, t)
        made = {**state, **entry.quantities(state, h, t)}
        values: dict[Formula, Value] = {G: g, T: t, W: w, **lettered(entry.options, h), **before}
        for quantity, (letter, formula) in entry.formulas.items():
            if quantity in made:
                close(
                    f"formula of {quantity}, update {t}", formula.value(values), made[quantity], (1e-14, 0.0)
                )
                values[letter] = made[quantity]
        if entry.direction is not None:
            written = entry.direction(options).value(values)
            close(f"formula of the direction, update {t}", written, direction, (1e-14, 0.0))


def _stability(entry: Optimizer, options: Options) -> None:
    """On a quadratic of curvature 3, with squares of gradients held: steps grow beyond the limit."""
    assert entry.stability_limit is not None
    curvature, t, h, x = 3.0, 10**6, filled(options), np.full((2, 1), 1e-9)
    state = {key: np.zeros((2, 1)) for key in entry.init(h, (2, 1))}
    held = {key: np.full((2, 1), 0.7) for key in _even(entry, state, h)}
    sharpness = np.full((2, 1), curvature)
    if entry.preconditioner is not None:
        _, after = entry.update(0.0 * x, state | held, x, h, t)
        sharpness = sharpness / entry.preconditioner(after, h, t)
    rate = np.array([[0.99], [1.01]]) * entry.stability_limit(sharpness, h)
    sizes = []
    for _ in range(UPDATES):
        direction, state = entry.update(curvature * x, state | held, x, h, t)
        x = x - rate * direction
        sizes.append(np.abs(x[:, 0]))
    below, beyond = np.max(sizes[-6:], axis=0) / np.max(sizes[:6], axis=0)
    that(below < 0.1, "stability_limit: steps do not shrink a little below it, on a quadratic")
    that(beyond > 10, "stability_limit: steps do not grow a little above it, on a quadratic")


def _even(entry: Optimizer, state: State, h: Mapping[str, Array]) -> list[str]:
    """The quantities of the state that are made of squares: the same for a gradient and its opposite."""
    one = np.full((2, 1), 0.5)
    (_, up), (_, down) = (entry.update(g, state, 0.0 * one, h, 1) for g in (one, -one))
    return [name for name in state if up[name].any() and _same({name: up[name]}, {name: down[name]})]


# --- schedules -------------------------------------------------------------------------------


def schedule(entry: Schedule, options: dict[str, float]) -> None:
    """Holds a schedule, over the epochs of two runs."""
    etas, epochs, o = np.array([[0.05], [0.5]]), np.array([[100.0], [30.0]]), filled(options)
    names = list(o)
    for epoch in range(31):

        def rate(eta: Array, of: Array, *values: Array, epoch: int = epoch) -> Array:
            return entry.rate(eta, epoch, of, dict(zip(names, values, strict=True)))

        made = rate(etas, epochs, *o.values())
        numbers(f"rate of epoch {epoch}", made, (2, 1))
        that((made >= 0).all(), f"rate of epoch {epoch}: is below 0")
        same_alone(f"rate of epoch {epoch}", rate, [etas, epochs, *o.values()])
        if entry.formula is not None:
            values: dict[Formula, Value] = {ETA: etas, E: epoch, EPOCHS: epochs, **lettered(entry.options, o)}
            close(f"formula, epoch {epoch}", entry.formula.value(values), made, (1e-15, 0.0))
