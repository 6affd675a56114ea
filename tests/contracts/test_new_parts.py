"""A loss and an update rule from outside the package: registered, then trained with, compiled and in NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pytest

from scoreline import LinearClassifier
from scoreline.engine.minibatch import training
from scoreline.engine.minibatch.kernels.loop import CompiledLoop
from scoreline.kernels.form import CompiledForm
from scoreline.losses import LOSSES, Loss, RowwiseLoss, sum_of_terms
from scoreline.optimizers import OPTIMIZERS, ElementwiseOptimizer, Optimizer


@dataclass(frozen=True)
class LogisticTerms(RowwiseLoss):
    """One logistic loss a class, the margins times a sharpness."""

    sharpness: float = 1.0

    smooth: ClassVar[bool] = True
    label: ClassVar[str] = "logistic losses"

    def _phi(self, margins: Any) -> Any:
        sharp = self.sharpness * margins
        small = np.exp(-abs(sharp))
        return np.logaddexp(0, -sharp), -self.sharpness * np.where(sharp > 0, small, 1) / (1 + small)

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0.0, math.inf

    def curvature(self, n_classes: int) -> float:
        return self.sharpness**2 / 4

    def compiled_form(self) -> CompiledForm:
        return CompiledForm(logistic_row, (self.sharpness,))


def logistic_term(margin: Any, numbers: Any) -> Any:
    (sharpness,) = numbers
    small = np.exp(-abs(sharpness * margin))
    one, zero = np.float32(1), np.float32(0)
    wrong = small / (one + small) if margin > zero else one / (one + small)
    return np.log1p(small) + max(-sharpness * margin, zero), -sharpness * wrong


logistic_row = sum_of_terms(logistic_term)


class AMSGradState(NamedTuple):
    means: Any
    squares: Any
    largest: Any
    t: Any


@dataclass(frozen=True)
class AMSGrad(ElementwiseOptimizer):
    """Adam whose rates never rise (Reddi, Kale & Kumar, 2018): three numbers are remembered of each weight."""

    beta1: float = 0.9
    beta2: float = 0.99

    State: ClassVar[type[Any]] = AMSGradState

    @staticmethod
    def formula(gradient: Any, memory: Any, lr: Any, numbers: Any) -> Any:
        beta1, rest1, beta2, rest2, eps, weight1, weight2 = numbers
        means = beta1 * memory[0] + rest1 * gradient
        squares = beta2 * memory[1] + rest2 * gradient * gradient
        largest = np.maximum(memory[2], squares / weight2)
        rate = lr / (np.sqrt(largest) + eps)
        return -rate * (means / weight1), rate, (means, squares, largest)

    def numbers(self) -> tuple[float, ...]:
        return self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2, 1e-8

    def factors(self, t: Any) -> Any:
        return 1 - self.beta1**t, 1 - self.beta2**t


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register both for one test."""
    for registry, name, part in ((LOSSES, "logistic-terms", LogisticTerms), (OPTIMIZERS, "amsgrad", AMSGrad)):
        monkeypatch.setattr(registry, "_parts", dict(registry))
        registry.register(name, part)  # type: ignore[arg-type]


def trained(monkeypatch: pytest.MonkeyPatch, worth_compiling: float) -> tuple[Any, bool]:
    """Train with both; return the classifier, and whether compiled code made the steps."""
    compiled = []
    plain_step = CompiledLoop.step
    with monkeypatch.context() as patch:
        patch.setattr(training, "WORTH_COMPILING", worth_compiling)
        patch.setattr(CompiledLoop, "step", lambda *args: compiled.append(True) or plain_step(*args))
        rng = np.random.default_rng(0)
        X = rng.integers(256, size=(300, 20)).astype(np.uint8)
        y = (X[:, :3] + rng.normal(scale=40, size=(300, 3))).argmax(axis=1)
        spec, solver = "logistic-terms:sharpness=2", "amsgrad:beta1=0.8"
        model = LinearClassifier(spec, solver=solver, lr=0.01, max_epochs=4, random_state=0)
        return model.fit(X, y), bool(compiled)


@pytest.mark.usefixtures("registered")
def test_compiled_code_and_numpy_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    by_numpy, none = trained(monkeypatch, math.inf)
    compiled, all_of_them = trained(monkeypatch, 0)
    assert (none, all_of_them) == (False, True)
    scale = np.abs(by_numpy.coef_).max()
    np.testing.assert_allclose(compiled.coef_, by_numpy.coef_, rtol=0, atol=1e-4 * scale)
    np.testing.assert_allclose(compiled.intercept_, by_numpy.intercept_, rtol=0, atol=1e-4 * scale)
    np.testing.assert_allclose(compiled.objective_, by_numpy.objective_, rtol=1e-5)
    state, reference = compiled._optimizer_state.W, by_numpy._optimizer_state.W
    assert len(state) == 4
    for array, expected in zip(state, reference, strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-2, atol=1e-3 * np.abs(expected).max())


def test_who_changes_the_rule_alone_loses_the_compiled_form() -> None:
    class OtherFormula(AMSGrad):
        formula = staticmethod(lambda gradient, memory, lr, numbers: (-lr * gradient, lr, memory))  # type: ignore[assignment]

    class OtherUpdate(AMSGrad):
        def update(self, gradient: Any, state: Any, lr: Any) -> Any:
            return super().update(-gradient, state, lr)

    form = OtherFormula().compiled_form()
    assert form is not None
    assert form.function is OtherFormula.formula
    assert OtherUpdate().compiled_form() is None
    assert Optimizer.compiled_form(AMSGrad()) is Loss.compiled_form(LogisticTerms()) is None
