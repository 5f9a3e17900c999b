"""The chain rule, worked out with a run's own numbers: ``backprop-explain``.

============  ================================================================================
``step``      one update of a run with everything that went into it, as training left it
``context``   that update with the names and the pen with which it is written down
``chapters``  the forward pass, the error, the way back, a parameter's chain, its update
``page``      all of them in order, as a ``document``: blocks in no format yet
``diagram``   the network as a drawing, and which connections lie on a parameter's way
``notation``  names, numbers and formulas (``runner.nn.formula``), and how they are written
``formats``   the page as text, Markdown, LaTeX and HTML
============  ================================================================================

In Python the package itself is called: ``runner.explain(experiment, weight="w6")``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.explain.explanation import Explanation


class _Callable(ModuleType):
    """This package, which is a function too: both are called what they do."""

    def __call__(self, experiment: Any, **choices: Any) -> Explanation:
        """One update of a run, or of an experiment that is none yet, worked out: see ``explained``."""
        from runner.explain.explanation import explained

        return explained(getattr(experiment, "experiment", experiment), **choices)


sys.modules[__name__].__class__ = _Callable
