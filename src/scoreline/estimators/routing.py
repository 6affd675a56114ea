"""What a cross-validation hands to its splitter and its scorer, after scikit-learn's conventions."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils._metadata_requests import _raise_for_params, _routing_enabled
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from scoreline.estimators.folds import is_count
from scoreline.estimators.scoring import Scorer, find_scorer, takes_sample_weight

__all__ = ["CrossValidated", "Routed", "route", "router"]


class CrossValidated(Protocol):
    """An estimator with a splitter and a scorer."""

    cv: Any
    scoring: str | Scorer | None


class Routed(NamedTuple):
    """Arguments by name."""

    splitter: dict[str, Any]
    scorer: dict[str, Any]


def route(owner: CrossValidated, method: str, params: dict[str, Any], **named: Any) -> Routed:
    """Return what splitter and scorer are given of the arguments of `fit` or `score`; None is no argument.

    Without metadata routing, groups go to the splitter, and weights to a scorer that takes them.
    """
    _raise_for_params(params, owner, method)
    named = {name: value for name, value in named.items() if value is not None}
    if _routing_enabled():
        routed = process_routing(owner, method, **named, **params)
        return Routed(dict(routed["splitter"].get("split", {})), dict(routed["scorer"].get("score", {})))
    weighed = "sample_weight" in named and takes_sample_weight(find_scorer(owner.scoring))
    return Routed(
        {name: named[name] for name in ("groups",) if name in named},
        {"sample_weight": named["sample_weight"]} if weighed else {},
    )


def router(owner: CrossValidated) -> MetadataRouter:
    """Return who asks for what."""
    splitter = StratifiedGroupKFold() if is_count(owner.cv) else owner.cv
    scorer: Any = find_scorer(owner.scoring)
    if owner.scoring is None and _routing_enabled():
        scorer = scorer.set_score_request(sample_weight=True)  # accuracy has always been weighted
    to_scorer = MethodMapping().add(caller="fit", callee="score").add(caller="score", callee="score")
    return (
        MetadataRouter(owner=owner)
        .add_self_request(owner)
        .add(splitter=splitter, method_mapping=MethodMapping().add(caller="fit", callee="split"))
        .add(scorer=scorer, method_mapping=to_scorer)
    )
