"""A sweep from Python: the same runs as from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from omegaconf import OmegaConf
from processes import Command

import runner
from runner.config.compose import compose
from runner.sweeping.loading import configuration


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


#: Runs, of which some are alike but for values: groups, lists, weights that replace others, keys that go.
ALONE = [
    ["learning_rate=0.1"], ["learning_rate=1e-3", "seed=2"], ["learning_rate=2", "seed=3"], [],
    ["network=dense", "data=xor", "network.hidden=[3]"],
    ["network=dense", "data=xor", "network.hidden=[2,4]"],
    ["network.weights=[[[1,2],[3,4]],[[5,6]]]"], ["network.weights={init: normal, std: 0.2}"],
    ["optimizer=adam", "optimizer.eps=1e-7"], ["optimizer=adam", "optimizer.eps=1e-6"],
    ["~regularization", "seed=1"], ["experiment=xor", "data.points=24"], ["epochs=${seed}", "seed=4"],
    ["++schedule.factor=0.5", "schedule=step"], ["learning_rate='0.1'"],
]  # fmt: skip


def test_runs_one_after_another_are_what_hydra_composes() -> None:
    by_hydra = [OmegaConf.to_container(compose(overrides), resolve=True) for overrides in ALONE]
    for overrides, theirs in zip(ALONE * 2, by_hydra * 2, strict=True):
        ours = configuration(overrides)
        plain = ours if isinstance(ours, dict) else OmegaConf.to_container(ours, resolve=True)  # type: ignore[arg-type]
        assert repr(plain) == repr(theirs), overrides


@pytest.mark.parametrize("override", ["learning_rate=0.1,0.2", "network=dens", "+seed=1", "learning_rat=1"])
def test_what_hydra_refuses_is_refused_in_its_words(override: str) -> None:
    words = []
    for one in (compose, configuration):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is, the same
            one([override])
        words.append((type(caught.value), str(caught.value)))
    assert words[0] == words[1]


def test_a_run_of_a_known_kind_needs_no_composition(monkeypatch: pytest.MonkeyPatch) -> None:
    for rate in (0.1, 0.2):
        configuration(["network=dense", f"learning_rate={rate}"])
    monkeypatch.setattr(ConfigLoaderImpl, "load_configuration", None)
    known = configuration(["network=dense", "learning_rate=0.3"])
    assert (known["learning_rate"], known["network"]["activation"]) == (0.3, "tanh")


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
