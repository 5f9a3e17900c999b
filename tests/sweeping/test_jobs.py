"""Jobs composed fast are what Hydra composes: the configuration, and the bytes of its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from runner.config import conf_dir
from runner.config.compose import replacing
from runner.overrides import parse
from runner.sweeping.jobs import Composer, Job

INTERPOLATING = """# @package _global_
width: 3
network:
  hidden: ["${width}", "${twice:${width}}"]
learning_rate: ${divide:${seed},10}
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a user's own YAML, with interpolations and resolvers of their own."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "experiment").mkdir()
    (folder / "experiment" / "interpolating.yaml").write_text(INTERPOLATING)
    return folder


def composer_of(own: Path, *overrides: str) -> Composer:
    hydra = GlobalHydra.instance().hydra
    assert hydra is not None
    given = [f"hydra.searchpath=[file://{own}]", "hydra.sweep.dir=/sweep", *overrides]
    master = hydra.compose_config("config", given, RunMode.MULTIRUN, validate_sweep_overrides=False)
    return Composer(hydra.config_loader, master)


@pytest.fixture(scope="module", autouse=True)
def initialized() -> Iterator[None]:
    OmegaConf.register_new_resolver("twice", lambda n: 2 * n, replace=True)
    OmegaConf.register_new_resolver("divide", lambda a, b: a / b, replace=True)
    with initialize_config_dir(str(conf_dir()), version_base="1.3", job_name="test"):
        yield
    OmegaConf.clear_resolver("twice")
    OmegaConf.clear_resolver("divide")


def texts(job: Job) -> list[str]:
    filling = job.files._filling()
    return [text.fill(filling).decode() for text in job.files.template.texts]


def assert_as_hydra(composer: Composer, number: int, overrides: list[str], hydras: Job | None = None) -> None:
    ours, hydras = composer.job(number, overrides), hydras or composer.by_hydra(number, overrides)
    assert repr(ours.config) == repr(hydras.config)  # NaN is not equal to itself
    assert ours.folder == hydras.folder
    assert texts(ours) == texts(hydras)
    assert [type(v) for v in ours.config.values()] == [type(v) for v in hydras.config.values()]


def composes_as_hydra_does(composer: Composer, number: int, overrides: list[str]) -> bool:
    """Whether Hydra composes the overrides: either way, so do we."""
    try:
        hydras = composer.by_hydra(number, overrides)
    except Exception as error:
        with pytest.raises(type(error)):
            composer.job(number, overrides)
        return False
    assert_as_hydra(composer, number, overrides, hydras)
    return True


numbers = st.one_of(
    st.floats(1e-12, 1e12).map(repr),
    st.integers(-5, 10**12).map(str),
    st.sampled_from([".5", "1.", "+3", "1e3", "1E-3", "1_000", "0.10", "00.1", "-0", "inf", "nan"]),
)
words = st.sampled_from(
    ["huber", "yes", "on", "null", "true", "False", "NULL", "a-b", "a.b", "x_1", "tanh", "1a", "'a b'", '"x"',
     "a/b.csv", "/a-1/b", "1/2", "//"]
)  # fmt: skip
lists = st.lists(st.integers(1, 9), max_size=3).map(lambda xs: "[" + ",".join(map(str, xs)) + "]")
nested = st.sampled_from(["[[1,2],[3]]", "[a,[b,1e-7]]", "[]", "[[]]", "[1.5,null,true]"])
dicts = st.sampled_from(["{init:normal,std:0.1}", "{init:uniform}", "{}"])
overrides_of_one = st.one_of(
    st.tuples(st.sampled_from(["learning_rate", "seed", "epochs"]), numbers).map("=".join),
    st.tuples(st.sampled_from(["loss", "log.unit", "network.activation"]), words).map("=".join),
    st.tuples(st.just("network.hidden"), lists | nested).map("=".join),
    st.tuples(st.just("network.weights"), lists | nested | dicts | words).map("=".join),
    st.tuples(st.just("regularization.l2"), numbers | words | lists).map("=".join),
    st.tuples(st.sampled_from(["+new", "++seed", "++log.extra", "+log.extra"]), numbers | words | lists).map(
        "=".join
    ),
    st.sampled_from(
        ["network=dense", "network=chain_rule", "optimizer=adam", "experiment=xor", "data=moons"]
    ),
    st.sampled_from(
        [
            "~seed",
            "~regularization.l1",
            "batch_size=null",
            "data.seed=${seed}",
            "loss=${network.output_activation}",
        ]
    ),
)


@pytest.mark.thorough
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(overrides_of_one, max_size=4), st.integers(0, 10**6))
def test_random_overrides_compose_as_hydra_does(own: Path, overrides: list[str], number: int) -> None:
    composer = _shared_composer(own)
    if composes_as_hydra_does(composer, number, overrides):
        assert_as_hydra(composer, number + 1, overrides)  # now of a kind that is known


