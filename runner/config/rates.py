"""The factors of layers on the learning rate: the key ``network.rates``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.config.checks import Section, number
from runner.config.resolved import Resolved
from runner.errors import ConfigError

KEY = "network.rates"


def without_rates(section: Any) -> tuple[Any, Any]:
    """The group ``network`` without its factors, and these: runs that differ in them alone share the rest."""
    if isinstance(section, Mapping) and (rates := section.get("rates")) is not None:
        return {**section, "rates": None}, rates
    return section, None


def rates_of(value: Any, layers: int) -> tuple[float, ...] | None:
    """A factor for each of so many layers; None for none. Raises ConfigError for other than such a list."""
    if value is None:
        return None
    given = value.read() if isinstance(value, Resolved) else value
    allowed = f"must be a list of {layers} numbers above 0, a factor a layer; null for none"
    if not isinstance(given, list) or len(given) != layers:
        raise ConfigError(KEY, value, allowed)
    try:
        return tuple(float(number(above=0)(KEY, factor)) for factor in given)
    except ConfigError:
        raise ConfigError(KEY, value, f"{allowed}. network.train names what is trained") from None


def refuse_unlike_decay(rates: tuple[float, ...] | None, options: Section, curvature: int | None) -> None:
    """Raises ConfigError where the limit of stability is not known: weights decay at rates of their own."""
    if curvature and rates and len(set(rates)) > 1 and options.get("weight_decay"):
        allowed = "has weights decay at a rate a layer, of which log.curvature knows no stability limit"
        raise ConfigError(KEY, list(rates), f"{allowed}: give optimizer.weight_decay=0 or log.curvature=null")
