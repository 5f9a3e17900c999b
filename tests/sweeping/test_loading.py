"""A sweep from Python: the same runs as from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from processes import Command

import runner


@pytest.mark.parametrize(
    "overrides",
    [
        ["learning_rate=tag(log,interval(1e-3,1))", "hydra.sweeper.points=4", "epochs=5"],
        ["network=dense", "data=xor,circles", "seed=range(0,2)", "network.hidden=[3],[2,2]", "epochs=3"],
        ["learning_rate=0.1,0.2", "epochs=2,4", "hydra.sweeper.zip=[[learning_rate,epochs]]"],
        ["experiment=compare_learning_rates", "epochs=2"],
    ],
    ids=lambda overrides: overrides[0],
)
def test_the_same_runs_as_from_the_command_line(
    overrides: list[str], command: Command, tmp_path: Path
) -> None:
    assert command("-m", *overrides, "hydra.sweep.dir=s").returncode == 0
    runs = runner.train(runner.load_sweep(*overrides))
    assert len(runs) == len(list((tmp_path / "s").glob("*/history.csv")))
    for number, run in enumerate(runs):
        assert run.history.equals(runner.read_history(tmp_path / "s" / str(number)))


def test_what_is_equal_is_shared() -> None:
    experiments = runner.load_sweep("network=dense", "data=moons", "learning_rate=0.1,0.2", "seed=0,1")
    assert len({id(one.data) for one in experiments}) == 1
    assert len({one.stack_key for one in experiments}) == 1


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("learning_rate=0.1,-1", "learning_rate=-1: must be a number above 0"),
        ("learning_rat=0.1,0.2", "did you mean 'learning_rate'?"),
        ("learning_rate=interval(0,1)", "hydra.sweeper.points"),
        ("hydra.sweeper.points=0", "hydra.sweeper.points=0: must be a whole number at least 1"),
        ("hydra.sweeper.zip=5", "hydra.sweeper.zip=5: must be lists of keys"),
        ("network=dense,dens", "did you mean 'dense'?"),
    ],
)
def test_errors_are_those_of_the_command(override: str, words: str) -> None:
    with pytest.raises(runner.RunnerError, match=words.replace("?", r"\?")):
        runner.load_sweep(override)
