"""Hydra's own test suites for launchers and sweepers, as its plugins are to pass them."""

from __future__ import annotations

import pytest
from hydra.core.plugins import Plugins
from hydra.core.singleton import Singleton
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.test_utils.launcher_common_tests import (
    BatchedSweeperTestSuite,
    IntegrationTestSuite,
    LauncherTestSuite,
)
from hydra.version import VersionBase

from hydra_plugins.grid_sweeper import GridSweeper
from hydra_plugins.vectorized_launcher import VectorizedLauncher

# The suites themselves leave out version_base and change the working directory.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:hydra")

GRID = "hydra/sweeper=grid"


@pytest.fixture(autouse=True)
def no_version_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process: other tests compose with the version base of the runner."""
    monkeypatch.setitem(Singleton._instances, VersionBase, VersionBase.__new__(VersionBase))
    VersionBase.__init__(VersionBase.instance())


def test_the_plugins_are_discovered() -> None:
    assert VectorizedLauncher.__name__ in [x.__name__ for x in Plugins.instance().discover(Launcher)]
    assert GridSweeper.__name__ in [x.__name__ for x in Plugins.instance().discover(Sweeper)]


@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    [("vectorized", []), pytest.param("basic", [GRID], marks=pytest.mark.thorough)],
)
class TestLaunchersAndSweepers(LauncherTestSuite):
    """Each of ours with Hydra's own other half; together they are in all our other tests."""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    [
        ("vectorized", ["hydra.sweeper.max_batch_size=2"]),
        ("basic", [GRID, "hydra.sweeper.max_batch_size=2"]),
    ],
)
class TestBatches(BatchedSweeperTestSuite):
    """Jobs handed to the launcher two at a time."""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("task_launcher_cfg", "extra_flags"), [({}, ["-m", "hydra/launcher=vectorized", GRID])]
)
class TestIntegration(IntegrationTestSuite):
    """Apps run as processes, with custom names and directories."""
