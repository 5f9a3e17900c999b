"""What goes on from a run has the bytes of one that took all epochs at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from comparing import bits_of_a_run
from making_runs import made, written
from omegaconf import OmegaConf
from refusing import refusal

import runner
from runner.config.compose import compose
from runner.nn.optimizers import OPTIMIZERS
from runner.nn.schedules import SCHEDULES
from runner.records.lines import Line
from runner.records.reading import state_of
from runner.work import run_into

WAYS: list[dict[str, Any]] = [
    {"batch_size": None},
    {"batch_size": 5, "log": {"every": 3}},
    {"batch_size": 1, "shuffle": False, "log": {"unit": "update", "every": 7}},
]
OPTIONS = {"sgd": {"momentum": 0.9}, "rmsprop": {"momentum": 0.5}, "adagrad": {"lr_decay": 0.1}}


def ways() -> Iterator[dict[str, Any]]:
    """Every optimizer under every schedule that does not depend on the epochs, in batches of some kind."""
    kinds = cycle(WAYS)
    for schedule in SCHEDULES:
        if schedule != "cosine":
            for name in OPTIMIZERS:
                optimizer = {"name": name, **OPTIONS.get(name, {})}
                yield {"optimizer": optimizer, "schedule": {"name": schedule}, **next(kinds)}


@bits_of_a_run
def test_four_and_five_epochs_have_the_bytes_of_nine(tmp_path: Path) -> None:
    for at, way in enumerate(ways()):
        network = {
            "hidden": [3],
            "weights": "normal",
            "biases": "zeros",
            "train": ["w1", 2],
            "rates": [2, 0.5],
        }
        rest = {"data": {"name": "xor", "points": 12}, "network": network, **way}
        (whole,) = written([made(epochs=9, **rest)], tmp_path / f"whole{at}")
        (first,) = written([made(epochs=4, **rest)], tmp_path / f"first{at}")
        further = {"epochs": 5, "continue": str(tmp_path / f"first{at}" / "0"), **rest}
        (second,) = written([made(**further)], tmp_path / f"second{at}")
        rows, early, late = (files["history.csv"].splitlines() for files in (whole, first, second))
        assert late[1] == early[-1]
        assert rows[-len(late[2:]) :] == late[2:], way
        final = [[line.split(b",")[5:] for line in f["parameters.csv"].splitlines()] for f in (whole, second)]
        assert final[0] == final[1], way


def test_a_run_in_memory_goes_on() -> None:
    overrides = ("data=xor", "network=dense", "optimizer=adam", "batch_size=5", "schedule=step")
    whole = runner.train(runner.load(*overrides, "epochs=9"))
    further = runner.train(runner.load(*overrides, "epochs=4")).go_on(3).go_on(2)
    assert np.array_equal(further.result.final, whole.result.final)
    assert further.steps == [7, 8, 9]
    assert further.order.to_numpy().tolist() == whole.order.to_numpy()[7:].tolist()


def test_what_was_cut_short_goes_on_under_a_schedule_of_all_its_epochs() -> None:
    overrides = ("schedule=cosine", "optimizer=adam", "epochs=9")
    whole = runner.train(runner.load(*overrides))
    cut = runner.train(runner.load(*overrides), callback=lambda epoch, runs, parameters: epoch == 4)
    assert np.array_equal(cut.go_on(5).result.final, whole.result.final)


def test_early_stopping_goes_on_from_the_best() -> None:
    data = {"name": "xor", "points": 30, "noise": 0.3, "test_fraction": 0.4}
    rest: dict[str, Any] = {"data": data, "learning_rate": 0.3, "batch_size": 7}
    rest |= {"optimizer": {"name": "adam"}, "schedule": {"name": "exponential"}}  # updates and epochs count
    impatient = runner.train(made(epochs=40, stop={"patience": 2}, **rest))
    best, plain = impatient.result.best_epoch, runner.train(made(epochs=40, **rest))
    assert 0 < best < impatient.result.epochs
    assert np.array_equal(impatient.go_on(1).rows, plain.rows[best : best + 2])


def test_the_state_and_the_order_stand_in_the_folder(tmp_path: Path) -> None:
    one = made(data={"name": "xor", "points": 4}, batch_size=2, epochs=3, log={"order": True}, seed=1)
    written([one], tmp_path)
    assert (tmp_path / "0" / "order.csv").read_bytes() == runner.records.writing.order_of(one, 3)
    order = runner.train(one).order
    assert order["epoch"].tolist() == [0, 1, 2]
    assert [sorted(row) for row in order.iloc[:, 1:].to_numpy().tolist()] == [[1, 2, 3, 4]] * 3
    assert "order.csv" in (tmp_path / "0" / "summary.csv").read_text()
    written([made(optimizer={"name": "adam"})], tmp_path / "adam")
    assert list(state_of(tmp_path / "adam" / "0")) == ["adam_m", "adam_v"]
    assert state_of(tmp_path / "0") == {}


def test_refusals(tmp_path: Path) -> None:
    written(
        [made(optimizer={"name": "adam"}), made(optimizer={"name": "adam"}, learning_rate=1e200)], tmp_path
    )
    fits = ["network=dense", "network.hidden=[2]"]
    good, diverged = (f"continue='{tmp_path}/{run}'" for run in (0, 1))
    assert "had adam, and this one has sgd: give optimizer=adam" in refusal(*fits, good)
    assert "diverged after epoch 0" in refusal(*fits, "optimizer=adam", diverged)
    assert "has layers of 2x2 1x2 where this network needs 8x2 1x8" in refusal("network=dense", good)
    assert "has biases" in refusal(*fits, "optimizer=adam", "network.biases=null", good)
    assert "must be the folder of a finished run" in refusal("continue=nowhere")
    written([made()], tmp_path / "plain")
    assert "has no m, v of optimizer=adam" in refusal(
        *fits, "optimizer=adam", f"continue='{tmp_path}/plain/0'"
    )


def test_alone_it_takes_all_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "first" / ".hydra"
    record.mkdir(parents=True)
    given = ["network=dense", "data=moons", "data.points=20", "optimizer=adam", "epochs=2"]
    (record / "config.yaml").write_text(OmegaConf.to_yaml(compose(given)))
    run_into(tmp_path / "first", lambda: runner.load(*given), Line(0, {}))
    monkeypatch.chdir(tmp_path)
    whole = runner.train(runner.load(*given, "epochs=5"))
    for more in ([], given[:4]):
        further = runner.train(runner.load("continue=first", "epochs=3", *more))
        assert np.array_equal(further.result.final, whole.result.final)
