"""Requests that are drawn from the interface's own description: none is an error of the server."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from tests.serve.conftest import model

from scoreline.serve.app import create_app
from scoreline.serve.model import ServedModel
from scoreline.serve.service import Service
from scoreline.web.guard import LocalHosts
from scoreline.web.limits import Limits


@pytest.fixture(scope="module")
def operations(tmp_path_factory):
    folder = tmp_path_factory.mktemp("described")
    model().save(folder)
    service = Service(ServedModel(folder, max_pixels=10_000), Limits(), 1)
    app = create_app(service, LocalHosts(80, {"testserver", "localhost"}))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    return {found.ok().path: found.ok() for found in schema.get_all_operations()}


@pytest.mark.parametrize("path", ["/predict", "/model", "/healthz", "/readyz", "/metrics"])
def test_no_drawn_request_is_an_error_of_the_server(operations, path):
    @given(case=operations[path].as_strategy())
    @settings(
        max_examples=15,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case):
        answer = case.call()
        case.validate_response(answer, checks=[not_a_server_error])

    check()


def test_all_that_is_described_is_drawn(operations):
    assert set(operations) == {"/predict", "/model", "/healthz", "/readyz", "/metrics"}
