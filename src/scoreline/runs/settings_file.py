"""Settings from a YAML file of any origin: names and plain values, and nothing else of YAML."""

from __future__ import annotations

import stat
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from scoreline._text import shown
from scoreline.errors import UsageError

__all__ = ["read_settings"]

#: Bytes of a file: there are some thirty settings.
MOST_BYTES = 1 << 16
#: Brackets within brackets; no setting has any, but a message may quote a small one.
MOST_DEPTH = 3
RIGHT = "a YAML file with one setting a line, as config.yaml in a run folder"


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings in a YAML file by their names.

    Raises
    ------
    UsageError
        The file cannot be read, is too large, or holds other than names and values.
    """
    text = _read(path)
    try:
        # Before anything is built: what refers to other parts or nests may be small and stand for very much.
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            problem = _problem(event, depth)
            if problem:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise _unreadable(path, f"{problem} in line {line}")
        values = yaml.load(text, Loader=_Settings)  # noqa: S506 - a SafeLoader
    except (ValueError, OverflowError, RecursionError, yaml.YAMLError) as error:
        if isinstance(error, UsageError):
            raise
        raise _unreadable(path, str(error)) from error
    if not isinstance(values, dict):
        raise UsageError(
            f"{path} holds no settings", allowed="one 'name: value' a line", fix="take a run's config.yaml"
        )
    return {key if isinstance(key, str) else shown(key): value for key, value in values.items()}


class _Settings(yaml.SafeLoader):
    """Refuses a name that is given twice, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        twice = next((name for name, count in names.items() if count > 1), None)
        if twice is not None:
            raise ValueError(f"{shown(twice)} is given twice")
        return super().construct_mapping(node, deep)


def _read(path: Path) -> str:
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise _unreadable(path, "it is not a regular file")
        if facts.st_size > MOST_BYTES:
            raise _unreadable(path, f"it has {facts.st_size:,} bytes, and at most {MOST_BYTES:,} are read")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except ValueError as error:  # no UTF-8, or a path that cannot be
        if isinstance(error, UsageError):
            raise
        raise _unreadable(path, str(error)) from error


def _problem(event: yaml.Event, depth: int) -> str:
    """Return what of YAML a settings file must not have, or nothing."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return "there is a reference (& or *)"
    if depth > MOST_DEPTH:
        return f"there are more than {MOST_DEPTH} brackets or lists within one another"
    tag = getattr(event, "tag", None)
    if tag is not None:
        return f"there is a tag ({shown(tag)})"
    return ""


def _unreadable(path: Path, problem: str) -> UsageError:
    found = f"The settings in {path} cannot be read ({problem})"
    return UsageError(found, allowed=RIGHT, fix="check the path and the file")
