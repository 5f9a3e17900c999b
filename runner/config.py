"""From YAML's keys to an experiment: every key is checked here, once, and nowhere else.

The only module that knows both OmegaConf and :class:`runner.experiment.Experiment`. What a key may
be is a table; what it means together with others is checked where the experiment is put together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from operator import is_
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from runner.activations import ACTIVATIONS
from runner.arrays import Array
from runner.data import GENERATORS, SCALES, SKLEARN_SETS, Raw, generate, load_sklearn, prepare, read_csv
from runner.errors import ConfigError, RunnerError, did_you_mean, one_of, show
from runner.experiment import Data, Draw, Experiment, Given, Log
from runner.history import PARAMETERS, read_parameters
from runner.initializers import INITIALIZERS
from runner.losses import LOSSES
from runner.optimizers import OPTIMIZERS
from runner.schedules import SCHEDULES

Section = Mapping[str, Any]
#: Takes a key's dotted name and its value; returns the value as the experiment needs it, or raises.
Check = Callable[[str, Any], Any]
T = TypeVar("T")

MISSING = "???"  # OmegaConf's mark of a value that the user has to give


def conf_dir() -> Path:
    """The folder of the YAML files that ship: inside an installed package, beside it in a checkout."""
    inside = Path(__file__).parent / "conf"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "conf"


# --- what a value may be ---------------------------------------------------------------------


def number(
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    whole: bool = False,
) -> Check:
    """A check for a finite number within bounds; `whole` makes it an integer."""
    bounds = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    limits = " and ".join(f"{word} {limit}" for word, limit in bounds.items() if limit is not None)
    allowed = f"must be {'a whole' if whole else 'a'} number{' ' + limits if limits else ''}"

    def check(key: str, value: Any) -> float | int:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if is_number and not _finite(value):
            raise ConfigError(key, value, allowed.replace("number", "finite number", 1))
        fits = (
            is_number
            and (above is None or value > above)
            and (at_least is None or value >= at_least)
            and (below is None or value < below)
            and (at_most is None or value <= at_most)
            and (not whole or value == int(value))
        )
        if not fits:
            raise ConfigError(key, value, allowed)
        return int(value) if whole else float(value)

    return check


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float64 is as large as
        return False


def choice(names: Sequence[str]) -> Check:
    def check(key: str, value: Any) -> str:
        if value not in names or not isinstance(value, str):
            raise ConfigError(key, value, one_of(names, value))
        return value

    return check


def boolean(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(key, value, "must be true or false")
    return value


def optional(check: Check, none: str = "null") -> Check:
    def check_unless_none(key: str, value: Any) -> Any:
        if value is None:
            return None
        try:
            return check(key, value)
        except ConfigError as error:
            raise RunnerError(f"{error}, or {none}") from None

    return check_unless_none


def anything(key: str, value: Any) -> Any:
    """For the keys whose check needs to know others."""
    return value


positive, non_negative, count = number(above=0), number(at_least=0), number(at_least=1, whole=True)
fraction = number(at_least=0, below=1)
points = number(at_least=1, at_most=10**8, whole=True)
seed = number(at_least=0, whole=True, below=2**64)

KEYS: dict[str, tuple[Check, Any]] = {
    "learning_rate": (positive, 0.05),
    "epochs": (number(at_least=0, whole=True), 100),
    "batch_size": (optional(count, "null for all examples"), None),
    "shuffle": (boolean, True),
    "seed": (seed, 0),
    "loss": (choice(list(LOSSES)), "half_squared_error"),
    "network": (anything, MISSING),
    "optimizer": (anything, {"name": "sgd"}),
    "schedule": (anything, {"name": "constant"}),
    "regularization": (anything, {}),
    "data": (anything, MISSING),
    "log": (anything, {}),
}
NETWORK_KEYS: dict[str, tuple[Check, Any]] = {
    "hidden": (anything, []),
    "activation": (anything, "identity"),
    "output_activation": (choice(list(ACTIVATIONS)), "identity"),
    "weights": (anything, "xavier_uniform"),
    "biases": (anything, None),
    "train_biases": (boolean, True),
}
REGULARIZATION_KEYS: dict[str, tuple[Check, Any]] = {"l1": (non_negative, 0.0), "l2": (non_negative, 0.0)}
LOG_KEYS: dict[str, tuple[Check, Any]] = {
    "every": (count, 1),
    "unit": (choice(["epoch", "update"]), "epoch"),
    "weights": (boolean, True),
    "gradients": (boolean, False),
}
DATA_KEYS: dict[str, tuple[Check, Any]] = {
    "scale": (optional(choice(list(SCALES))), None),
    "test_fraction": (fraction, 0.0),
    "seed": (seed, 0),
}
#: The options of optimizers, schedules, initializers and generators, by name; else a finite number.
OPTION_CHECKS: dict[str, Check] = {
    "momentum": fraction,
    "nesterov": boolean,
    "beta1": fraction,
    "beta2": fraction,
    "alpha": number(at_least=0, at_most=1),
    "eps": non_negative,
    "lr_decay": non_negative,
    "initial_accumulator_value": non_negative,
    "every": count,
    "factor": positive,
    "power": non_negative,
    "min": non_negative,
    "std": non_negative,
    "classes": number(at_least=2, whole=True),
    "turns": positive,
    "features": count,
    "outputs": count,
    "step": positive,
    "most": number(at_least=1, at_most=10**6, whole=True),
}


def options(defaults: Mapping[str, float]) -> dict[str, tuple[Check, Any]]:
    """The keys of a table's entry: its options, each with its check and its default."""
    return {name: (OPTION_CHECKS.get(name, number()), default) for name, default in defaults.items()}


