"""Whether features, and the fit on them, keep within a bound on memory: decided before a feature is extracted."""

from __future__ import annotations

import numpy as np

from scoreline.data import Dataset, MemorySource
from scoreline.data.budget import Need, check_budget, parse_size
from scoreline.engine.solvers import build_solver
from scoreline.estimators.problem import build_objective, solver_settings
from scoreline.features import FeatureExtractor
from scoreline.features.descriptor import BATCH
from scoreline.features.rows import shard_length
from scoreline.kernels.threads import separate_threads
from scoreline.runs.classifier import ANY_LAM, classifier_of
from scoreline.runs.config import RunConfig

__all__ = ["check_fitting", "check_memory"]

#: Numbers in float64 that descriptors keep for each pixel of the images at work.
NUMBERS_A_PIXEL = 24


def check_fitting(config: RunConfig, dataset: Dataset, extractor: FeatureExtractor) -> None:
    """Tell what features take that learn from the training images, before they learn.

    Parameters
    ----------
    config : RunConfig
        Without a bound, nothing is checked.
    dataset : Dataset
    extractor : FeatureExtractor
        Unfitted.

    Raises
    ------
    UsageError
        It is more than the bound leaves.
    """
    learned = extractor.fitting_bytes(dataset.example_shape)
    if config.memory is None or not learned:
        return
    fewer = "let them learn from less (n_patches, n_descriptors, n_images)"
    needs = [Need(f"what {config.features} learns from", learned, fewer), _at_work(dataset)]
    check_budget(parse_size(config.memory), needs)


def check_memory(config: RunConfig, dataset: Dataset, extractor: FeatureExtractor) -> None:
    """Add up what extracting the features, and the fit on the training rows, are going to keep.

    Parameters
    ----------
    config : RunConfig
        Without a bound, nothing is checked.
    dataset : Dataset
    extractor : FeatureExtractor
        Fitted.

    Raises
    ------
    UsageError
        It is more than the bound leaves; the message tells what takes how much, and what would help.
    """
    if config.memory is None:
        return
    bound, width = parse_size(config.memory), extractor.width()
    features = _features(dataset, extractor, config.augment)
    dtype = np.dtype(np.float32) if features else dataset.train.rows.dtype
    # Rows that take no room stand for those to come.
    labels = np.repeat(dataset.train.y, 1 + config.augment)
    rows = np.broadcast_to(np.zeros((), dtype), (len(labels), width))
    source = MemorySource(rows, labels, len(dataset.classes))
    classifier = classifier_of(config, ANY_LAM if config.lam == "auto" else config.lam)
    objective, settings = build_objective(classifier, source.n_classes), solver_settings(classifier, config.seed)
    solver = build_solver(config.solver, objective, source, options=settings.options(config.lr)).solver
    check_budget(bound, features)  # let go of before the fit begins
    check_budget(bound, solver.memory_needs(objective, source, settings))


def _features(dataset: Dataset, extractor: FeatureExtractor, augment: bool) -> list[Need]:
    """Return what a shard of features takes, and the images at work; nothing where pixels are the rows."""
    if not extractor.computes:
        return []
    n = max(len(split) for split in (dataset.train, dataset.validation, dataset.test) if split is not None)
    width = extractor.width()
    rows = min(n, shard_length(dataset.train.rows, extractor.numbers_at_work()))
    fewer = "take fewer features, smaller images (image_size) or fewer examples"
    what = f"features of {rows:,} examples, {width:,} numbers each,"
    numbers = extractor.numbers_at_work() + augment * width
    return [Need(what, 4 * rows * numbers, fewer), _at_work(dataset)]


def _at_work(dataset: Dataset) -> Need:
    """Return the images that features are computed of at the same time, as floats."""
    n_bytes = BATCH * separate_threads() * int(np.prod(dataset.example_shape)) * 8 * NUMBERS_A_PIXEL
    return Need("images that features are computed of", n_bytes, "take smaller images (image_size)")
