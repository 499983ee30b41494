"""`Header`: which service it is, and whether postings are collected by a filter or by their ids."""

from __future__ import annotations

from typing import Any

import traitlets

from bulkjobs.display import Rows

from .desk import AnyClient, Desk
from .view import View, front

SOURCES = {"filter": "by a filter", "ids": "by their ids"}


class Header(View):
    """The head of a `Collector`.

    Attributes
    ----------
    source : str
        ``"filter"`` or ``"ids"``.
    """

    _esm, _css = front("header")

    service = traitlets.Unicode().tag(sync=True)
    sources = traitlets.Dict(SOURCES).tag(sync=True)
    source = traitlets.Enum(list(SOURCES), "filter").tag(sync=True)

    def __init__(self, client: AnyClient | Desk | None = None, **traits: Any) -> None:
        traits.setdefault("title", "Collect job postings")
        super().__init__(client, **traits)

    def _look(self) -> None:
        super()._look()
        self.service = ""
        if self.desk.ready:
            service = self.desk.client.service
            made_up = service.startswith("sandbox:")
            self.service = "the sandbox: made-up postings, no real credits" if made_up else service

    def rows(self) -> Rows:
        """Return the service, and how postings are chosen."""
        return [("service", self.service or self.offer), ("postings", self.sources[self.source])]
