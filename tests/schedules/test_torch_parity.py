"""Every schedule has the factors of its namesake in torch; see tests/fixtures/make_torch_fixtures.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scoreline.schedules import SCHEDULES

FIXTURE = json.loads((Path(__file__).parents[1] / "fixtures" / "torch_schedules.json").read_text(encoding="utf-8"))


def test_every_schedule_is_compared() -> None:
    assert {spec.partition(":")[0] for spec in FIXTURE["factors"]} == set(SCHEDULES)


@pytest.mark.parametrize("spec", list(FIXTURE["factors"]))
def test_factors_at_whole_epochs_equal_those_of_torch(spec: str) -> None:
    schedule, epochs = SCHEDULES.build(spec), FIXTURE["epochs"]
    factors = [schedule.factor(float(epoch), float(epochs)) for epoch in range(epochs + 1)]
    # torch warms up from 1e-12 instead of 0.
    np.testing.assert_allclose(factors, FIXTURE["factors"][spec], rtol=1e-12, atol=2e-12)
