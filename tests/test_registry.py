from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoreline.errors import UnknownNameError, UsageError
from scoreline.losses import LOSSES, OneVsAll, Softmax, WestonWatkins
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import PENALTIES
from scoreline.registry import Registry
from scoreline.schedules import SCHEDULES, Constant, Cosine, Exponential, Schedule, Step, Warmup

FEW = settings(max_examples=150, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Part:
    """A part with a field of each type."""

    size: int = 3
    share: float = 0.5
    loud: bool = False
    colour: str = "red"


class Plain:
    """A part that is no dataclass, as the transformers of scikit-learn are none."""

    def __init__(self, cells: int = 8, signed: bool = True) -> None:
        self.cells, self.signed = cells, signed


PARTS: Registry[Any] = Registry("part", {"part": Part, "plain-part": Plain}, aliases={"loud-part": "part:5,loud"})


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("part", Part()),
        ("part:", Part()),
        ("part:7", Part(7)),
        ("part:7,0.25", Part(7, 0.25)),
        ("part:7,0.25,yes,blue", Part(7, 0.25, True, "blue")),
        ("part:share=0.25", Part(share=0.25)),
        ("part:loud", Part(loud=True)),
        ("part:loud,7", Part(7, loud=True)),
        ("part:loud=no", Part()),
        ("part:loud=True", Part(loud=True)),
        ("part:colour=dark=blue", Part(colour="dark=blue")),
        ("part:colour=[red,blue]", Part(colour="red,blue")),
        ("part:1,1,0,[a=b]", Part(1, 1.0, False, "a=b")),
        ("  part : size = 7 , loud ", Part(7, loud=True)),
        ("part:,7,,", Part(7)),
        ("loud-part", Part(5, loud=True)),
        ("loud_part", Part(5, loud=True)),
        ("loud-part:share=1", Part(5, 1.0, True)),
        ("loud-part:loud=false", Part(5)),
        ("loud-part:6", Part(6, loud=True)),
    ],
)
def test_build(spec: str, expected: Part) -> None:
    built = PARTS.build(spec)
    assert built == expected
    assert [type(value) for value in vars(built).values()] == [type(value) for value in vars(expected).values()]


@pytest.mark.parametrize(
    ("registry", "spec", "expected"),
    [
        (LOSSES, "softmax", Softmax()),
        (LOSSES, "weston-watkins:squared,margin=0.5", WestonWatkins(margin=0.5, squared=True)),
        (LOSSES, "weston_watkins:include-true", WestonWatkins(include_true=True)),
        (LOSSES, "svm:average", WestonWatkins(average=True)),
        (LOSSES, "squared-hinge:0.5", OneVsAll(margin=0.5, squared=True)),
        (SCHEDULES, "warmup:2,then=cosine", Warmup(2.0, Cosine())),
        (SCHEDULES, "warmup:2,cosine", Warmup(2.0, Cosine())),
        (SCHEDULES, "warmup:2,then=cosine:0.1", Warmup(2.0, Cosine(0.1))),
        (SCHEDULES, "warmup:then=[step:5,drop=0.1],epochs=3", Warmup(3.0, Step(5.0, 0.1))),
        (SCHEDULES, "warmup:1,[warmup:2,[step:5,0.1]]", Warmup(1.0, Warmup(2.0, Step(5.0, 0.1)))),
    ],
)
def test_build_real_parts(registry: Registry[Any], spec: str, expected: Any) -> None:
    assert registry.build(spec) == expected


def test_build_takes_classes_that_are_no_dataclasses() -> None:
    plain = PARTS.build("plain-part:4,signed=false")
    assert isinstance(plain, Plain)
    assert (plain.cells, plain.signed) == (4, False)
    assert PARTS.spec(plain) == "plain-part:cells=4,signed=False"


