"""From overrides to experiments, as the command line composes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.config.compose import replacing
from runner.config.given import as_overrides, made_of
from runner.config.messages import message
from runner.data.memory import InMemory, in_memory
from runner.errors import RunnerError
from runner.training.experiment import Experiment


def load(
    *given: str | Mapping[str, Any],
    data: Any = None,
    targets: Any = None,
    test_data: Any = None,
    config_dir: str | Path | None = None,
    **keys: Any,
) -> Experiment:
    """The experiment that ``backprop-runner`` would run with the same overrides.

    They are text (``"learning_rate=0.1"``), keywords (``learning_rate=0.1``) or mappings
    (``{"network.hidden": [8, 8]}``, ``optimizer={"name": "adam"}``), with values of Python's or NumPy's.
    `data` are a choice of that group, or examples in memory: a tuple of inputs (N, I) and targets (N, O) or
    (N,), or a frame with the column, or the columns, that are its `targets`; NumPy's, pandas's, or whatever
    has ``__array__``. `test_data` are held-out ones of the same form. `config_dir` is a folder of your own
    YAML files. Raises RunnerError as the command would say it.
    """
    from runner.sweeping.loading import configuration

    asked, own = _asked((*given, keys), (data, targets, test_data))
    with _readable():
        overrides = as_overrides(asked, own)
        return made_of(configuration(overrides, config_dir), replacing(overrides), own)


def load_sweep(
    *given: str | Mapping[str, Any],
    data: Any = None,
    targets: Any = None,
    test_data: Any = None,
    config_dir: str | Path | None = None,
    **keys: Any,
) -> list[Experiment]:
    """The experiments that ``backprop-runner -m`` would run with the same overrides, in its order.

    They are as in `load`, and a list, a range or an array of values for a key is swept; of a key whose value
    is a list (``network.hidden``), a list of lists. They are composed as one: a thousand of them in a tenth
    of a second. Raises RunnerError as `load` does.
    """
    from runner.sweeping.loading import configurations

    asked, own = _asked((*given, keys), (data, targets, test_data))
    with _readable():
        jobs = configurations(as_overrides(asked, own, sweep=True), config_dir)
        return [made_of(config, job, own) for config, job in jobs]


def _asked(
    given: tuple[str | Mapping[str, Any], ...], examples: tuple[Any, Any, Any]
) -> tuple[tuple[str | Mapping[str, Any], ...], InMemory | None]:
    """Overrides, with a choice of data among them, or else the data in memory: (data, targets, test_data)."""
    data, targets, test_data = examples
    if data is not None and not isinstance(data, str | Mapping):
        return given, in_memory(data, targets, test_data)
    for key, value in (("targets", targets), ("test_data", test_data)):
        if value is not None:
            raise RunnerError(
                f"{key}: goes with data=(X, y) or data=FRAME; of files there are data.targets, data.test_path"
            )
    return (given if data is None else (*given, {"data": data})), None


@contextmanager
def _readable() -> Iterator[None]:
    """Errors of Hydra's are raised as the command would say them."""
    try:
        yield
    except Exception as error:
        if isinstance(error, RunnerError) or (text := message(error)) is None:
            raise
        raise RunnerError(*text.split("\n")) from None
