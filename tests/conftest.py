"""What the tests share: the command as a process, and experiments made from overrides."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked import Forks
from hypothesis import HealthCheck, settings
from making_sweeps import make_sweep
from processes import Command

# A machine that is busy is no fault: whatever a test asks of Hypothesis, it has time.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# What is imported is compiled once, whatever the environment says: hundreds of processes import the same.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# What is printed waits to be written, as for most users, whatever the environment says.
os.environ.pop("PYTHONUNBUFFERED", None)


def pytest_collection_finish() -> None:
    """Lets the collector leave alone what all tests share: walking it took an eighth of their time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def environment_of_commands() -> dict[str, str]:
    """The environment as it is now, with warnings of our own as errors."""
    environment = {**os.environ, "PYTHONWARNINGS": "error::DeprecationWarning:runner"}
    environment.pop("PYTEST_CURRENT_TEST", None)
    return environment


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """What commands are forked from."""
    forks = Forks(environment_of_commands())
    yield forks
    forks.close()


@pytest.fixture
def command(tmp_path: Path, forks: Forks) -> Command:
    """``backprop-runner`` with arguments, as a process in an empty folder."""

    def run(*arguments: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        environment = environment_of_commands()
        if forks.serves(environment):
            return forks.run(arguments, cwd, timeout=120)
        return subprocess.run(
            [sys.executable, "-m", "runner", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture(scope="session")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of the seed's example, of which the last diverges; to be read, never changed."""
    return make_sweep(
        tmp_path_factory.mktemp("results") / "s",
        {"learning_rate": [0.01, 0.05, 5.0], "log.every": [1]},
        ["epochs=30"],
    )
