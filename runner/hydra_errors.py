"""What Hydra and OmegaConf say is wrong, in a line and in words of those who write overrides and files."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from runner.errors import show, too_long

#: What OmegaConf's containers are to who writes YAML.
KINDS = {"DictConfig": "a mapping", "ListConfig": "a list", "NoneType": "null"}
#: What may be done about ``${`` in a text.
REFERENCE = (
    r"cannot be read: ${seed} is the value of another key, ${oc.env:NAME} that of a variable of the "
    r"environment, and \${ the text ${ itself"
)
#: Patterns of what they say, and what is said in its place.
_WORDS = (
    (r"GrammarParseError raised while resolving", "its resolver has a text that cannot be read"),
    (r"no viable alternative|extraneous input|mismatched input|token recognition error|missing \w+ at ",
     REFERENCE),
    (r"(?:Recursive interpolation|Interpolation to parent node) detected", "refers to itself"),
    (r"RecursionError raised while resolving", "refers to itself"),
    (r"Interpolation key '(.*?)' not found", r"there is no key \1 to refer to"),
    (r"Unsupported interpolation type (\S+)", r"there is no resolver \1; ${oc.env:NAME} has one"),
    (r"Environment variable '(.*?)' not found", r"there is no variable \1 in the environment"),
    (r"TypeError raised while resolving", "its resolver takes other arguments"),
    (r"\w+ raised while resolving interpolation: (.*)", r"its resolver fails: \1"),
    (r"Error resolving interpolation '(.*?)', possible interpolation keys: (.*)",
     r"\1 refers to none of the other groups: \2"),
    (r"Incompatible key type '?(\w+)'?", r"a key must be text, and no \1"),
    (r"Value '(\w+)' is not a supported primitive type",
     r"a \1 is no value: it must be text, a number, true, false, null, a list or a mapping"),
    (r"is not a subclass of \w+\. value: (.*)", r"\1 stands among the keys of hydra where a group must be"),
    (r"Cannot assign \w+ to Dict", "must be a mapping"),
    (r"null object has no attribute 'get'", "must be set key by key, as ++KEY.NAME=VALUE"),
    (r"field '.*?' is not Optional", "must not be null"),
    (r"Cannot convert '?(?:\w+|a list|a mapping)'? to string", "must be text"),
    (r"could not be converted to Integer", "must be a whole number"),
    (r"could not be converted to Float", "must be a number"),
    (r"is not a valid bool|could not be converted to Boolean", "must be true or false"),
    (r"is not a a list, list or tuple", "must be a list"),
    (r"Invalid value .*, expected one of \[(.*)\]", r"must be one of \1"),
    (r"does not support deletion", "cannot be left out"),
    (r"index out of range|invalid literal for int\(\)|Index '?\w+'? .*is not",
     "there is no such place in the list; a whole list is given, as KEY=[1,2]"),
    (r"(?s:Key '(.*?)') (?:is )?not in '?(?:struct|\w+)", r"unknown key \1"),
    (r"The value of '(.*?)' is (.*) and not (.*)\.$", r"\1 is \2, and not \3"),
    (r"Could not append to config\. An item is already at", "is there already; without + it is changed"),
    (r"Multiple values for (.*?)\. To override",
     r"\1 is chosen already; without + (in a file: override /\1) it is changed"),
    (r"force-add of config groups is not supported", "a group's file is chosen without ++"),
    (r"config group '(.*?)' does not exist", r"there is no group \1"),
    (r"Config group override (?:deletion )?(?:value )?must be", "a group's file is chosen by its name"),
    (r"Could not delete '([^']*)'\. No match in the defaults list",
     "leaves out what is not chosen; behind ~ stands a key, or a group and its choice"),
    (r"hydra\.searchpath must be a list of strings", "must be a list of folders, as [file://FOLDER]"),
    (r"No config source registered for schema (\w*), supported types : \[(.*?)\]",
     r"has a place of the kind \1, and must be a list of folders, as [file://FOLDER]"),
    (r"Overriding hydra\.searchpath is only supported", "hydra.searchpath is for the command line alone"),
)  # fmt: skip
#: How Hydra begins what is wrong in a file, as it names it.
_IN_FILE = re.compile(r"In '([^']*)': (?:\w+ raised while composing config:\s*)?")
#: What only those can read who write Python.
_PYTHON = re.compile(
    r"invalid literal|has no attribute|positional argument|keyword argument|not subscriptable|not iterable"
    r"|not supported between|to unpack|can only concatenate|unhashable|object at 0x|<class |^\w*Error$"
)


def reason(error: BaseException) -> str:
    """Why something could not be taken, in a line: which it is, is another's to say."""
    inner = _of_omegaconf(error)
    if digits := too_long(error):
        return digits
    text = re.sub(rf"\A{_IN_FILE.pattern}", "", told(str(error if inner is None else inner)))
    for pattern, words in _WORDS:
        if match := re.search(pattern, text):
            return match.expand(words)
    return plain(text.partition(" : Override(")[0]) or "is nothing that can be composed"


def plain(text: str) -> str:
    """The first line of what they say; nothing where only those can read it who write Python."""
    line = told(text).strip().partition("\n")[0]
    return "" if _PYTHON.search(line) else line


def place(error: BaseException) -> str:
    """What an error is about, as ``FILE: KEY=VALUE: ``, as far as it says so."""
    inner: Any = _of_omegaconf(error)
    file = _IN_FILE.match(str(error))
    key = getattr(inner, "full_key", None) or ""
    parts = [file[1]] if file else []
    if key:
        value = written(inner)
        parts.append(key if value is None else f"{key}={show(value)}")
    return "".join(f"{part}: " for part in parts)


def written(error: Any) -> Any:
    """The value that an error of OmegaConf's is about, as it was given; None where it is not known."""
    from omegaconf import OmegaConf
    from omegaconf.errors import KeyValidationError

    if isinstance(error, KeyValidationError):  # whose value is right
        return None
    value = error.value
    if value is None and error.parent_node is not None:
        with suppress(Exception):  # there may be none
            container: Any = OmegaConf.to_container(error.parent_node, resolve=False)
            value = container[error.key]
    return value


def told(text: str) -> str:
    """An error's lines without what only OmegaConf's makers can use."""
    inner = ("full_key:", "object_type=", "reference_type=")
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith(inner)]
    return re.sub(
        r"'?\b(DictConfig|ListConfig|NoneType)\b'?", lambda match: KINDS[match[1]], "\n".join(lines)
    )


def _of_omegaconf(error: BaseException | None) -> BaseException | None:
    """The error of OmegaConf's that one is, or stems from."""
    from omegaconf.errors import OmegaConfBaseException

    if error is None or isinstance(error, OmegaConfBaseException):
        return error
    before = error.__context__  # which may be of another override
    is_inner = before is not None and str(before) and str(before) in str(error)
    return _of_omegaconf(error.__cause__ or (before if is_inner else None))
