"""The lab: every number between pixel and gradient, in the browser, computed by this package.

`LabSession` answers messages, whatever the transport; ``server.create_app`` is the web server
around it. To add a page: a file in ``pages`` and its line in `PAGES`, an HTML page and its module in ``static``, a
section in `docs/lab.md`.
"""

from __future__ import annotations

from scoreline.lab.page import Page
from scoreline.lab.pages import PAGES
from scoreline.lab.session import LabSession, Request

__all__ = ["PAGES", "LabSession", "Page", "Request"]
