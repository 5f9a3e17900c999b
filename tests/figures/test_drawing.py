"""What every figure must keep to: the same bytes twice, reasons, fonts, errors, and no training."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from making_sweeps import make_sweep

import runner.training.stack
from runner.errors import RunnerError
from runner.figures import FILM, FORMATS, NAMES, load
from runner.figures.__main__ import draw, parser
from runner.figures.drawing import Rendered, draw_figures
from runner.figures.figure import ROLES, Options, drops_role
from runner.figures.options import Look
from runner.results import Results

#: For pictures that nobody looks at.
COARSE = Look(str(Path(__file__).with_name("coarse.mplstyle")))


def outcomes(folder: Path, out: Path, **options: Any) -> dict[str, Rendered]:
    """What becomes of the figures, all or those in `only`. Drawing never trains: that would be an error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner.training.stack.Stack, "update", _refuse)
        return {o.name: o for o in draw_figures(Results(folder), out, **{"look": COARSE} | options)}


def _refuse(*_: object) -> None:
    raise AssertionError("a figure trained")


def test_drawing_twice_gives_the_same_bytes(alone: Path, seeds: Path, tmp_path: Path) -> None:
    """Without dates, and without fonts of type 3, which journals refuse. Of films: test_moments.py."""
    of_runs = {name for name in NAMES if load(name).applies(Results(alone), Options()) is None}
    left = {name for name in {*NAMES} - of_runs if load(name).applies(Results(seeds), Options()) is not None}
    assert left <= {"fit", "bifurcation", "stability", "trainability"}
    others = [name for name in NAMES if name not in of_runs | left]
    folders = (("seeds", seeds, "slides", "svg", others), ("alone", alone, "paper", "pdf", [*of_runs]))
    assert {*FORMATS} == {FILM, "png", "pdf", "svg"}
    for name, folder, style, still, only in folders:
        for out in ("a", "b"):
            outcomes(folder, tmp_path / out / name, formats=[still], look=Look(style), only=only)
        made = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a" / name).iterdir())
        assert made
        for path in made:
            content = (tmp_path / "a" / path).read_bytes()
            assert content == (tmp_path / "b" / path).read_bytes(), path
            assert not any(word in content for word in (b"/Type3", b"CreationDate", b"<dc:date>")), path


def test_numbers_lie_beside_each_picture_and_skipped_figures_say_why(
    rates: Path, alone: Path, tmp_path: Path
) -> None:
    reasons = {name: o.reason for name, o in outcomes(rates, tmp_path / "r").items()}
    for name, reason in reasons.items():
        assert (tmp_path / "r" / f"{name}.csv").exists() == (reason is None)
    curves = pd.read_csv(tmp_path / "r" / "learning_curves.csv")
    history = pd.read_csv(rates / "1" / "history.csv")
    assert curves.loc[curves["line"] == 1, "error"].tolist() == history["error"].tolist()
    assert reasons["learning_curves"] is None
    assert "two swept keys" in str(reasons["heatmap"])
    assert reasons["network"] is reasons["backprop"] is None
    assert "only one example" in str(reasons["fit"])
    assert "no classes" in str(reasons["confusion"])
    assert "spans no plane" in str(reasons["decision_boundary"])
    of_run = outcomes(alone, tmp_path / "a", only=["learning_rates", "network"])
    reasons = {name: o.reason for name, o in of_run.items()}
    assert "learning rate was not swept" in str(reasons["learning_rates"])
    assert reasons["network"] is None


def test_weights_that_were_not_recorded_are_a_reason(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"learning_rate": [0.1, 0.2]}, ["log.weights=false", "epochs=5"])
    found = outcomes(sweep, tmp_path / "out", only=["weight_paths", "landscape"])
    assert "log.weights=true" in str(found["weight_paths"].reason)
    assert "log.weights=true" in str(found["landscape"].reason)


