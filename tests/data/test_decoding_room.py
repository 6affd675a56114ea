"""Pictures that are decoded at the same time share a bound on memory."""

import threading

import pytest
from PIL import Image

from scoreline.data import decoding_room
from scoreline.data.decoding_room import DecodingRoom

#: Takes 3 MiB: the picture, its conversion and an array.
PICTURE = Image.new("L", (1024, 1024))


def enter(room):
    """Enter the room in a thread; return what is set once that is inside."""
    inside = threading.Event()

    def work():
        with room.hold(PICTURE):
            inside.set()

    threading.Thread(target=work, daemon=True).start()
    return inside


@pytest.fixture
def room(monkeypatch):
    monkeypatch.setattr(decoding_room, "_UNBOUNDED_ROOM", 5 << 20)
    return DecodingRoom()


def test_a_second_picture_waits_until_there_is_room(room):
    with room.hold(PICTURE):
        inside = enter(room)
        assert not inside.wait(0.05)
    assert inside.wait(10)


def test_small_pictures_and_those_for_which_there_is_room_do_not_wait(room):
    with room.hold(Image.new("L", (100, 100))):
        assert enter(room).wait(10)


def test_a_picture_larger_than_the_room_is_decoded_alone(room):
    with room.hold(Image.new("L", (2048, 2048))):
        inside = enter(room)
        assert not inside.wait(0.05)
    assert inside.wait(10)


def test_room_is_given_back_where_decoding_fails(room):
    with pytest.raises(OSError, match="damaged"), room.hold(PICTURE):
        raise OSError("damaged")
    assert enter(room).wait(10)