def checked(section: Any, keys: Mapping[str, tuple[Check, Any]], prefix: str = "") -> dict[str, Any]:
    """The values of a section's keys, checked, with defaults for those that are not given.

    Raises ConfigError for an unknown key (with the nearest known one), a missing or a wrong value.
    """
    if not isinstance(section, (dict, Mapping)):  # dict first: Mapping takes its time
        raise ConfigError(prefix.rstrip("."), section, f"must be a group of keys: {', '.join(keys)}")
    for name in section:
        if name not in keys:
            where = prefix.rstrip(".") or "the configuration"
            nearest = did_you_mean(str(name), keys)
            has = ", ".join(keys) or "no options"
            raise RunnerError(f"unknown key {prefix}{name}{nearest}; {where} has {has}")
    values = {}
    for name, (check, default) in keys.items():
        value = section.get(name, default)
        if type(value) is str and value == MISSING:
            raise RunnerError(f"{prefix}{name} is missing: give {prefix}{name}=VALUE")
        values[name] = check(prefix + name, value)
    return values


def named(section: Any, table: Mapping[str, Any], group: str) -> str:
    """The entry of `table` that the `name` of a group's section chooses."""
    if not isinstance(section, Mapping) or "name" not in section:
        raise ConfigError(group, section, f"must be a group with a name, one of {', '.join(table)}")
    return str(choice(list(table))(f"{group}.name", section["name"]))


def without_name(section: Section) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key != "name"}


# --- the groups ------------------------------------------------------------------------------


def _optimizer(section: Section) -> tuple[str, dict[str, float]]:
    name = named(section, OPTIMIZERS, "optimizer")
    defaults = dict(OPTIMIZERS[name].options)
    keys = options(defaults)
    if "beta1" in keys:  # written as torch does: betas: [0.9, 0.999]
        default = [defaults.pop("beta1"), defaults.pop("beta2")]
        keys = {"betas": (_betas, default), **options(defaults)}
    values = checked(without_name(section), keys, "optimizer.")
    if "betas" in values:
        values["beta1"], values["beta2"] = values.pop("betas")
    if values.get("nesterov") and not values["momentum"]:
        raise ConfigError("optimizer.nesterov", True, "needs optimizer.momentum above 0")
    return name, values


