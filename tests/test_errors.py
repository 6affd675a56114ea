from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from scoreline import errors
from scoreline.errors import ScorelineError, UnknownNameError, UsageError


def tree(cls: type[ScorelineError]) -> list[type[ScorelineError]]:
    """Return a class of the tree and all that derive from it, in the order of their definition."""
    below = [kind for kind in cls.__subclasses__() if kind.__module__ == errors.__name__]
    return [cls, *(found for kind in below for found in tree(kind))]


EXIT_CODES = {
    "ScorelineError": 1,
    "UsageError": 2,
    "UnknownNameError": 2,
    "MismatchError": 2,
    "UntrustedError": 2,
    "DataError": 3,
    "ImageError": 3,
    "TooManyRejectedError": 3,
    "DownloadError": 3,
    "ModelError": 3,
    "OutputError": 3,
    "DivergedError": 4,
    "MissingPackageError": 2,
}
BUILTINS = {
    "UsageError": ValueError,
    "DataError": ValueError,
    "ModelError": ValueError,
    "OutputError": OSError,
    "DivergedError": ArithmeticError,
    "MissingPackageError": ImportError,
}
every_error = pytest.mark.parametrize("kind", tree(ScorelineError), ids=lambda kind: kind.__name__)


def test_the_public_names_are_the_tree() -> None:
    assert sorted(kind.__name__ for kind in tree(ScorelineError)) == errors.__all__


@every_error
def test_the_message_says_what_was_given_what_is_allowed_and_what_to_do(kind: type[ScorelineError]) -> None:
    error = kind("3 cats came", allowed="2 cats", fix="send one home")
    assert str(error) == "3 cats came. Allowed: 2 cats. To fix it: send one home."
    assert (error.given, error.allowed, error.fix) == ("3 cats came", "2 cats", "send one home")


@every_error
def test_an_error_survives_the_way_to_another_process(kind: type[ScorelineError]) -> None:
    error = kind("given", allowed="allowed", fix="fix")
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - as joblib does
        assert type(copied) is kind
        assert str(copied) == str(error)
        assert vars(copied) == vars(error)


@every_error
def test_allowed_and_fix_must_be_given(kind: type[ScorelineError]) -> None:
    with pytest.raises(TypeError, match="allowed"):
        kind("given", fix="fix")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="fix"):
        kind("given", allowed="allowed")  # type: ignore[call-arg]


@every_error
def test_exit_code(kind: type[ScorelineError]) -> None:
    assert kind.exit_code == EXIT_CODES[kind.__name__]


@pytest.mark.parametrize(("name", "builtin"), BUILTINS.items())
def test_who_knows_the_builtin_alone_can_catch_it(name: str, builtin: type[Exception]) -> None:
    with pytest.raises(builtin) as caught:
        raise getattr(errors, name)("given", allowed="allowed", fix="fix")
    assert isinstance(caught.value, ScorelineError)


def drawn_tree() -> list[tuple[int, str, str | None, int | None]]:
    """Return depth, name, builtin base and exit code of each line of the tree in the module's docstring."""
    text = inspect.getdoc(errors) or ""
    rows = re.findall(
        r"^ {4}(?P<branch>[ │├└─]*)(?P<name>\w+Error)(?: \((?P<base>\w+)\))?(?: +exit code (?P<code>\d))?",
        text,
        re.M,
    )
    return [
        (len(branch) // 4, name, base or None, int(code) if code else None) for branch, name, base, code in rows
    ]


def real_tree(kind: type[ScorelineError], depth: int = 0) -> list[tuple[int, str, str | None, int | None]]:
    """Return the same of the classes themselves; a class repeats no exit code of its parent."""
    builtins = [base.__name__ for base in kind.__bases__ if not issubclass(base, ScorelineError)]
    base = builtins[0] if depth and builtins else None
    code = kind.exit_code if "exit_code" in vars(kind) else None
    below = [sub for sub in kind.__subclasses__() if sub.__module__ == errors.__name__]
    return [(depth, kind.__name__, base, code), *(row for sub in below for row in real_tree(sub, depth + 1))]


def test_the_tree_in_the_docstring_is_the_real_one() -> None:
    assert drawn_tree() == real_tree(ScorelineError)
    assert len(drawn_tree()) == len(errors.__all__)


def test_an_unknown_name_suggests_the_nearest() -> None:
    error = UnknownNameError.of("loss", "sofmax", ["weston-watkins", "softmax"])
    assert str(error) == (
        "There is no loss called 'sofmax'. Allowed: softmax, weston-watkins. To fix it: write 'softmax'."
    )


def test_an_unknown_name_that_is_like_nothing_suggests_nothing() -> None:
    error = UnknownNameError.of("loss", "xyzzy", ["softmax"])
    assert error.fix == "choose one of the names of a loss above"
    assert isinstance(error, UsageError)
