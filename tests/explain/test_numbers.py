"""Every printed number is the one that training used: in every format, for random networks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import FORMATS, reckon, render, results

import runner
from runner.explain.document import Equations, Sheet
from runner.explain.notation.printers import TEXT
from runner.explain.page import Choices, explain
from runner.explain.step import take
from runner.nn.activations import ACTIVATIONS
from runner.nn.formula import Number
from runner.nn.losses import LOSSES
from runner.nn.schedules import SCHEDULES
from runner.training.experiment import Experiment

OPTIMIZERS = (
    "optimizer=sgd",
    "optimizer=sgd optimizer.momentum=0.9",
    "optimizer=sgd optimizer.momentum=0.5 optimizer.nesterov=true",
    "optimizer=adagrad",
    "optimizer=adagrad optimizer.lr_decay=0.1 optimizer.initial_accumulator_value=0.2",
    "optimizer=rmsprop",
    "optimizer=rmsprop optimizer.momentum=0.9",
    "optimizer=adam",
    "optimizer=adamw",
)
#: What an error needs of the last layer and of the targets.
NEEDS = {
    "binary_cross_entropy": ["network.output_activation=sigmoid", "data.targets=[[1],[0],[1]]"],
    "binary_cross_entropy_with_logits": ["data.targets=[[1],[0],[1]]"],
    "cross_entropy": ["data.targets=[[1,0,0],[0,0.25,0.75],[0,1,0]]"],
}
BASE = (
    "network=dense",
    "data=inline",
    "data.inputs=[[0.3,-1.2],[1.5,0.4],[-0.7,0.9]]",
    "data.targets=[[0.5],[-0.2],[1.1]]",
    "network.hidden=[2]",
    "epochs=6",
    "log.unit=update",
    "log.gradients=true",
)


def load(*overrides: str) -> Experiment:
    return runner.load(*BASE, *[part for override in overrides for part in override.split()])


def check(
    experiment: Experiment, update: int, choices: Choices | None = None, forms: Sequence[str] = FORMATS
) -> None:
    """Compares every gradient and every new value on the page with the history of the run."""
    history = runner.train(experiment).history
    assert len(history) > update
    names = [p.name for p in experiment.network.names]
    sheet = explain(experiment, choices or Choices(update=update, digits=17, weight="all"))
    step = take(experiment, update)
    for form in forms:
        page = results(render(sheet, form), form)
        printed = dict(page)  # the last that is printed of each
        for k, name in enumerate(names):
            assert printed[f"∂E∂{name}"] == step.error_gradient[k] + 0.0, (form, name)
            assert printed[f"{name}new"] == history[name].iloc[update], (form, name)
        if experiment.batch_size is None:
            assert printed["E"] == history["error"].iloc[update - 1], form
            slopes = [value for left, value in page if left == "g"] or [printed[f"∂E∂{n}"] for n in names]
            assert slopes == [history[f"g_{n}"].iloc[update - 1] for n in names], form


def in_turn(names: Iterable[str]) -> list[tuple[str, str]]:
    """Each with a format, one after the other; `test_random_networks` has every page in all of them."""
    return list(zip(names, cycle(FORMATS), strict=False))


@pytest.mark.parametrize(("activation", "form"), in_turn(ACTIVATIONS))
def test_every_activation(activation: str, form: str) -> None:
    check(load(f"network.activation={activation} network.output_activation={activation}"), 2, forms=[form])


@pytest.mark.parametrize(("loss", "form"), in_turn(LOSSES))
def test_every_loss(loss: str, form: str) -> None:
    check(load(f"loss={loss}", *NEEDS.get(loss, [])), 2, forms=[form])


@pytest.mark.parametrize(("optimizer", "form"), in_turn(OPTIMIZERS))
@pytest.mark.parametrize("update", [pytest.param(1, marks=pytest.mark.thorough), 3])
def test_every_optimizer(optimizer: str, form: str, update: int) -> None:
    check(load(optimizer), update, forms=[form])


@pytest.mark.parametrize(("schedule", "form"), in_turn(SCHEDULES))
def test_every_schedule(schedule: str, form: str) -> None:
    check(load(f"schedule={schedule}"), 4, forms=[form])


@pytest.mark.parametrize("batch", ["batch_size=1", "batch_size=2", "batch_size=2 shuffle=false"])
def test_batches(batch: str) -> None:
    check(load(batch, "optimizer=adam"), 5)


@pytest.mark.parametrize("penalty", ["regularization.l1=0.01", "regularization.l2=0.1"])
def test_penalties_have_a_line_each(penalty: str) -> None:
    experiment = load(penalty)
    check(experiment, 3)
    page = render(explain(experiment, Choices(weight="w1")), "text")
    assert "l1·sign(w1)" in page if "l1" in penalty else "l2·w1" in page
    bias = render(explain(experiment, Choices(weight="b1")), "text")
    assert "sign(" not in bias
    assert "l2·" not in bias


def test_the_gradient_is_the_sum_of_its_lines() -> None:
    step = take(load("regularization.l1=0.01", "regularization.l2=0.1", "batch_size=2"), 3)
    weights = np.array([p.from_ > 0 for p in step.experiment.network.names])
    summed = step.error_gradient + weights * 0.01 * np.sign(step.old) + weights * 0.1 * step.old
    assert (summed == step.gradient).all()
    assert (step.error_gradient != step.gradient)[weights].all()


def test_many_examples_are_a_sum_with_its_middle_left_out() -> None:
    experiment = runner.load(
        "network=dense",
        "data=plane",
        "network.hidden=[2]",
        "log.unit=update",
        "log.gradients=true",
        "epochs=3",
    )
    check(experiment, 2)


#: Numbers of a few digits, so that no run of these few updates diverges.
numbers = st.floats(-2, 2).map(lambda value: round(value, 2))


@st.composite
def experiments(draw: st.DrawFn) -> tuple[Experiment, int]:
    loss = draw(st.sampled_from(list(LOSSES)))
    outputs = draw(st.integers(2 if loss == "cross_entropy" else 1, 3))
    examples, inputs = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    hidden = draw(st.lists(st.integers(1, 3), max_size=2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.normal(size=(examples, inputs)).round(2).tolist()
    y = rng.integers(0, 2, (examples, outputs)).tolist()
    if loss == "cross_entropy":
        y = np.eye(outputs)[rng.integers(0, outputs, examples)].tolist()
    last = "sigmoid" if loss == "binary_cross_entropy" else draw(st.sampled_from(list(ACTIVATIONS)))
    batch = draw(st.sampled_from(["null", "1", str(examples)]))
    return (
        load(
            f"data.inputs={x}".replace(" ", ""),
            f"data.targets={y}".replace(" ", ""),
            f"loss={loss}",
            f"network.hidden={hidden}".replace(" ", ""),
            f"network.activation={draw(st.sampled_from(list(ACTIVATIONS)))}",
            f"network.output_activation={last}",
            f"network.biases={draw(st.sampled_from(['null', 'normal', 'zeros']))}",
            draw(st.sampled_from(OPTIMIZERS)),
            f"schedule={draw(st.sampled_from(list(SCHEDULES)))}",
            f"regularization.l1={draw(st.sampled_from([0, 0.01]))}",
            f"regularization.l2={draw(st.sampled_from([0, 0.1]))}",
            f"batch_size={batch}",
            f"seed={draw(st.integers(0, 1000))}",
            "learning_rate=0.01",
        ),
        draw(st.integers(1, 4)),
    )


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(experiments())
def test_random_networks(drawn: tuple[Experiment, int]) -> None:
    experiment, update = drawn
    choices = Choices(update=update, digits=17, weight="all", paths=True)
    if experiment.network.parameter_count > 40:
        return
    check(experiment, update, choices)


def test_printed_factors_multiply_to_the_printed_product() -> None:
    experiment = runner.load("experiment=chain_rule_two_layers")
    page = render(explain(experiment, Choices(digits=17, paths=True)), "text")
    steps = re.findall(r" = ([^=\n]*·[^=\n]*?)\n? += (−?[\d.]+(?:e−?\d+)?)$", page, re.MULTILINE)
    checked = 0
    for product, value in steps:
        factors = [part.strip(" ()").replace("−", "-") for part in product.split("·")]
        if all(re.fullmatch(r"-?[\d.]+(e-?\d+)?", part) for part in factors):
            expected = float(value.replace("−", "-"))
            assert math.prod(map(float, factors)) == pytest.approx(expected, rel=1e-13)
            checked += 1
    assert checked > 10


def test_the_articles_numbers() -> None:
    page = render(explain(runner.load(), Choices(digits=9)), "text")
    assert "= (0.191 − 1)·0.48 = −0.809·0.48 = −0.38832\n" in page
    assert "w6 new = w6 − η·∂E/∂w6 = 0.15 − 0.05·(−0.38832) = 0.169416\n" in page
    assert "= 0.1743825\n" in page
    assert "∂E/∂w1 = ∂E/∂pred · ∂pred/∂h1 · ∂h1/∂w1\n" in page
    for product in (
        "(0.191 − 1)·0.14·2\n",
        "(0.191 − 1)·0.14·3\n",
        "(0.191 − 1)·0.15·2\n",
        "(0.191 − 1)·0.15·3\n",
    ):
        assert f" = {product}" in page
    for value in ("−0.22652", "−0.33978", "−0.2427", "−0.36405", "0.3272405"):
        assert f"= {value}\n" in page


def test_a_published_example_with_two_outputs() -> None:
    """M. Mazur, "A Step by Step Backpropagation Example" (2015): E, w5 and w1 as printed there."""
    sheet = explain(runner.load("experiment=chain_rule_two_outputs"), Choices(digits=9))
    printed = dict(results(render(sheet, "text"), "text"))
    assert printed["E"] == 0.298371109
    assert round(printed["w5new"], 8) == 0.35891648
    assert round(printed["w1new"], 9) == 0.149780716


def test_central_differences_agree() -> None:
    experiment = load("regularization.l2=0.1", "network.activation=tanh", "batch_size=2")
    page = render(explain(experiment, Choices(update=3, check=True)), "text")
    table = page.split("Check by central differences")[1]
    rows = re.findall(r"^  ([wb]\d+) +(\S+) +(\S+) +(\S+)$", table, re.MULTILINE)
    assert len(rows) == experiment.network.parameter_count
    for _, slope, gradient, difference in rows:
        values = [float(text.replace("−", "-")) for text in (slope, gradient, difference)]
        assert values[0] == pytest.approx(values[1], abs=1e-5)
        assert abs(values[2]) < 1e-8


def test_explaining_leaves_training_as_it_is() -> None:
    experiment = load("optimizer=adam")
    before = runner.train(experiment).history
    explain(experiment, Choices(update=4))
    assert runner.train(experiment).history.equals(before)


# --- what is printed comes out ---------------------------------------------------------------


def printed_steps(sheet: Sheet) -> Iterator[tuple[str, Number]]:
    """Every step in numbers alone, and the number that it is said to be."""
    for block in sheet.blocks:
        for one in block.equations if isinstance(block, Equations) else ():
            *steps, result = one.steps
            if isinstance(result, Number):
                yield from ((TEXT.write(step), result) for step in steps)


def misses(experiment: Experiment, choices: Choices) -> list[tuple[str, str]]:
    """The steps that do not come out within a few units of the last digit; all must be read but symbols."""
    found, counted = [], 0
    for text, result in printed_steps(explain(experiment, choices)):
        value = reckon(text)
        if math.isnan(value):
            assert re.search(r"[a-zA-Z]", re.sub(r"\de|if|else", "", text)), text
            continue
        counted += 1
        if not abs(value - result.number) <= 20 * 10.0 ** (_place(result.number) - choices.digits + 1):
            found.append((text, TEXT.write(result)))
    assert counted > 4
    return found


def _place(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


#: Digits and an update: of each activation those whose turn it is, and in make thorough all.
PRINTED = ((3, 4), (6, 1), (10, 4))


@pytest.mark.parametrize(
    ("activation", "digits", "update"),
    [
        pytest.param(activation, *printed, marks=() if k == number % 3 else pytest.mark.thorough)
        for number, activation in enumerate(ACTIVATIONS)
        for k, printed in enumerate(PRINTED)
    ],
)
def test_what_is_printed_comes_out(activation: str, digits: int, update: int) -> None:
    experiment = load(
        f"network.activation={activation} network.output_activation={activation} network.biases=normal",
        "optimizer=adam regularization.l2=0.1 schedule=cosine",
    )
    assert misses(experiment, Choices(weight="all", update=update, digits=digits)) == []


@pytest.mark.parametrize("loss", LOSSES)
def test_errors_that_are_printed_come_out(loss: str) -> None:
    assert misses(load(f"loss={loss}", *NEEDS.get(loss, [])), Choices(weight="all", update=3)) == []


SATURATED = {
    "sigmoid": ["network.activation=sigmoid", "network.weights=[[[4,3],[-9,1]],[[8,-3]]]"],
    "tanh": ["network.activation=tanh", "network.weights=[[[4,3],[3,1]],[[1,1]]]"],
    "softmax": [
        "experiment=chain_rule_softmax",
        "network.weights=[[[1,1],[1,1]],[[1,1],[16,16],[-3,0]]]",
    ],
    "cross-entropy": [
        "network.output_activation=sigmoid",
        "loss=binary_cross_entropy",
        "network.weights=[[[4,3],[3,1]],[[1,0.9]]]",
    ],
    "logits": ["loss=binary_cross_entropy_with_logits", "network.weights=[[[4,3],[3,1]],[[1,0.9]]]"],
}


@pytest.mark.parametrize("kind", SATURATED)
def test_small_differences_keep_their_digits(kind: str) -> None:
    """Neurons that are saturated, predictions that are right but for a little."""
    assert misses(runner.load(*SATURATED[kind]), Choices(weight="all")) == []


def test_a_run_that_has_arrived() -> None:
    for update in (30, 50, 70, 100):
        assert misses(runner.load(), Choices(update=update)) == []
    late = render(explain(runner.load(), Choices(update=50, weight="w6")), "text")
    assert "pred − y = 0.99999999792217 − 1 = −2.07783e−9\n" in late
    assert "(0.99999999792217 − 1)·1.13104\n" in late  # what is only multiplied stays short
    assert "0.14 − 0.05·0" not in late


def test_the_cut_of_binary_cross_entropy_is_stated_where_it_acts() -> None:
    cut = ["network.weights=[[[30,30],[1,1]],[[-1,-1]]]", "network.output_activation=sigmoid"]
    loss = "loss=binary_cross_entropy"
    page = render(explain(runner.load(*cut, loss), Choices(weight="w5")), "text")
    assert "A logarithm below −100 counts as −100" in page
    assert "= −(1·(−100) + (1 − 1)·ln(1 − 4.83454e−68)) = 100\n" in page
    assert re.search(r"Below 1(\.00000)?e−12 a denominator pred·\(1 − pred\) counts as", page)
    assert re.search(r"= \(4.83454e−68 − 1\)/1(\.00000)?e−12\n", page)
    assert misses(runner.load(*cut, loss), Choices(weight="w5")) == []
    plain = render(explain(runner.load(cut[1], loss), Choices(weight="w5")), "text")
    assert "counts as" not in plain


def test_reckoning() -> None:
    assert reckon("−2²·½ + (1e−1 − 0.1)/3") == -2.0
    assert reckon("1 if 0.5 > 0, else 0.5 + 1") == 1
    assert reckon("√0.25·e^(−(−1)) + |−2|·max(0, −3)") == pytest.approx(0.5 * math.e)
    assert math.isnan(reckon("1/0"))
    assert math.isnan(reckon("w1·2"))


# --- how it is written -----------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
def test_one_output_has_no_share(loss: str) -> None:
    if loss == "cross_entropy":
        return
    needs = ["network.output_activation=sigmoid"] if loss == "binary_cross_entropy" else []
    for form in ("text", "latex"):
        page = render(explain(runner.load(f"loss={loss}", *needs), Choices(weight="w5")), form)
        assert "/1" not in re.sub(r"1/\(?1 \+", "", page)
        assert "{1}{1}" not in page
        assert "{2}{1}" not in page
    page = render(explain(runner.load(f"loss={loss}", *needs), Choices(weight="w5")), "text")
    assert not re.search(r"E += \(.*\) =", page.split("Back from")[0])


def test_fractions_in_a_product_stand_in_parentheses() -> None:
    activation = "network.output_activation=softplus"
    page = render(explain(runner.load("loss=huber", activation), Choices(weight="w5")), "text")
    assert "clip(pred − y, −1, 1)·(1/(1 + e^(−z_pred)))·h1" in page
    relu = render(explain(runner.load("network.activation=relu", "network.weights=[[[-1,0],[1,1]],[[1,1]]]")
                          , Choices()), "text")  # fmt: skip
    assert "max(0, −2)" in relu


@pytest.mark.parametrize("preset", ["chain_rule_softmax", "logits"])
def test_derivatives_with_probabilities_are_derived(preset: str) -> None:
    if preset == "logits":
        experiment = runner.load("loss=binary_cross_entropy_with_logits")
        steps = ["∂(ln(1 + e^(pred)) − y·pred)/∂pred", "e^(pred)/(1 + e^(pred)) − y",
                 "1/(1 + e^(−pred)) − y", "p − y"]  # fmt: skip
    else:
        experiment = runner.load(f"experiment={preset}")
        steps = ["∂(ln S − y1·pred1)/∂pred1", "e^(pred1)/S − y1", "p1 − y1"]
    page = re.sub(r"\s+", " ", render(explain(experiment, Choices()), "text"))
    assert " = ".join(["", *steps]) in page


def test_constants_have_as_many_digits_as_all_numbers() -> None:
    for digits, note in ((4, "λ = 1.051, α = 1.673"), (10, "λ = 1.050700987, α = 1.673263242")):
        page = render(explain(runner.load("network.activation=selu"), Choices(digits=digits)), "text")
        assert note in page
