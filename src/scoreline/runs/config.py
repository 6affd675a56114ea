"""All settings of a run in one object, that a YAML file holds and gives back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from scoreline._files import write_text
from scoreline._text import shortened, shown
from scoreline.data import LoadOptions
from scoreline.data.budget import parse_size
from scoreline.data.load import absolute_spec
from scoreline.data.places import expanded
from scoreline.errors import UsageError
from scoreline.losses import LOSSES
from scoreline.models.provenance import for_people
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import PENALTIES
from scoreline.registry import Registry
from scoreline.runs.setting_ranges import allowed_numbers
from scoreline.runs.settings_file import read_settings
from scoreline.runs.time_budget import parse_budget
from scoreline.schedules import SCHEDULES

__all__ = ["AUTO", "AXES", "FEATURE_NAMES", "FOR_PEOPLE", "LEARNING", "OPEN", "SEARCH", "RunConfig"]

#: The settings that a comparison can vary, in their order in a row's name.
AXES = ("features", "loss", "penalty", "lam", "solver", "lr")
#: Features that ask for the recipe search, alone or before specs that join its ladder.
AUTO = "auto"
#: The settings that the recipe search decides unless they are given, and those of the search itself.
OPEN, SEARCH = ("loss", "lam", "standardize"), ("budget", "prefer")
#: The settings that are kept with a model and change nothing of it.
FOR_PEOPLE = ("licence", "notes")
#: Characters of a setting, and steps of any kind that a number can ask for.
MOST_LETTERS, MOST_STEPS = 20_000, 2**31
#: Stands for the names of all features in a description: their registry imports heavy packages, so that the names
#: are put in only where a description that has them is shown.
FEATURE_NAMES = "{features}"


def _names(registry: Registry[Any]) -> str:
    return ", ".join([*registry, *registry.aliases])


def _setting(group: str, default: Any, **facts: Any) -> Any:
    """Return a field of the settings, in a group of the command line's help."""
    return Field(default, json_schema_extra={"group": group}, **facts)


