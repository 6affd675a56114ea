"""The interface over HTTP: what is answered."""

import base64
import dataclasses
import io

import numpy as np
import pytest
from tests.serve.conftest import CLASSES, FORM, PNG, client_of, model, picture

import scoreline
from scoreline.features import build_features
from scoreline.models import ImageClassifier, SavedModel
from scoreline.serve import predict
from scoreline.serve.answers import answer_of
from scoreline.serve.batching import Asked
from scoreline.serve.model import Loaded


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
