"""The dataset behind the stand-in server: what is in it, and what each of the 17 search filters finds.

The postings lie in a throw-away SQLite database on disk, so their number is no question of memory. It has

* ``posting``: of each posting the few values that filters compare and that order results (contract section 12.9);
* ``line``: the posting itself, as the JSON line that the service sends;
* ``brief``: a full-text index of the short fields, built with the catalogue;
* ``body``: a full-text index of the descriptions, nearly all of the text, built when first a search needs it. It
  is a database of its own: other searches go on meanwhile.

Filters mean what contract section 3 says. Where that is silent: a field that is null or absent matches nothing,
not even ``NOT x``. The words of an ``industry`` filter may stand in several industries of a posting, a phrase may
not. Two filters compare a website that postings do not carry: see `facts`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from .dataset import INT64, comparable, facts, industries, json_line, storable, texts
from .grammar import TOKENIZER, FilterSyntaxError, indexed, to_match

_BATCH = 1_000
_FTS_BUFFER = 1 << 24  # bytes; with less, FTS5 spends half of its time on merging
_SHORT_FIELDS = ("title", "employment_type", "location", "company_name", "country")
_PREVIEW_FIELDS = ("id", "created", "title", "seniority", "location", "company_name")

# Dates are text that sorts as time. No date is "", before any time: "until" has to exclude it.
_COMPARISONS = {
    "created_at_gte": "created >= ?",
    "created_at_lte": "created > '' AND created <= ?",
    "last_updated_gte": "last_updated >= ?",
    "last_updated_lte": "last_updated > '' AND last_updated <= ?",
    "company_id": "company_id = ?",
    "company_domain": "website_host = ?",
    "company_exact_website": "website = ?",
    "company_professional_network_url": "company_url = ?",
    "deleted": "deleted = ?",
    "application_active": "application_active = ?",
}
# Filter -> the full-text index that answers it, and the column there.
_SEARCHES = {
    "title": ("brief", "title"),
    "employment_type": ("brief", "employment_type"),
    "location": ("brief", "location"),
    "company_name": ("brief", "company_name"),
    "country": ("brief", "country"),
    "industry": ("brief", "industry"),
    "keyword_description": ("body", "description"),
}
_FOUND_BY = {
    "brief": "id IN (SELECT rowid FROM brief WHERE brief MATCH ?)",
    "body": "id IN (SELECT rowid FROM body WHERE body MATCH ?)",
}
_SCORED_BY = {
    "brief": "SELECT rowid AS id, -bm25(brief) AS score FROM brief WHERE brief MATCH ?",
    "body": "SELECT rowid AS id, -bm25(body) AS score FROM body WHERE body MATCH ?",
}
_EXISTING = "SELECT id FROM posting WHERE id IN (SELECT value FROM json_each(?))"
_LINES = "SELECT id, json FROM line WHERE id IN (SELECT value FROM json_each(?))"

_PRAGMAS = """
    PRAGMA page_size = 16384;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA secure_delete = OFF;
    PRAGMA cache_size = -65536;
"""
_TABLES = """
    CREATE TABLE posting (
        id INTEGER PRIMARY KEY, created TEXT, last_updated TEXT, company_id INTEGER, company_url TEXT,
        website TEXT, website_host TEXT, deleted INTEGER, application_active INTEGER
    );
    CREATE TABLE line (id INTEGER PRIMARY KEY, json BLOB);
    CREATE TABLE text (id INTEGER PRIMARY KEY, title, employment_type, location, company_name, country, industry);
    BEGIN;
"""
_INSERTS = (
    "INSERT OR REPLACE INTO posting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "INSERT OR REPLACE INTO line VALUES (?, ?)",
    "INSERT OR REPLACE INTO text VALUES (?, ?, ?, ?, ?, ?, ?)",
)
# The index is filled from a table in the order of ids: out of order, FTS5 would write to disk for each row.
_INDEXES = f"""
    BEGIN;
    CREATE INDEX posting_by_last_updated ON posting (last_updated);
    CREATE INDEX posting_by_created ON posting (created);
    CREATE INDEX posting_by_company ON posting (company_id);
    CREATE VIRTUAL TABLE brief USING fts5 (
        title, employment_type, location, company_name, country, industry, content='', tokenize='{TOKENIZER}'
    );
    INSERT INTO brief (brief, rank) VALUES ('hashsize', {_FTS_BUFFER});
    INSERT INTO brief (rowid, title, employment_type, location, company_name, country, industry)
        SELECT id, title, employment_type, location, company_name, country, industry FROM text ORDER BY id;
    DROP TABLE text;
    COMMIT;
"""  # noqa: S608 -- a constant of ours
_BODY = f"""
    CREATE VIRTUAL TABLE body USING fts5 (description, content='', tokenize='{TOKENIZER}');
    INSERT INTO body (body, rank) VALUES ('hashsize', {_FTS_BUFFER});
    BEGIN;
