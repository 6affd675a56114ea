"""The interface over HTTP: what is answered, and what is refused with which status."""

import base64
import dataclasses
import io
import json
import zlib

import numpy as np
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from tests.serve.conftest import CLASSES, model, picture

import scoreline
from scoreline.features import build_features
from scoreline.models import ImageClassifier, SavedModel
from scoreline.serve import predict
from scoreline.serve.answers import ModelFacts, Predictions, Problem, State, answer_of
from scoreline.serve.app import create_app
from scoreline.serve.batching import Asked
from scoreline.serve.model import Loaded, ServedModel
from scoreline.serve.service import Service
from scoreline.web.guard import LocalHosts
from scoreline.web.limits import Limits

HOST = "127.0.0.1:8000"
PNG = {"content-type": "image/png"}
SMALL = Limits(body_bytes=100_000, images=4, pixels=10_000, held_bytes=150_000, requests=8, queued_images=6)


def client_of(run, limits=SMALL, token=None):
    service = Service(ServedModel(run, max_pixels=limits.pixels), limits, 2)
    client = TestClient(create_app(service, LocalHosts(8000), token), base_url=f"http://{HOST}")
    client.service = service
    return client


@pytest.fixture(scope="module")
def client(run):
    with client_of(run) as client:
        yield client


def test_each_form_of_an_image_has_the_library_s_answer(client, run):
    image = picture()
    (expected,) = scoreline.load(run).predict(image, top_k=3)
    forms = [
        {"files": {"images": ("cat.png", image)}},
        {"content": image, "headers": PNG},
        {"content": image, "headers": {"content-type": "application/octet-stream"}},
        {"json": {"images": [base64.b64encode(image).decode()]}},
        {"json": {"images": ["data:image/png;base64," + base64.b64encode(image).decode()]}},
    ]
    for form in forms:
        answer = client.post("/predict?top_k=3", **form)
        assert answer.status_code == 200, answer.text
        (found,) = answer.json()["predictions"]
        assert found["class"] == expected.label
        assert found["probability"] == expected.guesses[0].probability
        assert [(top["class"], top["probability"], top["score"]) for top in found["top"]] == [
            (guess.label, guess.probability, guess.score) for guess in expected.guesses
        ]
        assert set(found) == {"class", "probability", "top"}


@pytest.mark.parametrize("query", ["", "?top_k=2&scores=true", "?top_k=1&top_k=3", "?explain=1"])
def test_the_short_way_and_the_ordinary_one_give_the_same(client, monkeypatch, query):
    given = {"content": picture(kind="jpeg"), "headers": {"content-type": "image/jpeg"}}
    short = client.post(f"/predict{query}", **given)
    monkeypatch.setattr(predict, "_QUERY_LENGTH", -1)
    ordinary = client.post(f"/predict{query}", **given)
    assert short.status_code == ordinary.status_code == 200
    assert short.json() == ordinary.json()


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("n", [1, 4])
def test_what_is_answered_at_once_and_by_threads_is_the_same(client, run, monkeypatch, quick, n):
    now = client.service.model.now
    monkeypatch.setattr(client.service.model, "now", dataclasses.replace(now, quick=quick))
    images = [picture(seed, kind="jpeg") for seed in range(n)]
    expected = scoreline.load(run).predict(images)
    answer = client.post("/predict", files=[("images", (f"{n}.jpg", image)) for n, image in enumerate(images)])
    found = answer.json()["predictions"]
    assert [one["probability"] for one in found] == [one.guesses[0].probability for one in expected]


def test_scores_and_contributions_come_on_request(client, run):
    image = picture(1)
    (found,) = client.post("/predict?scores=true&explain=true", content=image, headers=PNG).json()["predictions"]
    classifier = scoreline.load(run)
    assert found["scores"] == {
        name: float(score) for name, score in zip(CLASSES, classifier.scores(image)[0], strict=True)
    } or set(found["scores"]) == set(CLASSES)
    why = found["explanation"]
    assert why["class"] == found["class"]
    assert why["score"] == pytest.approx(found["scores"][found["class"]], abs=1e-4)
    assert sum(map(sum, why["regions"])) + why["bias"] == pytest.approx(why["score"])
    assert why["strongest"][0]["feature"] == classifier.explain(image).strongest(1)[0][0]
    assert len(found["top"]) == 1


@pytest.mark.parametrize("n", [1, 2])
def test_regions_are_covered_for_the_only_image_of_a_request(n):
    from scoreline.serve import batching

    width = build_features("hog:4").fit(np.zeros((1, 8, 8, 3), np.uint8)).width()
    coef = np.random.default_rng(0).normal(size=(3, width)).astype(np.float32)
    classifier = ImageClassifier(SavedModel(coef, np.zeros(3, np.float32), CLASSES, "softmax", "hog:4", (8, 8, 3)))
    images, asked = [classifier.decode(picture(seed)) for seed in range(n)], Asked(explain=True)
    (answers,) = batching._answered([batching._Job(Loaded(classifier, "", quick=False), images, asked, None)])
    why = answer_of(answers[0], asked)["explanation"]
    assert why["regions"] is None
    assert (why["covered"] is None) == (n > 1)
    assert n > 1 or np.shape(why["covered"]) == (4, 4)


