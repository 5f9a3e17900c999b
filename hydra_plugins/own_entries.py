"""``own://``, last in the search path: one's own entries are chosen as files of a group, files as presets."""

import sys
from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf


class OwnEntries(ConfigSource):
    """The door; the work is in :mod:`runner.config.own`, imported when there is something to ask."""

    @staticmethod
    def scheme() -> str:
        """``own://``."""
        return "own"

    def available(self) -> bool:
        """It always is."""
        return True

    def is_group(self, config_path: str) -> bool:
        """Whether it is one that entries may join."""
        return config_path in ("optimizer", "schedule", "data", "experiment")

    def is_config(self, config_path: str) -> bool:
        """Whether there is such an entry."""
        return self._file(config_path) is not None or self._section(config_path) is not None

    def load_config(self, config_path: str) -> ConfigResult:
        """What its file says, or would say."""
        if (path := self._file(config_path)) is not None:
            from runner.files import plain
            from runner.hydra_internals import load_keys

            header = self._get_header_dict(plain(path).read_text(encoding="utf-8")[:512])
            return ConfigResult(self.provider, path.absolute().as_uri(), load_keys(path), header)
        group = config_path.partition("/")[0]
        config = OmegaConf.create(self._section(config_path))
        return ConfigResult(self.provider, f"own://{config_path}", config, {"package": group})

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """The names of all entries of a group."""
        from runner.config.own import choices

        return choices(config_path) if results_filter in (None, ObjectType.CONFIG) else []

    def _file(self, config_path: str) -> Path | None:
        if not config_path.startswith("experiment/"):
            return None
        from runner.config.presets import preset_file

        return preset_file(config_path)

    def _section(self, config_path: str) -> dict[str, Any] | None:
        group, _, name = config_path.removesuffix(".yaml").partition("/")
        if not self.is_group(group) or not name:
            return None
        from runner.config.own import section

        return section(group, name)


class OwnEntriesPath(SearchPathPlugin):
    """Puts it into the search path of this package's configuration, and of no other program's."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """See Hydra's ``SearchPathPlugin``."""
        if "runner.config.shipped" in sys.modules:
            from runner.config.shipped import conf_dir

            paths = [str(entry.path).removeprefix("file://") for entry in search_path.get_path()]
            if str(conf_dir()) in paths:
                search_path.append("backprop-runner", "own://")
