"""``about.yaml``, and what it is for: a run's data are those that it was trained on, or a file is named."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from processes import Command

import runner
from runner.records.about import sources_of

CSV = "age,size,kind\n" + "".join(
    f"{age},{size},{kind}\n"
    for age, size, kind in [(15, 9e3, "cat"), (25, 3e4, "dog"), (30, 2e4, "cat"), (70, 22e3, "dog")]
)
OF_CSV = ["data=csv", "data.path=two.csv", "data.targets=kind", "data.scale=standard", "network=dense",
          "loss=binary_cross_entropy_with_logits", "epochs=5"]  # fmt: skip


@pytest.fixture
def trained(command: Command, tmp_path: Path) -> Path:
    """The folder of a run on a CSV file beside it."""
    (tmp_path / "two.csv").write_text(CSV)
    done = command(*OF_CSV, "hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
    assert "2 classes of kind: cat (0), dog (1)\n" in done.stderr
    return tmp_path / "run"


def edit(path: Path) -> None:
    path.write_text(path.read_text().replace("70", "71"))


def test_with_what_a_run_was_made_and_of_what(trained: Path) -> None:
    about = yaml.safe_load((trained / "about.yaml").read_text())
    expected = {"backprop-runner": runner.__version__, "numpy": np.__version__}
    assert about["versions"] == {**expected, "python": platform.python_version()}
    assert about["blas"]
    assert about["processor"]
    (source,) = about["files"]
    assert source["path"] == str(trained.parent / "two.csv")
    assert len(source["sha256"]) == 64
    assert (about["inputs"], about["targets"]) == (["age", "size"], ["kind=dog"])
    assert about["classes"] == {"kind": ["cat", "dog"]}
    ages = np.array([15, 25, 30, 70])
    assert about["scale"]["name"] == "standard"
    assert about["scale"]["shift"][0] == pytest.approx(ages.mean())
    assert about["scale"]["spread"][0] == pytest.approx(ages.std())


def test_every_run_of_a_sweep_says_so_too(command: Command, trained: Path) -> None:
    for n_jobs in ("1", "2"):
        done = command("-m", *OF_CSV, "seed=0,1", "hydra.sweep.dir=s", f"hydra.launcher.n_jobs={n_jobs}")
        assert done.returncode == 0, done.stderr
        for run in ("0", "1"):
            there = trained.parent / "s" / run / "about.yaml"
            assert there.read_bytes() == (trained / "about.yaml").read_bytes()
        of_run, of_sweep = (
            yaml.safe_load((folder / "about.yaml").read_text()) for folder in (trained, there.parent.parent)
        )
        assert of_sweep == {key: of_run[key] for key in ("versions", "blas", "processor", "simd")}
        shutil.rmtree(trained.parent / "s")


def test_a_run_is_loaded_from_any_folder(
    trained: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    run = runner.train(runner.load_run(trained))
    assert run.history.equals(runner.read_history(trained))
    raw = np.array([[15, 9e3], [25, 3e4], [30, 2e4], [70, 22e3]])
    np.testing.assert_array_equal(run.predict(raw), run.predict())

    moved = shutil.move(trained.parent / "two.csv", Path.cwd() / "two.csv")  # as it is configured, from here
    assert runner.load_run(trained).sources[0].path == str(moved)
    edit(Path("two.csv"))
    with pytest.raises(runner.RunnerError, match=r"two\.csv: has changed since the run in .*run was made"):
        runner.load_run(trained)
    Path("two.csv").unlink()
    with pytest.raises(runner.RunnerError, match=r"/two\.csv: is gone, and the run in .*run was made"):
        runner.load_run(trained)


def test_a_folder_without_it_is_read_as_before(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (trained / "about.yaml").unlink()
    edit(trained.parent / "two.csv")
    with pytest.raises(runner.RunnerError, match="there is no such file"):
        runner.load_run(trained)
    monkeypatch.chdir(trained.parent)
    assert runner.load_run(trained).data.examples == 4


def test_one_that_is_not_as_it_was_written(trained: Path) -> None:
    for wrong in ("\nfiles: [1]\n", "\nfiles: {\n", "\nfiles:\n- {key: data.path}\n"):
        (trained / "about.yaml").write_text(wrong)
        with pytest.raises(runner.RunnerError, match=r"about\.yaml: is not as it was written"):
            runner.load_run(trained)


def test_figures_are_of_the_data_that_were_trained_on(trained: Path, tmp_path: Path) -> None:
    from runner.figures.drawing import draw_figures
    from runner.results import Results

    def skipped() -> dict[str, str | None]:
        drawn = draw_figures(Results(trained), tmp_path / "figures", only=["decision_boundary", "network"])
        return {outcome.name: outcome.reason for outcome in drawn}

    assert skipped() == {"network": None, "decision_boundary": None}  # from another working directory
    edit(trained.parent / "two.csv")
    reasons = skipped()
    assert reasons["network"] is None
    assert f"{trained.parent / 'two.csv'}: has changed since the run in {trained}" in str(
        reasons["decision_boundary"]
    )


def test_a_run_is_repeated_on_the_same_data(command: Command, trained: Path, tmp_path: Path) -> None:
    again = ["--config-path", str(trained / ".hydra"), "--config-name", "config"]
    (tmp_path / "else'where").mkdir()
    done = command(*again, "hydra.run.dir=again", cwd=tmp_path / "else'where")
    assert done.returncode == 0, done.stderr
    for name in ("history.csv", "about.yaml"):
        assert (tmp_path / "else'where/again" / name).read_bytes() == (trained / name).read_bytes()
    edit(tmp_path / "two.csv")
    refused = command(*again, "hydra.run.dir=other")
    assert refused.returncode == 1
    assert "two.csv: has changed since the run in" in refused.stderr
    assert not (tmp_path / "other").exists()
    anew = command(*again, "hydra.run.dir=other", "data.path=two.csv")
    assert anew.returncode == 0, anew.stderr


def test_weights_of_an_earlier_run_are_those_that_they_were(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "it's").mkdir()
    command("hydra.run.dir=first", "epochs=2", cwd=tmp_path / "it's")
    done = command("hydra.run.dir=run", "network.weights={from: first}", cwd=tmp_path / "it's")
    assert done.returncode == 0, done.stderr
    run, weights = tmp_path / "it's/run", tmp_path / "it's/first/parameters.csv"
    assert [(s.key, s.path) for s in sources_of(run)] == [("network.weights.from", str(weights))]
    monkeypatch.chdir(tmp_path)
    assert runner.train(runner.load_run(run)).history.equals(runner.read_history(run))
    repeated = command("--config-path", str(run / ".hydra"), "--config-name", "config", "hydra.run.dir=again")
    assert repeated.returncode == 0, repeated.stderr
    weights.write_text(weights.read_text().replace("w1,1,1,1,0.11,0", "w1,1,1,1,0.11,1"))
    with pytest.raises(runner.RunnerError, match=r"first/parameters\.csv: has changed since the run"):
        runner.load_run(run)


def test_a_sweep_is_resumed_on_the_same_data(command: Command, tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text(CSV)
    arguments = ["-m", *OF_CSV, "seed=0,1,2", f"hydra.sweep.dir={tmp_path / 's'}"]
    assert command(*arguments).returncode == 0
    whole = (tmp_path / "s/1/history.csv").read_bytes()
    for name in ("summary.csv", "history.csv"):
        (tmp_path / "s/1" / name).unlink()
    edit(tmp_path / "two.csv")
    changed = command(*arguments, "hydra.launcher.resume=true")
    assert changed.returncode == 1
    assert "hydra.launcher.resume=true: two.csv: has changed since the run in" in changed.stderr
    assert not (tmp_path / "s/1/history.csv").exists()
    (tmp_path / "two.csv").write_text(CSV)
    (tmp_path / "sub").mkdir()
    elsewhere = command(*arguments, "hydra.launcher.resume=true", cwd=tmp_path / "sub")
    assert elsewhere.returncode == 1
    assert f"was made from {tmp_path / 'two.csv'}: start from the folder" in elsewhere.stderr
    assert command(*arguments, "hydra.launcher.resume=true").returncode == 0
    assert (tmp_path / "s/1/history.csv").read_bytes() == whole


EDITOR = """
from hydra.experimental.callback import Callback

class Editor(Callback):
    def on_job_start(self, config, **kwargs):
        if config.hydra.job.num == 1:
            with open("two.csv", "a") as f:
                f.write("1,2,cat\\n")
"""


def test_a_sweep_does_not_go_on_with_other_data(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two.csv").write_text(CSV)
    (tmp_path / "editing.py").write_text(EDITOR)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    arguments = ["-m", *OF_CSV, "data.test_fraction=0.25,0.5", "hydra.sweep.dir=s"]
    done = command(*arguments, "+hydra.callbacks.editor._target_=editing.Editor")
    assert done.returncode == 1
    assert "1 of 2 runs failed" in done.stderr
    assert "two.csv: has changed since the sweep began" in done.stderr
    assert not (tmp_path / "s/1/history.csv").exists()