def test_numbers_join_with_the_table_of_runs(tmp_path: Path) -> None:
    """A list of one number is a number on an axis, and the list that it is in a file."""
    swept: dict[str, list[Any]] = {"learning_rate": [0.1, 0.2], "network.hidden": [[2], [4]]}
    sweep = make_sweep(tmp_path / "s", swept, ["network=dense", "data=xor", "epochs=3"])
    names = ("heatmap", "learning_rates", "learning_curves")
    done = outcomes(sweep, tmp_path / "out", only=names)
    assert "hidden=[4]" in done["heatmap"].caption or "hidden=[2]" in done["heatmap"].caption
    runs = pd.read_csv(sweep / "runs.csv")
    for name in names:
        numbers = pd.read_csv(tmp_path / "out" / f"{name}.csv")
        assert set(numbers["network.hidden"]) == set(runs["network.hidden"]) == {"[2]", "[4]"}


def test_an_all_diverged_sweep_gives_what_can_be_drawn(diverged: Path, tmp_path: Path) -> None:
    found = outcomes(diverged, tmp_path)
    assert found["learning_curves"].reason is None
    assert found["learning_rates"].reason == "every run diverged"
    assert "diverged" in found["learning_curves"].caption


def test_an_empty_sweep_says_so(tmp_path: Path) -> None:
    (tmp_path / "multirun.yaml").write_text("hydra: {}\n")
    with pytest.raises(RunnerError, match="no runs yet"):
        Results(tmp_path)


def test_a_half_finished_sweep_draws_what_is_there(rates: Path, tmp_path: Path) -> None:
    sweep = tmp_path / "s"
    shutil.copytree(rates, sweep)
    (sweep / "runs.csv").unlink()
    for name in ("history.csv", "summary.csv", "parameters.csv"):
        (sweep / "1" / name).unlink()
        (sweep / "2" / name).unlink()
    (sweep / "2" / "error.txt").write_text("learning_rate: no such luck\n")
    results = Results(sweep)
    assert results.runs["status"].tolist()[:3] == ["completed", "interrupted", "failed"]
    assert results.runs["learning_rate"].tolist() == [0.0005, 0.005, 0.05, 0.2, 3.0, 10.0]
    drawn = outcomes(sweep, tmp_path / "out", only=["learning_curves", "learning_rates"])
    assert drawn["learning_curves"].reason is None
    assert len(pd.read_csv(tmp_path / "out" / "learning_rates.csv")) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "learning_curve"], "did you mean 'learning_curves'"),
        (["--format", "jpg"], "must be one of png, pdf, svg, gif"),
        (["--metric", "final_eror"], "did you mean 'final_error'"),
        (["--color", "learning_rat"], "did you mean 'learning_rate'"),
        (["--x", "nothing"], "the swept keys are: learning_rate"),
        (["--threshold", "low"], "^--threshold low: must be a number above 0$"),
        (["--threshold", "-1"], "^--threshold -1: must be a number above 0$"),
    ],
)
def test_errors_name_the_option_and_the_remedy(
    rates: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    with pytest.raises(RunnerError, match=message):
        draw(parser().parse_args([str(rates), "--out", str(tmp_path), *arguments]))


def test_the_command(rates: Path, tmp_path: Path) -> None:
    arguments = [
        str(rates),
        "--only",
        "learning_rates,heatmap",
        "--format",
        "png,svg",
        "--out",
        str(tmp_path),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "runner.figures", *arguments], capture_output=True, text=True, check=True
    )
    assert "learning_rates.png" in done.stdout
    assert re.search(r"best setting by final error: \S+ at learning_rate=0\.(2|05) ", done.stdout)
    assert "skipped heatmap: it needs two swept keys" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f"learning_rates.{k}" for k in ("csv", "png", "svg")
    ]


def test_a_folder_that_is_no_result_ends_in_a_message(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match="neither the folder of a run nor of a sweep"):
        draw(parser().parse_args([str(tmp_path)]))


