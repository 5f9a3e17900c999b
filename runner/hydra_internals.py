"""All that this package uses of Hydra and OmegaConf under names that they keep for themselves.

What a new version of theirs may break, it breaks here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml
from omegaconf import Container, DictConfig, ListConfig, Node
from omegaconf._utils import get_omega_conf_dumper
from omegaconf.nodes import AnyNode, BooleanNode, FloatNode, IntegerNode, StringNode

if TYPE_CHECKING:  # Hydra itself takes long to import, and some who write YAML need none of it
    from hydra._internal.hydra import Hydra as Hydra
    from hydra.core.utils import JobReturn
    from hydra.plugins.launcher import Launcher

_LEAVES = (AnyNode, BooleanNode, FloatNode, IntegerNode, StringNode)


def flags() -> Mapping[str, Any]:
    """The flags of Hydra's command line, ``--multirun`` and others, and argparse's action of each."""
    from hydra._internal.utils import get_args_parser

    return get_args_parser()._option_string_actions


def basic_launcher() -> Launcher:
    """Hydra's own launcher: one job after the other, in this process."""
    from hydra._internal.core_plugins.basic_launcher import BasicLauncher

    return BasicLauncher()


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


def leaf(config: DictConfig, key: str, text: str) -> Node | None:
    """The node of `config` that the value `text` goes into, or None where there is no simple one."""
    node: Any = config
    for name in key.split("."):
        if not isinstance(node, DictConfig) or node._is_none() or node._is_interpolation():
            return None
        node = node._get_node(name, validate_access=False)
    kind = DictConfig if text[0] == "{" else ListConfig
    is_simple = type(node) in _LEAVES or (isinstance(node, kind) and not node._is_none())
    return node if is_simple and not node._is_interpolation() else None


def put(node: Node, value: Any) -> Any:
    """Puts a value into a node, which checks and converts it; returns what it is there."""
    node._set_value(value)
    return value if isinstance(node, Container) else node._value()
