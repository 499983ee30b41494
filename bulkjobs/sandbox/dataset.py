"""The dataset: reading a file of job postings, and what of a posting the search filters compare.

A file is NDJSON, a JSON array, CSV or Parquet, plain or compressed.

The postings are those of contract sections 7.1 (schema A) and 7.2 (schema B), and pass through as they are:
every field and value, known or not. Only what a format cannot say is put back: CSV has no types, and the
normalised export that bulkjobs itself writes to Parquet has other column names. What a file is, is told from
its first bytes and never from its name.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, NoReturn

import polars as pl

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Posting = dict[str, Any]

INT64 = range(-(2**63), 2**63)
"""The integers that a database holds."""

_GZIP, _ZSTD, _PARQUET, _BOM = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"\xef\xbb\xbf"
_DAMAGE = (OSError, EOFError, zlib.error, zstd.ZstdError)
_ROWS_AT_ONCE = 5_000
_BUFFER = 1 << 20  # bytes

# The types of contract section 7.1, for formats that carry none.
_INTEGERS = {"id", "company_id", "professional_network_job_id", "linkedin_job_id", "last_updated_ux"}
_FLAGS = {"deleted", "application_active"}
_COLLECTIONS = {
    "job_industry_collection",
    "job_industries_collection",
    "job_functions_collection",
    "job_status_log_collection",
}
# Never null in section 7.1. `description` is not either, but public datasets do lack it.
_NEVER_NULL = {"created", "last_updated", "title", "location", "url", "hash", "company_name", "country"}


def read_postings(path: str | os.PathLike[str]) -> Iterator[Posting]:
    """Read the job postings of a file, one by one.

    Parameters
    ----------
    path : str or os.PathLike
        NDJSON, a JSON array of objects or CSV, each of them plain, gzip or zstd; or Parquet, of the vendor's
        shape or of bulkjobs' normalised export (known by its column ``posting_id``). NDJSON is read line by
        line, the others as a whole. An empty file holds no postings.

    Yields
    ------
    dict of str to Any
        A posting of schema A or B. Text may hold lone surrogates, if the file spells them as JSON escapes.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If a line or row is no posting, or the file is damaged: the message names the file, the line (or item
        of the array, or row of the table) and the reason.
    """
    path = Path(path)
    with path.open("rb") as file:
        if file.read(len(_PARQUET)) == _PARQUET:
            yield from _read_parquet(path)
            return
    first = _first_character(path)
    read = _read_array if first == b"[" else _read_lines if first == b"{" else _read_csv
    if first:
        with _open(path) as stream:
            yield from read(path, stream)


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        magic = file.read(4)
    # Both hand out single lines through Python code; a buffer above them does so in C.
    if magic.startswith(_GZIP):
        return BufferedReader(gzip.GzipFile(path), _BUFFER)
    if magic == _ZSTD:
        return BufferedReader(zstd.ZstdFile(path), _BUFFER)
    return path.open("rb")


def _first_character(path: Path) -> bytes:
    """Return the first byte that is neither white space nor byte order mark, or nothing."""
    with _open(path) as stream:
        try:
            for line in stream:
                if content := line.removeprefix(_BOM).lstrip():
                    return content[:1]
        except _DAMAGE as error:
            _refuse(path, 1, f"the file is damaged ({error})", error)
    return b""


def _refuse(path: Path, line: int, reason: str, cause: BaseException | None = None, what: str = "line") -> NoReturn:
    raise ValueError(f"{path}, {what} {line:,}: {reason}") from cause


# --- JSON ---


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_not_json)


def _decode(raw: bytes) -> Any:
    return _DECODER.decode(raw.removeprefix(_BOM).decode("utf-8"))


def _read_lines(path: Path, stream: IO[bytes]) -> Iterator[Posting]:
    number = 0
    try:
        for number, raw in enumerate(stream, start=1):
            if raw.isspace():
                continue
            try:
                posting = _decode(raw)
            except (ValueError, RecursionError) as error:
                _refuse(path, number, str(error), error)
            yield _object(path, number, posting, "line")
    except _DAMAGE as error:
        _refuse(path, number + 1, f"the file is damaged ({error})", error)


def _read_array(path: Path, stream: IO[bytes]) -> Iterator[Posting]:
    try:
        postings = _decode(stream.read())
    except json.JSONDecodeError as error:
        _refuse(path, error.lineno, str(error), error)
    except (ValueError, RecursionError, *_DAMAGE) as error:
        _refuse(path, 1, str(error), error)
    for number, posting in enumerate(postings, start=1):
        yield _object(path, number, posting, "item")


def _object(path: Path, number: int, posting: Any, what: str) -> Posting:
    if not isinstance(posting, dict):
        _refuse(path, number, f"a posting is a JSON object, not {type(posting).__name__}", what=what)
    return posting


# --- CSV ---


def _read_csv(path: Path, stream: IO[bytes]) -> Iterator[Posting]:
    try:
        frame = pl.read_csv(stream.read(), infer_schema=False)
    except (pl.exceptions.PolarsError, *_DAMAGE) as error:
        _refuse(path, 1, f"this is neither JSON nor CSV ({error})", error)
    if "id" not in frame.columns:
        _refuse(path, 1, "this is neither JSON nor CSV with a column 'id'")
    readers = [(name, _cell_reader(name)) for name in frame.columns]
    for number, row in enumerate(_rows(frame), start=1):
        try:
            yield {name: read(row[name]) for name, read in readers}
        except ValueError as error:
            _refuse(path, number, str(error), error, what="row")


def _cell_reader(name: str) -> Callable[[str | None], Any]:
    if name in _INTEGERS or name in _FLAGS:
        return lambda cell: _integer(name, cell)
    if name in _COLLECTIONS:
        return lambda cell: _collection(name, cell)
    if name in _NEVER_NULL:
        return lambda cell: cell or ""
    return lambda cell: cell


def _integer(name: str, cell: str | None) -> int | None:
    if not cell:
        return None
    if name in _FLAGS and cell.lower() in {"true", "false"}:
        return int(cell.lower() == "true")
    try:
        # Tools that know no nullable integers write them as 123.0.
        return int(cell.removesuffix(".0"))
    except ValueError:
        raise ValueError(f"{name} is not an integer: {cell!r}") from None


def _collection(name: str, cell: str | None) -> Any:
    try:
        return _DECODER.decode(cell) if cell else []
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON: {error}") from error


# --- Parquet ---


def _read_parquet(path: Path) -> Iterator[Posting]:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        _refuse(path, 1, f"this is no Parquet file that can be read ({error})", error, what="row")
    restore = _denormalised if "posting_id" in frame.columns else _typed_back
    for number, row in enumerate(_rows(frame), start=1):
        try:
            yield restore(row)
        except ValueError as error:
            _refuse(path, number, str(error), error, what="row")


def _rows(frame: pl.DataFrame) -> Iterator[Posting]:
    """Yield the rows as dictionaries, made a slice at a time: as Python objects they take far more room."""
    for part in frame.iter_slices(_ROWS_AT_ONCE):
        yield from part.to_dicts()


def _typed_back(row: Posting) -> Posting:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    """Give a Parquet value the type that it has in the service's JSON (contract section 7.1)."""
    if isinstance(value, bool) and name in _FLAGS:
        return int(value)
    if not isinstance(value, datetime):
        return value
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return int(moment.timestamp()) if name == "last_updated_ux" else f"{moment:%Y-%m-%d %H:%M:%S}"


