"""Another revision in a folder of its own, for as long as it is needed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import ROOT

__all__ = ["RevisionError", "checked_out", "commit_of"]

PREFIX = "scoreline-against-"


class RevisionError(Exception):
    """There is no such revision, or nothing to measure in it."""


def commit_of(revision: str) -> str:
    """Return the commit that a revision means; raise RevisionError where it means none."""
    if _git("rev-parse", "--git-dir").returncode:
        raise RevisionError(f"{ROOT} is no Git repository: clone the project to compare revisions of it")
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found.returncode:
        raise RevisionError(
            f"there is no revision {revision!r} in {ROOT}: give a commit, a branch or a tag that this clone holds "
            "(git log --oneline names commits; git fetch brings those of others)"
        )
    commit = found.stdout.strip()
    if _git("cat-file", "-e", f"{commit}:src/scoreline/__init__.py").returncode:
        raise RevisionError(f"revision {revision!r} holds no src/scoreline: give one that does")
    return commit


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Check out a commit into a temporary worktree, which is removed at the end whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    tree = folder / "tree"
    try:
        # Hooks of the clone are for those who work in it.
        added = _git("-c", "core.hooksPath=/dev/null", "worktree", "add", "--quiet", "--detach", str(tree), commit)
        if added.returncode:
            raise RevisionError(f"commit {commit[:12]} could not be checked out: {added.stderr.strip()[-300:]}")
        yield tree
    finally:
        with _deaf():
            # The second --force is for a worktree that Git was interrupted in making.
            _git("worktree", "remove", "--force", "--force", str(tree))
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Let no further signal keep from tidying up."""
    before = {name: signal.signal(name, signal.SIG_IGN) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
