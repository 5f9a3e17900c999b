"""Mutants of the project that the suite is to notice, by hand: ``python -m tests.mutation``."""

from __future__ import annotations

from .chain import CHAIN
from .leaving import LEAVING
from .running import RUNNING

FILES = (*CHAIN, *RUNNING, *LEAVING)
