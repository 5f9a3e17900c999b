"""The keys of a run, what each may be, and the experiment that is put together from them.

What a key means together with others is checked where the experiment is put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from runner.config import checks
from runner.config.cache import Cache
from runner.config.checks import MISSING, SHIPPED, Keys, Section, boolean, checked, choice, number
from runner.config.continuing import going_on, refuse_other_state
from runner.config.data import data_of
from runner.config.network import keys_of_network, network_of
from runner.config.outline import is_large, outlined
from runner.config.own import files_of, refuse_flat
from runner.config.rates import rates_of, refuse_unlike_decay, without_rates
from runner.config.shipped import shipped
from runner.config.stopping import stop_of, with_metric
from runner.cost.estimate import DATA, cost_of, data_bytes
from runner.cost.refusal import refuse_memory
from runner.data.examples import Data
from runner.data.memory import InMemory
from runner.errors import ConfigError, RunnerError, together
from runner.nn.activations import ACTIVATIONS
from runner.nn.losses import LOSSES
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES
from runner.plugins import Plugin, load_all, used
from runner.records.names import METRICS
from runner.resources import BeyondError, insists
from runner.training.experiment import FINAL_MEASURES, GOODNESS, Experiment, measures
from runner.training.goodness import applying
from runner.training.settings import Log

#: The keys of a run by itself, and all keys, of which the others are groups.
RUN_KEYS: Keys = {
    "learning_rate": (number(above=0), SHIPPED),
    "epochs": (number(at_least=0, whole=True), SHIPPED),
    "batch_size": (checks.optional(checks.count, "null for all examples"), SHIPPED),
    "shuffle": (boolean, SHIPPED),
    "seed": (checks.seed, SHIPPED),
    "loss": (choice(LOSSES), SHIPPED),
    "objective": (checks.optional(choice(METRICS), "null for what is chosen by"), SHIPPED),
}
KEYS: Keys = RUN_KEYS | {
    "network": (checks.anything, MISSING),
    "optimizer": (checks.anything, {"name": "sgd"}),
    "schedule": (checks.anything, {"name": "constant"}),
    "regularization": (checks.anything, {}),
    "data": (checks.anything, MISSING),
    "log": (checks.anything, {}),
    "stop": (checks.anything, {}),
    "continue": (checks.optional(checks.text), None),
    "plugins": (checks.anything, []),
}
REGULARIZATION_KEYS: Keys = {"l1": (checks.non_negative, SHIPPED), "l2": (checks.non_negative, SHIPPED)}
LOG_KEYS: Keys = {
    "every": (checks.count, SHIPPED),
    "unit": (choice(["epoch", "update"]), SHIPPED),
    "weights": (boolean, SHIPPED),
    "gradients": (boolean, SHIPPED),
    "curvature": (checks.optional(checks.count, "null for never"), SHIPPED),
    "order": (boolean, SHIPPED),
    "predictions": (boolean, SHIPPED),
}
#: What a cache does: calls a function, or has its value for equal arguments already.
Shared = Callable[..., Any]
#: What the parts that are held out are called in a message.
_PART_NAMES = {"validation": "validation part", "test": "held-out part"}


def experiment(
    config: Any,
    cache: Cache | None = None,
    own: Sequence[Plugin] | None = None,
    data: Data | InMemory | None = None,
) -> Experiment:
    """The run that a composed configuration describes, checked.

    `config` is a DictConfig or a plain mapping. Experiments made with one `cache` share what their
    configurations have in common, the data above all, and so may be trained as one. The files of its
    ``plugins`` are run, unless there is `own`, which takes their place. So do `data` that of the data it
    describes; those in memory are read as it says.
    Raises RunnerError (most often ConfigError) for all that is wrong.
    """
    if not isinstance(config, dict):
        from runner.config.resolved import plain

        config = plain(config)
    shared = (Cache() if cache is None else cache).get
    if "experiment" in config:
        raise RunnerError(
            "experiment: the file that it chooses sets keys of its own, not of the whole configuration; "
            "its first line must be '# @package _global_'"
        )
    if own is None:
        own = load_all(files_of(config.get("plugins")))
    try:
        return _made(config, shared, own, data)
    except BeyondError:
        raise
    except RunnerError as error:
        wrong = together([error, *_others(config, shared, data)])
        if wrong is error:
            raise
        raise wrong from error


def _others(config: Section, shared: Shared, data: Data | InMemory | None) -> Iterator[RunnerError]:
    """What is wrong with a configuration's parts, each checked by itself."""
    parts: dict[str, Callable[[Any], Any]] = {
        "data": partial(shared, data_of),
        "optimizer": _optimizer,
        "schedule": _schedule,
        "regularization": _penalties,
        "log": _log,
        "stop": stop_of,
        "network": keys_of_network,
    }
    checks = [partial(checked, config, KEYS, "", partial(shipped, "config"))]
    checks += [
        partial(check, config[key])
        for key, check in parts.items()
        if key in config and (key != "data" or data is None)
    ]
    for check in checks:
        try:
            check()
        except RunnerError as error:
            yield error
        except MemoryError:
            continue


