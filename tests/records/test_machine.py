"""What ``about.yaml`` says of the machine, and what of two differs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from runner.records import machine as machines
from runner.records.machine import machine, unlike


@pytest.mark.parametrize("config", [{}, {"SIMD Extensions": {"baseline": ["X86_V2"]}}])
def test_a_processor_of_which_little_is_known(config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines.np, "show_config", lambda mode: config)
    monkeypatch.setattr(machines, "threads", lambda: SimpleNamespace(info=list))
    said = yaml.safe_load(machine.__wrapped__())
    assert said["simd"] == (["X86_V2"] if config else [])


def test_of_several_blas_it_is_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever order they are found."""
    paths = [f"/site-packages/{name}.libs/libscipy_openblas.so" for name in ("scipy", "numpy")]
    libraries = [
        {"user_api": "blas", "internal_api": "openblas", "version": f"of {path}", "filepath": path}
        for path in paths
    ]
    for order in (libraries, libraries[::-1]):
        monkeypatch.setattr(machines, "threads", lambda order=order: SimpleNamespace(info=lambda: order))
        said = yaml.safe_load(machine.__wrapped__())
        assert said["blas"].startswith(f"openblas of {paths[1]}")


def test_machines_are_told_apart_by_what_they_say() -> None:
    assert unlike(machine()) == []
    assert unlike(
        b"versions: {numpy: 1.0.0}\nsimd: [SSE, AVX]\n", b"versions: {numpy: 2.0.0}\nsimd: [SSE]\n"
    ) == [
        "numpy 1.0.0 there, 2.0.0 here",
        "vectors SSE AVX there, SSE here",
    ]
    assert unlike(b"\x00: [") == unlike(b"") == unlike(b"versions: 3") == []
