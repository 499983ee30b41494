"""`QueryForm`: what the forms that end in a query have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import traitlets

import bulkjobs as bj

from .desk import AnyClient, Desk, settled
from .view import View


class QueryForm(View):
    """A form that is filled in, and hands a query on when it is submitted.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        See `Desk`.
    on_submit : callable, optional
        Called with the query and the limit when the user submits a valid form; may be a coroutine function.
    """

    errors = traitlets.Dict().tag(sync=True)  # by the name of a control
    edited = traitlets.Bool(default_value=False).tag(sync=True)  # since it was submitted
    code = traitlets.Unicode().tag(sync=True)
    submit_label = traitlets.Unicode("Preview the cost").tag(sync=True)

    def __init__(
        self,
        client: AnyClient | Desk | None = None,
        *,
        on_submit: Callable[[Any, int | None], object] | None = None,
        **traits: Any,
    ) -> None:
        self._on_submit = on_submit
        self._submitted: object = None
        self._on_edit: list[Callable[[], object]] = []
        super().__init__(client, **traits)

    def on_edit(self, callback: Callable[[], object]) -> None:
        """Call `callback` whenever something was edited."""
        self._on_edit.append(callback)

    def check(self) -> tuple[bj.JobFilter | bj.JobIds, int | None] | None:
        """Check all of it; what is wrong is shown beside its control, and None returned."""
        raise NotImplementedError

    def _content(self) -> object:
        """Return what is in it, to be compared with what was submitted."""
        raise NotImplementedError

    def _touched(self) -> None:
        self.edited = self._submitted is not None and self._submitted != self._content()
        for callback in self._on_edit:
            callback()

    async def do_submit(self, _content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Hand a valid query on; else move to the first control that is wrong."""
        checked = self.check()
        if checked is None:
            self.focus_on(next(iter(self.errors)))
            return
        self._submitted, self.edited, self.notice = self._content(), False, {}
        if self._on_submit is not None:
            await settled(self._on_submit(*checked))
