"""Clusters that workers are of: what is started here is heard by nobody else."""

from __future__ import annotations

import logging
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from runner.errors import RunnerError
from runner.sweeping import clusters
from runner.sweeping.plugin_keys import LauncherSettings


def test_a_cluster_of_this_machine_is_silent_and_on_loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")
    asked: dict[str, Any] = {}
    log = logging.getLogger("distributed.scheduler")
    log.setLevel(logging.INFO)

    def started(**how: Any) -> AbstractContextManager[None]:
        asked.update(how, routes=dask.config.get("distributed.scheduler.http.routes"))
        assert Path(how["local_directory"]).is_dir()
        assert not log.isEnabledFor(logging.ERROR)
        return nullcontext()

    monkeypatch.setattr(distributed, "LocalCluster", started)
    monkeypatch.setattr(distributed, "Client", lambda *_: nullcontext())
    with clusters.cluster(LauncherSettings(n_jobs=3, backend="dask")):
        pass
    assert log.level == logging.INFO
    assert (asked["n_workers"], asked["host"], asked["routes"]) == (3, "127.0.0.1", [])
    assert asked["scheduler_kwargs"] == {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
    assert not Path(asked["local_directory"]).exists()


@pytest.mark.parametrize("backend", ["dask", "ray", "submitit"])
def test_a_package_that_is_not_there_is_named(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dask", "distributed", "ray", "submitit"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        RunnerError, match=rf"backend={backend}: .* pip install 'backprop-runner\[{backend}\]'"
    ):
        clusters.cluster(LauncherSettings(n_jobs=2, backend=backend))