class RunConfig(BaseModel):
    """What to train, on which data, and how; every field is a setting of ``scoreline train``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    data: str = _setting(
        "Data", "digits", description="Data set: a name ('scoreline datasets' lists them) or a path."
    )
    data_dir: str | None = _setting(
        "Data", None, description="Folder with named data sets; else SCORELINE_DATA, else a cache."
    )
    image_size: int | None = _setting(
        "Data",
        None,
        ge=1,
        le=4096,
        description="Resize images to this height and width; by default see docs/images.md.",
    )
    max_rejected: float = _setting(
        "Data", 0.05, ge=0, le=1, description="Largest share of unusable images that is accepted."
    )
    validation: float = _setting(
        "Validation", 0.1, ge=0, lt=1, description="Share held out for validation if the data hold out none."
    )
    features: str = _setting(
        "Features",
        "pixels",
        description=f"What of an image the classifier sees: {FEATURE_NAMES}; several with commas between. "
        "auto (train) searches for the best recipe; auto,SPEC,... tries these too.",
    )
    budget: str = _setting(
        "Recipe search", "1m", description="Time that train may take with features auto: 30s, 2m, 1h, or none."
    )
    prefer: Literal["accurate", "fast", "small"] = _setting(
        "Recipe search",
        "accurate",
        description="The recipe to choose with features auto: accurate, or the fastest or smallest near the best.",
    )
    standardize: bool | Literal["auto"] = _setting(
        "Features", True, description="Scale every feature to mean 0 and deviation 1."
    )
    augment: bool = _setting(
        "Features",
        False,
        description="Train on two rows an image, which vary as its copies that mirror or shifts average over do.",
    )
    block_weights: str | None = _setting(
        "Features",
        None,
        description="What each of several features is multiplied by: 1,0.5,...; auto chooses on validation.",
    )
    loss: str = _setting(
        "Objective",
        "softmax",
        description=f"Loss: {_names(LOSSES)}; with parameters as in weston-watkins:squared,margin=2.",
    )
    penalty: str = _setting(
        "Objective", "l2", description=f"Penalty: {_names(PENALTIES)}; with parameters as in elastic-net:0.5."
    )
    lam: float | Literal["auto"] = _setting(
        "Objective",
        1e-3,
        description="Strength of the penalty; auto chooses by validation rows, or by folds where these are few.",
    )
    refit: bool | None = _setting(
        "Validation",
        None,
        description="Train on training and validation rows in the end. "
        "By default where lam or block weights were chosen and a test split is there to evaluate the classifier.",
    )
    solver: str = _setting(
        "Solver",
        "auto",
        description=f"auto, exact, gd, random-search, random-local-search, or an optimiser: {_names(OPTIMIZERS)}.",
    )
    lr: float | None = _setting(
        "Solver", None, gt=0, description="Learning rate; by default it follows from the data."
    )
    schedule: str = _setting(
        "Solver",
        "cosine",
        description=f"How the learning rate changes: {_names(SCHEDULES)}; with parameters as in step:10,0.5.",
    )
    batch_size: int = _setting("Solver", 256, ge=1, le=MOST_STEPS, description="Examples a step.")
    max_epochs: int | None = _setting(
        "Solver", None, ge=1, le=MOST_STEPS, description="Epochs (iterations, tries) at the most."
    )
    tol: float = _setting(
        "Solver", 1e-4, ge=0, description="Relative accuracy (exact) or progress an epoch below which to stop."
    )
    dropout: float = _setting(
        "Solver", 0.0, ge=0, lt=1, description="Share of the inputs that each step sets to 0."
    )
    class_weight: Literal["balanced"] | None = _setting(
        "Objective", None, description="'balanced' lets every class count the same."
    )
    early_stopping: bool = _setting(
        "Validation", False, description="Stop at, and keep, the best epoch by validation accuracy."
    )
    seed: int = _setting("Run and output", 0, ge=0, lt=2**31, description="Seed of all that is random.")
    memory: str | None = _setting(
        "Run and output",
        None,
        description="Bound on memory, such as 2GB: images and rows are then streamed from the disk.",
    )
    threads: int | None = _setting(
        "Run and output",
        None,
        ge=1,
        le=4096,
        description="Threads at the most; by default as many as cores, in a recipe search as are left by others.",
    )
    licence: str | None = _setting(
        "Run and output", None, description="Terms under which the model may be used, such as CC0; kept with it."
    )
    notes: str | None = _setting("Run and output", None, description="Remarks on the model, kept with it.")

    @model_validator(mode="before")
    @classmethod
    def _leave_open(cls, values: Any) -> Any:
        """Leave to the recipe search what it decides and nobody has given."""
        if isinstance(values, dict) and searches(values.get("features")):
            return dict.fromkeys(OPEN, AUTO) | values
        return values

    @field_validator("budget", mode="before")
    @classmethod
    def _is_budget(cls, value: Any) -> Any:
        try:
            parse_budget(str(value))
        except UsageError as error:
            raise ValueError(error.allowed) from error
        return str(value)

    @property
    def searches(self) -> bool:
        """Whether the recipe search chooses the features."""
        return searches(self.features)

    @property
    def own_features(self) -> list[str]:
        """The features that join the ladder of a search: each behind a comma after ``auto``.

        Several that belong together stand in brackets: ``auto,[hog,hue]``.
        """
        from scoreline.features.specs import split_specs

        specs = split_specs(self.features)[1:]
        return [spec[1:-1] if spec.startswith("[") and spec.endswith("]") else spec for spec in specs]

    @property
    def seconds(self) -> float:
        """The budget in seconds, infinite where there is none."""
        return parse_budget(self.budget)

    @property
    def standardized(self) -> bool:
        """`standardize` where it is decided: what is left open is as by default."""
        return self.standardize is not False

    @field_validator("lam", mode="before")
    @classmethod
    def _is_strength(cls, value: Any) -> Any:
        try:
            if value == "auto" or 0 <= float(value) < math.inf:
                return value if value == "auto" else float(value)
        except (TypeError, ValueError, OverflowError):
            pass
        raise ValueError("a number of at least 0, or auto")

    @field_validator("block_weights")
    @classmethod
    def _are_weights(cls, value: str | None) -> str | None:
        if value is None or value == "auto":
            return value
        try:
            if all(0 < float(weight) < math.inf for weight in value.split(",")):
                return value
        except ValueError:
            pass
        raise ValueError("numbers above 0 with commas between, or auto")

    @property
    def strength(self) -> float:
        """`lam` as a number.

        Raises
        ------
        UsageError
            It has yet to be chosen.
        """
        if self.lam == "auto":
            raise UsageError(
                "lam is 'auto' where nothing chooses it",
                allowed="'auto' for training; a number here",
                fix="give lam as a number, or run 'scoreline train' and take the one in its resolved.yaml",
            )
        return self.lam

    @field_validator("memory")
    @classmethod
    def _is_size(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                parse_size(value)
        except UsageError as error:
            raise ValueError(error.allowed) from error
        return value

    @field_validator(*FOR_PEOPLE)
    @classmethod
    def _can_be_shown(cls, value: str | None) -> str | None:
        return None if value is None else for_people(value)

    @field_validator("*", mode="before")  # defined last, it runs first
    @classmethod
    def _is_plain(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse texts that no path and no spec can be, and yes or no for a number: to Python they are 1 or 0."""
        if isinstance(value, str) and ("\0" in value or len(value) > MOST_LETTERS):
            raise ValueError(f"text of at most {MOST_LETTERS:,} characters, none of them NUL")
        annotation = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and annotation not in (bool, bool | None, bool | Literal["auto"]):
            raise ValueError("a number or a text, not yes or no")
        return value

    @classmethod
    def checked(cls, /, **values: Any) -> RunConfig:
        """Build the settings.

        Raises
        ------
        UsageError
            A value is not allowed or a name is unknown.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            name = shortened(".".join(map(str, first["loc"])))
            allowed = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
            raise UsageError(
                f"The setting {name} is {shown(first.get('input'))}",
                allowed=allowed_numbers(cls.model_fields.get(name)) or allowed,
                fix=f"change {name}, or leave it out for its default",
            ) from None

    @classmethod
    def read(cls, path: Path) -> RunConfig:
        """Read settings from a YAML file, as `write` writes it.

        Raises
        ------
        UsageError
            The file cannot be read or a setting in it is wrong.
        """
        return cls.checked(**read_settings(path))

    def write(self, path: Path) -> None:
        """Write all settings as YAML, one a line."""
        write_text(path, yaml.safe_dump(self.model_dump(), sort_keys=False))

    def changed(self, /, **values: Any) -> RunConfig:
        """Return the settings with other values for some, checked like all."""
        return self.checked(**self.model_dump() | values)

    def anchored(self) -> RunConfig:
        """Return the settings with absolute paths, which mean the same from whatever folder they are read."""
        folder = None if self.data_dir is None else str(expanded(self.data_dir).absolute())
        return self.with_absolute_features().changed(data=absolute_spec(self.data), data_dir=folder)

    def with_absolute_features(self) -> RunConfig:
        """Return the settings with absolute paths of what features are read from."""
        from scoreline.features import anchored_features

        if not self.searches:
            return self.changed(features=anchored_features(self.features))
        own = (anchored_features(spec) for spec in self.own_features)
        return self.changed(features=",".join([AUTO, *(f"[{spec}]" for spec in own)]))

    def command(self) -> str:
        """Return the ``scoreline train`` command with every setting that is not its default."""
        from shlex import quote

        words = ["scoreline", "train", quote(self.data)]
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            left_open = self.searches and name in OPEN
            if name == "data" or value == (AUTO if left_open else field.default):
                continue
            flag = "--" + name.replace("_", "-")
            if isinstance(value, bool):
                words.append(flag if value else flag.replace("--", "--no-", 1))
            else:
                words += [flag, quote(str(value))]
        return " ".join(words)

    def load_options(self) -> LoadOptions:
        """Return the settings that concern loading."""
        return LoadOptions(
            data_dir=Path(self.data_dir) if self.data_dir else None,
            image_size=self.image_size,
            detailed=self.searches,
            max_rejected=self.max_rejected,
            validation=self.validation,
            seed=self.seed,
            memory=None if self.memory is None else parse_size(self.memory),
        )


def searches(features: Any) -> bool:
    """Tell whether a setting of the features asks for the recipe search."""
    return isinstance(features, str) and features.split(",", 1)[0].strip() == AUTO


#: The settings of what is learned and how; `scoreline train` searches for a recipe where none of them is given.
LEARNING = frozenset(
    name
    for name, field in RunConfig.model_fields.items()
    if isinstance(field.json_schema_extra, dict)
    and field.json_schema_extra["group"] not in ("Data", "Run and output", "Recipe search")
    and name != "validation"
)
