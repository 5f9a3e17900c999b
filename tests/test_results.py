"""Results as tables: exact, checked, and rebuilt where a sweep has not ended."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making_sweeps import make_sweep

import runner
from runner import results as module
from runner.errors import RunnerError
from runner.records.histories import NotShownError
from runner.records.runs_table import in_order
from runner.results import Results, median, read_histories, read_runs


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sweep(
        tmp_path_factory.mktemp("results") / "s",
        {"learning_rate": [0.01, 0.05, 5.0], "log.every": [1]},
        ["epochs=30"],
    )


def test_tables_are_exact(sweep: Path) -> None:
    with open(sweep / "1" / "history.csv", newline="") as f:
        expected = [[float(cell) for cell in row] for row in list(csv.reader(f))[1:]]
    assert Results(sweep).history(1).to_numpy().tolist() == expected
    tidy = read_histories(sweep, ["error", "w6"])
    assert list(tidy.columns) == ["run", "learning_rate", "epoch", "error", "w6"]
    assert tidy.loc[tidy["run"] == 1, "w6"].tolist() == [row[-1] for row in expected]


def test_only_keys_that_vary_are_swept(sweep: Path) -> None:
    assert Results(sweep).swept == ["learning_rate"]


def test_the_table_can_be_rebuilt_from_the_folders(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "runs.csv").unlink()
    assert read_runs(copy).equals(read_runs(sweep).drop(columns="log.every"))  # the same in every run


def test_a_run_of_a_sweep_is_a_run(sweep: Path) -> None:
    results = Results(sweep / "1")
    assert not results.is_sweep
    assert results.swept == []
    assert results.experiment(0).learning_rate == 0.05


def test_errors_of_unlike_lengths_stand_at_their_steps(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"epochs": [3, 7], "log.every": [1, 2]})
    errors = Results(sweep).errors
    assert errors.steps.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert np.isfinite(errors.values).sum(axis=1).tolist() == [4, 3, 8, 5]


def test_long_histories_are_thinned_but_thresholds_are_not(
    sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Results(sweep).errors
    monkeypatch.setattr(module, "MOST_NUMBERS", 15)
    thin = Results(sweep).errors
    assert thin.values.shape[1] < whole.values.shape[1]
    assert thin.steps[-1] == 30
    assert np.array_equal(thin.reached, whole.reached, equal_nan=True)


@pytest.mark.parametrize(
    ("line", "put", "message"),
    [
        (3, "2,abc,1,1,1,1,1,1", "history.csv: is not a history as it was written.*abc"),
        (3, "2,,1,1,1,1,1,1", "history.csv: is not a history"),
        (3, "2,0.1", "history.csv: is not a history"),
        (3, "0,0.1,1,1,1,1,1,1", "'epoch' does not increase"),
        (3, "2,inf,1,1,1,1,1,1", "'error' has a number that is not finite"),
        (0, "epoch,wrong,w1,w2,w3,w4,w5,w6", "has no column 'error'"),
        (0, "epoc,error,w1,w2,w3,w4,w5,w6", "has no column 'epoch'"),
    ],
)
def test_a_tampered_history_is_refused(
    sweep: Path, tmp_path: Path, line: int, put: str, message: str
) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    path = copy / "1" / "history.csv"
    lines = path.read_text().splitlines()
    lines[line] = put
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RunnerError, match=message):
        _ = Results(copy).errors


def test_a_history_without_rows_is_refused(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "1" / "history.csv").write_text("epoch,error,w1,w2,w3,w4,w5,w6\n")
    with pytest.raises(RunnerError, match=r"1/history\.csv: has no rows"):
        _ = Results(copy).errors


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("completed", "splendid", "line 2: status 'splendid' is none of completed, diverged"),
        ("final_error", "final", "has no column 'final_error'"),
        (",30,", ",thirty,", "line 2, column best_epoch: 'thirty' is not a number"),
    ],
)
def test_a_tampered_table_is_refused(sweep: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    text = (copy / "runs.csv").read_text()
    head, _, rest = text.partition("\n")
    if old in head:
        head = head.replace(old, new, 1)
    else:
        at = rest.rfind(old, 0, rest.index("\n"))
        rest = rest[:at] + new + rest[at + len(old) :]
    (copy / "runs.csv").write_text(f"{head}\n{rest}")
    with pytest.raises(RunnerError, match=message):
        Results(copy)


def test_folders_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="no such folder"):
        Results(tmp_path / "none")
    with pytest.raises(RunnerError, match="neither the folder of a run nor of a sweep"):
        Results(tmp_path)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("learning_rate", "foo", "line 3, column learning_rate: 'foo' is not a number"),
        ("learning_rate", "inf", "line 3, column learning_rate: 'inf' is no learning rate above 0"),
        ("learning_rate", "", "line 3, column learning_rate: nothing is no learning rate above 0"),
        ("learning_rate", "0", "line 3, column learning_rate: '0' is no learning rate above 0"),
        ("learning_rate", "-0.01", "line 3, column learning_rate: '-0.01' is no learning rate above 0"),
        ("run", "0", "line 3, column run: '0' stands there twice"),
        ("run", "1.5", "line 3, column run: '1.5' is no whole number"),
        ("run", "one", "line 3, column run: 'one' is not a number"),
        ("final_error", "", "line 3, column final_error: nothing is not finite"),
    ],
)
def test_a_faulty_cell_is_named(sweep: Path, tmp_path: Path, column: str, value: str, message: str) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    with open(copy / "runs.csv", newline="") as f:
        rows = list(csv.DictReader(f))
    rows[1][column] = value
    with open(copy / "runs.csv", "w", newline="") as f:
        writer = csv.DictWriter(f, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(RunnerError, match=re.escape(f"runs.csv, {message}")):
        Results(copy)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda lines: [*lines[:2], lines[2].rpartition(",")[0] + ",abc", *lines[3:]],
         "line 3, column final: 'abc' is not a number"),
        (lambda lines: lines[:2] + lines[3:], "line 3: 'w3' stands where 'w2' is to be"),
        (lambda lines: lines[:-1], "has 5 parameters, and 6 are to be there"),
        (lambda lines: lines[:1], "has no weights of some layer"),
        (lambda lines: ["a,b"], "has no column 'name'"),
    ],
)  # fmt: skip
def test_faulty_parameters_are_refused(
    sweep: Path, tmp_path: Path, edit: Callable[[list[str]], list[str]], message: str
) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    path = copy / "1" / "parameters.csv"
    path.write_text("\n".join(edit(path.read_text().splitlines())) + "\n")
    with pytest.raises(
        RunnerError, match=re.escape(f"parameters.csv{'' if message[0] == 'h' else ','}")
    ) as found:
        Results(copy).parameters(1)
    assert message in str(found.value)


@pytest.mark.parametrize("name", ["history.csv", "parameters.csv"])
@pytest.mark.parametrize("cut", [-2, -40])
def test_a_file_that_is_cut_is_never_taken_for_whole(
    name: str, cut: int, sweep: Path, tmp_path: Path
) -> None:
    """Not where it ends in a number, which then is another, or at the end of a line."""
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    path = copy / "1" / name
    content = path.read_bytes()
    content = content[:cut] if cut > -10 else content[: content[:cut].rindex(b"\n") + 1]
    path.write_bytes(content)
    read = {"history.csv": runner.read_history, "parameters.csv": runner.read_parameters}[name]
    reads = [lambda: read(copy / "1"), lambda: Results(copy).parameters(1)]
    if name == "history.csv":
        reads[1:] = [lambda: read_histories(copy), lambda: Results(copy).errors]
    for one in reads:
        with pytest.raises(RunnerError, match=re.escape(name)):
            one()


def test_a_run_whose_history_is_empty_is_named(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "1" / "history.csv").write_bytes(b"")
    for read in (
        lambda: Results(copy).history(1),
        lambda: Results(copy).errors,
        lambda: Results(copy / "1").history(0),
        lambda: Results(copy / "1").errors,
    ):
        with pytest.raises(RunnerError, match=r"history\.csv: is not a history as it was written"):
            read()


def test_the_history_of_another_run_is_never_taken_for_its_own(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    shutil.copy(copy / "0" / "history.csv", copy / "1" / "history.csv")
    with pytest.raises(RunnerError, match=r"1/history\.csv: is not as it was written"):
        read_histories(copy)


def test_a_table_that_is_cut_is_never_taken_for_whole(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    path = copy / "runs.csv"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunnerError, match=r"runs\.csv: its last line has no end"):
        read_runs(copy)


def test_a_broken_configuration_is_named_with_its_line(sweep: Path, tmp_path: Path) -> None:
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    (copy / "1" / ".hydra" / "config.yaml").write_text("foo: [\n")
    with pytest.raises(RunnerError, match=r"1/\.hydra/config\.yaml: .*line 2"):
        Results(copy).experiment(1)
    (copy / "1" / ".hydra" / "config.yaml").unlink()
    with pytest.raises(NotShownError, match=r"there is no .*config"):
        Results(copy).experiment(1)


def test_of_equals_the_soonest_at_its_best_is_the_best(sweep: Path, tmp_path: Path) -> None:
    """By the table alone: no history is read for it."""
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy, ignore=shutil.ignore_patterns("history.csv"))
    table = pd.read_csv(copy / "runs.csv", dtype=str)
    table["final_error"], table["best_epoch"] = "0.125", ["30", "12", "30"]
    table["status"] = "completed"
    table.to_csv(copy / "runs.csv", index=False)
    results = Results(copy)
    assert results.best() == 1
    assert "the soonest at its best of 3 equals" in results.best_name()
    assert results.in_order() == [1, 0, 2]


def test_what_learnt_means_follows_the_metric(tmp_path: Path) -> None:
    sweep = make_sweep(
        tmp_path / "s", {"learning_rate": [0.01, 0.1, 0.3]},
        ["network=dense", "data=moons", "data.test_fraction=0.5", "epochs=20"],
    )  # fmt: skip
    results = Results(sweep)
    for metric in ("test_error", "accuracy", "test_accuracy"):
        level, more = results.level(metric), metric.endswith("accuracy")
        for run, reached in enumerate(results.curves(metric).reached):
            values = results.history(run, [metric])[metric].to_numpy()
            there = np.flatnonzero(values >= level if more else values <= level)
            assert reached == (there[0] if there.size else np.inf)
        assert np.isfinite(results.curves(metric).reached).any()


def test_some_runs_without_a_held_out_part(tmp_path: Path) -> None:
    sweep = make_sweep(
        tmp_path / "s", {"data.test_fraction": [0.5, 0.0]}, ["network=dense", "data=moons", "epochs=2"]
    )
    results = Results(sweep)
    assert results.metric() == "final_error"
    assert results.best("test_error") == 0
    with pytest.raises(NotShownError, match=r"not every run has a test_error: .*1/history\.csv"):
        results.curves("test_error")


def test_a_run_that_ends_off_the_scale_has_blown_up(sweep: Path, tmp_path: Path) -> None:
    """Whatever its status says; it is none to compare with, but it keeps its status in the table."""
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    table = pd.read_csv(copy / "runs.csv", dtype=str)
    table["initial_error"], table["final_error"] = "2", ["1999", "2000", "1"]
    table.to_csv(copy / "runs.csv", index=False)
    results = Results(copy)
    assert results.outcomes.tolist() == ["completed", "blown up", "diverged"]
    assert results.lost.tolist() == [False, True, True]
    assert results.completed["run"].tolist() == [results.best()] == [0]
    assert read_runs(copy)["status"].tolist() == ["completed", "completed", "diverged"]


@pytest.mark.parametrize(("began", "ended"), [("0", "0"), ("0", "1e-28"), ("1e-33", "1e-29")])
def test_rounding_is_no_blowing_up(sweep: Path, tmp_path: Path, began: str, ended: str) -> None:
    """A run that begins with the last weights of another has hardly an error to begin with."""
    copy = tmp_path / "s"
    shutil.copytree(sweep, copy)
    table = pd.read_csv(copy / "runs.csv", dtype=str).assign(initial_error=began, final_error=ended)
    table.to_csv(copy / "runs.csv", index=False)
    results = Results(copy)
    assert results.outcomes.tolist() == results.runs["status"].tolist()


def test_medians_are_within_all_numbers() -> None:
    assert median(pd.Series([1.5e308, 1.7e308])) == pytest.approx(1.6e308)
    assert median(pd.Series([1.0, 3.0, np.inf])) == 3.0
    assert median(pd.Series([1.0, np.inf])) == np.inf
    assert np.isnan(median(pd.Series([], dtype=float)))


def test_values_in_a_readers_order() -> None:
    assert in_order(["[16]", "[4]", "[8,8]", "[]"]) == ["[]", "[4]", "[16]", "[8,8]"]
    assert in_order(["16", "null", "4", "1"]) == ["1", "4", "16", "null"]
    assert in_order([0.5, 0.1, 10]) == [0.1, 0.5, 10]


def test_histories_of_unlike_steps_are_no_errors_of_one_kind(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"log.unit": ["epoch", "update"]}, ["epochs=5"])
    with pytest.raises(NotShownError, match="count different steps: epochs and updates"):
        _ = Results(sweep).errors
