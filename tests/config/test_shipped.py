"""Files that ship compose, train, and show the defaults."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runner
from runner.config import conf_dir, experiment
from runner.data.bundled import SKLEARN_SETS
from runner.data.generated import GENERATORS
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES
from runner.training.experiment import Experiment

GROUPS = ("network", "data", "optimizer", "schedule", "experiment")
FILES = [f"{group}={path.stem}" for group in GROUPS for path in sorted((conf_dir() / group).glob("*.yaml"))]
NEEDS = {
    "data=csv": ["data.path=cars.csv", "data.targets=distance"],
    "data=inline": ["data.inputs=[[1,2],[3,4]]", "data.targets=[[1],[0]]"],
}


@cache
def loaded(choice: str) -> Experiment:
    """What a file that ships is for, of two epochs."""
    network = ["network=dense"] if choice.startswith("data=") and choice != "data=chain_rule" else []
    return runner.load(choice, *network, *NEEDS.get(choice, []), "epochs=2")


def section(choice: str) -> dict[str, Any]:
    """The keys and values of the group that the file is of."""
    composed = loaded(choice).composed
    assert composed is not None
    keys: dict[str, Any] = composed.config[choice.split("=")[0]]
    return keys


@pytest.mark.parametrize("choice", FILES)
def test_every_file_that_ships_composes_and_trains(choice: str) -> None:
    result = runner.train(loaded(choice)).result
    assert result.epochs == 2
    assert np.isfinite(result.final_error)


@pytest.mark.parametrize("path", sorted(conf_dir().rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_file_that_ships_says_what_it_is_for(path: Path) -> None:
    comments = [line for line in path.read_text().splitlines() if line.startswith("# ")]
    assert [line for line in comments if "@package" not in line]


@pytest.mark.parametrize(
    ("group", "table"),
    [("optimizer", OPTIMIZERS), ("schedule", SCHEDULES), ("data", {**GENERATORS, **SKLEARN_SETS})],
)
def test_every_entry_of_a_table_has_its_file(group: str, table: dict[str, object]) -> None:
    names = {section(choice)["name"] for choice in FILES if choice.startswith(f"{group}=")}
    assert names - {"csv", "inline"} == set(table)


@pytest.mark.parametrize(
    ("group", "name"),
    [*(("optimizer", name) for name in OPTIMIZERS), *(("schedule", name) for name in SCHEDULES)],
)
def test_files_of_entries_show_all_options_and_are_their_defaults(group: str, name: str) -> None:
    choice, options = f"{group}={name}", f"{group}_options"
    table = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES}[group]
    assert list(section(choice)) == ["name", *table[name].options]
    given = {"network": {}, "data": {"name": "xor"}, group: {"name": name}}
    assert getattr(experiment(given), options) == getattr(loaded(choice), options)


def test_what_a_configuration_leaves_out_is_as_in_the_files_that_ship() -> None:
    data = {"name": "inline", "inputs": [[2, 3]], "targets": [[1]]}
    left_out, composed = experiment({"network": {}, "data": data}), runner.load()
    for field in fields(Experiment):
        if field.name not in ("data", "weights", "composed"):
            assert getattr(left_out, field.name) == getattr(composed, field.name)
    assert experiment({"network": {}, "data": data, "log": {"every": 2}}).log == replace(
        composed.log, every=2
    )
