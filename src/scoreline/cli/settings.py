"""The settings of a run as command-line options, made from `RunConfig` so that the two cannot differ."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer

from scoreline.runs.config import AUTO, FOR_PEOPLE, LEARNING, SEARCH, RunConfig

__all__ = ["Trust", "trusting_named", "with_settings"]

#: An option of commands that load models.
Trust: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        help="Module of the model's own features that may be imported, which runs its code; several may be given.",
        show_default=False,
    ),
]


def with_settings(
    *,
    leave_out: Collection[str] = (),
    described: Mapping[str, str] | None = None,
    searches: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command an argument DATA, an option for every other setting, and ``--config FILE``.

    The command itself takes their sum as its parameter ``config``. Options override the file, the file
    the defaults.

    Parameters
    ----------
    leave_out : collection of str
        Settings that the command sets by itself.
    described : mapping of str to str, optional
        The help of settings that mean something else to this command.
    searches : bool, default False
        Whether the features are ``auto`` where no setting of what is learned is given, or one of the search is;
        and whether there will be one model, to keep a licence and notes with.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != "config"]
        left_out = {*leave_out, *(() if searches else (*SEARCH, *FOR_PEOPLE))}
        taken = [name for name in RunConfig.model_fields if name not in left_out]
        settings = [_parameter(name, (described or {}).get(name)) for name in taken]
        names = {parameter.name for parameter in settings}

        @wraps(command)
        def wrapped(config_file: Path | None = None, **values: Any) -> None:
            given = {name: values.pop(name) for name in names}
            with trusting_named(given.get("features"), *(values.get("features") or ())):
                command(config=_config(config_file, given, searches=searches), **values)

        file_option = inspect.Parameter(
            "config_file",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                Path | None, typer.Option("--config", help="YAML file of settings to start from.")
            ],
        )
        parameters = [*settings, file_option, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own)]
        wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
        return wrapped

    return decorate


@contextmanager
def trusting_named(*features: str | None) -> Iterator[None]:
    """Trust the modules of extractors that are named on the command line, not those in files of settings."""
    named = ",".join(text for text in features if text)
    with ExitStack() as held:
        if ":" in named:  # else the package of features, which is slow to import, can wait
            from scoreline.features.trust import modules_in, trusting

            held.enter_context(trusting(*modules_in(named)))
        yield


def _config(file: Path | None, given: dict[str, Any], *, searches: bool) -> RunConfig:
    base = {} if file is None else RunConfig.read(file).model_dump(exclude_unset=True)
    values = base | {name: value for name, value in given.items() if value is not None}
    if searches and (values.keys() & set(SEARCH) or not values.keys() & LEARNING):
        values.setdefault("features", AUTO)
    return RunConfig.checked(**values)


def _parameter(name: str, described: str | None) -> inspect.Parameter:
    """Return the parameter of a setting, with its own help or another; one that is not given is None."""
    field = RunConfig.model_fields[name]
    kind, flag = _plain_type(field.annotation), name.replace("_", "-")
    default: Any = field.default
    if isinstance(default, bool):
        default = "on" if default else "off"
    text = (described or str(field.description)) + ("" if default is None else f" [default: {default}]")
    facts: dict[str, Any] = {"help": text, "show_default": False, "rich_help_panel": group_of(name)}
    info: Any
    if name == "data":
        info = typer.Argument(help=text, show_default=False)
    elif kind == bool | None:
        info = typer.Option(f"--{flag}/--no-{flag}", **facts)
    else:
        info = typer.Option(f"--{flag}", **facts)
    annotation = Annotated[kind, info]  # type: ignore[valid-type]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def group_of(name: str) -> str:
    """Return the group of a setting in the help."""
    extra = RunConfig.model_fields[name].json_schema_extra
    return str(extra["group"]) if isinstance(extra, dict) else ""


def _plain_type(annotation: Any) -> Any:
    """Return the type that the command line reads; RunConfig checks the rest."""
    kind: Any = next((kind for kind in (bool, int, float) if annotation in (kind, kind | None)), str)
    return bool | None if annotation == bool | Literal["auto"] else kind | None
