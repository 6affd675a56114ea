"""Who may ask: exact hosts and origins, and tokens."""

import pytest

from scoreline.web.guard import LocalHosts, is_loopback, tokens_match


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1"])
def test_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "fe80::1%lo", "2001:db8::1"])  # noqa: S104
def test_not_loopback(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("offered", [None, "", "wrong", "right-tokem", "right-token ", "rïght", "\ud800"])
def test_other_tokens_do_not_match(offered):
    assert not tokens_match(offered, "right-token")
    assert tokens_match("right-token", "right-token")


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost:80", "[::1]:80", "[::1]", "LocalHost"])
def test_hosts_with_the_port_of_the_scheme_and_without(host):
    assert LocalHosts(80, ("127.0.0.1", "localhost", "::1")).refusal({"host": host}) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "localhost"},
        {"host": "localhost:1"},
        {"host": "localhost:80.evil.example"},
        {"host": "localhost:8000", "origin": "https://localhost:8000"},
        {"host": "localhost:8000", "origin": "null"},
        {"host": "localhost:8000", "origin": ""},
    ],
)
def test_other_hosts_and_origins_are_refused(headers):
    assert LocalHosts(8000).refusal(headers)
