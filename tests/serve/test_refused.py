"""What is refused, with which status and in which words."""

import json
import zlib

import pytest
from tests.serve.conftest import FORM, HOST, JSON, PART, PNG, client_of, picture

from scoreline.web.limits import Limits


def bomb():
    """A PNG file of 50,000 x 50,000 pixels that has few bytes."""
    head = b"IHDR" + (50_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    data = b"IDAT" + zlib.compress(bytes(100_000))
    chunks = (
        len(part[4:]).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big") for part in (head, data)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [
        (415, picture(), {}),
        (415, picture(), {"content-type": "text/plain"}),
        (415, zlib.compress(picture()), PNG | {"content-encoding": "deflate"}),
        (413, bytes(100_001), PNG),
        (413, iter([bytes(60_000)] * 2), PNG),
        (413, PART + b"\r\n" + (PART + b"\r\n") * 5 + b"--x--\r\n", FORM),
        (413, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 1500 + b"--x--\r\n", FORM),
        (413, json.dumps({"images": [""] * 5}).encode(), JSON),
        (413, json.dumps({"images": [1] * 5000}).encode(), JSON),
        (413, json.dumps({"images": [""], **dict.fromkeys(map(str, range(5000)))}).encode(), JSON),
        (422, b"", PNG),
        (422, bomb(), PNG),
        (422, b"", FORM),
        (422, b"--x--\r\n", FORM),
        (422, PART + picture()[:50], FORM),
        (422, PART + picture() + b"\r\n--x", FORM),
        (422, picture(), FORM),
        (422, picture(), {"content-type": "multipart/form-data"}),
        (422, b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--\r\n", FORM),
        (422, PART.replace(b"images", b"image") + picture() + b"\r\n--x--\r\n", FORM),
        (422, PART.replace(b'; filename="a.png"', b"") + b"text\r\n--x--\r\n", FORM),
        (422, PART.replace(b'; filename="a.png"', b"") + b"x" * 5000 + b"\r\n--x--\r\n", FORM),
        (422, b"{", JSON),
        (422, b"[" * 50_000, JSON),
        (422, b'{"images": "x"}', JSON),
        (422, b'{"images": []}', JSON),
        (422, b'{"images": [1]}', JSON),
        (422, b'{"images": ["!"]}', JSON),
        (422, '{"images": ["ü"]}'.encode(), JSON),
        (422, b'{"images": ["' + b"A" * 90_000 + b'"]}', JSON),
        (422, b'{"images": ["AAAA"], "path": "/etc/passwd"}', JSON),
        (422, b"\xff\xfe", JSON),
    ],
)
def test_what_is_refused(client, status, content, headers):
    answer = client.post("/predict", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert 10 < len(answer.json()["detail"]) < 2000
    assert client.service.bodies.taken == client.service.requests.taken == client.service.images.taken == 0


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("top_k=0", "top_k is '0'. Allowed: greater than or equal to 1."),
        ("top_k=4", "top_k is 4. Allowed: 1 to 3, the number of classes."),
        ("top_k=x", "top_k is 'x'. Allowed: a valid integer."),
        ("top_k=1e9", "top_k is '1e9'"),
        ("scores=maybe", "scores is 'maybe'. Allowed: a valid boolean."),
        ("top_k=" + "9" * 5000, "(5,000 characters)"),
        ("topk=3", "There is no parameter 'topk'. Allowed: top_k, scores, explain."),
    ],
)
def test_questions_that_are_none(client, query, told):
    answer = client.post(f"/predict?{query}", content=picture(), headers=PNG)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]
    assert "To fix it: " in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/predict", 405, "GET is no method of '/predict'. Allowed: POST /predict, "),
        ("HEAD", "/predict", 405, ""),
        ("OPTIONS", "/predict", 405, "OPTIONS is no method"),
        ("POST", "/predict/", 404, "There is no '/predict/'. Allowed: POST /predict, "),
        ("GET", "/../etc/passwd", 404, "To fix it: "),
    ],
)
def test_addresses_and_methods_that_are_not_there(client, method, path, status, told):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert told in answer.text
    assert (answer.headers.get("allow") == "POST") == (status == 405)


def test_a_length_is_refused_before_the_body_is_read(client):
    def body():
        pytest.fail("the body was read")
        yield b""

    headers = PNG | {"content-length": "1000000000", "expect": "100-continue"}
    assert client.post("/predict", content=body(), headers=headers).status_code == 413


@pytest.mark.parametrize(("room", "n"), [("requests", 8), ("bodies", 149_999), ("images", 6)])
def test_a_full_queue_is_429_with_a_time_to_come_again(client, room, n):
    with getattr(client.service, room).hold(n):
        answer = client.post("/predict", content=picture(), headers=PNG)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert client.post("/predict", content=picture(), headers=PNG).status_code == 200


def test_an_answer_that_takes_too_long_is_503(run):
    with client_of(run, Limits(answer_seconds=0.0)) as client:
        answer = client.post("/predict", content=picture(), headers=PNG)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_pages_of_other_origins_and_other_hosts_are_refused(client):
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}):
        answer = client.post("/predict", content=picture(), headers=PNG | headers)
        assert answer.status_code == 403
        assert f"Allowed without a token: requests to {HOST} or " in answer.json()["detail"]
    assert client.get("/", headers={"origin": f"http://{HOST}"}).status_code == 200