def test_defaults_fill_what_the_spec_leaves_out() -> None:
    assert PARTS.build("part:7", size=1, share=0.125, weight=2) == Part(7, 0.125)
    assert PARTS.build("loud-part", size=1) == Part(5, loud=True)


def test_a_part_passes_through() -> None:
    part = Part(9)
    assert PARTS.build(part, size=1) is part


@pytest.mark.parametrize(
    ("registry", "spec", "message"),
    [
        (LOSSES, "sofmax", "There is no loss called 'sofmax'.*To fix it: write 'softmax'"),
        (LOSSES, "hinges", "To fix it: write 'hinge'"),
        (PENALTIES, "l3", "There is no penalty called 'l3'. Allowed: " + ", ".join(sorted(PENALTIES)) + "\\."),
        (OPTIMIZERS, "adamw", "There is no optimizer called 'adamw'.*write 'adam'"),
        (SCHEDULES, "", "There is no schedule called ''"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(registry: Registry[Any], spec: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        registry.build(spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "part:width=3",
            r"The part 'part' has no parameter 'width' \(in 'width=3'\). Allowed: size=3, share=0.5, lou",
        ),
        ("part:1,1,yes,red,6", "has no parameter '6'"),
        (
            "part:size=many",
            "size='many' of the part 'part' cannot be read. Allowed: a value like 3. .* write size=3",
        ),
        ("part:share=half", "share='half' of the part 'part' cannot be read"),
        ("part:size=2.5", "size='2.5' of the part 'part' cannot be read"),
        ("part:loud=maybe", "loud='maybe' of the part 'part' cannot be read. Allowed: a value like False"),
        ("part:size=1,size=2", r"was given size twice \(in 'size=1,size=2'\)"),
        ("part:size=1,2", "was given size twice"),
        ("part:loud,loud=no", "was given loud twice"),
    ],
)
def test_what_cannot_be_read_is_told(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PARTS.build(spec)


def test_a_part_without_parameters_says_so() -> None:
    with pytest.raises(UsageError, match=r"has no parameter 'rate' .*Allowed: no parameters"):
        OPTIMIZERS.build("sgd:rate=1")


def test_a_bad_value_reaches_the_check_of_the_part() -> None:
    with pytest.raises(UsageError, match=r"margin is -1\.0"):
        LOSSES.build("svm:margin=-1")
    with pytest.raises(UsageError, match="margin is nan"):
        LOSSES.build("svm:margin=nan")


def test_it_is_a_mapping_in_the_order_of_its_list() -> None:
    assert list(PARTS) == ["part", "plain-part"]
    assert len(PARTS) == 2
    assert dict(PARTS) == {"part": Part, "plain-part": Plain}
    assert "part" in PARTS
    assert "loud-part" not in PARTS  # an alias is no further part
    assert "whole" not in PARTS
    with pytest.raises(UnknownNameError, match="Allowed: loud-part, part, plain-part"):
        PARTS["whole"]


def test_spec_is_the_shortest_that_builds_the_part() -> None:
    assert PARTS.spec(Part()) == "part"
    assert PARTS.spec(Part(share=0.25, loud=True)) == "part:share=0.25,loud=True"
    assert SCHEDULES.spec(Warmup(2.0, Step(5.0, 0.1))) == "warmup:epochs=2.0,then=[step:every=5.0,drop=0.1]"
    assert SCHEDULES.spec(Warmup(2.0, Constant())) == "warmup:epochs=2.0"


def test_spec_of_a_stranger_says_how_to_register_it() -> None:
    class Stranger(Softmax):
        """A subclass is a part of its own."""

    with pytest.raises(UsageError, match=r"Stranger is not a registered loss\. Allowed: one of softmax, "):
        LOSSES.spec(Stranger())


@pytest.mark.parametrize(
    "registry", [LOSSES, PENALTIES, OPTIMIZERS, SCHEDULES], ids=lambda registry: registry.kind
)
def test_every_alias_builds_and_is_no_name(registry: Registry[Any]) -> None:
    for alias in registry.aliases:
        assert alias not in registry
        assert type(registry.build(alias)) in registry.values()


def shares() -> st.SearchStrategy[float]:
    return st.floats(0, 1, exclude_max=True)


simple_schedules = st.one_of(
    st.builds(Constant),
    st.builds(Cosine, end=shares()),
    st.builds(Exponential, decay=st.floats(0, 1, exclude_min=True, exclude_max=True)),
    st.builds(Step, every=st.floats(1e-300, 1e300), drop=shares()),
)
schedules = st.recursive(
    simple_schedules,
    lambda inner: st.builds(Warmup, epochs=st.floats(1e-300, 1e300), then=inner),
    max_leaves=4,
)


@FEW
@given(schedule=schedules)
def test_schedules_of_any_depth_read_back(schedule: Schedule) -> None:
    assert SCHEDULES.build(SCHEDULES.spec(schedule)) == schedule


@FEW
@given(loss=st.builds(WestonWatkins, st.floats(1e-300, 1e300), *[st.booleans()] * 3))
def test_losses_read_back(loss: WestonWatkins) -> None:
    assert LOSSES.build(LOSSES.spec(loss)) == loss


@FEW
@given(
    part=st.builds(
        Part,
        st.integers(),
        st.floats(allow_nan=False),
        st.booleans(),
        st.text("abc-=:,. ", min_size=1).map(str.strip),
    )
)
def test_any_part_without_brackets_reads_back(part: Part) -> None:
    assert PARTS.build(PARTS.spec(part)) == part


@FEW
@given(text=st.text(max_size=30) | st.text("part:size=[],0.51loudyes", max_size=30).map("part:".__add__))
def test_no_text_brings_down_the_reader(text: str) -> None:
    try:
        built = PARTS.build(text)
    except UsageError:
        return
    assert isinstance(built, Part | Plain)


@pytest.mark.parametrize(
    "spec",
    [
        "warmup:then=[step:5",
        "warmup:then=step:5]",
        "step:]5[",
        "warmup:then=[" * 9 + "step" + "]" * 9,
        "[" * 10**6,
        "step:" + "5" * 10**6,
        "step:\x005",
        "step:5\x1b[31m",
    ],
    ids=lambda spec: spec[:20],
)
def test_texts_that_are_no_specs_are_not_taken_apart(spec: str) -> None:
    with pytest.raises(UsageError, match="The schedule is ") as caught:
        SCHEDULES.build(spec)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("number", ["9" * 400, "9" * 5000])
def test_numbers_that_are_no_floats_cannot_be_read(number: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        PARTS.build(f"part:size={number}")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("sdg", "sgd"),
        ("cross", "cross-entropy"),
        ("OPPONENT", "opponent"),
        ("oponent", "opponent"),
        ("nope", None),
        ("x", None),
        ("", None),
        ("zzzz" * 10**5, None),
    ],
)
def test_only_a_near_name_is_suggested(name, near):
    from scoreline.errors import nearest_name

    assert nearest_name(name, ["sgd", "adam", "cross-entropy", "opponent", "hog"]) == near


def test_a_part_can_be_registered_later():
    parts: Registry[Any] = Registry("part", {"part": Part}, aliases={"loud-part": "part:5,loud"})
    parts.register("plain", Plain)
    assert list(parts) == ["part", "plain"]
    assert parts.build("plain:4").cells == 4
    for taken in ("part", "plain", "loud-part"):
        with pytest.raises(UsageError, match="A second part"):
            parts.register(taken, Plain)


@pytest.mark.parametrize("name", ["", "new_part", "New", "a:b", "a,b", "-a", "a--b", "a b", "é", "a\n"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    parts: Registry[Any] = Registry("part", {"part": Part})
    with pytest.raises(UsageError, match="small letters and digits"):
        parts.register(name, Plain)
    assert dict(parts) == {"part": Part}
