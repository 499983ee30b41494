"""The dataset behind the stand-in server: what is in it, and what each of the 17 search filters finds.

What filters compare and what orders results is held in memory: see `Columns`. The postings themselves lie in a
throw-away SQLite database on disk, which has

* ``line``: the posting, as the JSON line that the service sends;
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
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from .columns import COMPARISONS, Columns, Mask
from .dataset import INT64, facts, industries, json_line, texts
from .grammar import TOKENIZER, FilterSyntaxError, indexed, to_match

_BATCH = 1_000
_MASKS = 64  # answers kept; each takes a bit for each posting
_FTS_BUFFER = 1 << 24  # bytes; with less, FTS5 spends half of its time on merging
_SHORT_FIELDS = ("title", "employment_type", "location", "company_name", "country")
_PREVIEW_FIELDS = ("id", "created", "title", "seniority", "location", "company_name")

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
    "brief": "SELECT rowid FROM brief WHERE brief MATCH ?",
    "body": "SELECT rowid FROM body WHERE body MATCH ?",
}
_SCORED_BY = {
    "brief": "SELECT rowid, -bm25(brief) FROM brief WHERE brief MATCH ?",
    "body": "SELECT rowid, -bm25(body) FROM body WHERE body MATCH ?",
}
_LINES = "SELECT id, json FROM line WHERE id IN (SELECT value FROM json_each(?))"

_PRAGMAS = """
    PRAGMA page_size = 16384;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA secure_delete = OFF;
    PRAGMA cache_size = -65536;
"""
_TABLES = """
    CREATE TABLE line (id INTEGER PRIMARY KEY, json BLOB);
    CREATE TABLE text (id INTEGER PRIMARY KEY, title, employment_type, location, company_name, country, industry);
    BEGIN;
"""
_INSERTS = (
    "INSERT OR REPLACE INTO line VALUES (?, ?)",
    "INSERT OR REPLACE INTO text VALUES (?, ?, ?, ?, ?, ?, ?)",
)
# The index is filled from a table in the order of ids: out of order, FTS5 would write to disk for each row.
_INDEXES = f"""
    BEGIN;
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