def test_help_draws_nothing_and_has_examples() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "runner.figures", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "examples:" in done.stdout
    assert all(name in done.stdout for name in NAMES)
    assert "matplotlib" not in done.stderr


def test_names_in_configurations_are_not_read_as_mathematics(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"learning_rate": [0.1, 0.2], "seed": [0, 1]}, ["epochs=5"])
    table = pd.read_csv(sweep / "runs.csv", dtype=str).rename(columns={"seed": "a$\\frac$b"})
    table["a$\\frac$b"] = ["$x", "y_{", "$x", "y_{"]
    table.to_csv(sweep / "runs.csv", index=False)
    assert outcomes(sweep, tmp_path / "out")["learning_curves"].reason is None
    options = Options(x="learning_rate", y="a$\\frac$b")
    heatmap = outcomes(sweep, tmp_path / "out", options=options, only=["heatmap"])["heatmap"]
    assert heatmap.reason is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", ""], "must be one of png, pdf, svg, gif"),
        (["--x", "learning_rate", "--y", "learning_rate"], "two different ones"),
        (["--x", "w1", "--y", "w1"], "two different ones"),
        (["--x", "epoch", "--y", "error", "--only", "landscape"], "the weights: w1 to b4"),
        (["--color", "learning_rat", "--only", "network"], "did you mean 'learning_rate'"),
        (["--color", "seed"], "seeds are repeats"),
        (["--row", "seed"], "--row seed: seeds are repeats"),
        (["--col", "learning_rat"], "--col learning_rat.*did you mean 'learning_rate'"),
        (["--col", "learning_rate", "--row", "learning_rate"], "panels need two different ones"),
        (["--col", "learning_rate", "--color", "learning_rate"], "its values are panels"),
        (["--metric", "epochs"], "these runs have final_error, best_error, test_error"),
    ],
)
def test_choices_that_cannot_be_followed(
    seeds: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    with pytest.raises(RunnerError, match=message):
        draw(parser().parse_args([str(seeds), "--out", str(tmp_path), *arguments]))


#: A choice of each option, for the sweep `seeds`.
CHOICES: dict[str, Any] = {
    "metric": "test_accuracy", "x": "regularization.l2", "color": "regularization.l2", "threshold": 0.2,
    "col": "learning_rate", "row": "regularization.l2",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_follows_an_option_or_says_that_it_does_not(
    seeds: Path, tmp_path: Path, name: str
) -> None:
    """Followed: its picture is another one, or says so; else nothing is drawn, and a line says why."""
    plain = outcomes(seeds, tmp_path / "plain", only=[name])[name]
    for option, value in CHOICES.items():
        figure, results, options = load(name), Results(seeds), Options(**{option: value})
        if option not in figure.follows:
            with pytest.raises(RunnerError, match=f"^--only {name}: it does not take --{option}$"):
                outcomes(seeds, tmp_path / option, only=[name], options=options)
        elif plain.reason:  # it does not apply in any case
            assert figure.applies(results, options) == plain.reason
        elif option in ROLES:
            if not figure.applies(results, options):
                numbers = figure.numbers(results, options)
                followed = getattr(numbers.attrs["keys"], option) == value
                assert followed == (drops_role(numbers, options) is None)
        else:
            found = outcomes(seeds, tmp_path / option, only=[name], options=options)[name]
            before, after = (tmp_path / which / f"{name}.png" for which in ("plain", option))
            same = found.reason is None and before.read_bytes() == after.read_bytes()
            assert not same or plain.caption != found.caption, option


def test_figures_that_do_not_follow_an_option_are_skipped_with_a_line(seeds: Path, tmp_path: Path) -> None:
    found = outcomes(seeds, tmp_path, options=Options(threshold=0.2))
    for name, outcome in found.items():
        if not load(name).applies(Results(seeds), Options()):
            follows = "threshold" in load(name).follows
            assert outcome.reason == (None if follows else "it does not take --threshold")
            assert (tmp_path / f"{name}.png").exists() == follows


def test_a_figure_that_is_named_and_drops_an_option_ends_the_command(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(seeds), "--only", "learning_rates", "--x", "learning_rate", "--out", str(tmp_path)]
    with pytest.raises(RunnerError, match=r"^--only learning_rates: it does not take --x$"):
        draw(parser().parse_args(arguments))
    assert capsys.readouterr().out == ""
    assert not any(tmp_path.iterdir())


def test_there_are_at_most_six_panels_a_side(many: Path) -> None:
    message = "^--col learning_rate: has 150 values, and there are at most 6 panels a side$"
    with pytest.raises(RunnerError, match=message):
        draw(parser().parse_args([str(many), "--col", "learning_rate"]))


def test_a_key_that_is_not_told_by_colour_is_no_colour(seeds: Path, tmp_path: Path) -> None:
    """The rate stands along the axis of its figure, and colours the curves."""
    only = ["learning_rates", "learning_curves"]
    found = outcomes(seeds, tmp_path, options=Options(color="learning_rate"), only=only)
    assert "--color learning_rate: the lines" in str(found["learning_rates"].reason)
    assert found["learning_curves"].reason is None


@pytest.mark.parametrize("metric", ["final_error", "test_error", "accuracy", "test_accuracy"])
def test_a_run_alone_can_be_drawn_by_any_metric(seeds: Path, tmp_path: Path, metric: str) -> None:
    """There is nothing to choose: the curves follow it, and the others show the only run."""
    options, results = Options(metric=metric), Results(seeds / "0")
    assert outcomes(seeds / "0", tmp_path, options=options, only=["learning_curves"])
    figures = {name: load(name) for name in NAMES}
    assert {n for n, f in figures.items() if not (f.applies(results, options) or f.refuses(options))} == {
        "learning_curves", "weight_paths", "gradients", "network", "backprop", "decision_boundary",
        "confusion", "landscape",
    }  # fmt: skip
    numbers = pd.read_csv(tmp_path / "learning_curves.csv")
    assert ("accuracy" if "accuracy" in metric else "error") in numbers.columns
    assert sorted(numbers["curve"].unique()) == ["held out", "training"]


def test_what_is_named_twice_is_drawn_once(rates: Path, tmp_path: Path) -> None:
    twice: dict[str, Any] = {"only": ["learning_curves"] * 2, "formats": ["png"] * 2, "look": COARSE}
    found = list(draw_figures(Results(rates), tmp_path, **twice))
    assert [[path.name for path in outcome.paths] for outcome in found] == [["learning_curves.png"]]


def test_a_faulty_file_keeps_no_other_figure_from_being_drawn(
    rates: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = tmp_path / "s"
    shutil.copytree(rates, sweep)
    path = sweep / "1" / "history.csv"
    path.write_text(path.read_text().replace("\n7,", "\n7,x", 1))
    only = ["learning_curves", "learning_rates", "network"]
    found = outcomes(sweep, tmp_path / "out", only=only)
    assert found["learning_curves"].failed
    assert found["network"].reason is None
    assert "1/history.csv" in str(found["learning_curves"].reason)
    with pytest.raises(RunnerError, match=r"1/history\.csv: is not a history") as error:
        draw(parser().parse_args([str(sweep), "--out", str(tmp_path / "out"), "--only", *only]))
    assert "\n" not in str(error.value)  # once, though several figures need it


def test_a_missing_configuration_skips_only_what_needs_it(seeds: Path, tmp_path: Path) -> None:
    sweep = tmp_path / "s"
    shutil.copytree(seeds, sweep)
    for path in sweep.glob("*/.hydra/config.yaml"):
        path.unlink()
    found = outcomes(sweep, tmp_path / "out", only=["landscape", "learning_rates"])
    assert "config.yaml" in str(found["landscape"].reason)
    assert not found["landscape"].failed
    assert found["learning_rates"].reason is None


def test_runs_without_weights_do_not_keep_those_with_them_from_being_drawn(tmp_path: Path) -> None:
    sweep = make_sweep(
        tmp_path / "s", {"learning_rate": [0.01, 0.05], "log.weights": [False, True]}, ["epochs=9"]
    )
    found = outcomes(sweep, tmp_path / "out", only=["weight_paths"])
    assert found["weight_paths"].reason is None
    assert pd.read_csv(tmp_path / "out" / "weight_paths.csv")["run"].unique().tolist() == [1, 3]
    assert "2 runs of other networks or steps are left out" in found["weight_paths"].caption


def test_unlike_steps_are_a_reason(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path / "s", {"log.unit": ["epoch", "update"]}, ["epochs=5"])
    found = outcomes(sweep, tmp_path / "out", only=["learning_curves", "weight_paths"])
    assert "count different steps" in str(found["learning_curves"].reason)
    assert found["weight_paths"].reason is None


def test_captions_say_which_runs_are_missing(rates: Path, tmp_path: Path) -> None:
    sweep = tmp_path / "s"
    shutil.copytree(rates, sweep)
    table = pd.read_csv(sweep / "runs.csv", dtype=str)
    table.loc[1, "status"] = "failed"
    table.to_csv(sweep / "runs.csv", index=False)
    for outcome in outcomes(sweep, tmp_path / "out").values():
        assert outcome.reason or "1 of 6 runs have no result (1 failed)" in outcome.caption


def test_far_apart_errors_warn_of_nothing(tmp_path: Path) -> None:
    rates = [round(0.01 * 1.6**i, 6) for i in range(14)]
    sweep = make_sweep(tmp_path / "s", {"learning_rate": rates}, ["epochs=150"])
    only = ["learning_rates", "learning_curves", "effect"]
    assert outcomes(sweep, tmp_path / "out", only=only)["learning_rates"].reason is None


def test_no_metric_warns_however_large(tmp_path: Path) -> None:
    """The sum of two of these errors is beyond all numbers."""
    swept: dict[str, list[Any]] = {"batch_size": [4, 8], "learning_rate": [0.01, 0.1], "seed": [0, 1]}
    overrides = [
        "network=dense",
        "network.hidden=[2]",
        "data=xor",
        "data.test_fraction=0.5",
        "data.points=24",
    ]
    sweep = make_sweep(tmp_path / "s", swept, [*overrides, "epochs=2"])
    table = pd.read_csv(sweep / "runs.csv")
    errors = ["initial_error", "final_error", "best_error", "test_error"]
    table[errors] = 1.7e308
    table.to_csv(sweep / "runs.csv", index=False)
    for metric in Results(sweep).metrics:
        chosen = {"only": ("learning_rates", "heatmap"), "options": Options(metric=metric)}
        for outcome in outcomes(sweep, tmp_path / "out", **chosen).values():
            assert (f"have no {metric}" in str(outcome.reason)) == (metric in errors)


def test_runs_of_every_ending_warn_of_nothing(tmp_path: Path) -> None:
    swept: dict[str, list[Any]] = {
        "network.activation": ["identity", "relu"], "learning_rate": [0.1, 0.5, 1.0, 2.0], "seed": [0, 1],
    }  # fmt: skip
    overrides = ["network=dense", "data=moons", "data.points=40", "data.test_fraction=0.25", "epochs=30"]
    sweep = make_sweep(tmp_path / "s", swept, [*overrides, "loss=mean_squared_error"])
    results = Results(sweep)
    assert set(results.outcomes) == {"completed", "diverged", "blown up"}
    outcomes(sweep, tmp_path / "out", options=Options(metric="final_error"))
    of_metric = ["learning_rates", "learning_curves", "effect", "heatmap", "comparison", "importance"]
    outcomes(sweep, tmp_path / "out", options=Options(metric="test_accuracy"), only=of_metric)
