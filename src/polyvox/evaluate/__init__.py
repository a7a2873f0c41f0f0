"""Measure encoders on tasks, keep every score, and say how it was made.

The package is also the function: `polyvox.evaluate("default", tasks=["tatoeba"])` is `api.evaluate`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polyvox.evaluate.folder import Evaluation


class _CallableModule(ModuleType):
    """A name can be a package or a function; users want `polyvox.evaluate(...)` beside the package."""

    def __call__(self, *arguments: Any, **options: Any) -> list[Evaluation]:  # noqa: ANN401 - handed on
        from polyvox.evaluate.api import evaluate

        return evaluate(*arguments, **options)


sys.modules[__name__].__class__ = _CallableModule
