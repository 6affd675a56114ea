"""Who may ask: programs and pages of this machine by exact hosts and origins, others by a token."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable, Mapping

__all__ = ["LocalHosts", "is_loopback", "tokens_match"]


def tokens_match(offered: str | None, token: str) -> bool:
    """Return whether a token is the right one, in a time that does not tell how much of it is."""
    # compare_digest takes only ASCII text.
    return hmac.compare_digest((offered or "").encode("utf-8", "surrogatepass"), token.encode())


def is_loopback(address: str) -> bool:
    """Return whether what listens at an address can be reached from this machine alone."""
    return ipaddress.ip_address(address).is_loopback


class LocalHosts:
    """The names that this machine has for itself, at a port: a page of another origin may not use them.

    Otherwise any page in the user's browser could send requests here, or give its own name the address 127.0.0.1.
    """

    def __init__(self, port: int, names: Iterable[str] = ("127.0.0.1", "localhost")) -> None:
        shown = {f"[{name}]" if ":" in name else name.lower() for name in names}
        # Clients leave the port of the scheme out.
        self._hosts = {f"{name}:{port}" for name in shown} | (shown if port == 80 else set())
        self._origins = {f"http://{host}" for host in self._hosts}

    def __str__(self) -> str:
        return " or ".join(sorted(self._hosts))

    def refusal(self, headers: Mapping[str, str], *, from_page: bool = False) -> str | None:
        """Return why a request is refused, or None; those of a page's script have an origin."""
        origin = headers.get("origin")
        if headers.get("host", "").lower() not in self._hosts:
            return "unknown host"
        if (origin is not None or from_page) and origin not in self._origins:
            return "unknown origin"
        return None
