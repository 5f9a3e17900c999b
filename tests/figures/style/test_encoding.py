"""Lines that can be told apart, and names for their values."""

from __future__ import annotations

import pandas as pd


def test_no_two_of_many_values_look_alike() -> None:
    from runner.figures.style.encoding import Shades

    shades = Shades.of("network.activation", [f"name{i}" for i in range(49)])
    assert len({(shades.colors[v], str(shades.dash(v))) for v in shades.values}) == 49


def test_close_values_have_names_of_their_own() -> None:
    from runner.figures.style.encoding import short_names
    from runner.overrides import plain

    close = [0.012345678, 0.012345679, 0.0123456795]
    assert short_names(close) == ["0.012345678", "0.012345679", "0.0123456795"]
    assert [plain(v) for v in (0.1, 1e-4, 5.0, "sgd")] == ["0.1", "0.0001", "5", "sgd"]
    assert short_names(["zeros", "{init:normal,std:0.01}"]) == ["zeros", "init:normal,std:0.01"]
    assert short_names(["a long name that ends alike", "another name that ends alike"]) == [
        "a long name that en…",
        "another name that e…",
    ]


def test_points_tell_their_dash() -> None:
    from runner.figures.style.encoding import Keys, Looks

    table = pd.DataFrame({"batch_size": [8, 16], "optimizer": ["adam", "sgd"]})
    looks = Looks.of(table, Keys("batch_size", "optimizer"))
    assert [looks.marker(marks) for marks in table.to_dict("records")] == ["o", "s"]
    assert Looks.of(table, Keys("batch_size")).marker(table.iloc[1]) == "o"


def test_colours_go_where_they_leave_dashes_to_another_key() -> None:
    from runner.figures.style.encoding import Keys

    rates = [10.0**-k for k in range(9)]
    runs = pd.DataFrame([{"schedule": s, "learning_rate": r} for s in ("constant", "cosine") for r in rates])
    assert Keys.of(runs, ["schedule", "learning_rate"]) == Keys("learning_rate", "schedule")
    assert Keys.of(runs, ["schedule", "learning_rate"], "schedule") == Keys(
        "schedule", None, ("learning_rate",)
    )
    assert Keys("a", "b", ("c", "d", "e")).say.endswith("differ in c, d and e")
