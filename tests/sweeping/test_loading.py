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
        [
            "network.hidden=[1],[2]",
            "seed=3,4",
            "network.weights=[[[1,2]],[[3]]],[[[1,2],[3,4]],[[5,6]]]",
            "network.biases=[[0.1],[0.2]],[[0.1,0.1],[0.2]]",
            "hydra.sweeper.zip=[[network.hidden,network.biases,network.weights]]",
            "epochs=2",
        ],
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


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        (["network.weights=zeros", "network.weights=[[[1,2],[3,4]],[[5,6]]]"], [1, 2, 3, 4, 5, 6]),
        (["network.weights=[[[1,2],[3,4]],[[5,6]]]", "++network.weights={init:constant,value:2}"], [2] * 6),
        (["++network.weights={init:constant,value:3}", "network.weights=zeros"], [0] * 6),
        (
            ["+network.weights=[[[1,2],[3,4]],[[5,6]]]", "++network.weights=null", "network.weights=ones"],
            None,
        ),
        (["network.weights={init:constant,value:2}", "network.weights.value=4"], [4] * 6),
    ],
)
def test_of_weights_given_twice_the_last_count(given: list[str], weights: list[float] | None) -> None:
    asked = [given[0], "epochs=0", *given[1:]]
    if weights is None:
        with pytest.raises(runner.RunnerError, match="ones"):
            runner.load(*asked)
        return
    runs = [
        runner.load(*asked),
        *runner.load_sweep(*asked, "seed=1,2"),
        *runner.load_sweep("seed=1,2", *asked),
    ]
    assert [run.result.initial.tolist() for run in runner.train(runs)] == [weights] * 5


@pytest.mark.parametrize("prefix", ["", "+", "++"])
def test_weights_of_every_kind_side_by_side(prefix: str) -> None:
    sweep = runner.load_sweep(
        "network.hidden=[2],[3],[1],[2]",
        f"{prefix}network.biases=[[1,1],[1]],null,zeros,{{init:constant,value:2}}",
        "learning_rate=0.1,0.2",
        f"{prefix}network.weights='zeros',{{init: constant, value: 3}},[[[1,2]],[[3]]],zeros",
        "hydra.sweeper.zip=[[network.hidden,network.weights,network.biases]]",
    )
    starts = [run.result.initial.tolist() for run in runner.train(sweep)[::2]]
    assert starts == [[0] * 6 + [1] * 3, [3] * 9, [1, 2, 3, 0, 0], [0] * 6 + [2] * 3]


def test_a_bound_that_is_none_is_refused() -> None:
    with pytest.raises(runner.RunnerError, match="max_memory=lots: must be at least 1MiB"):
        runner.train(runner.load_sweep("seed=1,2"), max_memory="lots")


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
