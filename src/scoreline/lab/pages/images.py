"""Images: two losses train on the same images, and every score is decomposed into contributions of pixels."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data import Dataset, MemorySource, RowsSource
from scoreline.engine.exact.path import fit_path
from scoreline.engine.minibatch.loop import Loop, Plan
from scoreline.engine.problem.objective import Objective, Standardization, predicted_classes
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.params import Params, zero_params
from scoreline.errors import UsageError
from scoreline.estimators import LinearClassifier
from scoreline.estimators.problem import assemble, build_objective
from scoreline.estimators.validation import TrainingData
from scoreline.features import FeatureExtractor, build_features
from scoreline.lab.live import LiveRun
from scoreline.lab.page import Page
from scoreline.lab.resources import MOST_TRAINING, MOST_VALIDATION, Resources, png
from scoreline.losses import LOSSES
from scoreline.optimizers import OPTIMIZERS
from scoreline.rows import ArrayRows
from scoreline.schedules import Constant

__all__ = ["GALLERY", "LAMS", "ImagesPage", "ImagesState"]

#: Most steps of a run.
MOST_STEPS = 5000
#: Images of the gallery at a time, and features whose contributions are shown.
GALLERY, MOST_FEATURES = 40, 20
#: Strengths of the exact path, and the tolerance of each fit.
LAMS, PATH_TOL, PATH_STEPS = np.logspace(-4, 0, 13), 1e-4, 1000
LossName: TypeAlias = Literal[
    "softmax", "weston-watkins", "weston-watkins:squared", "one-vs-all", "one-vs-all:squared", "crammer-singer"
]
Positive: TypeAlias = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, Field(ge=0, lt=2**31)]


class ImagesState(BaseModel):
    """What is trained, its step, and the chosen image and class."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: Literal["pixels", "hog", "hue", "lbp", "hog,hue"] = "pixels"
    loss: LossName = "softmax"
    rival: LossName = "weston-watkins:squared"
    #: Trained step by step, or the optima of the exact path.
    mode: Literal["train", "path"] = "train"
    optimizer: Literal["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam"] = "adam"
    lr: Positive = 1e-3
    batch: int = Field(default=64, ge=1, le=1000)
    lam: float = Field(default=1e-3, ge=0, le=1e6, allow_inf_nan=False)
    #: Place on the path, from the weakest penalty to the strongest.
    strength: int = Field(default=6, ge=0, lt=len(LAMS))
    step: int = Field(default=0, ge=0, le=MOST_STEPS)
    seed: Count = 0
    only: Literal["all", "wrong"] = "all"
    first: Count = 0
    #: The chosen image of the validation split, and class.
    chosen: Count = 0
    focus: int = Field(default=0, ge=0)


