from scoreline.report.page.names import ROOM, short_names


def test_short_names_stay_as_they_are():
    assert short_names(["cat", "dog"]) == {"cat": "cat", "dog": "dog"}


def test_what_all_names_share_is_left_out():
    names = [f"Rhododendron ferrugineum subspecies {k:02d} (Linnaeus, 1753)" for k in range(12)]
    assert list(short_names(names).values()) == [f"…{k:02d}…" for k in range(12)]


def test_long_names_lose_their_middle():
    names = ["cat", "a long-haired cat of the northern forests", "a long-haired cat of the northern islands"]
    short = short_names(names)
    assert len(set(short.values())) == 3
    assert all(len(name) <= ROOM for name in short.values())


def test_names_that_would_be_alike_lose_what_they_share():
    names = ["x", *(f"the same beginning {k} and the same end" for k in range(3))]
    assert list(short_names(names).values()) == ["x", "…0…", "…1…", "…2…"]
    names = ["frog", *(f"species {k:02d} with a rather long name" for k in range(3))]
    assert list(short_names(names).values()) == ["frog", "species 00…", "species 01…", "species 02…"]


def test_names_that_are_alike_still_stay_as_they_are():
    names = ["x", *(f"{k} the same beginning {k % 2} and then something {k}" for k in range(4))]
    assert len(set(short_names(names).values())) == len(names)