def _denormalised(row: Posting) -> Posting:
    """Put a row of the normalised export back into the names and shapes of schema A."""
    extra = row.pop("extra", None)
    posting = _typed_back(row)
    for column, field, restore in _RENAMED:
        if column in posting:
            posting[field] = restore(posting.pop(column))
    return posting | (_extra(extra) if extra else {})


def _extra(text: str) -> Posting:
    extra = _DECODER.decode(text)
    if not isinstance(extra, dict):
        raise ValueError("extra is not a JSON object")  # noqa: TRY004 -- the caller adds the row to a ValueError
    return extra


def _industry_collection(industries: Iterable[str] | None) -> list[Posting] | None:
    if industries is None:
        return None
    return [{"job_industry_list": {"industry": industry}} for industry in industries]


def _same(value: Any) -> Any:
    return value


_RENAMED: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("posting_id", "professional_network_job_id", _same),
    ("industries", "job_industry_collection", _industry_collection),
    ("functions", "job_functions_collection", _same),
)


# --- Postings ---

_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_ESCAPED = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))
_SLUG = re.compile(r"/company/([^/?#]+)")


def json_line(posting: Mapping[str, Any]) -> bytes:
    r"""Write a posting as the service does: compact JSON in UTF-8, on one line, without a newline.

    One with lone surrogates, which UTF-8 cannot say, is written in ASCII with ``\u`` escapes. Raises TypeError,
    ValueError or RecursionError for what JSON cannot say.
    """
    try:
        return _COMPACT.encode(dict(posting)).encode()
    except UnicodeEncodeError:
        return _ESCAPED.encode(dict(posting)).encode()


