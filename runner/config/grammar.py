"""What Hydra's grammar cannot read on a command line: the override, what is wrong with it and the cure."""

from __future__ import annotations

import re
import shlex

from runner.errors import LONGEST_VALUE, RunnerError, did_you_mean, show, too_long
from runner.escaping import one_line
from runner.hydra_errors import plain
from runner.overrides import parse_override

#: A key in Hydra's grammar with what may stand around it: a group's folder, a package.
_KEY = re.compile(r"(\+{0,2}|~)[\w$-]+([./][\w$-]+)*(@[\w$.:-]*)?", re.ASCII)


def refusal(override: str) -> RunnerError | None:
    """What is wrong with an override that has no meaning in Hydra's grammar; None for one that has."""
    why = ""
    try:
        parse_override(override)
    except RecursionError:
        why = "lists or mappings stand too deep in each other"
    except ValueError as error:
        why = too_long(error) or plain(str(error)) or "has values that do not go together"
    except Exception as error:  # Hydra's own
        why = _why(override, str(error))
    if not override.partition("=")[0].strip("+~"):
        why = "its key is missing: give KEY=VALUE"
    return RunnerError(f"{show(override)}: {why}") if why else None


def _why(override: str, text: str) -> str:
    key, _, value = override.partition("=")
    if not _KEY.fullmatch(key):
        return "is no KEY=VALUE; a key has letters, digits, _ and single dots, as network.hidden=[3] has"
    if unknown := re.search(r"Unknown function '(.*?)'\s*Available: (.*)", text):
        names = unknown[2].strip().split(",")
        nearest = did_you_mean(unknown[1], names)
        return f"there is no function {show(unknown[1])}{nearest}; {_quoting(key, value)}"
    if evaluated := re.search(r"Error while evaluating '.*?': (.*)", text, re.DOTALL):
        return plain(evaluated[1]) or "its function takes other values"
    return f"is no value in Hydra's grammar; {_quoting(key, value)}"


def _quoting(key: str, value: str) -> str:
    """How a text is written that has signs of the grammar, or letters that it does not know."""
    close = any(value.count(a) != value.count(b) for a, b in ("[]", "{}", "()"))
    if value.startswith(("[", "{")):
        return "close each bracket, and " * close + """quote each text in it, as '["data (1).csv"]' does"""
    quoted = '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))
    shown = (
        one_line(shlex.quote(f"{key}={quoted}")) if len(quoted) <= LONGEST_VALUE else f"""'{key}="TEXT"'"""
    )
    return "close each bracket, or " * close + f"quote it as a text: {shown}"
