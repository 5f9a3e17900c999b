"""The whole page: which parameters and examples it is about, and its parts in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.errors import RunnerError, did_you_mean
from runner.explain.chapters import back, chain, error, forward
from runner.explain.chapters import update as updating
from runner.explain.context import Context
from runner.explain.diagram import picture
from runner.explain.document import Block, Heading, Paragraph, Prose, Sheet, listed
from runner.explain.notation.digits import Pen
from runner.explain.notation.names import ARROW, ELLIPSIS, Names, Row, symbol
from runner.explain.step import Step, take
from runner.nn.formula import Number, equal
from runner.nn.losses import ERROR
from runner.nn.network import ParameterName
from runner.nn.schedules import ETA
from runner.training.experiment import Experiment

#: As many parameters are explained when none is chosen, and with weight=all.
MOST_AT_ONCE = 40
#: The largest network whose forward pass is printed for a single parameter.
MOST_PARAMETERS = 1000
#: With more connections, or more neurons in a layer, the drawing is left out.
MOST_DRAWN, MOST_IN_A_LAYER = 60, 8
#: As many examples are worked out in full when none is chosen.
MOST_WORKED = 4
#: With paths=true at most so many are written out for a parameter.
MOST_PATHS = 64


@dataclass(frozen=True)
class Choices:
    """What the user asked to see; `example` None stands for all of a few, or the first of many."""

    weight: str | None = None
    update: int = 1
    example: int | None = None
    digits: int = 6
    solution: bool = True
    check: bool = False
    paths: bool = False


def explain(experiment: Experiment, choices: Choices) -> Sheet:
    """The page about one update of a run. Raises RunnerError where it cannot be made."""
    _refuse_large(experiment)
    names = Names(experiment)
    chosen = _chosen(experiment, names, choices)
    if choices.paths:
        _refuse_too_many_paths(names, chosen)
    step = take(experiment, choices.update)
    context = Context(step, names, Pen(choices.digits, choices.solution))
    examples = _examples(step, choices)
    blocks: list[Block] = [
        Paragraph((f"A {experiment.title}.",)),
        Paragraph((_about(step, choices),)),
        Heading(("The network",)),
        *_network(context, chosen),
        *_given(context, examples, chosen),
        *forward.definitions(context),
        *_examples_worked(context, examples, chosen),
        *_chains(context, examples, chosen, choices.paths),
        Heading(("The update",)),
        *updating.update(context, chosen),
    ]
    if choices.check:
        blocks += [Heading(("Check by central differences",)), *updating.check(context, chosen)]
    return Sheet(f"The chain rule, {'worked out' if choices.solution else 'to work out'}", tuple(blocks))


def _refuse_large(experiment: Experiment) -> None:
    """Raises RunnerError, before there is a name for each parameter, where these are too many."""
    if (count := experiment.network.parameter_count) > MOST_PARAMETERS:
        sizes = "-".join(map(str, experiment.sizes))
        raise RunnerError(
            f"the {sizes} network has {count:,} parameters, too many to print a forward pass of "
            f"(at most {MOST_PARAMETERS:,}); choose fewer neurons, as network.hidden=[4], or other data"
        )


def _chosen(experiment: Experiment, names: Names, choices: Choices) -> list[ParameterName]:
    known = list(names.parameters.values())
    sizes = "-".join(map(str, experiment.sizes))
    if choices.weight in (None, "all"):
        if len(known) > MOST_AT_ONCE:
            raise RunnerError(
                f"the {sizes} network has {len(known)} parameters, too many to explain at once "
                f"(at most {MOST_AT_ONCE}); choose one, as weight={known[-1].name}, or fewer neurons, as "
                "network.hidden=[4]"
            )
        return known
    by_name = {p.name: p for p in known}
    if choices.weight not in by_name:
        raise RunnerError(
            f"weight={choices.weight}: the {sizes} network has no such parameter"
            f"{did_you_mean(str(choices.weight).lower(), by_name)}; it has {_ranges(experiment)}, or all"
        )
    return [by_name[str(choices.weight)]]


def _ranges(experiment: Experiment) -> str:
    """w1 to w6 and b1 to b3."""
    counts = {"w": experiment.network.weight_count, "b": experiment.network.bias_count}
    spans = [f"{c}1 to {c}{n}" if n > 1 else f"{c}1" for c, n in counts.items() if n]
    return " and ".join(spans) + ("" if experiment.network.bias_count else " (and no biases)")


def _refuse_too_many_paths(names: Names, chosen: Sequence[ParameterName]) -> None:
    for p in chosen:
        if (count := chain.path_count(names, p)) > MOST_PATHS:
            raise RunnerError(
                f"paths=true: {p.name} reaches the error over {count:,} paths, too many to write out "
                f"(at most {MOST_PATHS}); without paths=true they are grouped"
            )


def _examples(step: Step, choices: Choices) -> list[int]:
    """The examples that are worked out in full."""
    if choices.example is None:
        return list(range(1, step.examples + 1)) if step.examples <= MOST_WORKED else [1]
    if choices.example > step.examples:
        raise RunnerError(
            f"example={choices.example}: update {step.number} sees {step.examples} "
            f"example{'s' * (step.examples != 1)}; choose 1{f' to {step.examples}' * (step.examples > 1)}"
        )
    return [choices.example]


def _about(step: Step, choices: Choices) -> str:
    """Which update the page is about, and how its numbers are written."""
    one = step.experiment
    scheduled = one.updates_per_epoch > 1 or one.schedule != "constant"
    of_epoch = f", in epoch {step.epoch} (epochs count from 0)" if scheduled else ""
    numbers = (
        "The numbers are those of training, in double precision; shown are "
        if choices.solution
        else "Work out what is left blank, from top to bottom; you need not write more than "
    )
    total = one.epochs * one.updates_per_epoch
    return f"Update {step.number} of {total}{of_epoch}. {numbers}{choices.digits} significant digits."


def _network(context: Context, chosen: Sequence[ParameterName]) -> list[Block]:
    """The drawing; of a network too large for one, what the chosen parameters connect."""
    names = context.names
    if _is_drawn(names):
        return [picture(names, {p.name for p in chosen})]
    sizes = "-".join(map(str, names.sizes))
    why = f"A {sizes} network, with {len(names.parameters)} weights and biases, is too wide to draw. "
    if len(chosen) > 1:
        return [Paragraph((why, "The forward pass below has all its connections."))]
    return [Paragraph((why, symbol(chosen[0]), " is on the way ", *_way(names, chosen[0]), "."))]


def _is_drawn(names: Names) -> bool:
    return len(names.parameters) <= MOST_DRAWN and max(names.sizes) <= MOST_IN_A_LAYER


def _way(names: Names, p: ParameterName) -> Prose:
    """From where a parameter starts to the error: x1 → h1 → pred1, …, pred10 → E."""
    start = names.a(p.layer - 1, p.from_) if p.from_ else Number(1)
    later = [
        names.a(layer, 1) if size == 1 else Row((names.a(layer, 1), ELLIPSIS, names.a(layer, size)))
        for layer, size in enumerate(names.sizes)
        if layer > p.layer
    ]
    steps = [names.a(p.layer, p.to), *later, ERROR]
    return (start, *[piece for step in steps for piece in (" ", ARROW, " ", step)])


def _given(context: Context, examples: Sequence[int], chosen: Sequence[ParameterName]) -> list[Block]:
    """What is known before anything is worked out."""
    step, names = context.step, context.names
    blocks: list[Block] = []
    for n in examples:
        inputs = [equal(names.a(0, i), context.a(n, 0, i)) for i in context.neurons(0)]
        targets = [equal(names.y(k), context.y(n, k)) for k in context.neurons(names.last)]
        what = "Inputs and targets: " if step.examples == 1 else f"Example {n} of {step.examples}: "
        blocks.append(Paragraph((what, *listed([*inputs, *targets]))))
    shown = list(names.parameters.values()) if _is_drawn(names) else chosen
    others = "; the others stand in the forward pass" if len(shown) < len(names.parameters) else ""
    known = listed([equal(symbol(p), context.old(p)) for p in shown])
    blocks.append(Paragraph((f"Before update {step.number}: ", *known, others)))
    if step.experiment.schedule == "constant":
        blocks.append(Paragraph(("Learning rate: ", equal(ETA, context.pen.given(step.rate)))))
    return blocks


def _examples_worked(
    context: Context, examples: Sequence[int], chosen: Sequence[ParameterName]
) -> list[Block]:
    """Forward, error and the way back of each worked example, and the mean of the errors."""
    several = context.step.examples > 1
    blocks: list[Block] = []
    for n in examples:
        if several:
            blocks.append(Heading((f"Example {n} of {context.step.examples}",)))
        level = 3 if several else 2
        blocks += [
            Heading(("Forward",), level),
            forward.forward_pass(context, n),
            *forward.rounding_note(context, n),
            Heading(("The error",), level),
            *error.error_note(context),
            *error.error(context, n),
            Heading(("Back from the error",), level),
            *error.derivative_notes(context, n),
            back.way_back(context, n, chosen),
        ]
        if context.pen.solution and _is_drawn(context.names):
            blocks.append(back.circuit(context, n))
    if several:
        blocks += [Heading(("The error of all examples",)), error.mean_error(context)]
    return blocks


def _chains(
    context: Context, examples: Sequence[int], chosen: Sequence[ParameterName], expand: bool
) -> list[Block]:
    blocks: list[Block] = [Heading(("The chain",))]
    for p in chosen:
        blocks.append(Heading(("Weight " if p.from_ else "Bias ", symbol(p)), 3, parameter=p.name))
        blocks += chain.chain(context, p, examples, expand)
    return blocks
