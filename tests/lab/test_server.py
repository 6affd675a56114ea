"""The server: nothing without the token, from another host or from another origin."""

import json

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from scoreline.lab import LabSession, server
from scoreline.lab.server import FILES, MESSAGE_BYTES, MOST_SESSIONS, create_app

TOKEN, PORT = "right-token", 4321
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"
ROUTES = [
    f"/{name}"
    for name in [
        *FILES,
        "nowhere",
        "pages.json",
        "../pyproject.toml",
        "docs",
        "openapi.json",
        "picture/images/train/0.png",
    ]
]


@pytest.fixture
def client():
    return TestClient(create_app(TOKEN, PORT), base_url=ORIGIN)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("token", "headers"),
    [
        (None, {}),
        ("wrong", {}),
        ("ungültig", {}),
        (TOKEN, {"host": "evil.example"}),
        (TOKEN, {"host": f"127.0.0.1:{PORT + 1}"}),
        (TOKEN, {"origin": "http://evil.example"}),
        (TOKEN, {"origin": "null"}),
    ],
)
def test_every_route_is_guarded(client, route, token, headers):
    answer = client.get(route, params={} if token is None else {"token": token}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("route", [f"/{name}" for name in FILES])
def test_files_come_with_the_token_and_guards(client, route):
    answer = client.get(route, params={"token": TOKEN})
    assert answer.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy.get("script-src", "'self'") == "'self'"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert client.get(route).status_code == 200  # by the cookie


@pytest.mark.parametrize("route", ["/nowhere", "/docs", "/openapi.json", "/..%2fserver.py"])
def test_nothing_else_is_served(client, route):
    assert client.get(route, params={"token": TOKEN}).status_code == 404


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("wrong", {"origin": ORIGIN}),
        (TOKEN, {}),
        (TOKEN, {"origin": "http://evil.example"}),
        (TOKEN, {"origin": ORIGIN, "host": "evil.example"}),
    ],
)
def test_a_session_is_guarded(client, token, headers):
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect(f"/session/scores?token={token}", headers={"host": HOST} | headers),
    ):
        pass
    assert refused.value.code == 1008


def session(client):
    return client.websocket_connect(f"/session/scores?token={TOKEN}", headers={"host": HOST, "origin": ORIGIN})


def test_a_session_answers_and_survives_nonsense(client):
    with session(client) as socket:
        for text in ("", "{", "[]", "[" * 100_000, "x" * (MESSAGE_BYTES + 1), '{"action": "eval"}'):
            socket.send_text(text)
            assert "error" in json.loads(socket.receive_text())
        socket.send_text('{"id": 7, "action": "step"}')
        answer = json.loads(socket.receive_text())
    assert answer["id"] == 7
    assert answer["state"]["step"] == 1


def test_pages_stay_apart_and_are_limited(client):
    with session(client) as one, session(client) as two:
        one.send_text('{"action": "step"}')
        two.send_text('{"action": "edit"}')
        assert json.loads(one.receive_text())["state"]["step"] == 1
        assert json.loads(two.receive_text())["state"]["step"] == 0
    sockets = [session(client) for _ in range(MOST_SESSIONS)]
    for socket in sockets:
        socket.__enter__()
    with pytest.raises(WebSocketDisconnect), session(client):
        pass
    for socket in sockets:
        socket.__exit__(None, None, None)


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


HUGE = [[999999.9, 100, 1e-8], [3, 0.1, 0], [-1e6, 1e5, 50]]


@pytest.mark.parametrize("page", ["scores", "gradients", "descent", "race"])
@pytest.mark.parametrize("loss", ["weston-watkins:squared", "softmax"])
def test_answers_are_json_that_a_browser_reads(page, loss):
    changes = {"weights": HUGE, "points": [[1e6, -1e6, 0], [1e-9, 1e6, 1]], "loss": loss, "lam": 1e6}
    if page == "gradients":
        changes["dtype"] = "float32"
    if page in ("descent", "race"):
        changes["step"] = 30
    session = LabSession(page)
    answer = json.loads(
        server._answer(session, json.dumps({"action": "edit", "changes": changes})), parse_constant=refuse
    )
    assert answer["state"]["weights"] == HUGE


@pytest.mark.parametrize("identity", ["NaN", "1e999", "[" * 90 + "]" * 90, '"x"'])
def test_a_number_that_is_none_does_not_come_back(identity):
    answer = json.loads(
        server._answer(LabSession(), f'{{"id": {identity}, "action": "step"}}'), parse_constant=refuse
    )
    assert answer["id"] is None
    assert "error" in answer


def test_errors_quote_no_more_than_a_line():
    for changes in ({"x" * 10_000: 1}, {"loss": "x" * 10_000}, {"points": "x" * 10_000}):
        text = server._answer(LabSession(), json.dumps({"action": "edit", "changes": changes}))
        assert len(text) < 1000


def test_an_unforeseen_error_leaves_the_state_and_the_page_alive(monkeypatch):
    session = LabSession()

    def fails(state, *, coarse):
        raise ZeroDivisionError("nothing to divide by")

    monkeypatch.setattr(session.page, "show", fails)
    answer = json.loads(server._answer(session, '{"id": 3, "action": "step"}'))
    assert answer["id"] == 3
    assert "nothing to divide by" in answer["error"]
    assert session.state == session.start


def test_a_binary_message_closes_the_session_with_its_code(client):
    with session(client) as socket:
        socket.send_bytes(b"\x00\xff")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1003


def test_who_says_nothing_is_closed(client, monkeypatch):
    monkeypatch.setattr(server, "FIRST_MESSAGE_SECONDS", 0.01)
    with session(client) as socket, pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_text()
    assert closed.value.code == 1008


def test_pictures_of_the_data_and_no_others(client):
    answer = client.get("/picture/images/validation/0.png", params={"token": TOKEN})
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    for place in (
        "images/validation/9999",
        "images/test/0",
        "images/x/0",
        "0/validation/-1",
        "9/train/0",
        "x/train/0",
    ):
        assert client.get(f"/picture/{place}.png").status_code == 404
