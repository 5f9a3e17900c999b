"""The keys of hydra.launcher and hydra.sweeper are checked before anything is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from processes import Command


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("hydra.launcher.backend=lokky", "did you mean 'loky'?"),
        ("hydra.launcher.n_jobs=0", "hydra.launcher.n_jobs=0: must be auto, a number"),
        ("hydra.launcher.max_memory=lots", "hydra.launcher.max_memory=lots: must be"),
        ("hydra.launcher.address=nowhere", "hydra.launcher.address=nowhere: needs hydra.launcher.backend="),
        ("hydra.launcher.resume=maybe", "hydra.launcher.resume=maybe: must be"),
        ("hydra.launcher.store=parket", "did you mean 'parquet'?"),
        ("hydra.sweeper.points=0", "hydra.sweeper.points=0: must be"),
        ("hydra.sweeper.zip=5", "hydra.sweeper.zip=5: must be lists of keys"),
        ("hydra.sweeper.zip=[seed,learning_rate]", "must be lists of keys"),
        ("hydra.sweeper.max_batch_size=0", "hydra.sweeper.max_batch_size=0: must be"),
    ],
)
def test_settings_are_checked(setting: str, said: str, command: Command, tmp_path: Path) -> None:
    done = command("-m", "learning_rate=0.1,0.2", setting)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("history.csv"))
