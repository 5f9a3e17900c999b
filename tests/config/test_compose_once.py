"""The command composes a configuration once, and it is the one that Hydra would run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException
from hydra.types import RunMode

from runner.config import conf_dir
from runner.hydra_internals import compose_once

LOADER = "hydra._internal.hydra.ConfigLoaderImpl"


def composed(overrides: list[str], flag: RunMode, folder: Path) -> str:
    """What the command line composes: it asks for the mode, then composes what is to run."""
    given = list(overrides)
    with initialize_config_dir(str(folder), version_base="1.3", job_name="test"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        mode = hydra.get_mode("config", given)
        if mode is None:
            mode = flag
            given.append(f"hydra.mode={mode.name}")
        return repr(hydra.compose_config("config", given, mode, with_log_configuration=True))


@pytest.fixture
def compositions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each time that Hydra really composes."""
    lines: list[str] = []
    whole = ConfigLoaderImpl._load_configuration_impl

    def counted(self: ConfigLoaderImpl, *args: object, **more: object) -> object:
        lines.append("composed")
        return whole(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(ConfigLoaderImpl, "_load_configuration_impl", counted)
    monkeypatch.setattr(LOADER, ConfigLoaderImpl)  # what takes its place goes with the test
    return lines


@pytest.mark.parametrize(
    ("overrides", "flag"),
    [
        (["learning_rate=0.1", "hydra.run.dir=/r"], RunMode.RUN),
        (["learning_rate=0.1,0.2", "hydra.sweep.dir=/s"], RunMode.MULTIRUN),
        (["experiment=compare_learning_rates"], RunMode.RUN),
    ],
)
def test_once_is_as_twice(overrides: list[str], flag: RunMode, compositions: list[str]) -> None:
    twice = composed(overrides, flag, conf_dir())
    assert len(compositions) == 2
    compose_once()
    assert composed(overrides, flag, conf_dir()) == twice
    assert len(compositions) == 3


def test_a_sweep_that_is_no_sweep_is_refused(compositions: list[str]) -> None:
    compose_once()
    with pytest.raises(ConfigCompositionException, match="multirun"):
        composed(["learning_rate=0.1,0.2"], RunMode.RUN, conf_dir())


def test_a_run_whose_choice_is_open_is_refused(compositions: list[str], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("defaults:\n  - net: ???\n  - _self_\n")
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "small.yaml").write_text("width: 1\n")
    compose_once()
    with pytest.raises(ConfigCompositionException, match="You must specify 'net'"):
        composed([], RunMode.RUN, tmp_path)
    assert "width" in composed(["net=small"], RunMode.RUN, tmp_path)
