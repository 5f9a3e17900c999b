"""A sweep's arguments and the jobs they make."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hydra import initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser

from runner.config import conf_dir
from runner.errors import RunnerError
from runner.sweeping.grid import expand
from runner.sweeping.intervals import Sample


@pytest.fixture(scope="module")
def loader() -> Iterator[ConfigLoader]:
    with initialize_config_dir(str(conf_dir()), version_base="1.3", job_name="test"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        yield hydra.config_loader


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["learning_rate=0.1"],
        ["learning_rate=0.1,1e-2,.5", "seed=range(0,3)"],
        ["network=dense,chain_rule", "seed=1"],
        ["optimizer=glob(*)"],
        ["network.hidden=[1,2],[3]", "network.weights={init:normal},{init:zeros}"],
        ["+a='x y',\"z\"", "++seed=1,2", "~log.every=1"],
        ["seed=1", "seed=2,3"],
        ["loss=choice(huber,cross_entropy)", "seed=sort(3,1,2)"],
        ["seed=" + ",".join(map(str, range(40)))],
        ["learning_rate=" + ",".join(f"{i}e-3" for i in range(1, 40))],
        ["loss=" + ",".join(f"word{i}" for i in range(20))],
        ["seed=" + ",".join(["null", "true", "1_000", "-3", "+4"] * 5)],
    ],
)
def test_jobs_are_those_of_hydras_basic_sweeper(arguments: list[str], loader: ConfigLoader) -> None:
    parsed = OverridesParser.create(config_loader=loader).parse_overrides(arguments)
    (theirs,) = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    assert expand(arguments, loader) == theirs


def test_an_interval_is_evenly_spaced(loader: ConfigLoader) -> None:
    jobs = expand(["learning_rate=interval(0.1,0.5)"], loader, points=5)
    assert jobs == [[f"learning_rate={v}"] for v in (0.1, 0.2, 0.3, 0.4, 0.5)]


def test_a_logarithmic_interval_is_log_spaced(loader: ConfigLoader) -> None:
    jobs = expand(["learning_rate=tag(log,interval(1e-4,1))"], loader, points=5)
    assert jobs == [[f"learning_rate={v}"] for v in (0.0001, 0.001, 0.01, 0.1, 1.0)]


def test_keys_swept_together(loader: ConfigLoader) -> None:
    jobs = expand(
        ["learning_rate=0.1,0.2", "seed=1,2", "epochs=10,20"], loader, together=[["learning_rate", "epochs"]]
    )
    assert jobs == [
        ["learning_rate=0.1", "seed=1", "epochs=10"],
        ["learning_rate=0.1", "seed=2", "epochs=10"],
        ["learning_rate=0.2", "seed=1", "epochs=20"],
        ["learning_rate=0.2", "seed=2", "epochs=20"],
    ]


def test_keys_swept_together_keep_the_order_of_the_arguments(loader: ConfigLoader) -> None:
    """An override that changes what another has set stays behind it."""
    arguments = ["seed=1,2", "++network.biases=null", "network.biases=[[1]],[[2]]", "++network.biases.x=3,4"]
    together = [["seed", "network.biases.x"], ["network.biases"]]
    assert expand(arguments, loader, together=together)[1] == [
        "seed=1",
        "++network.biases=null",
        "network.biases=[[2]]",
        "++network.biases.x=3",
    ]


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (["learning_rate=interval(0,1)"], {}, "hydra.sweeper.points=N"),
        (["learning_rate=tag(log,interval(0,1))"], {"points": 3}, "above 0"),
        (["seed=1,2", "epochs=1,2,3"], {"together": [["seed", "epochs"]]}, "seed has 2 values, epochs has 3"),
        (["seed=1,2"], {"together": [["seed", "epoch"]]}, "epoch, which is not swept"),
    ],
)
def test_what_cannot_be_expanded(
    arguments: list[str], options: dict[str, object], said: str, loader: ConfigLoader
) -> None:
    with pytest.raises(RunnerError, match=said.replace("(", r"\(")):
        expand(arguments, loader, **options)  # type: ignore[arg-type]


def test_intervals_are_sampled_together(loader: ConfigLoader) -> None:
    arguments = ["learning_rate=tag(log,interval(1e-4,1))", "seed=1,2", "epochs=int(interval(1,100))"]
    sample = Sample("random", 0)
    jobs = expand(arguments, loader, points=3, sample=sample)
    rates = [f"{10 ** (4 * place - 4):.6g}" for place, _ in sample.places(3, 2)]
    assert [job[0] for job in jobs[::2]] == [f"learning_rate={float(rate)}" for rate in rates]
    assert [job[1] for job in jobs] == ["seed=1", "seed=2"] * 3
    assert all(a[::2] == b[::2] for a, b in zip(jobs[::2], jobs[1::2], strict=True))
    assert all(1 <= int(job[2].partition("=")[2]) <= 100 for job in jobs)
    assert jobs[:4] == expand(arguments, loader, points=2, sample=sample)
    assert expand(["seed=1,2"], loader, sample=sample) == [["seed=1"], ["seed=2"]]


def test_a_tables_rows_come_first_and_what_is_given_goes_before_them(loader: ConfigLoader) -> None:
    table = {"learning_rate": ["learning_rate=0.1", "learning_rate=0.2"], "seed": ["seed=5", "seed=6"]}
    assert expand(["epochs=3"], loader, table=table) == [
        ["learning_rate=0.1", "seed=5", "epochs=3"],
        ["learning_rate=0.2", "seed=6", "epochs=3"],
    ]
    assert expand(["seed=1,2"], loader, table=table) == [
        [rate, seed] for rate in table["learning_rate"] for seed in ("seed=1", "seed=2")
    ]
