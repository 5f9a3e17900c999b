"""A run in a folder is the run that was in memory, also where its data are gone."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runner
from runner.api.run import Run

TEXTS = "island,mass,fed,sex,mark\nA,1,yes,f,1\nB,4,no,m,3\nC,2,no,f,2\nA,,yes,m,5\nB,5,no,m,4\nC,3,yes,f,2\n"
MANY = ["network=dense", "data=moons", "data.points=12", "optimizer=adam", "batch_size=4", "log.curvature=2"]
TABLE = [
    "network=dense",
    "data=csv",
    "data.inputs=[island,mass,fed]",
    "data.missing=mean",
    "data.scale=standard",
]


def whole(value: Any) -> Any:
    """A value such that equal ones are equal, arrays to the bit and NaN too."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, tuple | list) else repr(value)


def refuse_unlike(ours: Run, theirs: Run) -> None:
    assert theirs.history.equals(ours.history)
    for name in (f.name for f in fields(ours.result)):
        assert whole(getattr(theirs.result, name)) == whole(getattr(ours.result, name)), name


@pytest.mark.parametrize(
    "ways",
    [
        [],
        ["learning_rate=1e9", "epochs=20"],
        ["learning_rate=0.5", "epochs=9", "stop.patience=2"],  # the last weights are not of the last epoch
        ["log.unit=update", "log.every=3", "network.biases=zeros"],
        [*MANY, "epochs=3"],
        ["network=dense", "data=sine", "data.scale_targets=standard", "data.test_fraction=0.5", "epochs=2"],
    ],
)
def test_a_saved_run_is_opened_to_the_last_bit(ways: list[str], tmp_path: Path) -> None:
    run = runner.train(runner.load(*ways))
    run.save(tmp_path / "run")
    opened = runner.open(tmp_path / "run")
    refuse_unlike(run, opened)
    assert (opened.predict() == run.predict()).all()
    assert opened.parameters.equals(run.parameters)
    assert opened.curvature.equals(run.curvature)
    assert opened.order.equals(run.order)


def test_an_opened_run_goes_on_as_if_it_had_not_ended(tmp_path: Path) -> None:
    runner.train(runner.load(*MANY, "epochs=2")).save(tmp_path / "run")
    further, once = runner.open(tmp_path / "run").go_on(3), runner.train(runner.load(*MANY, "epochs=5"))
    assert further.result.final.tobytes() == once.result.final.tobytes()


@pytest.mark.parametrize(
    ("targets", "ways"),
    [
        ("sex", ["loss=binary_cross_entropy_with_logits"]),
        ("sex", ["loss=cross_entropy"]),
        ("mark", ["data.scale_targets=standard", "objective=r2"]),
    ],
)
def test_a_run_whose_data_are_gone_predicts_and_says_what_it_lacks(
    targets: str, ways: list[str], tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text(TEXTS)
    tested = ["data.test_fraction=0.2", "epochs=2"]
    run = runner.train(runner.load(*TABLE, f"data.path={table}", f"data.targets={targets}", *ways, *tested))
    run.save(tmp_path / "run")
    table.unlink()
    opened = runner.open(tmp_path / "run")
    refuse_unlike(run, opened)
    new = [[0, 0, 1, np.nan, 1], [1, 0, 0, 2.5, 0]]
    assert (opened.predict(new) == run.predict(new)).all()
    assert opened.experiment.data.recipe == run.experiment.data.recipe
    for ask in (opened.predict, lambda: opened.go_on(1), lambda: opened.predictions, lambda: opened.order):
        with pytest.raises(runner.RunnerError, match=r"table\.csv: is gone, and the run in"):
            ask()


def test_what_is_no_run_is_told_apart(tmp_path: Path, sweep: Path) -> None:
    failed = tmp_path / "failed"
    failed.mkdir()
    (failed / "error.txt").write_bytes(b"out of memory \xff\n")
    runner.train(runner.load("epochs=1")).save(tmp_path / "run")
    history = tmp_path / "run/history.csv"
    history.write_text(history.read_text().replace("0.11", "0.12"))
    for folder, said in {
        tmp_path / "nowhere": "there is no such folder",
        tmp_path / "failed": "this run failed, and has no result: out of memory",
        sweep: r"is the folder of a sweep: name one of its runs, as .*/1, the best by final error",
        tmp_path / "run": r"history\.csv: is not as it was written",
    }.items():
        with pytest.raises(runner.RunnerError, match=said):
            runner.open(folder)
    runner.train(runner.load("epochs=1")).save(tmp_path / "other")
    record = tmp_path / "other/.hydra/config.yaml"
    record.write_text(record.read_text().replace("gradients: false", "gradients: true"))
    with pytest.raises(runner.RunnerError, match=r"history\.csv: has other columns than the run"):
        runner.open(tmp_path / "other")
    (tmp_path / "run/.hydra/config.yaml").write_text("epochs: 1\n")
    with pytest.raises(runner.RunnerError, match=r"missing|must be a group"):
        runner.open(tmp_path / "run")
    history.parent.joinpath("summary.csv").unlink()
    with pytest.raises(runner.RunnerError, match=r"is not the folder of a run that has ended"):
        runner.open(tmp_path / "run")
    assert runner.open(sweep / "1").experiment.learning_rate == 0.05