"""  # noqa: S608 -- a constant of ours


class _Query(NamedTuple):
    """Filters as SQL: a condition on ``posting``, its values, and a MATCH expression for each full-text index."""

    condition: str
    values: list[object]
    searches: dict[str, str]


class Catalog:
    """A dataset of job postings, to be searched as the service searches; made by `build`.

    All methods may be called from any thread. The filters they take are those of contract section 3 in the types
    given there. A filter that is ``""`` counts as not there: real clients send it so.

    Attributes
    ----------
    duplicates : int
        Records of the dataset that gave way to a later one of the same id.
    """

    def __init__(self, folder: Path) -> None:
        self.duplicates = 0
        self._folder = folder
        self._connection = _connect(folder / "catalog.db")
        self._lock = threading.RLock()
        self._body_lock = threading.Lock()
        self._has_body = False
        self._fingerprint: str | None = None
        self._discard = weakref.finalize(self, _discard, folder, self._connection)

    @classmethod
    def build(cls, records: Iterable[Mapping[str, Any]]) -> Catalog:
        """Store records, and index all of them but the descriptions.

        Parameters
        ----------
        records : iterable of mapping
            Postings of schema A or B (contract sections 7.1, 7.2). Of two with the same id, the later one is kept.

        Returns
        -------
        Catalog
            It holds disk space until it is closed.

        Raises
        ------
        ValueError
            If a record has no integer ``id`` of 64 bits, or cannot be JSON. The message names its position.
        """
        catalog = cls(Path(tempfile.mkdtemp(prefix="bulkjobs-sandbox-")))
        try:
            catalog._store(records)
        except BaseException:
            catalog.close()
            raise
        return catalog

    def _store(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._connection.executescript(_TABLES)
        rows = (_rows(position, record) for position, record in enumerate(records, start=1))
        read = 0
        while batch := list(islice(rows, _BATCH)):
            read += len(batch)
            for insert, table_rows in zip(_INSERTS, zip(*batch, strict=True), strict=True):
                self._connection.executemany(insert, table_rows)
        self._connection.executescript(_INDEXES)
        self.duplicates = read - len(self)

    def close(self) -> None:
        """Delete the database. A catalogue that is forgotten does so by itself."""
        with self._lock:
            self._discard()

    def __len__(self) -> int:
        return self.count({})

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, over all records in the order of their ids."""
        with self._lock:
            if self._fingerprint is None:
                digest = hashlib.sha256()
                for (line,) in self._connection.execute("SELECT json FROM line ORDER BY id"):
                    digest.update(line + b"\n")
                self._fingerprint = digest.hexdigest()
            return self._fingerprint

    def count(self, filters: Mapping[str, object]) -> int:
        """Count the postings that match all filters.

        Parameters
        ----------
        filters : mapping of str to object
            Filters of contract section 3. None at all match everything.

        Returns
        -------
        int
            Records.

        Raises
        ------
        FilterSyntaxError
            If a text filter cannot be read; its ``field`` names the filter.
        ValueError
            If there is no such filter.
        """
        query = self._query(filters)
        sql = f"SELECT count(*) FROM posting WHERE {query.condition}"  # noqa: S608 -- constant fragments
        return int(self._select(sql, query.values)[0][0])

    def page(
        self, filters: Mapping[str, object], *, after: tuple[str, int] | None = None, size: int = 1_000
    ) -> list[tuple[str, int]]:
        """Find one page of matches, in the order of ``last_updated`` and ``id`` (contract sections 2.6, 12.9).

        Parameters
        ----------
        filters : mapping of str to object
            As for `count`, which also says what is raised.
        after : tuple of str and int, optional
            The last match of the page before; the default is the first page.
        size : int
            Records at most.

        Returns
        -------
        list of tuple of str and int
            ``last_updated`` (``""`` if a posting has none) and ``id``.
        """
        query = self._query(filters)
        condition, values = query.condition, query.values
        if after is not None:
            condition += " AND (last_updated, id) > (?, ?)"
            values = [*values, storable(after[0]), max(INT64[0], min(after[1], INT64[-1]))]
        sql = f"SELECT last_updated, id FROM posting WHERE {condition} ORDER BY last_updated, id LIMIT ?"  # noqa: S608 -- constant fragments
        return self._select(sql, [*values, size])

    def ids(self, filters: Mapping[str, object], limit: int | None = None) -> list[int]:
        """Find the ids of the first `limit` matches, or of all, in the order of `page`."""
        return [id_ for _, id_ in self.page(filters, size=-1 if limit is None else limit)]

    def preview(self, filters: Mapping[str, object], *, offset: int, size: int = 20) -> list[dict[str, Any]]:
        """Describe some matches in short, the most relevant first (contract section 2.7).

        Parameters
        ----------
        filters : mapping of str to object
            As for `count`, which also says what is raised.
        offset, size : int
            Matches to leave out before the first one, and records at most.

        Returns
        -------
        list of dict
            The fields of contract section 2.7. ``_score`` is BM25, above zero and higher for a better match. Where
            no text is searched it is 1.0, and the order is that of `page`.
        """
        query = self._query(filters)
        scores = " UNION ALL ".join(_SCORED_BY[index] for index in query.searches)
        sql = f"""
            WITH hit AS MATERIALIZED ({scores}), total AS (SELECT id, sum(score) AS score FROM hit GROUP BY id)
            SELECT id, score FROM posting JOIN total USING (id) WHERE {query.condition}
            ORDER BY score DESC, last_updated, id LIMIT ? OFFSET ?
        """  # noqa: S608 -- constant fragments
        if not query.searches:
            sql = f"SELECT id, 1.0 FROM posting WHERE {query.condition} ORDER BY last_updated, id LIMIT ? OFFSET ?"  # noqa: S608 -- constant fragments
        hits = dict(self._select(sql, [*query.searches.values(), *query.values, size, offset]))
        return [
            {field: posting.get(field) for field in _PREVIEW_FIELDS} | {"_score": hits[posting["id"]]}
            for posting in map(json.loads, self.lines(list(hits)))
        ]

    def existing(self, ids: Sequence[int]) -> list[int]:
        """Keep those ids that exist, each once, in the given order."""
        found: set[int] = set()
        for batch in _batches(ids):
            found.update(id_ for (id_,) in self._select(_EXISTING, [json.dumps(batch)]))
        return [id_ for id_ in dict.fromkeys(ids) if id_ in found]

    def record(self, id: int) -> bytes | None:  # noqa: A002 -- the field's own name
        """Give one record as the service sends it, or None if there is no such id; see `lines`."""
        return next(self.lines([id]), None)

    def lines(self, ids: Sequence[int]) -> Iterator[bytes]:
        r"""Give records as the service sends them in result files (contract section 6).

        Parameters
        ----------
        ids : sequence of int
            Any number of ids; those that do not exist are left out, as in contract section 4.

        Yields
        ------
        bytes
            A JSON object in UTF-8 on one line, without a newline, in the order of `ids`. Records with lone
            surrogates, which UTF-8 cannot say, are in ASCII with ``\u`` escapes.
        """
        for batch in _batches(ids):
            lines = dict(self._select(_LINES, [json.dumps(batch)]))
            yield from (lines[id_] for id_ in batch if id_ in lines)

    def _select(self, sql: str, values: Sequence[object]) -> list[Any]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def _query(self, filters: Mapping[str, object]) -> _Query:
        conditions, values = ["1"], list[object]()
        searches: dict[str, list[str]] = {}
        for name, value in filters.items():
            if value is None or value == "":
                continue
            if name in _COMPARISONS:
                conditions.append(_COMPARISONS[name])
                values.append(comparable(name, value))
            elif (match := _match(name, str(value))) is None:
                conditions.append("0")
            else:
                searches.setdefault(_SEARCHES[name][0], []).append(match)
        if "body" in searches:
            self._need_body()
        joined = {index: " AND ".join(matches) for index, matches in searches.items()}
        conditions += [_FOUND_BY[index] for index in joined]
        return _Query(" AND ".join(conditions), [*values, *joined.values()], joined)

    def _need_body(self) -> None:
        with self._body_lock:
            if not self._has_body:
                _build_body(self._folder)
                self._select("ATTACH ? AS body", [str(self._folder / "body.db")])
                self._has_body = True


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    """Cut ids into pieces, each of which goes to SQLite as one JSON value: it limits variables, not JSON."""
    return (list(ids[start : start + _BATCH]) for start in range(0, len(ids), _BATCH))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.executescript(_PRAGMAS)
    return connection