def test_an_image_that_cannot_be_used_does_not_stop_the_others(client):
    files = [
        ("images", ("a.png", picture())),
        ("images", ("b.png", b"no image")),
        ("images", ("c.png", picture(2))),
    ]
    answer = client.post("/predict", files=files)
    assert answer.status_code == 200
    good, bad, other = answer.json()["predictions"]
    assert good["class"] in CLASSES
    assert other["class"] in CLASSES
    assert bad == {"class": None, "probability": None, "top": [], "error": "no image of a known format"}


def test_where_no_image_can_be_used_the_status_says_so(client):
    answer = client.post("/predict", content=b"no image", headers=PNG)
    assert answer.status_code == 422
    assert answer.json()["predictions"][0]["error"] == "no image of a known format"
    assert "no image of a known format" in answer.json()["detail"]


def test_losses_without_probabilities_have_none(tmp_path):
    model(loss="weston-watkins").save(tmp_path)
    with client_of(tmp_path) as client:
        (found,) = client.post("/predict?top_k=2", content=picture(), headers=PNG).json()["predictions"]
    assert found["probability"] is None
    assert found["top"][0]["score"] > found["top"][1]["score"]


def bomb():
    """A PNG file of 50,000 x 50,000 pixels that has few bytes."""
    head = b"IHDR" + (50_000).to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    data = b"IDAT" + zlib.compress(bytes(100_000))
    chunks = (
        len(part[4:]).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big") for part in (head, data)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


FORM = {"content-type": "multipart/form-data; boundary=x"}
PART = b'--x\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n\r\n'
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "part",
    [
        b"name=\"images\"; filename*=utf-8''h%C3%B6hle.png",
        b'name="images"; filename=""',
        b'name="images"\r\nContent-Type: image/png',
    ],
)
def test_files_of_forms_have_names_of_many_kinds_or_none(client, part):
    content = b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n\r\n" + picture() + b"\r\n--x--\r\n"
    assert client.post("/predict", content=content, headers=FORM).status_code == 200


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


def test_all_addresses_are_told(client):
    told = client.get("/nowhere").json()["detail"]
    assert [path for path in client.get("/openapi.json").json()["paths"] if path not in told] == []


@pytest.mark.parametrize("path", ["/", "/page.css", "/model", "/healthz", "/readyz", "/metrics"])
def test_what_can_be_read_can_be_asked_about(client, path):
    expected, found = client.get(path), client.head(path)
    assert (found.status_code, found.content) == (200, b"")
    assert found.headers["content-type"] == expected.headers["content-type"]


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


def test_a_token_guards_all_but_the_page_and_the_probes(run):
    token = "a-token-of-some-length"  # noqa: S105
    with client_of(run, token=token) as client:
        for path in ("/", "/page.js", "/page.css", "/theme.css", "/healthz", "/readyz"):
            assert client.get(path).status_code == 200
        for path in ("/model", "/metrics", "/openapi.json", "/nowhere"):
            for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {token}"}):
                answer = client.get(path, headers=headers)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
        assert client.post("/predict", content=picture(), headers=PNG).status_code == 401
        right = {"authorization": f"Bearer {token}", "host": "models.example"}
        assert client.post("/predict", content=picture(), headers=PNG | right).status_code == 200
        assert client.get("/model", headers=right).json()["classes"] == list(CLASSES)


def test_every_answer_has_the_headers_and_an_identity(client):
    for path in ("/", "/model", "/nowhere"):
        answer = client.get(path, headers={"x-request-id": "abc-1"})
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert answer.headers["x-request-id"] == "abc-1"
    assert client.get("/model", headers={"x-request-id": "a b"}).headers["x-request-id"] != "a b"


def test_what_was_counted(client):
    client.post("/predict", content=picture(), headers=PNG)
    text = client.get("/metrics").text
    assert 'scoreline_requests_total{route="/predict",status="200"}' in text
    assert 'scoreline_images_total{outcome="classified"}' in text
    assert "scoreline_queued_images 0.0" in text