_composers: dict[str, Composer] = {}


def _shared_composer(own: Path) -> Composer:
    """One composer for all examples, so that kinds are met again with other values."""
    if "config" not in _composers:
        _composers["config"] = composer_of(own)
    return _composers["config"]


def test_interpolations_and_resolvers_follow_the_values(own: Path) -> None:
    composer = composer_of(own)
    chosen = "experiment=interpolating"
    for number, width in enumerate((4, 9, 1)):
        assert_as_hydra(composer, number, [chosen, f"width={width}", f"seed={7 - number}"])
    job = composer.job(5, [chosen, "width=5", "seed=20"])
    assert job.config["network"]["hidden"] == [5, 10]
    assert job.config["learning_rate"] == 2.0
    assert len(composer.kinds) == 1  # and yet one composition served them all


def test_files_are_told_apart_without_composing(own: Path) -> None:
    composer = composer_of(own)
    for number, path in enumerate(("/tmp/a-1.csv", "b/c_2.csv", "d.csv", "1/2", "../null")):
        assert_as_hydra(composer, number, ["data=csv", f"data.path={path}", "data.targets=y"])
    assert len(composer.kinds) == 1


def test_a_subdir_of_the_users_own(own: Path) -> None:
    composer = composer_of(own, "hydra.sweep.subdir=lr_${learning_rate}")
    assert composer.job(0, ["learning_rate=0.5"]).folder == "/sweep/lr_0.5"
    assert_as_hydra(composer, 1, ["learning_rate=0.25"])


@pytest.mark.thorough
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(overrides_of_one, max_size=3),
    st.lists(
        st.sampled_from(
            ["learning_rate=0.1", "seed=3", "+new=1", "++new=2", "network.hidden=[4]", "epochs=7"]
        ),
        min_size=1,
        max_size=2,
    ),
    st.booleans(),
)
def test_jobs_made_of_the_sweeps_own_configuration_are_what_hydra_composes(
    own: Path, fixed: list[str], swept: list[str], fixed_first: bool
) -> None:
    choices = [f"{override},{override.partition('=')[2]}" for override in swept]
    try:
        composer = composer_of(own, *fixed, *choices)
    except Exception:  # not even Hydra can
        return
    overrides = [*fixed, *swept] if fixed_first else [*swept, *fixed]
    composes_as_hydra_does(composer, 3, overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        ["+network.extra={a:1}", "++network.extra.a=2"],  # the order matters
        pytest.param(["++network.extra.a=2", "++network.extra={a:1}"], marks=pytest.mark.thorough),
        pytest.param(["seed=1", "seed=2"], marks=pytest.mark.thorough),
        ["data=moons", "data.noise=0.5"],
        pytest.param(
            ["hydra.job.config.override_dirname.exclude_keys=[seed]", "seed=4"], marks=pytest.mark.thorough
        ),
        ["++hydra.callbacks.another._target_=hydra.experimental.callback.Callback", "seed=4"],
    ],
)
def test_what_is_not_simple_is_what_hydra_composes(own: Path, overrides: list[str]) -> None:
    task = [override for override in overrides if not override.lstrip("+").startswith("hydra.")]
    for known in ([o for o in overrides if o not in task], overrides):
        composer = composer_of(own, *known)
        assert_as_hydra(composer, 0, task)
        assert_as_hydra(composer, 1, [*task[:-1], task[-1].replace("4", "5")])


def test_a_group_that_is_still_to_be_chosen_is_missed(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "a.yaml").write_text("port: 1")
    (tmp_path / "config.yaml").write_text("defaults:\n- db: ???\n- _self_\nx: 1\n")
    before = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(tmp_path), version_base="1.3"):
            hydra = GlobalHydra.instance().hydra
            assert hydra is not None
            master = hydra.compose_config(
                "config", ["x=1,2"], RunMode.MULTIRUN, validate_sweep_overrides=False
            )
            with pytest.raises(ConfigCompositionException, match="You must specify 'db'"):
                Composer(hydra.config_loader, master).job(0, ["x=1"])
    finally:
        GlobalHydra.instance().hydra = before


