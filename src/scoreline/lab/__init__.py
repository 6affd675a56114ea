"""The lab: every number between point and gradient, in the browser, computed by this package.

`LabSession` answers messages and knows nothing of how they travel; `create_app` is the web server around it.
To add a page: a session's worksheet here, a page in ``static``, a line in `docs/lab.md`.
"""

from __future__ import annotations

from scoreline.lab.messages import Request, State, start_state
from scoreline.lab.session import LabSession
from scoreline.lab.worksheet import worksheet

__all__ = ["LabSession", "Request", "State", "start_state", "worksheet"]
