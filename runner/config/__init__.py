"""From YAML's keys to an experiment: every key of a configuration is checked in this folder, once.

``keys`` has the tables of a run's keys, ``network`` and ``data`` those of their groups, ``checks`` what a
value may be; ``compose`` is the way from overrides to a configuration.
"""

from runner.config.cache import Cache
from runner.config.checks import boolean, choice, number
from runner.config.keys import experiment
from runner.config.shipped import conf_dir

__all__ = ["Cache", "boolean", "choice", "conf_dir", "experiment", "number"]
