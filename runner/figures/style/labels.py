"""What axes, legends and titles call keys, columns and weights: names of ours, or the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from unicodedata import lookup

from runner.results.rates import RATE

LABELS = {
    RATE: r"learning rate $\eta$",
    "batch_size": "batch size",
    "network.hidden": "hidden neurons",
    "network.activation": "activation",
    "network.output_activation": "output activation",
    "network.weights": "initializer",
    "network.biases": "initial biases",
    **{f"network.rates.{at}": rf"factor on $\eta$, layer {at + 1}" for at in range(9)},
    "optimizer.momentum": r"momentum $\mu$",
    "optimizer.nesterov": "Nesterov's",
    "data.noise": "noise",
    "data.points": "points",
    "data.scale": "scaling",
    "data.scale_targets": "scaling of targets",
    "data.test_fraction": "held-out share",
    "data.validation_fraction": "validation share",
    "regularization.l1": r"$L_1$ penalty",
    "regularization.l2": r"$L_2$ penalty",
    "curve": "error over",
    "error": "error $E$",
    "final_error": "final error $E$",
    "best_error": "best error $E$",
    "validation_error": "validation error",
    "validation_accuracy": "validation accuracy",
    "validation_r2": "validation $R^2$",
    "validation_rmse": "validation RMSE",
    "validation_error_rate": "validation error rate, 1 − accuracy",
    "test_error": "test error",
    "test_accuracy": "test accuracy",
    "r2": "$R^2$",
    "test_r2": "test $R^2$",
    "rmse": "RMSE",
    "test_rmse": "test RMSE",
    "error_rate": "error rate, 1 − accuracy",
    "test_error_rate": "test error rate, 1 − accuracy",
}

#: What mathtext has to set letters by, and no reader wants to see.
UNSET = str.maketrans("", "", "{}_\\")
#: What the user calls keys and columns, in what is being drawn.
_OWN: ContextVar[Mapping[str, str]] = ContextVar("labels", default=MappingProxyType({}))


@contextmanager
def called(labels: Mapping[str, str]) -> Iterator[None]:
    """Has :func:`label` say what the user calls keys and columns."""
    before = _OWN.set(labels)
    try:
        yield
    finally:
        _OWN.reset(before)


def label(key: str) -> str:
    """A key or a column as an axis says it: as the user calls it, if they do; else a name as it is."""
    plain = escaped(key.replace("_", " ") if "." not in key else key)
    return _OWN.get().get(key, LABELS.get(key, plain))


def spoken(key: str) -> str:
    """The same within a caption."""
    return plain_text(label(key))


def letter(key: str) -> str:
    """What a key is called within a sentence: its letter, where the label of its axis ends in one."""
    words = label(key)
    return words[words.index("$") :] if words.endswith("$") and words.count("$") == 2 else words


def escaped(text: str) -> str:
    """Text that mathtext is not to read."""
    return text.replace("\\", "\\\\").replace("$", r"\$")


def symbol(name: str) -> str:
    """A weight or bias as mathematics has it: w12 with an index."""
    return f"${name[0]}_{{{name[1:]}}}$"


def plain_text(text: str) -> str:
    """A label without mathtext, for where none is set: η for ``$\\eta$``, L2 for ``$L_2$``."""

    def letter(command: re.Match[str]) -> str:
        name = command[1]
        try:
            return lookup(f"GREEK {'CAPITAL' if name[:1].isupper() else 'SMALL'} LETTER {name.upper()}")
        except KeyError:
            return name

    def unset(formula: re.Match[str]) -> str:
        return re.sub(r"\\([A-Za-z]+) ?", letter, formula[1]).translate(UNSET)

    return re.sub(r"(?<!\\)\$(.*?)(?<!\\)\$", unset, text).replace(r"\$", "$")
