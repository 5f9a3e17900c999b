"""The held-out parts: of every class its share, a file of its own, and one to choose by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making_data import from_csv

import runner
from runner.data.splitting import held_out

SIZES = (60, 30, 10)


def test_a_stratified_part_has_the_share_of_every_class() -> None:
    targets = np.eye(3)[np.repeat([0, 1, 2], SIZES)]
    for seed in range(5):
        out = held_out(targets, 0.2, seed, True)
        assert targets[out].sum(axis=0).tolist() == [12, 6, 2]
    assert held_out(targets, 0.15, 0, True).sum() == 15
    assert held_out(targets, 0.2, 0, False).sum() == 20
    assert not (held_out(targets, 0.2, 0, True) == held_out(targets, 0.2, 1, True)).all()


def test_stratify_wants_classes(tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError, match=r"data\.stratify=true: needs targets that are classes"):
        from_csv(tmp_path, "a,y\n1,2\n3,4\n", "data.stratify=true")


def test_a_file_of_its_own(tmp_path: Path) -> None:
    other = tmp_path / "test.csv"
    other.write_text("y,extra,c,a\n7,0,v,70\n8,0,u,80\n")
    data = from_csv(
        tmp_path, "a,c,y\n1,u,1\n3,v,3\n5,u,5\n", f"data.test_path={other}", "data.scale=standard"
    )
    assert data.test_inputs is not None
    assert data.test_targets is not None
    own = data.in_own_units(data.test_inputs)
    np.testing.assert_allclose(own, [[70, 1], [80, 0]], atol=1e-12)
    assert data.test_targets.tolist() == [[7], [8]]
    assert [source.key for source in data.sources] == ["data.path", "data.test_path"]
    with pytest.raises(runner.RunnerError, match=r"data\.test_fraction=0\.5: data\.test_path has"):
        from_csv(tmp_path, "a,c,y\n1,u,1\n3,v,3\n", f"data.test_path={other}", "data.test_fraction=0.5")
    other.write_text("a,c\n1,u\n")
    with pytest.raises(runner.RunnerError, match=r"data\.test_path=.*test\.csv: has no target 'y'"):
        from_csv(tmp_path, "a,c,y\n1,u,1\n3,v,3\n", f"data.test_path={other}")
    other.write_text("a,c,y\n1,w,1\n")
    with pytest.raises(runner.RunnerError, match=r"test\.csv, line 2, column c: 'w' is none of those"):
        from_csv(tmp_path, "a,c,y\n1,u,1\n3,v,3\n", f"data.test_path={other}")


def rows(count: int) -> str:
    return "a,y\n" + "".join(f"{i},{i % 4}\n" for i in range(count))


def test_a_validation_part_is_of_what_is_left_and_leaves_the_test_part_as_it_is(tmp_path: Path) -> None:
    without = from_csv(tmp_path, rows(50), "data.test_fraction=0.2")
    data = from_csv(tmp_path, rows(50), "data.test_fraction=0.2", "data.validation_fraction=0.25")
    assert without.validation_inputs is None
    assert {name: len(part.inputs) for name, part in data.held_out.items()} == {"validation": 10, "test": 10}
    assert (data.held_out["test"].inputs == without.held_out["test"].inputs).all()
    every = np.concatenate([part.inputs[:, 0] for part in data.parts.values()])
    assert sorted(every) == list(range(50))
    assert all((np.diff(part.inputs[:, 0]) > 0).all() for part in data.parts.values())
    assert all((part.targets == part.inputs % 4).all() for part in data.parts.values())


def test_a_validation_part_beside_a_test_file_is_stratified_and_scaled_by_the_rest(tmp_path: Path) -> None:
    other = tmp_path / "test.csv"
    other.write_text("a,y\n1000,3\n")
    chosen = ("data.validation_fraction=0.25", "data.stratify=true", "data.classes=true")
    data = from_csv(tmp_path, rows(40), *chosen, f"data.test_path={other}", "data.scale=standard")
    assert sorted(data.held_out["validation"].targets.sum(axis=0)) == [2, 2, 3, 3]
    np.testing.assert_allclose([data.inputs.mean(), data.inputs.std()], [0, 1], atol=1e-12)
    assert abs(data.held_out["validation"].inputs.mean()) > 1e-6
    np.testing.assert_allclose(data.in_own_units(data.held_out["test"].inputs), [[1000]])


def test_a_validation_part_of_all_that_is_left_is_refused(tmp_path: Path) -> None:
    with pytest.raises(runner.RunnerError, match=r"data\.validation_fraction=0\.9: leaves none of the 2 ex"):
        from_csv(tmp_path, rows(4), "data.test_fraction=0.5", "data.validation_fraction=0.9")
