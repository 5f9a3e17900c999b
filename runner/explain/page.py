"""The whole page: which parameters and examples it is about, and its parts in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.errors import RunnerError, did_you_mean
from runner.experiment import Experiment
from runner.explain import back, chain, error, forward, updating
from runner.explain.notation import ETA, Math, Names, Pen, symbol
from runner.explain.picture import picture
from runner.explain.sheet import Block, Heading, Paragraph, Prose, Sheet
from runner.explain.step import Step, take
from runner.explain.work import Work
from runner.network import ParameterName
from runner.running import title

#: As many parameters are explained when none is chosen, and with weight=all.
MOST_AT_ONCE = 40
#: The largest network whose forward pass is printed for a single parameter.
MOST_PARAMETERS = 1000
#: With more connections than this the drawing is left out.
MOST_DRAWN = 60
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
    names = Names(experiment)
    chosen = _chosen(experiment, names, choices)
    if choices.paths:
        _refuse_too_many_paths(names, chosen)
    step = take(experiment, choices.update)
    work = Work(step, names, Pen(choices.digits, choices.solution))
    examples = _examples(step, choices, len(chosen))
    blocks: list[Block] = [
        *_introduction(work, choices, chosen, examples),
        *_examples_worked(work, examples, chosen),
        *_chains(work, examples, chosen, choices.paths),
        Heading(("The update",)),
        *updating.update(work, chosen),
    ]
    if choices.check:
        blocks += [Heading(("Check by central differences",)), *updating.check(work, chosen)]
    return Sheet("The chain rule, worked out", tuple(blocks))


def _chosen(experiment: Experiment, names: Names, choices: Choices) -> list[ParameterName]:
    known = list(names.parameters.values())
    sizes = "-".join(map(str, experiment.sizes))
    if len(known) > MOST_PARAMETERS:
        raise RunnerError(
            f"the {sizes} network has {len(known):,} parameters, too many to print a forward pass of "
            f"(at most {MOST_PARAMETERS:,}); choose fewer neurons, as network.hidden=[4], or other data"
        )
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
    counts = {"w": experiment.weight_count, "b": experiment.bias_count}
    spans = [f"{c}1 to {c}{n}" if n > 1 else f"{c}1" for c, n in counts.items() if n]
    return " and ".join(spans) + ("" if experiment.bias_count else " (and no biases)")


def _refuse_too_many_paths(names: Names, chosen: Sequence[ParameterName]) -> None:
    for p in chosen:
        if (count := chain.path_count(names, p)) > MOST_PATHS:
            raise RunnerError(
                f"paths=true: {p.name} reaches the error over {count:,} paths, too many to write out "
                f"(at most {MOST_PATHS}); without paths=true they are grouped"
            )


def _examples(step: Step, choices: Choices, parameters: int) -> list[int]:
    """The examples that are worked out in full."""
    if choices.example is None:
        return list(range(1, step.examples + 1)) if step.examples <= MOST_WORKED else [1]
    if choices.example > step.examples:
        raise RunnerError(
            f"example={choices.example}: update {step.number} sees {step.examples} "
            f"example{'s' * (step.examples != 1)}; choose 1{f' to {step.examples}' * (step.examples > 1)}"
        )
    return [choices.example]


# --- the parts -------------------------------------------------------------------------------


def _introduction(
    work: Work, choices: Choices, chosen: Sequence[ParameterName], examples: Sequence[int]
) -> list[Block]:
    step, one = work.step, work.step.experiment
    of_epoch = f", in epoch {step.epoch + 1}" if one.updates_per_epoch > 1 else ""
    total = one.epochs * one.updates_per_epoch
    blocks: list[Block] = [
        Paragraph((f"A {title(one)}.",)),
        Paragraph(
            (
                f"Update {step.number} of {total}{of_epoch}. The numbers are those of training, in double "
                f"precision; shown are {choices.digits} significant digits.",
            )
        ),
        Heading(("The network",)),
    ]
    if len(work.names.parameters) <= MOST_DRAWN:
        blocks.append(picture(work.names, {p.name for p in chosen}))
    return [*blocks, *_given(work, examples), *forward.definitions(work)]


def _given(work: Work, examples: Sequence[int]) -> list[Block]:
    """What is known before anything is worked out."""
    step, names = work.step, work.names
    blocks: list[Block] = []
    for n in examples:
        inputs = [_is(names.a(0, i), work.a(n, 0, i)) for i in work.neurons(0)]
        targets = [_is(names.y(k), work.y(n, k)) for k in work.neurons(names.last)]
        what = "Inputs and targets: " if step.examples == 1 else f"Example {n} of {step.examples}: "
        blocks.append(Paragraph((what, *_listed([*inputs, *targets]))))
    if len(names.parameters) <= MOST_DRAWN:
        known = [_is(symbol(p), work.old(p)) for p in names.parameters.values()]
        blocks.append(Paragraph((f"Before update {step.number}: ", *_listed(known))))
    if step.experiment.schedule == "constant":
        blocks.append(Paragraph(("Learning rate: ", _is(ETA, work.pen.given(step.rate)))))
    return blocks


def _is(left: Math, right: Math) -> Math:
    return left + Math(" = ", " = ") + right


def _listed(items: Sequence[Math]) -> Prose:
    pieces: list[str | Math] = [items[0]]
    for item in items[1:]:
        pieces += [", ", item]
    return tuple(pieces)


def _examples_worked(work: Work, examples: Sequence[int], chosen: Sequence[ParameterName]) -> list[Block]:
    """Forward, error and the way back of each worked example, and the mean of the errors."""
    several = work.step.examples > 1
    blocks: list[Block] = []
    for n in examples:
        if several:
            blocks.append(Heading((f"Example {n} of {work.step.examples}",)))
        level = 3 if several else 2
        blocks += [
            Heading(("Forward",), level),
            forward.forward_pass(work, n),
            Heading(("The error",), level),
            *error.error_note(work),
            *error.error(work, n),
            Heading(("Back from the error",), level),
            *error.sum_note(work, n),
            *error.cut_denominator(work, n),
            back.way_back(work, n, chosen),
        ]
    if several:
        blocks += [Heading(("The error of all examples",)), error.mean_error(work)]
    return blocks


def _chains(
    work: Work, examples: Sequence[int], chosen: Sequence[ParameterName], expand: bool
) -> list[Block]:
    blocks: list[Block] = [Heading(("The chain",))]
    for p in chosen:
        blocks.append(Heading(("Weight " if p.from_ else "Bias ", symbol(p)), 3, parameter=p.name))
        blocks += chain.chain(work, p, examples, expand)
    return blocks
