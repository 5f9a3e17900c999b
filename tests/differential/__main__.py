"""Compares random configurations with a peer, or stores what PyTorch computes for the tests.

    python tests/differential torch 2000 [SEED]     torch, jax or sklearn: as many configurations
    python tests/differential store                 writes the files of PyTorch's numbers in tests/reference

A configuration that differs is shrunk by Hypothesis and printed.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from importlib import import_module
from statistics import median
from time import monotonic
from typing import Any

from agreement import Comparison, compared
from hypothesis import HealthCheck, Phase, given, seed, settings


def compare(name: str, count: int, start: int) -> None:
    """Draws and compares `count` configurations; raises AssertionError with the smallest that differs."""
    peer = import_module(f"{name}_peer")
    found: list[Comparison] = []
    used: Counter[str] = Counter()
    begun = monotonic()

    @seed(start)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(peer.DRAWN)
    def one(config: dict[str, Any]) -> None:
        comparison = compared(config, peer.train)
        found.append(comparison)
        used.update(features(config, comparison))
        if comparison.ill_conditioned:
            print("ill-conditioned:", *comparison, config["optimizer"], config["learning_rate"], flush=True)
        if len(found) % 100 == 0:
            print(f"{len(found)} after {monotonic() - begun:.0f} s", flush=True)
        assert comparison.agrees or comparison.ill_conditioned, comparison

    try:
        one()
    finally:
        print(report(name, found))
        print(", ".join(f"{key} {times}" for key, times in used.most_common()))


def features(config: dict[str, Any], comparison: Comparison) -> list[str]:
    """What is to be counted."""
    network, batches = config["network"], config["batch_size"]
    present = {
        "mini-batches in a recorded order": batches and config["shuffle"],
        "mini-batches with penalties": batches and any(config["regularization"].values()),
        "penalties": any(config["regularization"].values()),
        "frozen parts": network["train"] is not None or (network["biases"] and not network["train_biases"]),
        "scaled data": config["data"]["scale"] or config["data"]["scale_targets"],
        "diverged": comparison.epochs < config["epochs"],
    }
    names = {*network["activation"], config["loss"], config["optimizer"]["name"], config["schedule"]["name"]}
    return [*names, *(what for what, there in present.items() if there)]


def report(name: str, found: list[Comparison]) -> str:
    agree = [c.distance for c in found if c.agrees] or [0.0]
    ill = [c for c in found if c.ill_conditioned]
    differ = sum(not (c.agrees or c.ill_conditioned) for c in found)
    most = max((c.distance / c.own for c in ill), default=0.0)
    return (
        f"{name}: {len(found)} compared, {differ} differ, {len(ill)} are ill-conditioned; the others differ "
        f"by at most {max(agree):.2g}, in the median by {median(agree):.2g}; "
        f"of the ill-conditioned by at most {most:.3g} times what a rounding at the start makes of the peer"
    )


def main(arguments: list[str]) -> None:
    warnings.simplefilter("ignore")
    if arguments == ["store"]:
        import_module("storing").store()
        return
    name, count, *start = arguments
    compare(name, int(count), int(start[0]) if start else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
