"""Rows, bars and differences against the table of runs; several folders; and the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from making_sweeps import make_sweep
from making_tables import make_table
from matplotlib.axes import Axes
from reading_figures import drawn
from scipy import stats

from runner.errors import RunnerError
from runner.figures import load
from runner.figures.__main__ import draw, parser
from runner.figures.comparison import key_of
from runner.figures.figure import Options, check_options
from runner.results import Results
from runner.results.intervals import interval
from runner.results.several import Several


def points(ax: Axes, gid: str) -> list[tuple[float, float]]:
    lines = [line for line in ax.get_lines() if line.get_gid() == gid]
    return [(float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True)]


def errors(*values: Any) -> dict[str, float]:
    optimizer, rate, seed = values
    factor = {"sgd": 1.0, "adam": 0.8, "rmsprop": 2.0}[optimizer]
    return {"final_error": factor * (1 + abs(rate - 0.2)) * (1 + 0.1 * np.sin(9 * seed + len(optimizer)))}


def made(folder: Path, seeds: int) -> Path:
    swept = {
        "optimizer": ["sgd", "adam", "rmsprop"], "learning_rate": [0.1, 0.2, 0.3, 0.4],
        "seed": list(range(seeds)),
    }  # fmt: skip
    return make_table(folder, swept, errors)


def test_rows_show_medians_means_and_intervals_of_the_best_settings(tmp_path: Path) -> None:
    _, canvas = drawn("comparison", made(tmp_path, 6))
    left, right = canvas.axes
    names = ["adam", "sgd", "rmsprop"]
    assert [text.get_text().split("\n")[0] for text in left.get_yticklabels()] == names
    assert r"$\eta$ = 0.2" in left.get_yticklabels()[0].get_text()
    samples = [np.array([errors(name, 0.2, seed)["final_error"] for seed in range(6)]) for name in names]
    assert [x for x, _ in points(left, "median")] == [np.median(sample) for sample in samples]
    assert [x for x, _ in points(left, "iqm")] == pytest.approx([stats.trim_mean(s, 0.25) for s in samples])
    bars = [path for c in left.collections if c.get_gid() == "interval" for path in c.get_segments()]  # type: ignore[attr-defined]
    assert [tuple(bar[:, 0]) for bar in bars] == [interval(sample) for sample in samples]
    assert sorted(x for x, y in points(left, "seed") if y < 0.5) == sorted(samples[0])
    differences = [np.median(sample - samples[0]) for sample in samples[1:]]
    assert [x for x, _ in points(right, "median")] == pytest.approx(differences)
    known = [stats.mannwhitneyu(s, samples[0], alternative="greater").statistic / 36 for s in samples[1:]]
    assert [text.get_text() for text in right.texts] == [f"P = {p:.2f}" for p in known]


def test_what_is_round_off_is_equal_and_the_best_is_that_of_every_figure(tmp_path: Path) -> None:
    """The soonest of those that ended at 0, though another rate is the first; and numbers are short."""
    ends = {1 / 30: (0.0, 40), 2 / 30: (0.0, 20), 3 / 30: (1e-32, 10), 0.5: (0.01, 90)}

    def errors(rate: float, seed: int) -> dict[str, float]:
        return {"final_error": ends[rate][0] * (1 + 0.1 * seed), "best_epoch": ends[rate][1]}

    sweep = make_table(tmp_path, {"learning_rate": list(ends), "seed": [0, 1, 2]}, errors)
    numbers, canvas = drawn("comparison", sweep)
    values = numbers[numbers["layer"] == "value"]
    best = Results(sweep).runs.at[Results(sweep).best(), "learning_rate"]
    assert float(values["value"].iloc[0]) == best == 2 / 30
    assert values["difference"].fillna(0).tolist()[:3] == [0, 0, 0]
    assert values["improvement"].tolist()[1:] == [0.5, 0.5, 1.0]
    assert [text.get_text() for text in canvas.axes[0].get_yticklabels()] == [
        "0.0667",
        "0.0333",
        "0.1",
        "0.5",
    ]
    text = load("comparison").caption(numbers)
    assert "Errors below 1e-24 are round-off, and compared as equal" in text


def test_rows_are_named_by_what_axes_say(tmp_path: Path) -> None:
    swept = {"learning_rate": [0.1, 0.2], "network.hidden": [[2], [3]], "seed": [0, 1]}
    sweep = make_table(
        tmp_path / "a", swept, lambda rate, hidden, _: {"final_error": rate + len(str(hidden))}
    )
    numbers, canvas = drawn("comparison", sweep, compare="learning_rate")
    left, right = canvas.axes
    assert left.get_yticklabels()[0].get_text() == "0.1\nhidden neurons = 2"
    assert right.get_xlabel() == r"difference from $\eta$ = 0.1"
    assert "the differences from learning_rate=0.1, paired" in load("comparison").caption(numbers)
    alone = make_table(
        tmp_path / "b", {"learning_rate": [0.1, 0.2], "seed": [0, 1]}, lambda r, _: {"final_error": r}
    )
    _, canvas = drawn("comparison", alone)
    assert [text.get_text() for text in canvas.axes[0].get_yticklabels()] == ["0.1", "0.2"]


def test_differences_over_decades_are_told_apart(tmp_path: Path) -> None:
    swept = {"optimizer": ["sgd", "adam", "rmsprop"], "seed": [0, 1, 2]}
    numbers = {"sgd": 1e-5, "adam": 3e-5, "rmsprop": 0.2}
    sweep = make_table(tmp_path, swept, lambda o, s: {"final_error": numbers[o] * (1 + s / 10)})
    table, canvas = drawn("comparison", sweep)
    right = canvas.axes[1]
    assert right.get_xscale() == "symlog"
    (near, far) = (right.transData.transform(point)[0] for point in points(right, "median"))
    zero, one = right.transAxes.transform([(0, 0), (1, 0)])[:, 0]
    assert (near - right.transData.transform((0, 0))[0]) / (one - zero) > 0.1
    assert near < far
    assert [text.get_text() for text in right.get_xticklabels()] == ["0", "10⁻³", "10⁻¹"]
    assert "in decades on either side of 0" in load("comparison").caption(table)


def test_captions_say_by_which_seeds_settings_were_chosen(tmp_path: Path) -> None:
    texts = {}
    for seeds in (4, 6, 10):
        numbers, canvas = drawn("comparison", made(tmp_path / str(seeds), seeds))
        texts[seeds] = load("comparison").caption(numbers)
        bars = [c for c in canvas.axes[0].collections if c.get_gid() == "interval" and len(c.get_paths()) > 0]
        assert any(np.isfinite(bar.get_paths()[0].vertices).all() for bar in bars) == (seeds >= 5)
    assert "4 seeds are too few for an interval, 5 would do" in texts[4]
    assert "Choice and judgement share the 6 seeds" in texts[6]
    assert "Each half of the seeds is judged in the setting that the other half has chosen" in texts[10]


def test_lost_seeds_are_counted_at_the_edge(tmp_path: Path) -> None:
    swept = {"optimizer": ["sgd", "adam"], "seed": list(range(6))}
    sweep = make_table(tmp_path, swept, lambda o, s: None if o == "sgd" and s < 2 else {"final_error": 1 + s})
    _, canvas = drawn("comparison", sweep)
    assert [text.get_text() for text in canvas.axes[0].texts] == ["× 2 of 6"]


def test_the_key_is_the_one_asked_for_or_words_of_most_values(tmp_path: Path) -> None:
    swept = {
        "learning_rate": [0.1, 0.2, 0.3, 0.4], "optimizer": ["sgd", "adam"],
        "network.activation": ["tanh", "relu", "sin"], "seed": [0, 1],
    }  # fmt: skip
    results = Results(make_table(tmp_path, swept, lambda *_: {"final_error": 1.0}))
    assert key_of(results, Options()) == "network.activation"
    assert key_of(results, Options(compare="learning_rate")) == "learning_rate"
    numbers = Results(made(tmp_path / "b", 2))
    assert key_of(numbers, Options(color="learning_rate")) == "optimizer"
    with pytest.raises(RunnerError, match="--compare seed: seeds are repeats"):
        check_options(results, Options(compare="seed"))
    with pytest.raises(RunnerError, match="--compare optimiser"):
        check_options(results, Options(compare="optimiser"))


def test_without_seeds_there_is_nothing_to_judge_by(rates: Path) -> None:
    reason = load("comparison").applies(Results(rates), Options())
    assert reason == "seeds were not swept, by which to judge (seed=range(0,10))"


def test_several_folders_are_compared_and_other_figures_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    xor = ["network=dense", "network.hidden=[2]", "data=xor", "data.points=12"]
    short = make_sweep(tmp_path / "short", {"seed": [0, 1, 2]}, [*xor, "epochs=2"])
    long = make_sweep(tmp_path / "long", {"seed": [0, 1, 2]}, [*xor, "epochs=20", "data.points=16"])
    monkeypatch.chdir(tmp_path)
    draw(parser().parse_args([str(short), str(long), "--only", "comparison", "heatmap"]))
    said, remarks = capsys.readouterr()
    assert "The sources are unlike in: epochs 2 (short), 20 (long); data.points 12 (short), 16 (long)" in said
    assert "skipped heatmap: it is of one folder, and several are given" in remarks
    table = pd.read_csv(tmp_path / "figures" / "comparison.csv")
    values = table[table["layer"] == "value"].set_index("value")["final_error"]
    for source in ("short", "long"):
        assert values[source] == pd.read_csv(tmp_path / source / "runs.csv")["final_error"].median()
    assert (tmp_path / "figures" / "comparison.png").is_file()
    assert Several([short, long]).keys == ["source"]


def test_high_accuracies_are_error_rates_whose_differences_turn(tmp_path: Path) -> None:
    def known(optimizer: str, seed: int) -> dict[str, float]:
        wrong = {"sgd": 0.2, "adam": 0.02, "rmsprop": 0.05}[optimizer] * (1 + 0.1 * seed)
        return {"accuracy": 1 - wrong}

    sweep = make_table(tmp_path, {"optimizer": ["sgd", "adam", "rmsprop"], "seed": range(6)}, known)
    numbers, canvas = drawn("comparison", sweep, metric="accuracy")
    left, right = canvas.axes
    assert left.get_xscale() == "log"
    assert [x for x, _ in points(left, "median")] == pytest.approx([0.025, 0.0625, 0.25])
    assert [x for x, _ in points(right, "median")] == pytest.approx([0.0375, 0.225])  # worse is more
    assert (numbers["difference"].dropna() <= 0).all()  # the table has accuracies
    assert "Drawn is the error rate" in load("comparison").caption(numbers)
