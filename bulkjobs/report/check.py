"""`check`: whether the postings still give the figures that a report tells."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..analysis import Taxonomy, default_taxonomy
from ..display import as_html, as_text
from ..errors import InvalidQuery
from ..library import Library
from ..provenance import Provenance
from .page import DATA_ID
from .report import FORMAT, Report, labour_market, versions
from .source import Postings

_DATA = re.compile(rf'<script type="application/json" id="{DATA_ID}">(.*?)</script>', re.DOTALL)
_PAGE = {True: "the same, to the byte", False: "changed since it was written", None: "not compared"}
_SHOWN = 10  # differences in the words of a check; the rest are counted


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says: its settings, its postings' origin, its figures, what it was made with, and the whole page."""

    title: str
    settings: dict[str, Any]
    provenance: Provenance
    figures: dict[str, list[dict[str, Any]]]
    versions: dict[str, str]
    html: str


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found.

    Attributes
    ----------
    same_data : bool
        Whether the postings are the same, by their hash.
    differences : tuple of str
        Figures that are not the same any more.
    same_page : bool or None
        Whether the page is to the byte what would be written now, so that nobody changed what it shows; None where that
        can't be told: other figures, or other versions.
    versions : tuple of str
        What is of another version now.
    """

    title: str
    same_data: bool
    differences: tuple[str, ...]
    same_page: bool | None
    versions: tuple[str, ...]

    @property
    def matches(self) -> bool:
        """Whether the report still says what the data say."""
        return self.same_data and not self.differences and self.same_page is not False

    def lines(self) -> list[tuple[str, str]]:
        """Return it as labelled lines."""
        more = len(self.differences) - _SHOWN
        return [
            ("postings", "the same, by their SHA-256" if self.same_data else "not the same"),
            ("figures", "the same" if not self.differences else f"{len(self.differences):,} differ"),
            *(("", text) for text in self.differences[:_SHOWN]),
            *([("", f"and {more:,} more")] if more > 0 else []),
            ("page", _PAGE[self.same_page]),
            *(("version", text) for text in self.versions),
        ]

    def __repr__(self) -> str:
        return as_text(f"{self.title}: {'matches' if self.matches else 'does not match'} its data", self.lines())

    def _repr_html_(self) -> str:
        return as_html(f"{self.title}: {'matches' if self.matches else 'does not match'} its data", self.lines())


def read(path: str | os.PathLike[str]) -> Told:
    """Read what a report's page says.

    Raises
    ------
    InvalidQuery
        The file is no report, or one of a newer format.
    """
    try:
        html = Path(path).read_text("utf-8")
        found = _DATA.search(html)
        data = json.loads(found[1]) if found else {}
    except (OSError, ValueError) as error:
        raise _no_report(path, f" ({error})") from error
    if not isinstance(data, dict) or "format" not in data:
        raise _no_report(path)
    if data["format"] != FORMAT:
        raise InvalidQuery(
            f"{path} is a report of format {data['format']}; this version reads {FORMAT}.",
            field="report",
            next_step="pip install --upgrade bulkjobs",
        )
    try:
        provenance = Provenance.from_dict(data["provenance"])
        return Told(data["title"], data["settings"], provenance, data["figures"], data["versions"], html)
    except KeyError as error:
        raise _no_report(path, f" (it lacks {error})") from error


def check(
    path: str | os.PathLike[str], source: Postings | Library, *, taxonomy: Taxonomy | None = None, **work: Any
) -> Check:
    """Make a report anew out of the postings, and compare. Costs nothing, and writes nothing.

    Parameters
    ----------
    path : path
        The page of a report.
    source : Collection, Bundle or Library
        Whose postings.
    taxonomy : Taxonomy, optional
        The one that the report was made with, unless that which comes along.
    **work
        ``engine``, ``folder`` and ``on_event``, as for `bulkjobs.report.labour_market`.

    Raises
    ------
    InvalidQuery
        The file is no report; or it was made with another taxonomy.
    """
    told = read(path)
    return compared(told, remade(told, source, taxonomy, **work))


def remade(told: Told, source: Postings | Library, taxonomy: Taxonomy | None, **work: Any) -> Report:
    """Make the report anew, as its page says that it was made."""
    settings = dict(told.settings)
    skills = taxonomy or default_taxonomy()
    if settings.pop("taxonomy") != skills.fingerprint:
        raise InvalidQuery(
            "This report was made with another taxonomy of skills.", field="taxonomy", next_step="give that one"
        )
    as_of = settings.pop("as_of")
    moment = dt.datetime.fromisoformat(as_of) if as_of and isinstance(source, Library) else None
    return labour_market(source, taxonomy=skills, as_of=moment, **settings, **work)


def compared(told: Told, now: Report) -> Check:
    """Compare what a page tells with a report that was made now."""
    document = json.loads(json.dumps(now.document))  # as it would be read
    here = versions()
    same_data = told.provenance.data_sha256 == now.provenance.data_sha256
    differences = tuple(_differences(told.figures, document["figures"]))
    comparable = same_data and not differences and told.versions == here
    return Check(
        title=told.title,
        same_data=same_data,
        differences=differences,
        # What a bundle tells of itself is not what the collection told that it was made of.
        same_page=replace(now, provenance=told.provenance).html() == told.html if comparable else None,
        versions=tuple(
            f"{name} was {number}, is {here.get(name)}"
            for name, number in told.versions.items() if here.get(name) != number
        ),
    )  # fmt: skip


def _differences(then: dict[str, list[dict[str, Any]]], now: dict[str, list[dict[str, Any]]]) -> list[str]:
    found = []
    for name in sorted(then.keys() | now.keys()):
        old, new = then.get(name, []), now.get(name, [])
        if len(old) != len(new):
            found.append(f"{name}: {len(old):,} rows were told, {len(new):,} are now")
        for at, (was, is_now) in enumerate(zip(old, new, strict=False), 1):
            changed = [key for key in sorted(was.keys() | is_now.keys()) if was.get(key) != is_now.get(key)]
            found += [f"{name}, row {at}, {key}: was {was.get(key)}, is {is_now.get(key)}" for key in changed]
    return found


def _no_report(path: str | os.PathLike[str], why: str = "") -> InvalidQuery:
    return InvalidQuery(
        f"{path} is no report of bulkjobs{why}.", field="report", next_step="name a file that `bulkjobs report` wrote"
    )
