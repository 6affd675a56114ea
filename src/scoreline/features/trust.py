"""Modules outside of scoreline that may be imported for features: none, unless the user names them.

A model, or a file of settings, may come from anywhere, and may name any module: to import one runs its code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from scoreline._text import shown
from scoreline.errors import UntrustedError

__all__ = ["check_trusted", "modules_in", "trusting"]

_TRUSTED: ContextVar[frozenset[str]] = ContextVar("scoreline_trusted", default=frozenset())


@contextmanager
def trusting(*modules: str) -> Iterator[None]:
    """Let features import these modules, in this context.

    Examples
    --------
    >>> from scoreline.features import build_features, trusting
    >>> with trusting("my_features"):
    ...     extractor = build_features("my_features:Contrast,grid=4")
    >>> sorted(extractor.modules())
    ['my_features']
    """
    token = _TRUSTED.set(_TRUSTED.get() | set(modules))
    try:
        yield
    finally:
        _TRUSTED.reset(token)


def check_trusted(*modules: str) -> None:
    """Raise UntrustedError unless all these modules may be imported."""
    for module in modules:
        if module not in _TRUSTED.get():
            raise UntrustedError(
                f"The features would run code of the module {shown(module)}, which nobody has said to trust",
                allowed="modules that are named by --features on the command line, or by --trust",
                fix=f"if you trust it, add --trust {module}, in Python scoreline.load(run, trust=[{module!r}]) or "
                f"scoreline.features.trusting({module!r}); settings from a file need --features again",
            )


def modules_in(text: str) -> set[str]:
    """Return all that may be names of modules in features that a user has written."""
    return set(re.findall(r"([^\W\d][\w.]*):", text))
