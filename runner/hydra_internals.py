"""All that this package uses of Hydra and OmegaConf under names that they keep for themselves.

What a new version of theirs may break, it breaks here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from omegaconf import Container, DictConfig, ListConfig, Node, OmegaConf
from omegaconf._utils import get_omega_conf_dumper, get_yaml_loader
from omegaconf.errors import OmegaConfBaseException
from omegaconf.nodes import AnyNode, BooleanNode, FloatNode, IntegerNode, StringNode

from runner.errors import ConfigError, RunnerError, about, show
from runner.files import TOO_DEEP, placing, yaml_fault, yaml_file
from runner.hydra_errors import place, reason

if TYPE_CHECKING:  # Hydra itself takes long to import, and some who write YAML need none of it
    from hydra._internal.hydra import Hydra as Hydra
    from hydra.core.config_loader import ConfigLoader
    from hydra.core.utils import JobReturn
    from hydra.plugins.launcher import Launcher
    from hydra.types import RunMode

#: The name and the overrides of what was composed, and what came of it.
First: TypeAlias = tuple[str | None, list[str], DictConfig]
#: What is wrong with a file that is a list, or a number.
#: What defaults may have.
CHOICES = "the names of files, as [override /network: dense]"
NO_KEYS = "must have keys and values, a line each, as learning_rate: 0.1"
_LEAVES = (AnyNode, BooleanNode, FloatNode, IntegerNode, StringNode)


def flags() -> Mapping[str, Any]:
    """The flags of Hydra's command line, ``--multirun`` and others, and argparse's action of each."""
    from hydra._internal.utils import get_args_parser

    return get_args_parser()._option_string_actions


def basic_launcher() -> Launcher:
    """Hydra's own launcher: one job after the other, in this process."""
    from hydra._internal.core_plugins.basic_launcher import BasicLauncher

    return BasicLauncher()


def options_of(loader: ConfigLoader, group: str) -> list[str]:
    """What may be chosen of a group: as the loader says, which copies its sources each time it is asked."""
    options: list[str] = getattr(loader, "repository", loader).get_group_options(group)
    return options


#: Composes overrides, and what may be done of it: called with that and the overrides.
Composing: TypeAlias = Callable[[Callable[[list[str]], DictConfig], list[str]], DictConfig]


def compose_once(composing: Composing = lambda load, overrides: load(overrides)) -> None:
    """Has Hydra's command line compose a configuration once; it would do so to learn the mode, and again.

    It is done by `composing`, which may say more of what is wrong.
    """
    from hydra._internal import hydra
    from hydra._internal.config_loader_impl import ConfigLoaderImpl

    class Loader(ConfigLoaderImpl):
        first: First | None = None

        def load_configuration(
            self,
            config_name: str | None,
            overrides: list[str],
            run_mode: RunMode,
            from_shell: bool = True,
            validate_sweep_overrides: bool = True,
        ) -> DictConfig:
            first, self.first = self.first, None
            if first is not None and _goes_on(first, config_name, overrides, run_mode):
                config = first[2]
                if len(overrides) > len(first[1]):
                    config.hydra.mode = run_mode
                    config.hydra.overrides.hydra.append(overrides[-1])
                parsed = OverridesParser.create().parse_overrides(overrides)
                self.validate_sweep_overrides_legal(parsed, run_mode, from_shell)
                return config

            def load(overrides: list[str]) -> DictConfig:
                return ConfigLoaderImpl.load_configuration(
                    self, config_name, overrides, run_mode, from_shell, validate_sweep_overrides
                )

            config = composing(load, overrides)
            if not validate_sweep_overrides:  # which is how the mode is asked for
                self.first = config_name, list(overrides), config
            return config

    from hydra.core.override_parser.overrides_parser import OverridesParser

    setattr(hydra, "ConfigLoaderImpl", Loader)  # noqa: B010


