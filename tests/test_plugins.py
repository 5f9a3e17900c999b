"""Parts of one's own: files and installed packages that bring entries of tables, and what never runs."""

from __future__ import annotations

import pickle
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import yaml
from processes import Command

import runner
from runner import plugins
from runner.explain.formats.text import WRITER
from runner.explain.page import Choices, explain
from runner.figures.options import add_options
from runner.testing import check

PAGE = (Path(__file__).parent.parent / "docs/own-parts.md").read_text(encoding="utf-8")
#: What each entry of the page is trained with.
TRAINED = {
    "snake": ["network.activation=snake"],
    "hinge": ["network=dense", "data=checkerboard", "loss=hinge", "data.squares=2"],
    "keras_adam": ["optimizer=keras_adam", "optimizer.betas=[0.8,0.99]"],
    "warmup": ["schedule=warmup", "schedule.over=3"],
    "signed_constant": ["network=dense", "network.weights={init: signed_constant, gain: 0.5}"],
    "anscombe": ["network=dense", "data=anscombe", "data.scale=standard", "data.scale_targets=standard"],
    "checkerboard": ["network=dense", "data=checkerboard", "data.points=40", "data.test_fraction=0.25"],
}


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    """Leaves the tables, and what is known of plugins, as they were."""
    kept = [(table, dict(table)) for _, table in plugins.TYPES.values()]
    kept += [(state, dict(state)) for state in (plugins._OWN, plugins._INSISTED)]
    yield
    for table, before in kept:
        table.clear()
        table.update(before)
    plugins._points.cache_clear()


def forget() -> None:
    """As in another process: nothing of one's own is loaded."""
    for group, name in [*plugins._OWN]:
        for of, table in plugins.TYPES.values():
            if of == group:
                table.pop(name, None)
    plugins._OWN.clear()


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The page's file."""
    return write(tmp_path / "mine.py", "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)))


SNAKE = """
import numpy as np
from runner.plugins import Activation
snake = Activation(lambda z: z + np.sin(z) ** 2, lambda z, a: 1 + np.sin(2 * z))
"""
SIGNS = """
from runner.plugins import Optimizer, Option
size = {"size": Option(above=0, default=1.0)}
signs = Optimizer(lambda h, shape: {}, lambda g, s, w, h, t: (h["size"] * np.sign(g), s), size)
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An activation and an optimizer without formulas."""
    return write(tmp_path / "bare.py", SNAKE + SIGNS)


def load(file: Path, *overrides: str) -> runner.api.Experiment:
    return runner.load(f"plugins=['{file}']", *overrides)


def refusal(*overrides: str) -> str:
    with pytest.raises(runner.RunnerError) as caught:
        runner.load(*overrides)
    return str(caught.value)


# --- the page --------------------------------------------------------------------------------


def test_every_entry_of_the_page_keeps_its_promises_and_trains(mine: Path) -> None:
    entries = {name: group for group, name in plugins.load(str(mine)).entries}
    assert entries.keys() == TRAINED.keys()
    for name, overrides in TRAINED.items():
        (table,) = [
            table for group, table in plugins.TYPES.values() if group == entries[name] and name in table
        ]
        check(table[name])
        made = load(mine, *overrides, "epochs=3", "learning_rate=0.01")
        assert (entries[name], name) in made.entries
        result = runner.train(made).result
        assert result.final_error < result.initial_error
        explain(made, Choices(weight="w1"))


def test_adam_as_keras_has_it(mine: Path) -> None:
    given = [
        "data=inline",
        "data.inputs=[[0.01]]",
        "data.targets=[[0]]",
        "network=dense",
        "network.hidden=[]",
    ]
    given += ["network.weights=[[[1]]]", "network.biases=null", "learning_rate=0.1", "epochs=3"]
    w1 = runner.train(load(mine, "optimizer=keras_adam", *given)).history["w1"]
    by_keras = [1.0, 0.9030653430031715, 0.8057446902421634, 0.7088257454015827]
    np.testing.assert_allclose(w1, by_keras, rtol=0, atol=1e-9)


# --- files -----------------------------------------------------------------------------------


def test_a_run_alone_is_as_in_a_stack(bare: Path) -> None:
    runs = [
        load(bare, "network.activation=snake", "optimizer=signs", f"learning_rate={r}") for r in (0.01, 0.02)
    ]
    together = runner.train(runs)
    for run, made in zip(together, runs, strict=True):
        assert runner.train(made).rows.tobytes() == run.rows.tobytes()


def test_what_lacks_a_formula_is_explained_in_numbers(bare: Path) -> None:
    write(
        bare,
        bare.read_text() + "from runner.plugins import Loss, Schedule\n"
        "fourth = Loss(lambda p, y: ((p - y) ** 4).sum(axis=2), lambda p, y: 4 * (p - y) ** 3)\n"
        "halved = Schedule(lambda eta, e, n, o: eta / 2)\n",
    )
    chosen = ["network.activation=snake", "optimizer=signs", "loss=fourth", "schedule=halved"]
    page = WRITER.page(explain(load(bare, *chosen), Choices(weight="w1", check=True)))
    assert "snake comes without a formula of its value and its derivative: there are numbers alone." in page
    assert "h1   = snake(z_h1)   = snake(0.85)" in page
    assert "The loss fourth comes without a formula of its value and its derivative" in page
    assert "E = fourth(pred, y) = 0.237" in page
    assert re.search(r"the direction d, of\s+which it comes without a\s+formula", page)
    assert "d      = −1" in page
    assert "η = 0.025" in page


def test_a_curvature_needs_second_derivatives_and_a_limit(bare: Path) -> None:
    file = f"plugins=['{bare}']"
    assert refusal(file, "network.activation=snake", "log.curvature=1") == (
        "log.curvature=1: takes second derivatives, and the activation snake has none (its `second`)"
    )
    assert refusal(file, "optimizer=signs", "log.curvature=1") == (
        "log.curvature=1: the optimizer signs says nothing of its `stability_limit`"
    )
    made = load(bare, "network.activation=snake")
    with pytest.raises(runner.RunnerError, match="snake has no second derivative"):
        runner.sharpness(made, runner.train(made).result.final)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "tanh = snake",
            "its tanh has a name that is taken: an entry of activations that ships with this package",
        ),
        ("from runner.plugins import Dataset\ncsv = Dataset(list)", "its csv has a name that is taken"),
        ("del snake", "has no entry of a table at its top level: none of Activation, Loss"),
        ("a = 1\nb = c", "line 7: NameError: name 'c' is not defined"),
        ("def", "line 6: SyntaxError: invalid syntax"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, content: str, said: str) -> None:
    file = write(tmp_path / "wrong.py", f"{SNAKE}\n{content}\n")
    text = refusal(f"plugins=['{file}']")
    assert text.startswith("plugins=/")  # the path is cut where it is long
    assert f": {said}" in text
    assert "tanh" in plugins.ACTIVATIONS
    assert "snake" not in plugins.ACTIVATIONS


