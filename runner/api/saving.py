"""A run in memory into its folder, as the command writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, fields, replace
from functools import partial
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.config.keys import RUN_KEYS
from runner.data.examples import Source
from runner.errors import RunnerError
from runner.files import kept
from runner.records.lines import Line
from runner.records.names import HYDRA, PARAMETERS
from runner.training.experiment import Experiment
from runner.training.settings import Composed, Given

if TYPE_CHECKING:
    from runner.api.run import Run


def _value_of(key: str, made: Experiment) -> dict[str, Any]:
    return {key: getattr(made, key)}


#: What may be changed of an experiment after it was loaded: the keys that say so, with their values.
CHANGES: dict[str, Callable[[Experiment], Mapping[str, Any]]] = {
    **{key: partial(_value_of, key) for key in RUN_KEYS},
    "l1": lambda made: {"regularization.l1": made.l1},
    "l2": lambda made: {"regularization.l2": made.l2},
    "train_biases": lambda made: {"network.train_biases": made.train_biases},
    "rates": lambda made: {"network.rates": made.rates and [*made.rates]},
    "log": lambda made: {f"log.{key}": value for key, value in asdict(made.log).items()},
}


def save(run: Run, folder: Path) -> None:
    """Writes what the command writes of a run, but for Hydra's settings of itself (``hydra.yaml``).

    Raises RunnerError for a folder that holds anything, and for a run that could not be repeated from it.
    """
    from runner.guard import claimed_for_one
    from runner.work import Work, write_run

    composed = composed_now(run.experiment)
    with claimed_for_one("folder", folder):
        attached = {str(_at(composed.config, key)): content() for key, content in composed.attached.items()}
        files = _Files(composed.config, composed.overrides, attached)
        made = _with_sources(run.experiment, composed, folder, attached)
        write_run(Work(Line(0, {}), str(folder), made, files), run.result, run.steps, run.rows)


class _Files(NamedTuple):
    """What is in a run's folder beside its results: its configuration, and files that this names."""

    config: Mapping[str, Any]
    overrides: tuple[str, ...]
    attached: Mapping[str, bytes]  # by their names in the folder

    def write(self, folder: str) -> None:
        """Makes the folder, with the files in it."""
        from runner.hydra_internals import as_yaml

        record = Path(folder, HYDRA)
        record.mkdir(parents=True, exist_ok=True)
        (record / "config.yaml").write_text(as_yaml(dict(self.config)), encoding="utf-8", newline="\n")
        (record / "overrides.yaml").write_text(as_yaml(list(self.overrides)), encoding="utf-8", newline="\n")
        for name, content in self.attached.items():
            Path(folder, name).write_bytes(content)


def composed_now(made: Experiment) -> Composed:
    """The configuration that repeats an experiment. Raises RunnerError where none does."""
    if made.composed is None:
        raise RunnerError("this run's experiment has no configuration, so that nobody could repeat it")
    if made.begun and made.begun.source is None:
        raise RunnerError(
            "this run goes on from one that is in no folder: save that first, and go on from there"
        )
    changed = dict(_changes(made, made.composed.made))
    if not changed:
        return made.composed
    config: Any = deepcopy(made.composed.config)
    for key, value in changed.items():
        *path, last = key.split(".")
        section = config
        for name in path:
            section = section.setdefault(name, {})
        section[last] = value
    overrides = [
        f"{key}={value if isinstance(value, str) else dumps(value)}" for key, value in changed.items()
    ]
    return replace(made.composed, config=config, overrides=(*made.composed.overrides, *overrides))


def _changes(now: Experiment, then: Experiment) -> Iterator[tuple[str, Any]]:
    """The keys that differ between an experiment and what it was when it was loaded, with their values."""
    for name in (f.name for f in fields(now) if f.name != "composed"):
        if getattr(now, name) is getattr(then, name) or getattr(now, name) == getattr(then, name):
            continue
        if name not in CHANGES:
            raise RunnerError(f"{name} was changed after the experiment was loaded: give that to runner.load")
        before = CHANGES[name](then)
        yield from ((k, v) for k, v in CHANGES[name](now).items() if k not in before or before[k] != v)


def _at(config: Mapping[str, Any], key: str) -> Any:
    """The value of a dotted key."""
    value: Any = config
    for name in key.split("."):
        value = value[name]
    return value


def _with_sources(
    made: Experiment, composed: Composed, folder: Path, attached: Mapping[str, bytes]
) -> Experiment:
    """The experiment as if it had been made from the files that are attached to it, in its folder."""
    if not attached:
        return made
    names = {key: str(_at(composed.config, key)) for key in composed.attached}
    sources = tuple(Source.of(key, folder / name, attached[name]) for key, name in names.items())
    return replace(made, data=replace(made.data, sources=(*made.data.sources, *sources)))


def gone_on_from(folder: Path, onward: Experiment) -> Experiment:
    """An experiment that goes on from the run in `folder`, as ``continue=DIR`` makes it."""
    path = folder / PARAMETERS
    source = Source.of("continue", path, kept(path).read_bytes())
    weights, biases = (
        replace(part, source=source) if isinstance(part, Given) else part
        for part in (onward.weights, onward.biases)
    )
    assert onward.begun is not None
    begun, composed = replace(onward.begun, source=source), onward.composed
    assert weights is not None
    made = replace(onward, weights=weights, biases=biases, begun=begun, composed=None)
    if composed is None:
        return made
    ours = {"continue": str(folder.absolute()), "epochs": onward.epochs}
    overrides = (*composed.overrides, *(f"{key}={value}" for key, value in ours.items()))
    config = {**composed.config, **ours}
    return replace(made, composed=replace(composed, config=config, overrides=overrides, made=made))
