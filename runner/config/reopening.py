"""The experiment of a run in a folder, also where the files that it was made from are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.config import experiment
from runner.config.compose import code_of, load_run
from runner.config.data import reading_of
from runner.data.examples import Data
from runner.errors import RunnerError
from runner.plugins import Plugin
from runner.records.about import examples_in
from runner.records.names import HYDRA
from runner.records.reading import parameter_rows
from runner.training.experiment import Experiment


def experiment_in(folder: str | Path, plugins: Sequence[str | Path] = ()) -> Experiment:
    """The experiment of the run in a folder, with its examples where these are to be had.

    Where they are not, it has what predictions need, and says why whenever it is asked for examples.
    Raises RunnerError where there is no run, or code of one's own is not loaded and not among `plugins`.
    """
    own = code_of(folder, plugins)
    try:
        return load_run(folder, plugins)
    except RunnerError as error:
        data = examples_in(folder)
        if data is None or not Path(folder, HYDRA, "config.yaml").is_file():
            raise
        try:
            return _without_examples(folder, replace(data, lost=str(error)), own)
        except (KeyError, TypeError):  # the record is not as a run leaves it, which is what `error` says
            raise error from None


def _without_examples(folder: str | Path, data: Data, own: Sequence[Plugin]) -> Experiment:
    """An experiment with the weights that the run in a folder began with, whatever made them."""
    from omegaconf import OmegaConf

    from runner.hydra_internals import load_keys

    path = Path(folder, HYDRA, "config.yaml")
    config: Any = OmegaConf.to_container(load_keys(path, of_run=True), resolve=True)
    assert data.recipe is not None
    recipe = data.recipe._replace(reading=reading_of(config["data"]))
    config["network"] |= _first_parameters(folder)
    config |= {"continue": None, "objective": "final_error"}  # another may need examples
    return experiment(config, own=own, data=replace(data, name=config["data"]["name"], recipe=recipe))


def _first_parameters(folder: str | Path) -> dict[str, Any]:
    """The initial weights and biases of a run, a list a layer."""
    weights: list[list[list[float]]] = []
    biases: list[list[float]] = []
    for name, layer, to, _, initial, _ in parameter_rows(folder):
        if name.startswith("b"):
            biases += [[] for _ in range(layer - len(biases))]
            biases[layer - 1].append(initial)
            continue
        weights += [[] for _ in range(layer - len(weights))]
        weights[layer - 1] += [[] for _ in range(to - len(weights[layer - 1]))]
        weights[layer - 1][to - 1].append(initial)
    return {"weights": weights, "biases": biases or None}