def _made(config: Section, shared: Shared, own: Sequence[Plugin], data: Data | InMemory | None) -> Experiment:
    """The experiment that a configuration describes. Raises RunnerError for the first part that is wrong."""
    values = checked(config, KEYS, defaults=lambda: shipped("config"))
    if data is None and is_large(values["data"]):
        _refuse_memory(_put_together(values, shared, shared(outlined, values["data"])))
    examples = data if isinstance(data, Data) else _examples(values, shared, data)
    made = _put_together(values, shared, examples)
    _check_together(made)
    if made.begun:
        refuse_other_state(made)
    if plugins := used(own, made.entries):
        made = replace(made, plugins=plugins)
    return made if made.stop is None else replace(made, stop=with_metric(made))


def _refuse_memory(outline: Experiment) -> None:
    """Raises BeyondError where a run takes more memory than there is, with data that are yet to be made."""
    if not insists():
        data = data_bytes(outline.data.examples, outline.sizes[0], outline.sizes[-1])
        refuse_memory(outline, {**cost_of(outline).memory, DATA: data})


def _put_together(values: Section, shared: Shared, examples: Data) -> Experiment:
    section, factors = without_rates(values["network"])
    network = shared(network_of, section, examples.inputs.shape[1], examples.targets.shape[1])
    optimizer, optimizer_options = shared(_optimizer, values["optimizer"])
    if folder := values["continue"]:
        has_biases = network["biases"] is not None
        begun = shared(going_on, {"weights": {"from": folder}}, network["sizes"], has_biases, optimizer)
        network = {**network, **begun}
    schedule, schedule_options = shared(_schedule, values["schedule"])
    return Experiment(
        data=examples,
        **network,
        rates=rates_of(factors, len(network["sizes"]) - 1),
        **{key: values[key] for key in RUN_KEYS},
        optimizer=optimizer,
        optimizer_options=optimizer_options,
        schedule=schedule,
        schedule_options=schedule_options,
        **shared(_penalties, values["regularization"]),
        log=shared(_log, values["log"]),
        stop=shared(stop_of, values["stop"]),
    )


def _examples(values: Section, shared: Shared, data: InMemory | None) -> Data:
    """The examples that a configuration describes, of those in memory where there are such."""
    parts = (values["data"],) if data is None else (values["data"], data)
    examples: Data = shared(data_of, *parts)
    if examples.has_two_classes and LOSSES[values["loss"]].refuses(examples.targets):
        examples = shared(_with_a_column_a_class, *parts)  # which the loss takes
    return examples


def _with_a_column_a_class(section: Section, own: InMemory | None = None) -> Data:
    return data_of(section, own).with_a_column_a_class()


def _optimizer(section: Section) -> tuple[str, dict[str, float]]:
    return checks.chosen(section, OPTIMIZERS, "optimizer")


def _schedule(section: Section) -> tuple[str, dict[str, float]]:
    return checks.chosen(section, SCHEDULES, "schedule")


def _penalties(section: Section) -> dict[str, Any]:
    return checked(
        section, REGULARIZATION_KEYS, "regularization.", lambda: shipped("config")["regularization"]
    )


def _log(section: Section) -> Log:
    return Log(**checked(section, LOG_KEYS, "log.", lambda: shipped("config")["log"]))


def _metrics(made: Experiment) -> list[str]:
    """What an optimizing sweeper may be given of the run."""
    has = {*measures(made), *applying(made)}
    return [name for name in METRICS if name in has or name not in (*FINAL_MEASURES, *GOODNESS)]


def _check_together(made: Experiment) -> None:
    """What no key can be judged by alone."""
    loss = LOSSES[made.loss]
    held_out = {_PART_NAMES[name]: part.targets for name, part in made.data.held_out.items()}
    for name, targets in {"training set": made.data.targets, **held_out}.items():
        if wrong := loss.refuses(targets):
            raise ConfigError("loss", made.loss, f"{wrong} (of the {name})" if held_out else wrong)
    if made.objective is not None and made.objective not in (has := _metrics(made)):
        raise ConfigError("objective", made.objective, f"this run has none: it has {', '.join(has)}")
    if made.log.curvature:
        refuse_flat(made)
        refuse_unlike_decay(made.rates, made.optimizer_options, made.log.curvature)
    last = made.activations[-1]
    if loss.needs_probabilities and not (ACTIVATIONS[last].lowest >= 0 and ACTIVATIONS[last].highest <= 1):
        needs = f"needs predictions from 0 to 1, and network.output_activation={last} does not keep to that"
        raise ConfigError("loss", made.loss, f"{needs}: {loss.needs_probabilities}")
