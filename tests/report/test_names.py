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


def test_names_that_would_be_alike_stay_as_they_are():
    names = ["x", *(f"the same beginning {k} and the same end" for k in range(3))]
    assert list(short_names(names).values()) == names