class _Search(NamedTuple):
    """A full-text index, and what to ask it; None if nothing can be found."""

    table: str
    match: str | None


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
        self._columns = Columns()
        self._masks = OrderedDict[Hashable, Mask]()
        self._folder = folder
        self._connection = _connect(folder / "catalog.db")
        self._lock = threading.RLock()
        self._body_lock = threading.Lock()
        self._masks_lock = threading.Lock()
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
        self._columns = Columns(self._put_away(records))
        self._connection.executescript(_INDEXES)
        self.duplicates = self._columns.duplicates

    def _put_away(self, records: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[tuple[object, ...]]]:
        """Fill the tables, and hand on what is for `Columns`."""
        rows = (_rows(position, record) for position, record in enumerate(records, start=1))
        while batch := list(islice(rows, _BATCH)):
            compared, *stored = zip(*batch, strict=True)
            for insert, table_rows in zip(_INSERTS, stored, strict=True):
                self._connection.executemany(insert, table_rows)
            yield compared

    def close(self) -> None:
        """Delete the database. A catalogue that is forgotten does so by itself."""
        with self._lock:
            self._discard()

    def __len__(self) -> int:
        return len(self._columns)

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
        return int(self._matches(filters).sum())

    def page(
        self, filters: Mapping[str, object], *, after: tuple[str, int] | None = None, size: int | None = 1_000
    ) -> list[tuple[str, int]]:
        """Find one page of matches, in the order of ``last_updated`` and ``id`` (contract sections 2.6, 12.9).

        Parameters
        ----------
        filters : mapping of str to object
            As for `count`, which also says what is raised.
        after : tuple of str and int, optional
            The last match of the page before; the default is the first page.
        size : int, optional
            Records at most; None is all.

        Returns
        -------
        list of tuple of str and int
            ``last_updated`` (``""`` if a posting has none) and ``id``.
        """
        start = 0 if after is None else self._columns.after(*after)
        return self._columns.rows(self._matches(filters), start, size)

    def ids(self, filters: Mapping[str, object], limit: int | None = None) -> list[int]:
        """Find the ids of the first `limit` matches, or of all, in the order of `page`."""
        return [id_ for _, id_ in self.page(filters, size=limit)]

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
        found, (_, searches) = self._matches(filters), _sorted_out(filters)
        if searches:
            scores = chain.from_iterable(self._ask(_SCORED_BY, search) for search in searches)
            hits = self._columns.best(found, scores, offset, size)
        else:
            hits = {id_: 1.0 for _, id_ in self._columns.rows(found, 0, offset + size)[offset:]}
        return [
            {field: posting.get(field) for field in _PREVIEW_FIELDS} | {"_score": hits[posting["id"]]}
            for posting in map(json.loads, self.lines(list(hits)))
        ]

    def existing(self, ids: Sequence[int]) -> list[int]:
        """Keep those ids that exist, each once, in the given order."""
        found = set(self._columns.among(ids))
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

    def _matches(self, filters: Mapping[str, object]) -> Mask:
        compared, searches = _sorted_out(filters)
        key = (tuple(compared.items()), tuple(searches))
        return self._kept(key, partial(self._match_all, compared, searches))

    def _match_all(self, compared: Mapping[str, object], searches: Sequence[_Search]) -> Mask:
        found = self._columns.comparing(compared)
        for search in searches:
            # Kept by themselves too: one search is often asked for in one range of dates after the other.
            found &= self._kept(search, partial(self._search, search))
        return found

    def _search(self, search: _Search) -> Mask:
        return self._columns.holding([id_ for (id_,) in self._ask(_FOUND_BY, search)])

    def _ask(self, questions: Mapping[str, str], search: _Search) -> list[Any]:
        if search.match is None:
            return []
        if search.table == "body":
            self._need_body()
        return self._select(questions[search.table], [search.match])

    def _kept(self, key: Hashable, find: Callable[[], Mask]) -> Mask:
        with self._masks_lock:
            if key in self._masks:
                self._masks.move_to_end(key)
                return self._masks[key]
        found = find()
        with self._masks_lock:
            self._masks[key] = found
            if len(self._masks) > _MASKS:
                self._masks.popitem(last=False)
        return found

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


def _sorted_out(filters: Mapping[str, object]) -> tuple[dict[str, object], list[_Search]]:
    """Part the filters that `Columns` answers from those that are searches in text, joined for each index."""
    compared, matches = dict[str, object](), dict[str, list[str | None]]()
    for name, value in filters.items():
        if value is None or value == "":
            continue
        if name in COMPARISONS:
            compared[name] = value
        elif name in _SEARCHES:
            matches.setdefault(_SEARCHES[name][0], []).append(_match(name, str(value)))
        else:
            raise ValueError(f"there is no filter {name!r}")
    return compared, [_Search(index, _all_of(found)) for index, found in matches.items()]


def _match(name: str, text: str) -> str | None:
    try:
        expression = to_match(text)
    except FilterSyntaxError as error:
        error.field = name
        raise
    return expression and f"{{{_SEARCHES[name][1]}}} : ({expression})"


def _all_of(matches: Sequence[str | None]) -> str | None:
    given = [match for match in matches if match is not None]
    return " AND ".join(given) if len(given) == len(matches) else None


@lru_cache(1 << 16)  # most values come again and again
def _indexed(values: tuple[str, ...]) -> str | None:
    return indexed(values)


def _rows(position: int, record: Mapping[str, Any]) -> tuple[tuple[object, ...], ...]:
    """Make the rows of a record for `Columns` and the two tables."""
    id_ = record.get("id")
    if not isinstance(id_, int) or isinstance(id_, bool) or id_ not in INT64:
        raise ValueError(f"record {position:,} of the dataset has no integer id of 64 bits: {id_!r}")
    try:
        line = json_line(record)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"record {position:,} of the dataset (id {id_}) is not JSON: {error}") from error
    searched = [texts(record.get(name)) for name in _SHORT_FIELDS] + [industries(record)]
    return (id_, *facts(record)), (id_, line), (id_, *(_indexed(tuple(values)) for values in searched))