def test_what_else_is_refused(bare: Path, tmp_path: Path) -> None:
    assert refusal("plugins=[no.py]") == "plugins=no.py: cannot be read: No such file or directory"
    assert refusal("plugins=7") == "plugins=7: must be a list of Python files, as [mine.py]"
    assert refusal(f"plugins=['{bare}']", "network.activation=snak").endswith(
        "sin, snake (did you mean 'snake'?)"
    )
    assert refusal(f"plugins=['{bare}']", "optimizer=sings").endswith("signs (did you mean 'signs'?)")
    other = write(tmp_path / "other.py", SNAKE)
    assert refusal(f"plugins=['{other}']") == (
        f"plugins={other}: its snake has a name that is taken: an entry of activations that is in {bare} "
        "too; give it another"
    )


def test_a_file_that_is_edited_is_read_anew_and_a_run_keeps_its_own(bare: Path) -> None:
    chosen = ["network.activation=snake", "epochs=2"]
    before = load(bare, *chosen)
    rows = runner.train(before).rows
    write(
        bare,
        bare.read_text().replace("z + np.sin(z) ** 2", "2 * z").replace("1 + np.sin(2 * z)", "2 + 0 * z"),
    )
    after = load(bare, *chosen)
    both = runner.train([after, before])  # unlike each other, whatever their names
    assert both[0].rows.tobytes() != rows.tobytes()
    assert both[1].rows.tobytes() == rows.tobytes()


def test_a_worker_has_the_entries_of_what_it_is_handed(bare: Path) -> None:
    made = load(bare, "network.activation=snake")
    handed = pickle.dumps(made)
    forget()
    bare.unlink()
    assert runner.train(pickle.loads(handed)).result.epochs == 100


def test_yaml_of_ones_own_names_files_beside_it(bare: Path) -> None:
    folder = bare.parent / "experiment"
    folder.mkdir()
    bare.rename(folder / "bare.py")
    write(
        folder / "own.yaml",
        "# @package _global_\ndefaults:\n  - override /optimizer: signs\nplugins: [bare.py]\nepochs: 2\n",
    )
    made = runner.load("experiment=own", "optimizer.size=0.5", config_dir=bare.parent)
    assert (made.optimizer, dict(made.optimizer_options)) == ("signs", {"size": 0.5})
    assert [plugin.source.path for plugin in made.plugins] == [str(folder / "bare.py")]


# --- installed packages ----------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """One that declares an activation, an optimizer, and an activation of a name that ships."""
    module = ModuleType("my_parts")
    module.__file__ = str(write(tmp_path / "my_parts.py", SNAKE + SIGNS))
    exec(SNAKE + SIGNS, vars(module))
    monkeypatch.setitem(sys.modules, "my_parts", module)
    declared = {"activations": ["snake", "tanh"], "optimizers": ["signs"]}
    of = SimpleNamespace(name="my-parts", version="1.2")

    def points(group: str) -> list[EntryPoint]:
        names = declared.get(group.removeprefix(plugins.GROUP), [])
        return [EntryPoint(name, f"my_parts:{name}", group)._for(of) for name in names]  # type: ignore[attr-defined]

    monkeypatch.setattr("importlib.metadata.entry_points", points)
    plugins._points.cache_clear()
    return module


