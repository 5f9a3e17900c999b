"""What was trained, in a sentence made from the configuration and from what was swept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import RunnerError
from runner.overrides import in_order, plain
from runner.results.rates import RATE

if TYPE_CHECKING:
    from runner.results import Results
    from runner.training.experiment import Experiment

#: What optimizers are called in a text; others by their own names.
OPTIMIZERS = {"sgd": "SGD", "adagrad": "Adagrad", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}
#: What a batch of all examples is written as.
FULL = {("batch_size", "null"), ("batch_size", "nan"), ("batch_size", "None")}
#: Values of a swept key that are named one by one, numbers and words; of more, the first and the last are.
NAMED, NAMED_WORDS = 4, 12


def sentence(results: Results) -> str:
    """What was trained; only what was swept and how many runs there are, where nothing says more."""
    swept = "; ".join([*_swept(results), _counts(results)])
    for run in results.in_order():
        try:
            return f"{trained(results.experiment(run), results.swept)}; {swept}."
        except RunnerError:
            continue
    return f"{swept[:1].upper()}{swept[1:]}."


def trained(experiment: Experiment, swept: Sequence[str] = ()) -> str:
    """A run as a clause; what is in `swept` differs from run to run and is left out."""
    parts = [_network(experiment, swept), _data(experiment, swept), _method(experiment, swept)]
    return f"{' '.join(filter(None, parts))}{''.join(f', {part}' for part in _details(experiment, swept))}"


def _varies(key: str, swept: Sequence[str]) -> bool:
    """Whether a key or one in its group is swept."""
    return any(name == key or name.startswith(f"{key}.") for name in [*swept])


def _network(experiment: Experiment, swept: Sequence[str]) -> str:
    sizes, hidden = experiment.sizes, len(experiment.sizes) > 2
    middle = "…" if {"network", "network.hidden"} & {*swept} else "-".join(map(str, sizes[1:-1]))
    shape = "-".join(filter(None, [str(sizes[0]), middle, str(sizes[-1])]))
    *inner, output = experiment.activations
    names = ", ".join(dict.fromkeys(inner)) if hidden and not _varies("network.activation", swept) else ""
    output = "" if _varies("network.output_activation", swept) else f"{output} output"
    said = ", ".join(filter(None, [names, output]))
    return f"A {shape} network" + (f" ({said})" if said else "")


def _data(experiment: Experiment, swept: Sequence[str]) -> str:
    data = experiment.data
    name = "the data" if {"data", "data.name", "data.path"} & {*swept} else data.name
    if data.sources and name == data.name:
        name = Path(data.sources[0].path).name
    counts = f"{data.examples:,} example{'s' * (data.examples != 1)}"
    said = {"validation": "for validation", "test": "held out"}
    held_out = "".join(f", {len(part.inputs):,} {said[name]}" for name, part in data.held_out.items())
    varies = {"data.test_fraction", "data.validation_fraction", "data.points"} & {*swept}
    return f"trained on {name}" + ("" if varies else f" ({counts}{held_out})")


def _method(experiment: Experiment, swept: Sequence[str]) -> str:
    name = OPTIMIZERS.get(experiment.optimizer, experiment.optimizer)
    by = "" if {"optimizer", "optimizer.name"} & {*swept} else f"with {name} "
    momentum = experiment.optimizer_options.get("momentum")
    if by and momentum and not _varies("optimizer.momentum", swept):
        by += f"(momentum {momentum:g}) "
    epochs = f"for {experiment.epochs:,} epoch{'s' * (experiment.epochs != 1)}"
    return (by + ("" if _varies("epochs", swept) else epochs)).strip()


#: What else is said of a run, by the key that it is: a text, or nothing where there is nothing to say.
DETAILS: dict[str, Callable[[Experiment], str]] = {
    "batch_size": lambda e: f"batches of {e.batch:,}" if e.batch < e.data.examples else "",
    "loss": lambda e: f"loss {e.loss}",
    RATE: lambda e: f"learning rate {e.learning_rate:g}",
    "schedule": lambda e: "" if e.schedule == "constant" else f"schedule {e.schedule}",
    "regularization.l1": lambda e: f"l1 {e.l1:g}" if e.l1 else "",
    "regularization.l2": lambda e: f"l2 {e.l2:g}" if e.l2 else "",
}


def _details(experiment: Experiment, swept: Sequence[str]) -> Iterator[str]:
    for key, say in DETAILS.items():
        if not _varies(key, swept) and (text := say(experiment)):
            yield text


def _swept(results: Results) -> Iterator[str]:
    """What was swept, a clause a key; the seed makes repeats."""
    for key in results.keys:
        written = in_order(results.as_written(results.runs)[key].astype(object))
        values = ["full" if (key, str(value)) in FULL else plain(value) for value in written]
        name = "learning rate" if key == RATE else key
        most = NAMED if values[0][:1].isdigit() else NAMED_WORDS
        if len(values) <= most:
            yield f"{name} swept over {', '.join(values[:-1])} and {values[-1]}"
        else:
            yield f"{name} swept over {len(values)} values, {values[0]} to {values[-1]}"


def _counts(results: Results) -> str:
    runs = len(results.runs)
    total = f"{runs:,} run{'s' * (runs != 1)}"
    if "seed" not in results.swept:
        return total if runs > 1 else "one run"
    seeds = results.runs["seed"].nunique()
    return f"{seeds} seeds{' each' if results.keys else ''}: {total}"