def _betas(key: str, value: Any) -> list[float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ConfigError(key, value, "must be two numbers at least 0 and below 1, as [0.9,0.999]")
    return [float(fraction(key, beta)) for beta in value]


def _schedule(section: Section) -> tuple[str, dict[str, float]]:
    name = named(section, SCHEDULES, "schedule")
    return name, checked(without_name(section), options(SCHEDULES[name].options), "schedule.")


def _data(section: Section) -> Data:
    sources: dict[str, Callable[[Section], Raw]] = {
        "inline": _inline,
        "csv": _csv,
        **{name: partial(_generated, name) for name in GENERATORS},
        **{name: partial(_sklearn, name) for name in SKLEARN_SETS},
    }
    name = named(section, sources, "data")
    shared = {key: value for key, value in section.items() if key in DATA_KEYS}
    common = checked(shared, DATA_KEYS, "data.")
    raw = sources[name]({**without_name(section)})
    return prepare(
        name, raw, test_fraction=common["test_fraction"], seed=common["seed"], scale=common["scale"]
    )


def _source(section: Section, keys: Mapping[str, tuple[Check, Any]]) -> dict[str, Any]:
    """The keys of one kind of data; those that all kinds share are known too."""
    return checked(section, {**keys, **DATA_KEYS}, "data.")


def _inline(section: Section) -> Raw:
    values = _source(section, {"inputs": (matrix, MISSING), "targets": (matrix, MISSING)})
    inputs, targets = values["inputs"], values["targets"]
    if len(inputs) != len(targets):
        raise RunnerError(
            f"data.inputs has {len(inputs)} rows and data.targets {len(targets)}: one row an example in both"
        )
    names = [f"x{i + 1}" for i in range(inputs.shape[1])]
    outputs = [f"y{i + 1}" for i in range(targets.shape[1])] if targets.shape[1] > 1 else ["y"]
    return Raw(inputs, targets, names, outputs)


def _csv(section: Section) -> Raw:
    columns = partial(names_of, "must be column names, as [a,b]")
    values = _source(
        section,
        {
            "path": (text, MISSING),
            "inputs": (optional(columns, "null for all that are no targets"), None),
            "targets": (columns, MISSING),
        },
    )
    return read_csv(find_file(values["path"]), values["inputs"], values["targets"])


def _generated(name: str, section: Section) -> Raw:
    generator = GENERATORS[name]
    keys = {"points": (points, generator.points), "noise": (non_negative, generator.noise)}
    values = _source(section, {**keys, **options(generator.options)})
    chosen = {option: values[option] for option in generator.options}
    if chosen.get("classes", 0) > values["points"]:
        raise ConfigError(
            "data.classes",
            chosen["classes"],
            f"needs at least as many points, and there are {values['points']}",
        )
    return generate(name, points=values["points"], noise=values["noise"], seed=values["seed"], options=chosen)


def _sklearn(name: str, section: Section) -> Raw:
    _source(section, {})
    return load_sklearn(name)


def text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(key, value, "must be text")
    return value


def names_of(allowed: str, key: str, value: Any) -> list[str]:
    """One name or a list of them, as a list."""
    given = value if isinstance(value, list) else [value]
    # a column called 1990 is a number to YAML
    names = [str(name) if type(name) is int else name for name in given]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ConfigError(key, value, allowed)
    if twice := [name for name in names if names.count(name) > 1]:
        raise RunnerError(f"{key}={show(value)}: names column '{twice[0]}' twice")
    return names


def find_file(path: str) -> Path:
    """A file as named, in the current folder, or else among those that ship in ``conf/data``."""
    given = Path(path).expanduser()
    shipped = conf_dir() / "data" / path
    return shipped if not given.is_absolute() and not given.exists() and shipped.is_file() else given


def matrix(key: str, value: Any) -> Array:
    """A list of equally long rows of finite numbers as an array."""
    if not isinstance(value, list) or not value or not all(isinstance(row, list) for row in value):
        raise ConfigError(key, value, "must be a list of rows, as [[1,2],[3,4]]")
    for i, row in enumerate(value):
        if len(row) != len(value[0]) or not row:
            raise ConfigError(key, value, f"must have rows of one length; row {i + 1} has {len(row)} numbers")
        for item in row:
            number()(f"{key}, row {i + 1}", item)
    return np.array(value, dtype=np.float64)


# --- the network -----------------------------------------------------------------------------

MOST_PARAMETERS = 10**8  # more would not fit in memory beside their gradient, names and history
OUTGROW = "; network=dense draws weights for any sizes"


def _hidden(value: Any) -> tuple[int, ...]:
    sizes = value if isinstance(value, list) else [value]
    try:
        return tuple(count("network.hidden", size) for size in sizes)
    except ConfigError:
        raise ConfigError(
            "network.hidden",
            value,
            "must be a list of sizes, each a whole number at least 1, as [4,3]; [] for none",
        ) from None


def _activations(value: Any, hidden: int, output: str) -> tuple[str, ...]:
    check = choice(list(ACTIVATIONS))
    if not isinstance(value, list):
        return (check("network.activation", value),) * hidden + (output,)
    if len(value) != hidden:
        raise ConfigError(
            "network.activation", value, f"must be one name, or a name a hidden layer; there are {hidden}"
        )
    return (*[check("network.activation", name) for name in value], output)


def _parameters(key: str, value: Any, shapes: Sequence[tuple[int, ...]]) -> Draw | Given:
    """Weights or biases: explicit numbers, an initializer, or the last ones of an earlier run."""
    if isinstance(value, list):
        return _explicit(key, value, shapes)
    if isinstance(value, Mapping) and "from" in value:
        return _from_run(key, value, shapes)
    if isinstance(value, str):
        value = {"init": value}
    if not isinstance(value, Mapping) or "init" not in value:
        raise ConfigError(
            key, value, "must be a list of layers, an initializer's name, {init: NAME, ...} or {from: FOLDER}"
        )
    usable = [name for name, i in INITIALIZERS.items() if len(shapes[0]) == 2 or not i.needs_fan]
    name = choice(usable)(f"{key}.init", value["init"])
    given = {option: v for option, v in value.items() if option != "init"}
    chosen = checked(given, options(INITIALIZERS[name].options), f"{key}.")
    if name == "uniform" and chosen["low"] > chosen["high"]:
        raise ConfigError(f"{key}.low", chosen["low"], f"must not be above {key}.high={chosen['high']:g}")
    if name == "uniform" and not math.isfinite(chosen["high"] - chosen["low"]):
        raise ConfigError(f"{key}.high", chosen["high"], f"is too far from {key}.low={chosen['low']:g}")
    return Draw(name, tuple(chosen.items()))


def _explicit(key: str, value: list[Any], shapes: Sequence[tuple[int, ...]]) -> Given:
    if len(value) != len(shapes):
        raise ConfigError(
            key, value, f"has {len(value)} layers where the network has {len(shapes)}" + OUTGROW
        )
    layers = []
    for i, (layer, shape) in enumerate(zip(value, shapes, strict=True), start=1):
        where = f"{key}, layer {i}"
        if len(shape) == 2:
            array = matrix(where, layer)
        elif isinstance(layer, list):
            array = np.array([number()(where, item) for item in layer], dtype=np.float64)
        else:
            raise ConfigError(where, layer, "must be a list with a number a neuron")
        if array.shape != shape:
            form = (
                f"{shape[0]} rows (one a neuron) of {shape[1]} numbers (one an input)"
                if len(shape) == 2
                else f"{shape[0]} numbers (one a neuron)"
            )
            raise ConfigError(where, layer, f"must be {form} to fit network.hidden and the data" + OUTGROW)
        layers.append(array)
    return Given(tuple(layers))


def _from_run(key: str, value: Mapping[str, Any], shapes: Sequence[tuple[int, ...]]) -> Given:
    folder = checked(value, {"from": (text, MISSING)}, f"{key}.")["from"]
    letter = "w" if len(shapes[0]) == 2 else "b"
    try:
        rows = [row for row in read_parameters(folder) if row[0].startswith(letter)]
    except OSError:
        raise ConfigError(
            f"{key}.from", folder, "must be the folder of a finished run; it has no parameters.csv"
        ) from None
    except ValueError as error:
        raise ConfigError(f"{key}.from", folder, f"must be the folder of a finished run ({error})") from None
    layers = sorted({row[1] for row in rows})
    found = [tuple(max(r[n] for r in rows if r[1] == i) for n in (2, 3)[: len(shapes[0])]) for i in layers]
    if found != list(shapes):
        sizes = " ".join("x".join(map(str, shape)) for shape in found) or "none"
        wanted = " ".join("x".join(map(str, shape)) for shape in shapes)
        raise ConfigError(f"{key}.from", folder, f"has layers of {sizes} where this network needs {wanted}")
    arrays = [np.full(shape, np.nan) for shape in shapes]
    for name, layer, to, from_, _, final in rows:  # by their places: a spreadsheet may have sorted them
        place = (to - 1, from_ - 1)[: len(shapes[0])]
        array = arrays[layers.index(layer)]
        if min(place) < 0 or not np.isnan(array[place]) or not math.isfinite(final):
            raise ConfigError(f"{key}.from", folder, f"has a wrong line for {name} in its {PARAMETERS}")
        array[place] = final
    if any(np.isnan(array).any() for array in arrays):
        raise ConfigError(f"{key}.from", folder, f"has not all {key.partition('.')[2]} in its {PARAMETERS}")
    return Given(tuple(arrays))


# --- the whole -------------------------------------------------------------------------------


#: What a cache keeps at most: as many results, and as many bytes of arrays.
MOST_KEPT, MOST_BYTES = 256, 64 * 2**20


class Cache:
    """What has been made of parts of configurations, for those that have such a part too.

    The parts of one sweep's jobs are most often the same objects, which tells without a look into
    them. Parts that are equal are found again too, unless a file that they name has changed. What
    was not asked for the longest is forgotten when there is too much.
    """

    def __init__(self) -> None:
        self.made: dict[tuple[str, str], Any] = {}
        self.latest: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def get(self, make: Callable[..., T], *parts: Any) -> T:
        """What `make` makes of `parts`."""
        name = make.__name__
        before, made = self.latest.get(name, ((), None))
        if len(before) != len(parts) or not all(map(is_, before, parts)):
            key = (name, repr((*parts, _versions(parts[0]))))  # tells 1 from true, and null from nan
            made = self.made.pop(key) if key in self.made else make(*parts)
            self.made[key] = made
            self.latest[name] = (parts, made)
            self._trim()
        return made

    def _trim(self) -> None:
        sizes = {key: _bytes_of(made) for key, made in self.made.items()}
        total = sum(sizes.values())
        for key, size in list(sizes.items())[:-1]:
            if total <= MOST_BYTES and len(self.made) <= MOST_KEPT:
                return
            del self.made[key]
            total -= size


def _bytes_of(made: Any) -> int:
    """The size of the arrays of a data set, or of a network whose weights are given."""
    if isinstance(made, dict):
        return sum(_bytes_of(value) for value in made.values())
    return made.nbytes if isinstance(made, Data | Given) else 0


def experiment(config: Any, cache: Cache | None = None) -> Experiment:
    """The run that a composed configuration describes, checked.

    `config` is a DictConfig or a plain mapping. Experiments made with one `cache` share what their
    configurations have in common, the data above all, and so may be trained as one.
    Raises RunnerError (most often ConfigError) for the first thing that is wrong.
    """
    if not isinstance(config, dict):
        from omegaconf import OmegaConf

        config = OmegaConf.to_container(config, resolve=True)
    shared = (Cache() if cache is None else cache).get
    if "experiment" in config:
        raise RunnerError(
            "experiment: the file that it chooses sets keys of its own, not of the whole configuration; "
            "its first line must be '# @package _global_'"
        )
    values = checked(config, KEYS)

    data = shared(_data, values["data"])
    network = shared(_network, values["network"], data.inputs.shape[1], data.targets.shape[1])
    optimizer, optimizer_options = shared(_optimizer, values["optimizer"])
    schedule, schedule_options = shared(_schedule, values["schedule"])
    penalties = shared(_penalties, values["regularization"])
    made = Experiment(
        data=data,
        **network,
        loss=values["loss"],
        learning_rate=values["learning_rate"],
        epochs=values["epochs"],
        batch_size=values["batch_size"],
        shuffle=values["shuffle"],
        seed=values["seed"],
        optimizer=optimizer,
        optimizer_options=optimizer_options,
        schedule=schedule,
        schedule_options=schedule_options,
        l1=penalties["l1"],
        l2=penalties["l2"],
        log=shared(_log, values["log"]),
    )
    _check_together(made)
    return made


def _penalties(section: Section) -> dict[str, float]:
    return checked(section, REGULARIZATION_KEYS, "regularization.")


def _versions(section: Any) -> list[tuple[int, int]]:
    """Of the files that a section names: when each was last written, and its size."""
    if not isinstance(section, Mapping):
        return []
    sources = [section.get(key) for key in ("weights", "biases")]
    folders = [source.get("from") for source in sources if isinstance(source, Mapping)]
    paths = [find_file(path) for path in [section.get("path")] if isinstance(path, str)]
    paths += [Path(folder, PARAMETERS) for folder in folders if isinstance(folder, str)]
    return [(path.stat().st_mtime_ns, path.stat().st_size) for path in paths if path.is_file()]


def _log(section: Section) -> Log:
    return Log(**checked(section, LOG_KEYS, "log."))


def _network(section: Section, inputs: int, outputs: int) -> dict[str, Any]:
    values = checked(section, NETWORK_KEYS, "network.")
    hidden = _hidden(values["hidden"])
    sizes = (inputs, *hidden, outputs)
    shapes = [(o, i) for i, o in pairwise(sizes)]
    biases = values["biases"]
    return {
        "sizes": sizes,
        "activations": _activations(values["activation"], len(hidden), values["output_activation"]),
        "weights": _parameters("network.weights", values["weights"], shapes),
        "biases": None
        if biases is None
        else _parameters("network.biases", biases, [(o,) for o, _ in shapes]),
        "train_biases": values["train_biases"],
    }


def _check_together(made: Experiment) -> None:
    """What no key can be judged by alone."""
    loss = LOSSES[made.loss]
    held_out = made.data.test_targets is not None
    for part, targets in (("training set", made.data.targets), ("held-out part", made.data.test_targets)):
        if targets is not None and (wrong := loss.refuses(targets)):
            raise ConfigError("loss", made.loss, f"{wrong} (of the {part})" if held_out else wrong)
    if made.parameter_count > MOST_PARAMETERS:
        raise ConfigError(
            "network.hidden",
            list(made.sizes[1:-1]),
            f"makes {made.parameter_count:,} weights and biases; at most {MOST_PARAMETERS:,} are possible",
        )
    last = made.activations[-1]
    if loss.needs_probabilities and not (ACTIVATIONS[last].lowest >= 0 and ACTIVATIONS[last].highest <= 1):
        raise ConfigError(
            "loss",
            made.loss,
            f"needs predictions from 0 to 1, and network.output_activation={last} does not keep to that: "
            "use sigmoid, or loss=binary_cross_entropy_with_logits",
        )
    if made.batch_size is not None and made.batch_size > made.data.examples:
        raise ConfigError(
            "batch_size",
            made.batch_size,
            f"is more than the {made.data.examples} examples of the training set",
        )
