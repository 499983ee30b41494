"""`FilterForm`: a filter to fill in, checked by `bulkjobs.JobFilter` itself, with a live count of what matches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import traitlets

import bulkjobs as bj
from bulkjobs.display import Rows, counted
from bulkjobs.errors import BulkJobsError, InvalidQuery
from bulkjobs.query import FIELDS, Field

from .desk import AnyClient, Desk
from .query_form import QueryForm
from .view import front

COMMON = ("title", "keyword_description", "country", "location", "created_at_gte", "created_at_lte")
PAUSE = 0.4  # seconds without an edit, after which matches are counted
_WHOLE = "title"  # where an error of the whole filter is shown
_LIMIT = "limit"

Values = dict[str, str]


class FilterForm(QueryForm):
    """A form for all 17 filters.

    Nothing is sent but free counts. What is typed stays, whatever is wrong with it.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        Counts the matches; see `Desk`.
    query : JobFilter, optional
        What to begin with.
    limit : int, optional
        The most records wanted.
    on_submit : callable, optional
        Called with the JobFilter and the limit when the user submits a valid form; may be a coroutine function.

    Examples
    --------
    >>> form = FilterForm(client)
    >>> form  # fill it in; then, in the next cell:
    >>> form.query
    JobFilter(title='Nurse', country='Germany')
    """

    _esm, _css = front("filter_form")

    fields: Any = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    matches = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        client: AnyClient | Desk | None = None,
        *,
        query: bj.JobFilter | None = None,
        limit: int | None = None,
        on_submit: Callable[[bj.JobFilter, int | None], object] | None = None,
        **traits: Any,
    ) -> None:
        self._counting: asyncio.Task[None] | None = None
        listed = [FIELDS[name] for name in COMMON] + [field for field in FIELDS.values() if field.name not in COMMON]
        traits.setdefault("title", "Filter")
        super().__init__(client, on_submit=on_submit, fields=[_described(field) for field in listed], **traits)
        self.observe(self._changed, "values")
        if query is not None:
            self.load(query, limit=limit)
        elif limit is not None:
            self.values = {_LIMIT: str(limit)}

    # --- what is in it ------------------------------------------------------------------------------------

    @property
    def query(self) -> bj.JobFilter:
        """The filter as it stands in the form.

        Raises
        ------
        InvalidQuery
            It is none.
        """
        return bj.JobFilter(**_given(self.values))

    @property
    def limit(self) -> int | None:
        """The most records wanted; None for all.

        Raises
        ------
        InvalidQuery
            It is no positive whole number.
        """
        text = self.values.get(_LIMIT, "").replace(",", "").replace("_", "").strip()
        if text and (not text.isascii() or not text.isdigit() or int(text) < 1):
            raise InvalidQuery(f"The limit must be a whole number from 1 on, not {text!r}.", field=_LIMIT)
        return int(text) if text else None

    def load(self, query: bj.JobFilter, *, limit: int | None = None) -> None:
        """Fill the form in with a filter."""
        values = {name: _shown(FIELDS[name], value) for name, value in query.filters.items()}
        self.values = {**values, **({} if limit is None else {_LIMIT: str(limit)})}

    def rows(self) -> Rows:
        """Return the fields that are filled in."""
        labels = {field["name"]: field["label"] for field in self.fields} | {_LIMIT: "Limit"}
        return [(labels[name], value) for name, value in self.values.items() if value] or [("filter", "empty")]

    # --- what happens to it -------------------------------------------------------------------------------

    def check(self) -> tuple[bj.JobFilter, int | None] | None:
        """Check all of it; what is wrong is shown beside its field, and None returned."""
        wrong = self._wrong()
        self.errors = wrong
        return None if wrong else (self.query, self.limit)

    def _content(self) -> Values:
        return dict(self.values)

    def _changed(self, _: object) -> None:
        if self.errors:  # what was mended is not complained of any longer; new complaints wait for the submit
            wrong = self._wrong()
            self.errors = {name: wrong[name] for name in self.errors if name in wrong}
        try:
            self.code = f"query = bj.{self.query!r}"
        except InvalidQuery:
            self.code = ""
        self._touched()
        self.desk.start(self, self._count)

    def _look(self) -> None:
        super()._look()
        if self._counting is not None:
            self._counting.cancel()
        self.matches = ""  # that was of another client
        self.desk.start(self, self._count)

    def _wrong(self) -> dict[str, str]:
        """Find what is wrong: each field by itself, then all of them together."""
        wrong: dict[str, str] = {}
        for name, value in _given(self.values).items():
            _noted(wrong, lambda name=name, value=value: bj.JobFilter(**{name: value}))  # type: ignore[misc]
        if not wrong:
            _noted(wrong, lambda: self.query)
        _noted(wrong, lambda: self.limit)
        return {name: wrong[name] for name in [*(field["name"] for field in self.fields), _LIMIT] if name in wrong}

    # --- the live count -----------------------------------------------------------------------------------

    async def _count(self) -> None:
        """Count what matches, unless something is edited meanwhile."""
        if self._counting is not None:
            self._counting.cancel()
        self._counting = asyncio.current_task()
        try:
            query = self.query if self.desk.ready else None
        except InvalidQuery:
            query = None
        if query is None:
            self.matches = ""
            return
        await asyncio.sleep(PAUSE)
        self.matches = "counting ..."
        try:
            found = await self.desk.ask(self.desk.client.count(query))
        except BulkJobsError as error:
            self.matches = f"not counted: {error.message}"
        else:
            self.matches = f"{counted(found, 'posting')} match{'es' if found == 1 else ''}"


def _described(field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "label": field.label,
        "help": field.help,
        "kind": field.kind,
        "common": field.name in COMMON,
    }


def _given(values: Values) -> dict[str, Any]:
    """Turn what stands in the form to the arguments of a JobFilter; what can't be turned stays text, and is refused."""
    given: dict[str, Any] = {}
    for name, text in values.items():
        text = text.strip()
        if not text or name not in FIELDS:
            continue
        kind = FIELDS[name].kind
        if kind == "boolean":
            given[name] = {"yes": True, "no": False}.get(text, text)
        elif kind == "integer":
            given[name] = int(text) if text.isascii() and text.isdigit() else text
        else:
            given[name] = text
    return given


def _shown(field: Field, value: object) -> str:
    """Turn a value of a filter to what stands in the form: a bound that is a whole day is shown as a date."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    day, _, time = text.partition(" ")
    return day if (field.kind, time) in {("from", "00:00:00"), ("to", "23:59:59")} else text


def _noted(wrong: dict[str, str], check: Callable[[], object]) -> None:
    try:
        check()
    except InvalidQuery as error:
        wrong.setdefault(error.field or _WHOLE, error.message)
