"""Features by a short text: ``hog,hue,words:1000``."""

from __future__ import annotations

from scoreline._text import shown
from scoreline.errors import UsageError, nearest_name
from scoreline.features.base import FeatureExtractor
from scoreline.features.union import FeatureUnion
from scoreline.features.user_extractor import UserExtractor
from scoreline.registry import Registry, check_spec, split_at_commas

__all__ = ["FEATURES", "anchored_features", "build_features", "split_specs"]

#: All feature extractors by the names that the command line takes. Each adds itself, since features may contain
#: others: this module lies below them.
FEATURES: Registry[FeatureExtractor] = Registry("feature")


def split_specs(text: str) -> list[str]:
    """Return the specs that a text lists: ``"hog:cell=4,signed=yes,hue"`` has two.

    A piece between commas of the form ``key=value`` belongs to the feature before it; any other begins one.
    """
    specs: list[str] = []
    for piece in (piece.strip() for piece in split_at_commas(text)):
        name, equals, _ = piece.partition("=")
        if equals and ":" not in name and specs:
            specs[-1] += ("," if ":" in specs[-1] else ":") + piece
        elif piece:
            specs.append(piece)
    return specs


def build_features(text: str) -> FeatureExtractor:
    """Return the extractor that `text` describes; of several, their union.

    ``module:factory`` is the user's own (see `UserExtractor`); nothing is imported before it is fitted.

    Raises
    ------
    UnknownNameError
        No feature has that name.
    UsageError
        No feature is named, one is named twice, or a parameter cannot be read.
    """
    check_spec("feature", text)
    specs = split_specs(text)
    if not specs:
        raise UsageError(
            f"The features are {shown(text)}",
            allowed=", ".join(FEATURES),
            fix="name one of them, or several with commas",
        )
    if len(specs) == 1:
        return _built(specs[0])
    union = FeatureUnion([(spec, _built(spec)) for spec in specs])
    union.check_parts()
    return union


def anchored_features(text: str) -> str:
    """Return the text with absolute paths, which mean the same from whatever folder they are read."""
    return ",".join(_anchored(spec) for spec in split_specs(text))


def _anchored(spec: str) -> str:
    part = _built(spec)
    moved = part.anchored()
    return spec if moved is part else FEATURES.spec(moved)


def _built(spec: str) -> FeatureExtractor:
    own = UserExtractor.named(spec)
    if own is None or own.module.replace("_", "-") in FEATURES:
        return FEATURES.build(spec)
    # A name with a dot can be no slip of the pen for a registered one.
    return own if "." in own.module or nearest_name(own.module, FEATURES) is None else FEATURES.build(spec)
