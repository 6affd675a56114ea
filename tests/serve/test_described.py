"""What is told of the interface: its addresses, its description and its metrics."""

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.serve.conftest import client_of

from scoreline.serve.answers import ModelFacts, Predictions, Problem, State


def test_all_addresses_are_told(client):
    told = client.get("/nowhere").json()["detail"]
    assert [path for path in client.get("/openapi.json").json()["paths"] if path not in told] == []


@pytest.mark.parametrize("path", ["/", "/page.css", "/model", "/healthz", "/readyz", "/metrics"])
def test_what_can_be_read_can_be_asked_about(client, path):
    expected, found = client.get(path), client.head(path)
    assert (found.status_code, found.content) == (200, b"")
    assert found.headers["content-type"] == expected.headers["content-type"]


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
