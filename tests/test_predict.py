"""``backprop-predict``: predictions for the rows of a file, and how good they are where it has targets."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import runner
from runner.predict import main, parser

PIXELS = ",".join(f"pixel_{i}_{j}" for i in range(8) for j in range(8))
CLASSES = ["network=dense", "loss=cross_entropy", "epochs=3", "learning_rate=0.3"]


def saved(folder: Path, *ways: str) -> Path:
    return runner.train(runner.load(*ways)).save(folder)


def predicted(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[pd.DataFrame, str]:
    """What the command prints as a table, as text, and what it says."""
    main([*map(str, arguments)])
    out, err = capsys.readouterr()
    return pd.DataFrame(list(csv.DictReader(out.splitlines()))), err


def refused(*arguments: str | Path) -> str:
    with pytest.raises(SystemExit) as caught:
        main([*map(str, arguments)])
    return str(caught.value)


def test_classes_stand_behind_the_rows_with_their_probabilities(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runner.train(runner.load("data=iris", *CLASSES))
    run.save(tmp_path / "run")
    data = run.experiment.data
    assert data.test_inputs is not None
    own = pd.DataFrame(data.in_own_units(data.test_inputs), columns=list(data.input_names))
    held_out = run.predictions[run.predictions["part"] == "held out"]
    target = held_out["target"].to_numpy()
    own.iloc[:, ::-1].assign(id="x", target=target).to_csv(tmp_path / "new.csv", index=False)
    table, said = predicted(capsys, tmp_path / "run", tmp_path / "new.csv")
    likely = [f"probability_{name}" for name in ("setosa", "versicolor", "virginica")]
    assert list(table) == [*own.columns[::-1], "id", "target", "prediction", *likely]
    assert (table["prediction"].to_numpy() == held_out["prediction"].to_numpy()).all()
    assert table[likely].astype(float).to_numpy() == pytest.approx(held_out[likely].to_numpy())
    found = re.search(r"the 30 targets in new\.csv: error (\S+), accuracy (\S+)", said)
    assert found
    assert float(found[1]) == pytest.approx(run.result.metrics["test_error"], rel=1e-5)
    assert float(found[2]) == pytest.approx(run.result.metrics["test_accuracy"], rel=1e-5)


def test_a_regression_is_in_its_own_units(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ways = ["data=cars", "network=dense", "data.scale_targets=standard", "epochs=20", "learning_rate=0.3"]
    run = runner.train(runner.load(*ways))
    run.save(tmp_path / "run")
    (tmp_path / "new.csv").write_text(
        'make,speed,prediction,distance\n"Opel, old",10.0,?,18\nFord,21,,66\nX,4,,\n'
    )
    table, said = predicted(capsys, tmp_path / "run", tmp_path / "new.csv")
    assert table["make"].tolist() == ["Opel, old", "Ford", "X"]
    assert table["speed"].tolist() == ["10.0", "21", "4"]
    values = table["prediction.1"].astype(float).to_numpy()
    assert values == pytest.approx(run.predict([[10], [21], [4]])[:, 0])
    rmse = np.sqrt(((values[:2] - [18, 66]) ** 2).mean())
    assert "compared with the 2 targets in new.csv: error " in said
    assert float(said.rsplit("RMSE ", 1)[1]) == pytest.approx(rmse, rel=1e-5)
    bare, _ = predicted(capsys, tmp_path / "run", tmp_path / "new.csv", "--only-predictions")
    assert list(bare) == ["prediction"]
    main([str(tmp_path / "run"), str(tmp_path / "new.csv"), "--out", str(tmp_path / "out.csv")])
    assert pd.read_csv(tmp_path / "out.csv")["prediction.1"].to_numpy() == pytest.approx(values)


@pytest.mark.parametrize(
    ("ways", "columns"),
    [
        ([], "x1,x2"),
        (["data=spiral", "data.classes=3", "loss=cross_entropy", "network=dense"], "x1,x2"),
        (["data=sine", "network=dense"], "x1"),
        (["data=digits", "network=dense", "loss=cross_entropy"], PIXELS),
    ],
)  # fmt: skip
def test_every_kind_of_data_has_columns(
    ways: list[str], columns: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(tmp_path / "run", *ways, "epochs=1")
    row = ",".join("1" for _ in columns.split(","))
    (tmp_path / "new.csv").write_text(f"{columns}\n{row}\n")
    table, said = predicted(capsys, tmp_path / "run", tmp_path / "new.csv", "--only-predictions")
    assert next(iter(table)) == "prediction"
    assert len(table) == 1
    assert said == ""


def test_the_keys_of_files_say_how_one_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = saved(tmp_path / "run", "data=sine", "network=dense", "epochs=1")
    (tmp_path / "new.csv").write_text("x1 x2\n1,5 1\n, 2\n")
    keys = ["data.separator=blanks", "data.decimal=comma", "data.missing=drop"]
    (tmp_path / "new.csv").write_text("x1;x2\n1,250;1\n;2\n")
    table, said = predicted(capsys, run, tmp_path / "new.csv", *keys[1:])
    assert table["x1"].tolist() == ["1,250"]
    assert float(table["prediction"][0]) == pytest.approx(runner.open(run).predict([[1.25]])[0, 0])
    assert "1 of 2 rows left out, without a value in x1" in said
    assert "data.separator: is none" in refused(run, tmp_path / "new.csv", "data.separator")
    assert "data.decimal=dot: must be one of point, comma" in refused(
        run, tmp_path / "new.csv", "data.decimal=dot"
    )
    assert "did you mean 'data.decimal'" in refused(run, tmp_path / "new.csv", "data.decimals=comma")


def test_bad_input_is_a_message(tmp_path: Path) -> None:
    run = saved(tmp_path / "run", "data=sine", "network=dense", "epochs=1")
    new = tmp_path / "new.csv"
    new.write_text("x1\n1\n")
    assert refused(run, tmp_path / "no.csv") == f"FILE={tmp_path / 'no.csv'}: there is no such file"
    assert refused(tmp_path / "no", new) == f"{tmp_path / 'no'}: there is no such folder"
    assert "--out" in refused(run, new, "--out", new)
    assert new.read_text() == "x1\n1\n"
    new.write_text("x1\n1e400\n")
    assert "line 2, column x1: '1e400' is not a finite number" in refused(run, new)


def test_targets_of_another_kind_are_not_compared_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = saved(tmp_path / "run", "data=sine", "network=dense", "epochs=1")
    (tmp_path / "new.csv").write_text("x1,y\n1,large\n")
    table, said = predicted(capsys, run, tmp_path / "new.csv")
    assert len(table) == 1
    assert said.startswith("not compared with the targets: ")


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for flag, shown in {"--help": "examples:", "--version": f"backprop-predict {runner.__version__}"}.items():
        with pytest.raises(SystemExit) as caught:
            parser().parse_args([flag])
        assert caught.value.code == 0
        assert shown in capsys.readouterr().out