class ImagesPage(Page[ImagesState]):
    """Two models on the same images; ``step`` takes a step of both."""

    title = "Images"
    state_type = ImagesState
    verbs = frozenset({"step"})

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._runs: dict[str, tuple[tuple[object, ...], LiveRun]] = {}

    def act(self, verb: str, state: ImagesState) -> dict[str, Any]:
        """Take a step."""
        del verb
        return {"step": min(state.step + 1, MOST_STEPS)}

    def show(self, state: ImagesState, *, coarse: bool) -> dict[str, Any]:
        """Return curves, templates, a gallery, and the chosen image's scores with their contributions."""
        del coarse
        data = self.resources.images()
        assert data.validation is not None  # noqa: S101 - what the resources has made sure of
        for name, value, most in (
            ("image", state.chosen, len(data.validation)),
            ("class", state.focus, len(data.classes)),
        ):
            if value >= most:
                raise UsageError(f"There is no {name} {value}", allowed=f"0 to {most - 1}", fix="choose another")
        rows = self._rows(state.features)
        losses = {"loss": state.loss, "rival": state.rival}
        models = {key: self._model(key, name, state, rows) for key, name in losses.items()}
        main = models["loss"]
        predicted = predicted_classes(main.objective.scores(main.params, rows.validation.X)[:, 0])
        return {
            "data": {
                "name": data.name,
                "classes": list(data.classes),
                "n_train": len(data.train),
                "n_validation": len(data.validation),
                "n_features": rows.train.n_features,
            },
            "models": {key: model.facts(data.validation.y) for key, model in models.items()},
            "lams": LAMS.tolist(),
            "templates": _templates(main.params, data.example_shape) if not rows.extractor.computes else None,
            "gallery": _gallery(state, data.validation.y, predicted),
            "image": {
                "id": data.validation.ids[state.chosen],
                "true": int(data.validation.y[state.chosen]),
                "scores": {key: model.of_image(state.chosen) for key, model in models.items()},
                "contributions": {
                    key: _contributions(state, model, rows, data.example_shape) for key, model in models.items()
                },
            },
        }

    def script(self, state: ImagesState) -> str:
        """Return a script that trains both models and prints accuracy and the chosen image's scores."""
        fit = _TRAINED if state.mode == "train" else _ON_THE_PATH
        return (_SCRIPT_HEAD + fit + _SCRIPT_END).format(
            data=self.resources.data,
            losses=(state.loss, state.rival),
            most=(MOST_TRAINING, MOST_VALIDATION),
            tol=PATH_TOL,
            iterations=PATH_STEPS,
            lams=LAMS.tolist(),
            **state.model_dump(),
        )

    def _rows(self, features: str) -> _Rows:
        found: _Rows = self.resources.keep(("rows", features), lambda: _Rows.of(self.resources.images(), features))
        return found

    def _model(self, key: str, loss: LossName, state: ImagesState, rows: _Rows) -> _Model:
        objective = _objective(loss, state.lam, rows)
        if state.mode == "train":
            run = self._run(key, objective, state, rows)
            return _Model(loss, objective, rows, run.params, run=run)
        if not LOSSES.build(loss).smooth:
            raise UsageError(
                f"{loss} is not smooth, and the exact path is one of smooth losses",
                allowed="softmax and the squared hinges",
                fix="choose another loss, or train step by step",
            )
        path: list[Outcome] = self.resources.keep(("path", state.features, loss), lambda: _path(objective, rows))
        return _Model(loss, objective, rows, path[state.strength].params, path=path, place=state.strength)

    def _run(self, key: str, objective: Objective, state: ImagesState, rows: _Rows) -> LiveRun:
        """Return the live run that a state describes, up to the state's step."""
        loss = state.loss if key == "loss" else state.rival
        settings = (loss, state.features, state.optimizer, state.lr, state.batch, state.lam, state.seed)
        if key not in self._runs or self._runs[key][0] != settings:
            epochs = -(-MOST_STEPS * state.batch // rows.train.n_examples) + 1
            plan = Plan(
                OPTIMIZERS[state.optimizer](), Constant(), np.array([state.lr]), state.batch, epochs, state.seed
            )
            run = LiveRun(Loop(objective, rows.train, plan, _start(rows)), rows.validation)
            self._runs[key] = (settings, run)
        run = self._runs[key][1]
        run.until(state.step)
        return run


@dataclass(frozen=True, eq=False)
class _Rows:
    """Features of the images."""

    extractor: FeatureExtractor
    train: RowsSource
    validation: MemorySource
    standardization: Standardization

    @classmethod
    def of(cls, data: Dataset, features: str) -> _Rows:
        assert data.validation is not None  # noqa: S101 - what the resources has made sure of
        extractor = build_features(features).fit(data.train.X, data.train.y)
        train, validation = (extractor.transform(split.X) for split in (data.train, data.validation))
        classes = np.array(data.classes)
        labelled = TrainingData(ArrayRows(train), data.train.y, None, classes)
        problem = assemble(LinearClassifier(standardize=True), labelled)
        assert problem.standardization is not None  # noqa: S101 - what was asked for
        held_out = MemorySource(validation, data.validation.y, len(classes))
        return cls(extractor, problem.source, held_out, problem.standardization)


@dataclass(frozen=True, eq=False)
class _Model:
    """One of the two models at its current step."""

    loss: str
    objective: Objective
    rows: _Rows
    params: Params
    run: LiveRun | None = None
    path: list[Outcome] | None = None
    place: int = 0

    def facts(self, labels: Labels) -> dict[str, Any]:
        """Return the training curves, and the accuracy on the validation images."""
        loss, accuracy = self.objective.data_loss(self.params, self.rows.validation)
        facts: dict[str, Any] = {
            "name": self.loss,
            "accuracy": float(accuracy[0]),
            "right": round(float(accuracy[0]) * len(labels)),
            "validation_loss": float(loss[0]),
        }
        if self.run is not None:
            facts |= {"step": self.run.step, "diverged": self.run.diverged, "seen": self.run.curves.seen}
            facts["evaluated"] = [list(column) for column in zip(*self.run.curves.evaluations, strict=True)]
        if self.path is not None:
            facts["gap"] = self.path[self.place].duality_gap
            for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"):
                facts[f"path_{name}"] = [getattr(outcome, name) for outcome in self.path]
        return facts

    def of_image(self, index: int) -> dict[str, Any]:
        """Return scores, probabilities and loss of one validation image."""
        loss, y = LOSSES.build(self.loss), self.rows.validation.y[index : index + 1]
        scores = self.objective.scores(self.params, self.rows.validation.X[index : index + 1])[:, 0]
        chances = loss.probabilities(scores)[0].tolist() if loss.probabilistic else None
        return {
            "scores": scores[0].tolist(),
            "probabilities": chances,
            "loss": float(loss.value(scores, y)[0]),
            "predicted": int(predicted_classes(scores)[0]),
        }


def _objective(loss: str, lam: float, rows: _Rows) -> Objective:
    # Every class has a row of scores, two classes too: a template each.
    classes = rows.train.n_classes
    objective = build_objective(LinearClassifier(loss, lam=lam), classes, rows.standardization)
    return replace(objective, template_per_class=True)


def _start(rows: _Rows) -> Params:
    return zero_params(1, rows.train.n_classes, rows.train.n_features, np.dtype(np.float32))


def _path(objective: Objective, rows: _Rows) -> list[Outcome]:
    every = replace(objective, lam=LAMS)
    start = _start(rows)
    return fit_path(every, rows.train, start, tol=PATH_TOL, max_iter=PATH_STEPS, validation=rows.validation)


def _templates(params: Params, shape: tuple[int, ...]) -> list[str]:
    """Return each class's weights as an image: grey is 0, the largest weight of the class has full colour."""
    pictures = []
    for weights in params.W[0]:
        largest = float(np.abs(weights).max()) or 1.0
        levels = np.rint(127.5 + 127.5 * weights / largest).astype(np.uint8)
        pictures.append("data:image/png;base64," + base64.b64encode(png(levels.reshape(shape))).decode())
    return pictures


def _gallery(state: ImagesState, y: Labels, predicted: Array) -> dict[str, Any]:
    found = np.arange(len(y)) if state.only == "all" else np.flatnonzero(predicted != y)
    shown = found[state.first : state.first + GALLERY]
    return {
        "n": len(found),
        "images": [{"index": int(i), "true": int(y[i]), "predicted": int(predicted[i])} for i in shown],
    }


def _contributions(state: ImagesState, model: _Model, rows: _Rows, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return what each pixel, or each of the strongest features, adds to the score of the class in focus.

    With the bias they add up to the score: ``s = sum_j w_j (x_j - mean_j) / deviation_j + b``.
    """
    mean, scale = rows.standardization
    row: FloatArray = (rows.validation.X[state.chosen] - mean) * scale
    parts = model.params.W[0, state.focus].astype(np.float64) * row
    answer: dict[str, Any] = {"bias": float(model.params.b[0, state.focus]), "sum": float(parts.sum())}
    if not rows.extractor.computes:
        return answer | {"pixels": parts.reshape(shape).sum(axis=-1).tolist()}
    strongest = np.argsort(-np.abs(parts), kind="stable")[:MOST_FEATURES]
    names = rows.extractor.get_feature_names_out()
    return answer | {"names": [str(names[j]) for j in strongest], "parts": parts[strongest].tolist()}


_SCRIPT_HEAD = """import numpy as np

from scoreline import LinearClassifier
from scoreline.data import LoadOptions, MemorySource, load_dataset
from scoreline.engine.problem.params import zero_params
from scoreline.estimators.problem import assemble
from scoreline.estimators.validation import TrainingData
from scoreline.features import build_features
from scoreline.rows import ArrayRows

data = load_dataset({data!r}, LoadOptions())


def sample(split, most):
    chosen = np.random.default_rng(0).permutation(len(split))[:most]
    return split.X[chosen], split.y[chosen]


(X, y), (X_validation, y_validation) = map(sample, (data.train, data.validation), {most})
features = build_features({features!r}).fit(X, y)
rows = TrainingData(ArrayRows(features.transform(X)), y, None, np.array(data.classes))
validation = MemorySource(features.transform(X_validation), y_validation, len(data.classes))
train = rows.source(None)
start = zero_params(1, train.n_classes, train.n_features, np.dtype(np.float32))
for loss in {losses}:
    objective = assemble(LinearClassifier(loss, lam={lam}, standardize=True), rows).objective
"""
_TRAINED = """
    from scoreline.engine.minibatch.loop import Loop, Plan
    from scoreline.engine.problem.events import StepDone
    from scoreline.engine.problem.method import run
    from scoreline.optimizers import OPTIMIZERS
    from scoreline.schedules import Constant

    epochs = {step} * {batch} // train.n_examples + 1
    plan = Plan(OPTIMIZERS[{optimizer!r}](), Constant(), np.array([{lr}]), {batch}, epochs, {seed})
    params = start
    for event in run(Loop(objective, train, plan, start)):
        if isinstance(event, StepDone) and event.step <= {step}:
            params = event.params
"""
_ON_THE_PATH = """
    from dataclasses import replace
    from scoreline.engine.exact.path import fit_path

    path = fit_path(
        replace(objective, lam=np.array({lams})), train, start, tol={tol}, max_iter={iterations}
    )
    params = path[{strength}].params
"""
_SCRIPT_END = """
    print(loss, repr(float(objective.data_loss(params, validation)[1][0])))
    print(objective.scores(params, validation.X[{chosen} : {chosen} + 1])[0, 0].tolist())
"""
