"""What a run's facts say, in plain words, each with the command to do something about it."""

from __future__ import annotations

from scoreline.registry import Registry
from scoreline.report.findings.base import Facts, Finding, Rule, Searched, Severity
from scoreline.report.findings.classes import ClassImbalance, ConfusedPair, WeakClass
from scoreline.report.findings.confidence import BadProbabilities, Fragile, SmallSample, WithoutTest
from scoreline.report.findings.data import ChangedData, NotExamined, RejectedFiles
from scoreline.report.findings.fit import AtBaseline, FailedCheck, Overfitting, Underfitting, Unfinished
from scoreline.report.findings.quality import (
    Contradictions,
    Leaks,
    MoreData,
    OutlyingExamples,
    PlainImages,
    SuspectedLabels,
    ValidationLeaks,
)
from scoreline.report.findings.search import LeftOut

__all__ = ["RULES", "Facts", "Finding", "Rule", "Searched", "Severity", "find_all"]

#: All rules by name; of findings that matter as much, those of the first rule come first.
RULES: Registry[Rule] = Registry(
    "rule",
    {
        "unfinished": Unfinished,
        "changed-data": ChangedData,
        "at-baseline": AtBaseline,
        "failed-check": FailedCheck,
        "leaks": Leaks,
        "validation-leaks": ValidationLeaks,
        "overfitting": Overfitting,
        "underfitting": Underfitting,
        "left-out": LeftOut,
        "class-imbalance": ClassImbalance,
        "suspected-labels": SuspectedLabels,
        "contradictions": Contradictions,
        "confused-pair": ConfusedPair,
        "weak-class": WeakClass,
        "bad-probabilities": BadProbabilities,
        "fragile": Fragile,
        "small-sample": SmallSample,
        "without-test": WithoutTest,
        "more-data": MoreData,
        "outlying-examples": OutlyingExamples,
        "plain-images": PlainImages,
        "rejected-files": RejectedFiles,
        "not-examined": NotExamined,
    },
)


def find_all(facts: Facts) -> list[Finding]:
    """Return what all rules find, what matters most first."""
    found = [finding for name in RULES for finding in RULES.build(name).findings(facts)]
    return sorted(found, key=lambda finding: finding.severity)