def _discard(folder: Path, connection: sqlite3.Connection) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)


def _build_body(folder: Path) -> None:
    path = folder / "body.db"
    path.unlink(missing_ok=True)  # of an attempt that failed
    connection = _connect(path)
    try:
        connection.execute("ATTACH ? AS catalog", [str(folder / "catalog.db")])
        connection.executescript(_BODY)
        lines = connection.execute("SELECT id, json FROM line ORDER BY id")
        rows = ((id_, indexed(texts(json.loads(line).get("description")))) for id_, line in lines)
        connection.executemany("INSERT INTO body (rowid, description) VALUES (?, ?)", rows)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _match(name: str, text: str) -> str | None:
    if name not in _SEARCHES:
        raise ValueError(f"there is no filter {name!r}")
    try:
        expression = to_match(text)
    except FilterSyntaxError as error:
        error.field = name
        raise
    return expression and f"{{{_SEARCHES[name][1]}}} : ({expression})"


def _rows(position: int, record: Mapping[str, Any]) -> tuple[tuple[object, ...], ...]:
    """Make the rows of a record for the three tables."""
    id_ = record.get("id")
    if not isinstance(id_, int) or isinstance(id_, bool) or id_ not in INT64:
        raise ValueError(f"record {position:,} of the dataset has no integer id of 64 bits: {id_!r}")
    try:
        line = json_line(record)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"record {position:,} of the dataset (id {id_}) is not JSON: {error}") from error
    searched = [texts(record.get(name)) for name in _SHORT_FIELDS] + [industries(record)]
    return (id_, *facts(record)), (id_, line), (id_, *map(indexed, searched))
