"""``scoreline compare``: several losses, optimisers or features on the same split, in one table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scoreline.cli.interrupt import Interrupt
from scoreline.cli.output import console, facts, notes, print_json, table
from scoreline.cli.progress import ProgressBars
from scoreline.cli.settings import with_settings
from scoreline.engine.problem.stopping import Listener
from scoreline.losses import LOSSES
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import PENALTIES
from scoreline.runs.config import FEATURE_NAMES, RunConfig

if TYPE_CHECKING:
    from scoreline.runs.comparison import Row
    from scoreline.runs.folder import RunFolder

__all__ = ["MANY_VALUED", "compare_command"]

#: Options that take several values, with spaces between them.
MANY_VALUED = ("--features", "--losses", "--penalties", "--lams", "--solvers", "--lrs", "--baselines")

#: Of ``comparison.csv``; the test split evaluates the best classifier alone.
COLUMNS = (
    "classifier", "n_features", "validation", "folds", "test", "train", "objective", "epochs", "seconds",
    "feature_seconds", "remark",
)  # fmt: skip
#: What the accuracies of each column are of.
OF_WHAT = {
    "validation": "{} validation examples, by classifiers trained on the training split",
    "folds": "{} training and validation examples, each by a classifier trained without its fold; chose lam",
    "train": "{} examples trained on in the end",
    "test": "{} test examples",
}


#: Of each setting that is compared: its option, the type of a value, and the help.
AXIS_OPTIONS: Mapping[str, tuple[str, type, str]] = {
    "features": ("features", str, f"Features to compare: {FEATURE_NAMES}."),
    "loss": ("losses", str, f"Losses to compare: {', '.join(LOSSES)}."),
    "penalty": ("penalties", str, f"Penalties to compare: {', '.join(PENALTIES)}."),
    "lam": ("lams", str, "Strengths of the penalty to compare, or auto."),
    "solver": ("solvers", str, f"Solvers to compare: exact, gd, {', '.join(OPTIMIZERS)}."),
    "lr": ("lrs", float, "Learning rates to compare."),
}


def _with_axes(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each setting that is compared; it takes their values as ``axes``."""
    own = inspect.signature(command, eval_str=True).parameters

    @wraps(command)
    def wrapped(**values: Any) -> None:
        axes = {name: values.pop(option) or [] for name, (option, _, _) in AXIS_OPTIONS.items()}
        command(axes=axes, **values)

    options = [_axis_parameter(*described) for described in AXIS_OPTIONS.values()]
    others = (own[name].replace(kind=inspect.Parameter.KEYWORD_ONLY) for name in own if name != "axes")
    wrapped.__signature__ = inspect.Signature([*options, *others])  # type: ignore[attr-defined]
    return wrapped


def _axis_parameter(option: str, kind: type, text: str) -> inspect.Parameter:
    many: Any = list[kind] | None  # type: ignore[valid-type]
    annotation = Annotated[many, typer.Option(help=text)]
    return inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