def test_what_fails_in_the_server_is_answered_counted_and_logged(run, caplog, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError

    with client_of(run) as client:
        monkeypatch.setattr(client.service, "answer", fails)
        monkeypatch.setattr(client.service.model, "now", None)
        short, ordinary = client.post("/predict", content=picture(), headers=PNG), client.get("/model")
        counted = client.get("/metrics").text
    for answer in (short, ordinary):
        assert answer.status_code == 500
        assert "report what the log" in answer.json()["detail"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert 'scoreline_requests_total{route="/predict",status="500"} 1.0' in counted
    logged = [one for one in caplog.records if one.getMessage() == "request failed"]
    assert [one.facts["id"] for one in logged] == [short.headers["x-request-id"], ordinary.headers["x-request-id"]]


def test_metrics_follow_the_conventions(client):
    families = list(text_string_to_metric_families(client.get("/metrics").text))
    own = [one for one in families if not one.name.startswith("process_")]
    assert len(own) < len(families)
    for family in own:
        assert family.name.startswith("scoreline_")
        assert family.documentation
        # What can happen is there before it has happened.
        assert family.samples or "route" in family.documentation
    assert client.service.metrics.registry.get_sample_value(
        "scoreline_model_reloads_total", {"outcome": "refused"}
    ) in {0.0, 1.0}


def test_every_example_of_the_description_is_true(client):
    spec = client.get("/openapi.json").json()
    bodies = spec["paths"]["/predict"]["post"]["requestBody"]["content"]
    sent = [
        (kind, part["example"])
        for kind, content in bodies.items()
        for part in (content, content["schema"])
        if "example" in part
    ]
    assert len(sent) == 2
    for kind, example in sent:
        answer = client.post("/predict", content=json.dumps(example), headers={"content-type": kind})
        assert answer.status_code == 200, answer.text
    for kind in (Predictions, Problem, State, ModelFacts):
        example = spec["components"]["schemas"][kind.__name__]["example"]
        assert kind.model_validate(example).model_dump(by_alias=True, exclude_unset=True) == example
        assert example == kind.model_config["json_schema_extra"]["example"]  # FastAPI leaves out what is null
    (metrics,) = spec["paths"]["/metrics"]["get"]["responses"]["200"]["content"].values()
    assert list(text_string_to_metric_families(metrics["example"]))


def test_the_token_is_described(client, run):
    assert "security" not in client.get("/openapi.json").json()["paths"]["/model"]["get"]
    with client_of(run, token="a-token-of-some-length") as guarded:  # noqa: S106
        spec = guarded.get("/openapi.json", headers={"authorization": "Bearer a-token-of-some-length"}).json()
    assert spec["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert spec["paths"]["/predict"]["post"]["security"] == [{"HTTPBearer": []}]


def test_the_interface_is_described_with_examples(client):
    found = client.get("/openapi.json").json()
    predict = found["paths"]["/predict"]["post"]
    assert set(predict["requestBody"]["content"]) == {
        "multipart/form-data",
        "application/json",
        "application/octet-stream",
        "image/*",
    }
    assert {"200", "401", "403", "408", "413", "415", "422", "429", "503"} <= set(predict["responses"])
    example = predict["requestBody"]["content"]["application/json"]["example"]
    assert client.post("/predict", json=example).status_code == 200
    assert "example" in found["components"]["schemas"]["Predictions"]


def test_a_draining_server_answers_and_closes(run):
    with client_of(run) as client:
        client.service.draining = True
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        answer = client.post("/predict", content=picture(), headers=PNG)
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"


def test_the_log_has_no_image_name_or_query(client, caplog):
    caplog.set_level("INFO", "scoreline.serve")
    client.post("/predict?top_k=2", files={"images": ("secret-name.png", picture())})
    (record,) = [one for one in caplog.records if one.name == "scoreline.serve.requests"]
    assert set(record.facts) == {"id", "client", "method", "route", "status", "seconds", "images"}
    assert "secret" not in str(record.facts)
    assert "top_k" not in str(record.facts)


def test_a_failing_request_does_not_end_those_beside_it(client, monkeypatch):
    from scoreline.serve import batching

    service = client.service
    bad, good = picture(5), picture(6)
    explain = type(service.model.now.classifier).explain
    seen = service.model.now.classifier.decode(bad).pixels

    def fails(self, image, label=None, **asked):
        if (image == seen).all():
            raise ZeroDivisionError
        return explain(self, image, label, **asked)

    monkeypatch.setattr(type(service.model.now.classifier), "explain", fails)
    now, asked = service.model.now, Asked(explain=True)
    jobs = [batching._Job(now, [now.classifier.decode(image)], asked, None) for image in (bad, good)]
    first, second = batching._answered(jobs)
    assert isinstance(first, ZeroDivisionError)
    assert second[0].explanation is not None


@pytest.mark.parametrize("kind", ["jpeg", "gif", "bmp", "tiff", "webp"])
def test_a_file_is_read_by_its_content_not_its_name(client, kind):
    answer = client.post("/predict", files={"images": ("x.png", io.BytesIO(picture(kind=kind)))})
    assert answer.status_code == 200
