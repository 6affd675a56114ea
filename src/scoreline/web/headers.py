"""The headers of every answer: pages load nothing from elsewhere, and nobody else loads them."""

from __future__ import annotations

__all__ = ["HEADERS"]

HEADERS = {
    # Plotly writes styles into the page, and pictures are data URLs; scripts are our own files only.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