@with_settings(leave_out=AXIS_OPTIONS)
@_with_axes
def compare_command(
    config: RunConfig,
    axes: Mapping[str, list[Any]],
    baselines: Annotated[
        list[str] | None,
        typer.Option(help="Baselines: 1-nn, 5-nn, the classes of the 1 or 5 nearest training images."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="New folder for table and figures. [default: runs/<data>-compare-<number>]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="End with one line of JSON, for machines.")] = False,
) -> None:
    """Train every combination of the values given and print one table, the best by validation first.

    The test split, if there is one, evaluates the best alone: a choice by it would be biased. Ctrl-C ends the
    comparison early, as SIGTERM and SIGHUP do, and keeps the rows that are there.

    Several values follow an option with spaces between them: --losses softmax svm --solvers sgd adam.
    """
    from scoreline.runs.folder import RunFolder, data_title
    from scoreline.runs.state import digest

    rows: list[Row] = []
    try:
        title, request = f"{data_title(config.data)}-compare", digest(config, dict(axes), baselines)
        with (
            Interrupt() as interrupt,
            RunFolder.create(out, title, command="compare", request=request) as folder,
        ):
            with ProgressBars(quiet=json) as bars:
                # Slow imports come after the folder is claimed.
                from scoreline.runs.comparison import compare, ranked

                progress = interrupt.beside(bars.loading)
                listeners: list[Listener] = [bars, interrupt, folder.checkpoints]
                trained = compare(config, axes, baselines or [], listeners=listeners, progress=progress)
                folder.describe("config.yaml", config.anchored().write)
                folder.check()
                with suppress(KeyboardInterrupt):  # the interrupt remembers it, and what is trained is kept
                    for row in trained:
                        rows = ranked([*rows, row])
                        bars.say(_progress_line(row))
                        folder.write_csv("comparison.csv", COLUMNS, _table(rows))
                        if interrupt.pressed:
                            break
                if not rows:
                    raise KeyboardInterrupt
                if interrupt.pressed:
                    folder.checkpoints.leave()
            _draw(rows, folder)
    finally:  # the rows are reported, even where the rest could not be written
        if rows:
            _tell(rows, folder.path, json=json)
    if interrupt.pressed:
        notes.print("Interrupted: the table has the classifiers that were trained by then.")
        notes.print(folder.how_to_go_on(), markup=False, soft_wrap=True)
        raise typer.Exit(interrupt.exit_code)


def _draw(rows: Sequence[Row], folder: RunFolder) -> None:
    """Draw the figures; raise OutputError where something could not be written."""
    from scoreline.runs.drawing import draw_comparison, save_drawings

    folder.keep("figures", lambda: save_drawings(list(draw_comparison(rows)), folder.figures))
    folder.check()


def _tell(rows: Sequence[Row], path: Path, *, json: bool) -> None:
    from scoreline.runs.comparison import ranking_name

    best = rows[0]
    if json:
        chosen = {"best": best.name, "split": best.split, "accuracy": best.accuracy}
        print_json({"run": str(path), **chosen, "rows": [_facts(row, best) for row in rows]})
        return
    ranking, shown, shared = ranking_name(rows), _accuracies_shown(rows), _shared_remarks(rows)
    names = ("classifier", *shown, "epochs", "seconds", "remark")
    console.print(table(names, [_cells(row, shown, shared) for row in rows]))
    if shared:
        console.print(f"All classifiers: {', '.join(shared)}.")
    console.print("Accuracies are of:")
    console.print(facts((f"  {name}", _of_what(rows, name)) for name in shown))
    by = "folds" if ranking == "folds" else f"the {ranking} split"
    console.print(f"Ranked by {by}; seconds are those of features and training.")
    if best.accuracy is not None and best.split not in shown:
        console.print(f"The best, {best.name}, has an accuracy of {best.accuracy:.4f} on the {best.split} split.")
    console.print(f"Table and figures: {path}")


def _accuracies_shown(rows: Sequence[Row]) -> list[str]:
    """Return the names of the columns of accuracies on the screen: of what rows are chosen by, and of training."""
    held_out = [name for name in ("validation", "folds") if any(row.accuracy_by(name) is not None for row in rows)]
    return list(dict.fromkeys([*(held_out or [rows[0].split]), "train"]))


def _of_what(rows: Sequence[Row], name: str) -> str:
    """Return how many examples the accuracies of a column are of, and which."""
    counts = sorted({row.examples[name] for row in rows if name in row.examples})
    return OF_WHAT[name].format(" or ".join(f"{count:,}" for count in counts))


def _progress_line(row: Row) -> str:
    from scoreline.runs.comparison import ranking_name

    name = ranking_name([row])
    found = row.accuracy_by(name)
    accuracy = "" if found is None else f"{name} accuracy {found:.4f}, "
    remark = f", {row.remark}" if row.remark else ""
    return f"{row.name}: {accuracy}{row.seconds + row.feature_seconds:.1f} s{remark}"


def _shared_remarks(rows: Sequence[Row]) -> list[str]:
    """Return the remarks that all of several rows have, which need not be in each line."""
    if len(rows) < 2:
        return []
    remarks = [row.remark.split(", ") for row in rows]
    return [one for one in remarks[0] if one and all(one in others for others in remarks)]


def _cells(row: Row, shown: Sequence[str], shared: Collection[str] = ()) -> Sequence[str]:
    """Return a row of the table on the screen, which need not be wider than 80 letters."""
    found = (row.train_accuracy if name == "train" else row.accuracy_by(name) for name in shown)
    return (
        row.name,
        *(_written(accuracy, ".4f") for accuracy in found),
        _written(row.epochs, "d"),
        f"{row.seconds + row.feature_seconds:.2f}",
        ", ".join(one for one in row.remark.split(", ") if one not in shared),
    )


def _table(rows: Sequence[Row]) -> list[Sequence[str]]:
    """Return the rows of ``comparison.csv``."""
    return [
        (
            row.name,
            _written(row.n_features, "d"),
            _written(row.validation_accuracy, ".4f"),
            _written(row.folds_accuracy, ".4f"),
            _written(_shown_accuracy(row, rows[0]), ".4f") if row.split == "test" else "",
            _written(row.train_accuracy, ".4f"),
            _written(row.objective, ".6g"),
            _written(row.epochs, "d"),
            f"{row.seconds:.2f}",
            f"{row.feature_seconds:.2f}",
            row.remark,
        )
        for row in rows
    ]


def _written(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _shown_accuracy(row: Row, best: Row) -> float | None:
    """Return the accuracy on the evaluation split: where another one ranks the rows, that of the best alone."""
    return row.accuracy if row is best or row.validation_accuracy is None else None


def _facts(row: Row, best: Row) -> dict[str, object]:
    names = (
        "name",
        "split",
        "train_accuracy",
        "objective",
        "epochs",
        "seconds",
        "feature_seconds",
        "n_features",
        "lam",
        "validation_accuracy",
        "folds_accuracy",
        "examples",
        "remark",
    )
    found = {name: getattr(row, name) for name in names}
    return found | {"accuracy": _shown_accuracy(row, best), "settings": dict(row.settings)}