def test_thousands_of_jobs_need_no_composition(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    composer = composer_of(own)
    composed = []
    original = Composer.compose
    monkeypatch.setattr(Composer, "compose", lambda *a: composed.append(a) or original(*a))
    jobs = [composer.job(i, [f"learning_rate={(i + 1) / 7}", f"seed={i}"]) for i in range(3000)]
    assert not composed
    assert [job.config["seed"] for job in jobs] == list(range(3000))
    assert jobs[0].config["network"] is jobs[-1].config["network"]  # shared, not copied
    assert jobs[7].compose().seed == 7
    assert len(composed) == 1


containers = st.one_of(
    lists,
    nested,
    dicts,
    st.sampled_from(
        ["{init: normal, std: 1e-1}", "{a:{b:[1,'x y',\"z\"]},c:null}", "[{a:1},[]]", "{1:2,true:x}"]
    ),
    st.sampled_from(["{from:${loss}}", "['???']", "[int(3),float(2)]", "xavier_normal", "null"]),
)


@pytest.mark.thorough
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(containers, min_size=1, max_size=3),
    st.sampled_from(["", "+", "++"]),
    st.sampled_from(["weights", "biases"]),
    st.booleans(),
    st.booleans(),
)
def test_what_replaces_is_what_hydra_composes(
    own: Path, values: list[str], prefix: str, key: str, is_fixed: bool, is_first: bool
) -> None:
    """Lists and mappings in place of each other, whichever the sweep's own configuration has."""
    given = replacing([f"{prefix}network.{key}={values[0]}"])
    composer = composer_of(own, *(given if is_fixed else given[:-1]))
    for number, value in enumerate([*values, values[0]]):
        replaced = replacing([f"{prefix}network.{key}={value}"])
        overrides = [*replaced, "seed=3"] if is_first else ["seed=3", *replaced]
        composes_as_hydra_does(composer, number, overrides)


@pytest.mark.parametrize(
    ("values", "most"),
    [
        (["{init:normal,std:0.1}"], 1),
        (["[[[1,2],[3,4]],[[5,6]]]"], 1),
        ([f"{{init:normal,std:{i / 7}}}" for i in range(1, 40)], 2),
        ([f"[[[{i / 7},2],[3,4]],[[5,6]]]" for i in range(1, 40)], 2),
        (["normal", "[[[1,2],[3,4]],[[5,6]]]", "{init:normal,std:0.1}", "{init:uniform}"], 4),
    ],
    ids=["a mapping", "a list", "mappings", "lists", "of every kind"],
)
def test_lists_and_mappings_need_few_compositions(
    own: Path, values: list[str], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    composer = composer_of(own, "++network.weights=null")
    composed = []
    original = Composer.compose
    monkeypatch.setattr(Composer, "compose", lambda *a: composed.append(a) or original(*a))
    jobs = [
        ["++network.weights=null", f"network.weights={v}", f"seed={s}"] for v in values for s in (1, 2, 3)
    ]
    made = [composer.job(number, job) for number, job in enumerate(jobs)]
    assert len(composed) <= most
    assert [job.config["network"]["weights"] for job in made] == [
        parse(value) for value in values for _ in range(3)
    ]


def test_what_merges_is_not_taken_for_what_replaces(own: Path) -> None:
    composer = composer_of(own, "network=dense", "++network.weights={init:normal,std:0.1}")
    for overrides in (
        ["network=dense", "++network.weights={init:normal,std:0.1}", "network.weights={std:2}"],
        ["network=dense", "++network.weights=null", "seed=1", "network.weights={init:normal}"],
        [
            "network=dense",
            "++network.weights=null",
            "network.weights={init:normal}",
            "++network.weights.std=2",
        ],
    ):
        assert_as_hydra(composer, 0, overrides)
        assert_as_hydra(composer, 1, [o.replace("2", "3") for o in overrides])


LONG = (
    "a text with spaces that is so long, so very long, that YAML folds it where it stands, wherever that is"
)


@pytest.mark.parametrize("override", [f"++name='{LONG}'", f"++name='{LONG[:70]}'", f"++names=['{LONG}',b]"])
def test_long_texts_are_folded_as_hydra_folds_them(own: Path, override: str) -> None:
    composer = composer_of(own, override)
    for number in (3, 12345):
        assert_as_hydra(composer, number, [override, f"seed={number}"])


def test_what_asks_hydra_for_the_job(own: Path) -> None:
    composer = composer_of(own, "seed=${hydra:job.num}")
    for number in (0, 7):
        overrides = ["seed=${hydra:job.num}", "learning_rate=0.1"]
        assert_as_hydra(composer, number, overrides)
        assert composer.job(number, overrides).config["seed"] == number


def test_an_entry_of_a_list_is_put_in_too(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of any place in it; a place that is not there is Hydra's to refuse."""
    dense = ["network=dense", "experiment=trainability"]
    composer = composer_of(own, *dense)
    pairs = ("0.5", "3"), ("1e-7", "'a b'"), ("[1,2]", "null")
    made = [[*dense, f"network.rates.1={one}", f"network.hidden.0={other}"] for one, other in pairs]
    for number, overrides in enumerate(made):
        assert composes_as_hydra_does(composer, number, overrides)
    assert not composes_as_hydra_does(composer, 9, [*dense, "network.rates.2=1"])
    monkeypatch.setattr(composer, "by_hydra", None)
    assert composer.job(1, made[1]).config["network"]["rates"] == [1, 1e-7]