@contextmanager
def reading(
    preset: Callable[[DictConfig], None], notice: Callable[[DictConfig, Path], None] | None
) -> Iterator[None]:
    """Has presets read as ``preset`` changes them, and told to `notice` every file with its folder.

    It is told as soon as a file is read, before what that chooses is. All that is so where ``own://`` is in
    the search path: of this package's configurations alone. A preset is of the whole configuration, unless
    its first line says otherwise.
    """
    from hydra._internal import config_loader_impl
    from hydra._internal.config_repository import ConfigRepository
    from hydra.core.object_type import ObjectType
    from hydra.plugins.config_source import ConfigResult

    class Repository(ConfigRepository):
        def load_config(self, config_path: str) -> ConfigResult | None:
            if not config_path.isprintable():  # which no name of a file is
                raise RunnerError(f"{show(config_path)}: there is no file of such a name")
            file = self._file(config_path)
            with naming(str(file or _named(config_path))), _placed(file):
                result = super().load_config(config_path)
            if not (self._is_ours() and result and result.path.startswith("file://")):
                return result
            if _is_preset(config_path) and result.header.get("package") is None:
                result.header["package"] = "_global_"
            if isinstance(result.config, DictConfig) and notice is not None:
                notice(result.config, _folder_of(result.path, config_path))
            return result

        def _extract_defaults_list(self, config_path: str, cfg: Container) -> ListConfig:
            if self._is_ours() and isinstance(cfg, DictConfig):
                try:
                    refuse_defaults(cfg)
                    if _is_preset(config_path):
                        preset(cfg)
                except RunnerError as error:
                    raise about(f"{self._file(config_path) or _named(config_path)}", error) from None
            return super()._extract_defaults_list(config_path, cfg)

        def _file(self, config_path: str) -> Path | None:
            source = self._find_object_source(config_path, ObjectType.CONFIG)
            if source is None or source.scheme() != "file":
                return None
            return Path(source.path, source._normalize_file_name(config_path))

        def _is_ours(self) -> bool:
            return any(source.scheme() == "own" for source in self.sources)

    setattr(config_loader_impl, "ConfigRepository", Repository)  # noqa: B010
    try:
        yield
    finally:
        setattr(config_loader_impl, "ConfigRepository", ConfigRepository)  # noqa: B010


def refuse_defaults(config: DictConfig) -> None:
    """Raises RunnerError for ``defaults`` that choose nothing, which Hydra has no words for."""
    written: Any = OmegaConf.to_container(config, resolve=False).get("defaults")  # type: ignore[union-attr]
    if not isinstance(written, list | None):
        raise ConfigError("defaults", written, f"must be a list, {CHOICES}")
    for item in written or ():
        if not (_is_name(item) or (isinstance(item, dict) and len(item) == 1 and _chooses(*item.items()))):
            raise ConfigError("defaults", written, f"{show(item)} chooses no file; it has {CHOICES}")


