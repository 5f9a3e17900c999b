"""Sweeps for tests and benchmarks, trained as one stack and written as the commands write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

from omegaconf import OmegaConf

from runner.config import Cache, experiment
from runner.config.compose import compose
from runner.records.about import about
from runner.records.writing import ABOUT, RunFiles, summary, table
from runner.training.loop import train


def make_sweep(
    folder: Path, swept: Mapping[str, Sequence[object]], overrides: Sequence[str] = (), runs_csv: bool = True
) -> Path:
    """A sweep over every combination of `swept` in `folder`, as the commands would have written it.

    Keys are set in one composed configuration: groups cannot be swept here. Runs that cannot share
    arrays are trained one by one.
    """
    config, cache = compose(list(overrides)), Cache()
    lines = []
    combinations = list(product(*swept.values()))
    experiments, folders, marks = [], [], []
    for number, values in enumerate(combinations):
        marks.append(dict(zip(swept, values, strict=True)))
        for key, value in marks[-1].items():
            OmegaConf.update(config, key, value)
        folders.append(folder / str(number))
        (folders[-1] / ".hydra").mkdir(parents=True)
        (folders[-1] / ".hydra" / "config.yaml").write_text(OmegaConf.to_yaml(config))
        said = [*overrides, *(f"{key}={value}" for key, value in marks[-1].items())]
        (folders[-1] / ".hydra" / "overrides.yaml").write_text(OmegaConf.to_yaml(OmegaConf.create(said)))
        experiments.append(experiment(config, cache))
    together = len({e.stack_key for e in experiments}) == 1
    stacks = [range(len(experiments))] if together else [[i] for i in range(len(experiments))]
    for members in stacks:
        files = RunFiles([folders[i] for i in members], experiments[members[0]])
        for at, number in enumerate(members):
            files.add(at, ABOUT, about(experiments[number]))
        for at, result in enumerate(train([experiments[i] for i in members], files)):
            number = members[at]
            lines.append(summary(number, marks[number], result, str(number)))
            files.finish(at, result, lines[-1])
    if runs_csv:
        (folder / "runs.csv").write_bytes(table(lines))
    given = [*overrides, *(f"{key}={','.join(map(str, values))}" for key, values in swept.items())]
    (folder / "multirun.yaml").write_text(OmegaConf.to_yaml({"hydra": {"overrides": {"task": given}}}))
    return folder