def test_entry_points_are_found_by_their_names(package: ModuleType) -> None:
    made = runner.load("network.activation=snake", "optimizer=signs", "optimizer.size=2")
    assert runner.train(made).result.epochs == 100
    assert [plugin.distribution for plugin in made.plugins] == ["my-parts 1.2"] * 2
    assert refusal("loss=snake").count("snake") == 1
    assert refusal("network.activation=snak").endswith("sin, snake (did you mean 'snake'?)")
    assert runner.load("network.activation=tanh").plugins == ()  # those that ship go first


def test_a_plain_run_looks_for_no_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    plugins._points.cache_clear()
    monkeypatch.setattr("importlib.metadata.entry_points", None)  # raises TypeError where it is called
    runner.load("optimizer=adam", "schedule=cosine", "data=xor", "network=dense", "loss=huber")


# --- what a run records, and what a folder may not do ----------------------------------------


@pytest.fixture
def run(bare: Path, command: Command) -> Path:
    chosen = ["network.activation=snake", "optimizer=signs", "epochs=2", "hydra.run.dir=run"]
    done = command("plugins=[bare.py]", *chosen)
    assert done.returncode == 0, done.stderr
    return bare.parent / "run"


def test_a_run_records_its_own_code_and_no_folder_runs_any(bare: Path, run: Path, command: Command) -> None:
    said = yaml.safe_load((run / "about.yaml").read_text())
    (file,) = said["files"]
    assert (file["key"], file["path"]) == ("plugins", str(bare))
    names = [(entry["table"], entry["name"], entry["from"]) for entry in said["entries"]]
    assert names == [("activations", "snake", str(bare)), ("optimizers", "signs", str(bare))]

    write(bare, f"{bare.read_text()}\nopen('{bare.parent}/ran', 'w').close()\n")
    with pytest.raises(
        runner.RunnerError, match=f"was made with code of {bare}, and no folder says what code"
    ):
        runner.load_run(run)
    for again in (["--config-path", "run/.hydra"], ["continue=run"]):
        done = command(*again, "hydra.run.dir=again")
        assert done.returncode == 1
        assert done.stderr.strip().endswith(
            "no folder says what code runs: say so beside it, plugins=[bare.py]"
        )
    with pytest.raises(runner.RunnerError, match="say so beside it"):
        runner.load(f"continue={run}")
    assert not (bare.parent / "ran").exists()


def test_a_record_with_code_in_other_keys_is_refused(run: Path, command: Command) -> None:
    config = run / ".hydra/config.yaml"
    write(config, config.read_text() + "hydra: {callbacks: {x: {_target_: os.abort}}}\n")
    done = command(f"continue={run}", "plugins=[bare.py]", "hydra.run.dir=again")
    assert done.stderr.strip().endswith("has the key hydra, which no run records; it may have code run")


def test_who_names_the_file_repeats_goes_on_and_reads(
    bare: Path, run: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    done = command("--config-path", "run/.hydra", "plugins=[bare.py]", "hydra.run.dir=again")
    assert done.returncode == 0, done.stderr
    assert (bare.parent / "again/history.csv").read_bytes() == (run / "history.csv").read_bytes()
    assert runner.load(f"continue={run}", f"plugins=['{bare}']").first_epoch == 2
    assert runner.load_run(run).activations == ("snake", "identity")  # it is loaded by now
    write(bare, f"{bare.read_text()}\n")
    forget()
    made = runner.load_run(run, plugins=[bare])
    assert runner.train(made).result.epochs == 2
    forget()
    parser = ArgumentParser()
    add_options(parser)  # of backprop-figures and backprop-report
    parser.parse_args(["--plugins", str(bare)])
    assert runner.load_run(run).optimizer == "signs"
    assert f"{bare}: has changed since" in capsys.readouterr().err


def test_a_sweep_has_its_own_code_in_workers_and_a_changed_file_is_another(
    bare: Path, command: Command
) -> None:
    sweep = ["-m", "plugins=[bare.py]", "network.activation=snake", "optimizer=signs,sgd", "epochs=2"]
    sweep += ["hydra.sweep.dir=s", "hydra.launcher.n_jobs=2", "hydra.launcher.backend=loky"]
    done = command(*sweep)
    assert done.returncode == 0, done.stderr
    assert runner.read_runs(bare.parent / "s")["status"].tolist() == ["completed"] * 2
    write(bare, f"{bare.read_text()}\n")
    done = command(*sweep, "hydra.launcher.resume=true")
    assert done.returncode == 1
    assert "bare.py: has changed since the run in" in done.stderr
