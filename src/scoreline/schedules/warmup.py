"""A gentle start before another schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from scoreline._checks import check_field
from scoreline.errors import UsageError
from scoreline.schedules.base import SCHEDULES, Schedule

__all__ = ["Warmup"]


@dataclass(frozen=True)
class Warmup(Schedule):
    """Linear warm-up from 0 over the first epochs, then another schedule over the rest.

    Parameters
    ----------
    epochs : float, default 1
        Length of the warm-up, above 0.
    then : str or Schedule, default "constant"
        What follows; its time starts when the warm-up ends. A spec is built at once and kept as a schedule.

    References
    ----------
    Goyal et al. (2017), Accurate, large minibatch SGD, arXiv:1706.02677, 2.2.
    """

    epochs: float = 1.0
    then: str | Schedule = "constant"

    def __post_init__(self) -> None:
        check_field(self, "epochs", 0, above=True)
        following = SCHEDULES.build(self.then)
        if not isinstance(following, Schedule):
            raise UsageError(
                f"then is {following!r}",
                allowed="a schedule or its spec, as 'cosine'",
                fix="leave then out to keep the rate after the warm-up",
            )
        object.__setattr__(self, "then", following)  # the part is frozen, but this is still its making

    def factor(self, epoch: float, max_epochs: float) -> float:
        """Return ``epoch / epochs`` during the warm-up, then the factor of the schedule that follows."""
        if epoch < self.epochs:
            return epoch / self.epochs
        following = cast("Schedule", self.then)  # no longer a spec: see __post_init__
        return following.factor(epoch - self.epochs, max(max_epochs - self.epochs, 0.0))