def _chooses(item: tuple[Any, Any]) -> bool:
    """Whether an item of ``defaults`` has a group, and of it a name, several in a list, or null for none."""
    group, names = item
    is_group = isinstance(group, str) and re.search(r"\w\Z", group.partition("@")[0])
    return bool(is_group) and (
        names is None or (all(map(_is_name, names)) if isinstance(names, list) else _is_name(names))
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.strip(" /") not in ("", "???")


def load_keys(path: str | Path, *, of_run: bool = False) -> DictConfig:
    """The keys and values of a YAML file, as Hydra reads it.

    Raises RunnerError where they cannot be read, or are none, and OSError for what is no plain file.
    """
    try:
        with naming(str(path)), _placed(Path(path), of_run=of_run):
            config = OmegaConf.load(path)
    except yaml.YAMLError as error:
        raise RunnerError(yaml_fault(error) or f"{path}: {error}") from None
    if not isinstance(config, DictConfig):
        raise RunnerError(f"{path}: {NO_KEYS}")
    return config


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Has errors of a YAML file that cannot be read say its name. Raises RunnerError."""
    try:
        yield
    except yaml.YAMLError as error:
        if not (yaml_fault(error) or "").startswith("<"):  # which OmegaConf reads in a file that is one text
            raise
        raise RunnerError(f"{name}: {NO_KEYS}") from None
    except (AssertionError, OSError, RecursionError, ValueError, OmegaConfBaseException) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if isinstance(error, AssertionError | OSError):
            why = NO_KEYS  # OmegaConf's, for a number alone, in quotes too
        else:
            why = TOO_DEEP if isinstance(error, RecursionError) else f"{place(error)}{reason(error)}"
        raise RunnerError(f"{name}: {why}") from None


@contextmanager
def _placed(file: Path | None, *, of_run: bool = False) -> Iterator[None]:
    """Has a file, if it is one, read inside, that may be read; what is wrong in it is told by its place."""
    if file is None:
        yield
        return
    with placing(yaml_file(file, of_run=of_run), get_yaml_loader()):
        yield


def _named(config_path: str) -> str:
    return config_path if not config_path.endswith((".yaml", ".yml")) else config_path.partition("/")[2]


def _is_preset(config_path: str) -> bool:
    return config_path.startswith("experiment/")


def _folder_of(url: str, config_path: str) -> Path:
    """The folder of a file that was read: a source names its own folder, or the file itself."""
    from urllib.parse import unquote

    place = Path(url.removeprefix("file://"))
    return (
        Path(unquote(str(place))).parent
        if url.endswith((".yaml", ".yml"))
        else Path(place, config_path).parent
    )


def _goes_on(first: First, config_name: str | None, overrides: list[str], mode: RunMode) -> bool:
    """Whether a configuration is what was composed at `first`, to learn the `mode`.

    A run's is not that leaves the choice of a group open: in a sweep its jobs may choose.
    """
    same = overrides in (first[1], [*first[1], f"hydra.mode={mode.name}"])
    is_open = bool(OmegaConf.missing_keys(first[2].hydra.runtime.choices))
    return same and config_name == first[0] and not (is_open and mode.name == "RUN")


def as_yaml(value: Any) -> str:
    """YAML as Hydra writes it (OmegaConf.to_yaml), of a plain container."""
    dumper = get_omega_conf_dumper()
    return yaml.dump(value, default_flow_style=False, allow_unicode=True, sort_keys=False, Dumper=dumper)


def as_override(value: Any) -> str:
    """A value as the right side of an override."""
    from hydra.core.override_parser.types import Override

    return Override._get_value_element_as_str(value)


def error_of(returned: JobReturn) -> BaseException:
    """Why a job failed, without a word on the terminal."""
    return returned._return_value


def written_as(error: BaseException) -> Path | None:
    """The file that Hydra was writing as an error came, where the error does not say it."""
    at = error.__traceback__
    while at and at.tb_frame.f_code.co_name != "_save_config":
        at = at.tb_next
    return Path(at.tb_frame.f_locals["output_dir"], at.tb_frame.f_locals["filename"]) if at else None


def leaf(config: DictConfig, key: str, text: str) -> Node | None:
    """The node of `config` that the value `text` goes into, or None where there is no simple one."""
    node: Any = config
    for name in key.split("."):
        if not isinstance(node, DictConfig | ListConfig) or node._is_none() or node._is_interpolation():
            return None
        if isinstance(node, DictConfig):
            node = node._get_node(name, validate_access=False)
        elif name.isdecimal() and int(name) < len(node):
            node = node._get_node(int(name))
        else:
            return None
    kind = DictConfig if text[0] == "{" else ListConfig
    is_simple = type(node) in _LEAVES or (isinstance(node, kind) and not node._is_none())
    return node if is_simple and not node._is_interpolation() else None


def put(node: Node, value: Any) -> Any:
    """Puts a value into a node, which checks and converts it; returns what it is there."""
    if type(node) is AnyNode and type(value) in (int, float):  # of which there are most, and any will do
        node.__dict__["_val"] = value
        return value
    node._set_value(value)
    return value if isinstance(node, Container) else node._value()
