"""The last fit: on training and validation rows, once these have chosen what they were held out to choose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scoreline.data import Dataset, Split
from scoreline.errors import DataError, MismatchError
from scoreline.rows import ConcatRows, Rows
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import Prepared
from scoreline.runs.resolved import GIVEN, Decision

__all__ = ["check_refit", "decide_refit", "join_validation", "with_validation_rows"]


def check_refit(config: RunConfig, dataset: Dataset | None = None) -> None:
    """Check that a refit is possible where it was asked for; without data, as far as the settings tell.

    Raises
    ------
    DataError
        There is no validation or no test split.
    MismatchError
        Early stopping was asked for too.
    """
    if not config.refit:
        return
    if dataset is not None and not _possible(dataset):
        splits = [name for name in ("train", "validation", "test") if getattr(dataset, name) is not None]
        raise DataError(
            f"A refit was asked for, and {dataset.name} has the splits {', '.join(splits)}",
            allowed="data with a validation split, which joins the training rows, and a test split",
            fix="leave out --refit",
        )
    if config.early_stopping:
        raise MismatchError(
            "A refit was asked for while early stopping needs validation rows to stop by",
            allowed="one of the two",
            fix="leave out --refit or --early-stopping",
        )


def decide_refit(config: RunConfig, prepared: Prepared, *, chosen: bool) -> Decision[bool]:
    """Decide whether validation rows are trained on in the end.

    Rows that were held out to choose a setting are training rows like others once it is chosen. They join the
    training split, and there is no validation split any more: no figure can then be of rows that were trained on
    as if they had been held out. Where the settings leave it open, this is done if

    - a setting was chosen on the validation split,
    - a test split is there to evaluate the classifier (else validation rows are all that can), and
    - no early stopping needs validation rows to stop by.

    Features keep what they have learned from the training split.

    Parameters
    ----------
    config : RunConfig
    prepared : Prepared
    chosen : bool
        Whether the validation split has chosen `lam`, the weights of blocks or the features.

    Raises
    ------
    DataError
        ``refit=True`` was asked for where there is no validation or no test split.
    MismatchError
        It was asked for together with early stopping.

    References
    ----------
    Hastie, Tibshirani & Friedman (2009), The elements of statistical learning, section 7.10: the model chosen is
    fitted to all the data. scikit-learn's GridSearchCV calls it ``refit``.
    """
    check_refit(config, prepared.dataset)
    if config.refit is not None:
        return Decision(value=config.refit, why=GIVEN)
    if not chosen:
        return Decision(value=False, why="nothing was chosen on validation rows")
    if not _possible(prepared.dataset):
        return Decision(value=False, why="there is no test split, so that validation rows are evaluated on")
    if config.early_stopping:
        return Decision(value=False, why="early stopping needs the validation rows")
    return Decision(value=True, why="validation rows have chosen, and test rows are evaluated on")


def join_validation(dataset: Dataset) -> Dataset:
    """Return the data with the validation split behind the training split, and none any more."""
    train, held_out = dataset.train, dataset.validation
    if held_out is None:
        return dataset
    rows = ConcatRows([train.rows, held_out.rows])
    both = Split(rows, np.concatenate([train.y, held_out.y]), train.ids + held_out.ids)
    return replace(dataset, train=both, validation=None)


def with_validation_rows(prepared: Prepared) -> Prepared:
    """Return data and features with the validation rows behind the training rows, and no validation split."""
    dataset = join_validation(prepared.dataset)
    rows = {name: rows for name, rows in prepared.rows.items() if name != "validation"}
    rows["train"] = ConcatRows([rows["train"], prepared.rows["validation"]])
    pairs: dict[str, Rows] = {"train": ConcatRows(list(prepared.pairs.values()))} if prepared.pairs else {}
    return replace(prepared, dataset=dataset, rows=rows, pairs=pairs)


def _possible(dataset: Dataset) -> bool:
    return dataset.validation is not None and dataset.test is not None
