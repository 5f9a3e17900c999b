"""Epochs that are asked for: the weights of their rows, or of the nearest that were recorded, and films."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from making_sweeps import make_sweep
from matplotlib.collections import LineCollection
from matplotlib.text import Text
from PIL import Image
from reading_figures import drawn

from runner.figures import load
from runner.figures.drawing import draw_figures
from runner.figures.figure import Options
from runner.figures.moments import frames, moments
from runner.figures.options import MOST_EPOCHS
from runner.records.reading import exact_floats
from runner.results import Results


@pytest.fixture(scope="session")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of which every fourth epoch is recorded."""
    folder = tmp_path_factory.mktemp("uneven") / "s"
    return make_sweep(folder, {"seed": [0]}, ["experiment=xor", "epochs=12", "log.every=4"]) / "0"


def test_the_weights_are_those_of_the_rows(uneven: Path) -> None:
    numbers, canvas = drawn("network", uneven, epochs=(0.0, 5.0, 99.0))
    history = pd.read_csv(uneven / "history.csv", **exact_floats(pd.__version__)).set_index("epoch")
    for epoch in (0, 4, 12):
        assert numbers[f"epoch {epoch}"].tolist() == history.loc[epoch, list(numbers["name"])].tolist()
    assert [ax.texts[-1].get_text() for ax in canvas.axes[:3]] == ["epoch 0", "epoch 4", "epoch 12"]
    assert "5 (shown: 4), 99 (shown: 12)" in load("network").caption(numbers)


def test_epochs_of_updates(tmp_path: Path) -> None:
    given = [
        "network=dense",
        "network.hidden=[2]",
        "data=xor",
        "data.points=8",
        "batch_size=4",
        "epochs=3",
        "log.unit=update",
    ]
    run = make_sweep(tmp_path, {"seed": [0]}, given) / "0"
    shown = moments(Results(run), 0, Options(epochs=(1.5,)), ())
    history = pd.read_csv(run / "history.csv", **exact_floats(pd.__version__))
    assert shown.epochs.tolist() == [1.5]
    assert shown.parameters[0].tolist() == history.filter(regex=r"^[wb]\d").iloc[3].tolist()


def test_without_recorded_weights_there_are_the_first_and_the_last(tmp_path: Path) -> None:
    run = make_sweep(tmp_path, {"seed": [0]}, ["log.weights=false", "epochs=8"]) / "0"
    shown = moments(Results(run), 0, Options(epochs=(1.0, 7.0)), ())
    assert shown.epochs.tolist() == [0.0, 8.0]
    assert shown.parameters.T.tolist() == Results(run).parameters(0)[["initial", "final"]].to_numpy().tolist()
    assert "1 (shown: 0), 7 (shown: 8)" in shown.said


def test_the_boundary_of_an_epoch_is_that_of_its_weights(uneven: Path) -> None:
    from runner.training.objective import predict

    numbers, canvas = drawn("decision_boundary", uneven, epochs=(4.0,))
    row = pd.read_csv(uneven / "history.csv", **exact_floats(pd.__version__)).set_index("epoch").loc[4]
    weights = row.filter(regex=r"^[wb]\d").to_numpy()
    grid = numbers[numbers["kind"] == "grid"].iloc[::500]
    pred = predict(Results(uneven).experiment(0), weights, grid[["x", "y"]].to_numpy())[:, 0]
    assert grid["epoch 4"].to_numpy() == pytest.approx(pred, rel=1e-12)  # its loss takes probabilities
    assert canvas.axes[0].get_title(loc="left") == "epoch 4"


def test_paths_go_up_to_their_epochs(uneven: Path) -> None:
    _, canvas = drawn("landscape", uneven, epochs=(0.0, 4.0, 12.0))
    lengths = []
    for ax in canvas.axes[:3]:
        lines = [c for c in ax.collections if isinstance(c, LineCollection) and c.get_zorder() == 3]
        lengths.append(len(lines[0].get_segments()[0]))
    assert lengths == [1, 2, 4]


def test_a_film_has_the_same_bytes_twice_and_a_frame_an_epoch(uneven: Path, tmp_path: Path) -> None:
    only, formats = ("network", "weight_paths"), ("gif",)
    for out in ("a", "b"):
        network, paths = draw_figures(Results(uneven), tmp_path / out, only=only, formats=formats)
        assert "one by one" in str(paths.reason)
    assert (tmp_path / "a/network.gif").read_bytes() == (tmp_path / "b/network.gif").read_bytes()
    assert (tmp_path / "a/network.csv").exists()
    with Image.open(network.paths[0]) as film:
        assert film.n_frames == len(pd.read_csv(uneven / "history.csv", **exact_floats(pd.__version__))) == 4


def test_a_legend_stands_above_the_title_of_one_epoch(seeds: Path) -> None:
    _, canvas = drawn("decision_boundary", seeds / "0", epochs=(4.0,))
    (legend,), (ax, *_) = canvas.legends, canvas.axes
    title = next(text for text in ax.findobj(Text) if text.get_text() == "epoch 4")
    assert legend.get_window_extent().y0 > title.get_window_extent().y1


def test_frames_are_at_most_so_many_and_have_the_ends(alone: Path) -> None:
    table = load("network").numbers(Results(alone), Options(frames=10))
    titles = [frame.attrs["moments"][0][1] for frame in frames(table)]
    assert len(titles) <= 10
    assert (titles[0], titles[-1]) == ("epoch 0", "epoch 60")


@pytest.mark.parametrize("given", ["3,x", "-1", "nan", ",".join(map(str, range(MOST_EPOCHS + 1)))])
def test_what_are_no_epochs_is_refused(given: str) -> None:
    from runner.errors import RunnerError
    from runner.figures.__main__ import parser
    from runner.figures.options import epochs_in

    with pytest.raises(RunnerError, match=r"--epochs .*must be 1 to 12 numbers"):
        epochs_in(parser().parse_args(["d", f"--epochs={given}"]))


def test_figures_that_show_all_epochs_refuse_them() -> None:
    assert load("gradients").refuses(Options(epochs=(3.0,))) == "it does not take --epochs"
