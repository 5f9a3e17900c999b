"""The article's example, worked by hand, through the command and its CSV to all that doubles hold.

x = (2, 3), y = 1; w1..w6 = 0.11 0.21 0.12 0.08 0.14 0.15; no biases, no activation; η = 0.05.

Forward:   h1 = 2·0.11 + 3·0.21 = 0.85       h2 = 2·0.12 + 3·0.08 = 0.48
           pred = 0.85·0.14 + 0.48·0.15 = 0.119 + 0.072 = 0.191
Error:     E = ½·(0.191 − 1)² = ½·0.654481 = 0.3272405
Backward:  ∂E/∂pred = 0.191 − 1 = −0.809
           ∂E/∂w5 = −0.809·0.85 = −0.68765        w5 = 0.14 + 0.05·0.68765 = 0.1743825
           ∂E/∂w6 = −0.809·0.48 = −0.38832        w6 = 0.15 + 0.05·0.38832 = 0.169416
           ∂E/∂w1 = −0.809·0.14·2 = −0.22652      w1 = 0.11 + 0.05·0.22652 = 0.121326
           ∂E/∂w2 = −0.809·0.14·3 = −0.33978      w2 = 0.21 + 0.05·0.33978 = 0.226989
           ∂E/∂w3 = −0.809·0.15·2 = −0.2427       w3 = 0.12 + 0.05·0.2427  = 0.132135
           ∂E/∂w4 = −0.809·0.15·3 = −0.36405      w4 = 0.08 + 0.05·0.36405 = 0.0982025
Again:     h1 = 2·0.121326 + 3·0.226989 = 0.923619      h2 = 2·0.132135 + 3·0.0982025 = 0.5588775
           pred = 0.923619·0.1743825 + 0.5588775·0.169416 = 0.25574478170... → E = 0.276957171393…
"""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest
from processes import Command

WEIGHTS = ["w1", "w2", "w3", "w4", "w5", "w6"]
ROUNDING = 1e-14  # relative: a few roundings of double precision, whichever processor does them
AFTER_ONE_UPDATE = ["0.121326", "0.226989", "0.132135", "0.0982025", "0.1743825", "0.169416"]


def test_by_hand(command: Command, tmp_path: Path) -> None:
    done = command("epochs=1", "log.gradients=true", "hydra.run.dir=run")
    assert done.returncode == 0, done.stderr
    with open(tmp_path / "run/history.csv", newline="") as f:
        before, after = csv.DictReader(f)
    assert list(before) == ["epoch", "error", *WEIGHTS, *[f"g_{w}" for w in WEIGHTS]]
    assert [before["epoch"], after["epoch"]] == ["0", "1"]
    assert [before[w] for w in WEIGHTS] == ["0.11", "0.21", "0.12", "0.08", "0.14", "0.15"]
    assert float(before["error"]) == pytest.approx(0.3272405, rel=ROUNDING)
    assert [float(after[w]) for w in WEIGHTS] == pytest.approx(
        [float(w) for w in AFTER_ONE_UPDATE], rel=ROUNDING
    )
    gradient = [-0.22652, -0.33978, -0.2427, -0.36405, -0.68765, -0.38832]
    assert [float(before[f"g_{w}"]) for w in WEIGHTS] == pytest.approx(gradient, rel=ROUNDING)

    w1, w2, w3, w4, w5, w6 = map(Fraction, AFTER_ONE_UPDATE)
    pred = (2 * w1 + 3 * w2) * w5 + (2 * w3 + 3 * w4) * w6
    error = (pred - 1) ** 2 / 2  # exact
    assert f"{float(error):.12f}" == "0.276957171393"
    assert float(after["error"]) == pytest.approx(float(error), rel=ROUNDING)
    assert "prediction             0.191" in done.stdout
