"""The ID file of a bulk POST: a multipart form, and one id a line (`api-contract.md` sections 2.3 and 4)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePath

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from .lifecycle import Version
from .replies import Problem, Refusal
from .settings import Settings
from .validation import INT64, data_format, webhook

_SUFFIXES = {".csv", ".txt"}
_LINES = re.compile(rb"[0-9]++(?:\n[0-9]++)*+\n?")
_MOST_DIGITS = 19
_MOST_TEXT_BYTES = 64 * 1024
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class IdFile:
    """A bulk POST by ID file, checked.

    Attributes
    ----------
    ids
        Ids in the order of the file, each once.
    webhook_url
        Where to tell that it ended.
    """

    ids: tuple[int, ...]
    webhook_url: str | None


@dataclass(frozen=True)
class _Upload:
    """A file part of the form."""

    name: str
    content: bytes


async def read_id_file(request: web.Request, version: Version, settings: Settings) -> IdFile:
    """Read and check the form of a bulk POST by ID file.

    Raises
    ------
    Refusal
        422 for a form with unknown, missing or repeated fields or of the wrong kind; 400 for a file that
        breaks the rules (section 4); `Settings.too_many_ids_status` for too many ids.
    """
    form = await _read_form(request, settings.max_file_bytes)
    problems: list[Problem] = []
    upload, webhook_url = _check_form(form, version, problems)
    if problems or upload is None:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, problems)
    return IdFile(parse_ids(upload.name, upload.content, settings), webhook_url)


def parse_ids(name: str, content: bytes, settings: Settings) -> tuple[int, ...]:
    """Read the ids out of a file: one id a line, no heading, the last line end optional (section 4).

    Stricter than the vendor may be: a byte order mark, CRLF line ends and blank lines are refused
    (section 11.21).

    Parameters
    ----------
    name
        Name of the file; it ends in `.csv` or `.txt`.
    content
        What is in it.
    settings
        The ceiling, its status, and what to do with an id that stands there twice.

    Raises
    ------
    Refusal
        400 if it is no such file; `Settings.too_many_ids_status` above the ceiling; 422 for an id that stands
        there twice, unless they are merged.
    """
    if PurePath(name).suffix.lower() not in _SUFFIXES:
        raise Refusal(HTTPStatus.BAD_REQUEST, "File must be a .csv or a .txt file")
    if len(content) > settings.max_file_bytes:
        raise Refusal(HTTPStatus.BAD_REQUEST, "File is too large")
    if not content:
        raise Refusal(HTTPStatus.BAD_REQUEST, "File is empty")
    if not _LINES.fullmatch(content):
        raise Refusal(HTTPStatus.BAD_REQUEST, "File must contain one numeric ID per line and nothing else")
    lines = content.split()
    if len(lines) > settings.max_records:
        ceiling = f"{settings.max_records:,}"
        detail = f"File contains too many IDs. Maximum is {ceiling} IDs"
        raise Refusal(settings.too_many_ids_status, detail)
    return _distinct(_numbers(lines), settings)


def _numbers(lines: Iterable[bytes]) -> list[int]:
    stripped = [line.lstrip(b"0") or b"0" for line in lines]
    if any(len(digits) > _MOST_DIGITS or int(digits) >= INT64 for digits in stripped):
        raise Refusal(HTTPStatus.BAD_REQUEST, "File contains a number that is no ID")
    return [int(digits) for digits in stripped]


def _distinct(ids: list[int], settings: Settings) -> tuple[int, ...]:
    distinct = tuple(dict.fromkeys(ids))
    if len(distinct) < len(ids) and settings.duplicate_ids == "reject":
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "File contains duplicate IDs")
    return distinct


async def _read_form(request: web.Request, most_bytes: int) -> list[tuple[str, str | _Upload]]:
    if request.content_type != "multipart/form-data":
        return []
    form: list[tuple[str, str | _Upload]] = []
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise _bad_form()
            # One byte above the limit is enough to know that the file is too large.
            content = await _read_part(part, most_bytes if part.filename is not None else _MOST_TEXT_BYTES)
            text_or_file = content.decode() if part.filename is None else _Upload(part.filename, content)
            form.append((part.name or "", text_or_file))
    except (ValueError, HttpProcessingError) as error:
        raise _bad_form() from error
    return form


async def _read_part(part: BodyPartReader, most_bytes: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(_CHUNK_BYTES):
        # What is over the limit is read, so that the client gets to hear the answer, but not kept.
        content += chunk[: most_bytes + 1 - len(content)]
    return bytes(content)


def _bad_form() -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, "There was an error parsing the body")


def _check_form(
    form: list[tuple[str, str | _Upload]], version: Version, problems: list[Problem]
) -> tuple[_Upload | None, str | None]:
    upload: _Upload | None = None
    webhook_url: str | None = None
    for position, (name, value) in enumerate(form):
        loc = ("body", name)
        shown = value if isinstance(value, str) else None
        if name in [earlier for earlier, _ in form[:position]]:
            problems.append(Problem("duplicate_key", loc, "Duplicate keys are not permitted", shown))
        elif name == "ids_file" and isinstance(value, _Upload):
            upload = value
        elif name == "ids_file":
            problems.append(Problem("value_error", loc, "Value error, expected a file", shown))
        elif name == "webhook_url":
            webhook_url = webhook(shown, problems)
        elif name == "data_format":
            data_format(shown, version, problems)
        else:
            problems.append(Problem("extra_forbidden", loc, "Extra inputs are not permitted", shown))
    if "ids_file" not in [name for name, _ in form]:
        problems.append(Problem("missing", ("body", "ids_file"), "Field required"))
    return upload, webhook_url