def texts(value: object) -> list[str]:
    """List the separate texts of a field, which holds one text, or several, or none."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def industries(posting: Mapping[str, Any]) -> list[str]:
    """List the industries of a posting, in schema A or B (contract sections 7.1, 7.2)."""
    collection = posting.get("job_industry_collection", posting.get("job_industries_collection"))
    entries = [entry for entry in collection or () if isinstance(entry, dict)]
    inner = [entry.get("job_industry_list") for entry in entries]
    return [text for item in inner if isinstance(item, dict) for text in texts(item.get("industry"))]


def facts(posting: Mapping[str, Any]) -> tuple[str | int | None, ...]:
    """List the values of a posting which filters compare as a whole, in the form that `comparable` gives theirs.

    Parameters
    ----------
    posting : mapping
        A posting of schema A or B.

    Returns
    -------
    tuple
        ``created`` and ``last_updated`` (``""`` if absent); then, None if absent, ``company_id``, the company's
        page, the address and the host of its website, ``deleted`` and ``application_active``. Records have no
        website (contract section 3): the stand-in takes the key ``company_website`` if a posting has it, and
        otherwise invents ``https://www.<slug>.example`` from the page ``.../company/<slug>``.
    """
    company_id, page, website = posting.get("company_id"), posting.get("company_url"), posting.get("company_website")
    return (
        _date(posting.get("created")),
        _date(posting.get("last_updated")),
        company_id if isinstance(company_id, int) and company_id in INT64 else None,
        *_addresses(page if isinstance(page, str) else None, website if isinstance(website, str) else None),
        _flag(posting.get("deleted")),
        _flag(posting.get("application_active")),
    )


def comparable(name: str, value: object) -> object:
    """Bring the value of the filter `name` into the form in which `facts` has that of a posting."""
    if isinstance(value, int):
        return int(value) if value in INT64 else None
    text = storable(str(value))
    return _FORMS[name](text) if name in _FORMS else text


def storable(text: str) -> str:
    """Replace lone surrogates, which a database cannot hold."""
    return text.encode("utf-8", "replace").decode()


def _date(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _flag(value: object) -> int | None:
    return int(value) if isinstance(value, int) and value in (0, 1) else None


@lru_cache(1 << 14)  # most companies have many postings
def _addresses(page: str | None, website: str | None) -> tuple[str | None, str | None, str | None]:
    """Give a company's page, and the address and the host of its website."""
    slug = _SLUG.search(page) if page else None
    website = website or (f"https://www.{slug[1]}.example" if slug else None)
    return (
        None if page is None else _page(storable(page)),
        _address(storable(website)) if website else None,
        _host(storable(website)) if website else None,
    )


def _page(url: str) -> str:
    """Bring the address of a page into one form: its host in lower case, no slash at the end."""
    scheme, mark, rest = url.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.lower()}{slash}{path}".rstrip("/")


def _address(url: str) -> str:
    """Reduce ``https://www.x.com/`` to ``x.com``, and leave a path where there is one."""
    return _page(url.strip()).rpartition("://")[2].removeprefix("www.")


def _host(url: str) -> str:
    """Reduce ``https://www.x.com/careers`` to ``x.com``."""
    return re.split("[/?#:]", _address(url), maxsplit=1)[0]


_FORMS = {
    "company_professional_network_url": _page,
    "company_exact_website": _address,
    "company_domain": _host,
}
