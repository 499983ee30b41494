"""The page of a report: one HTML file that needs no script, no font and no internet, on a screen and on paper."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib.resources import files

import polars as pl

from ..analysis.questions import SMALL, Answer
from ..display import counted, safe_text
from .chapters import TOLD_BY_CHART, Chapter
from .report import Report
from .tables import MARK, table

DATA_ID = "bulkjobs-report"
"""The id of the element that holds the data."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_LONG = 24  # rows; longer tables are folded away under their chart


def page(report: Report) -> str:
    """Return a report as one HTML page; the same report gives the same page, to the byte."""
    body = "\n".join(
        (
            _head(report),
            _summary(report),
            *(_chapter(number, chapter) for number, chapter in enumerate(report.chapters, 1)),
            _methods(report),
            _provenance(report),
        )
    )
    data = json.dumps(report.document, ensure_ascii=False, indent=1).replace("<", "\\u003c")
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(report.title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f'<script type="application/json" id="{DATA_ID}">\n{data}\n</script>\n</body>\n</html>\n'
    )
    return html.encode("utf-8", "replace").decode()  # a query may hold what no file can


def _head(report: Report) -> str:
    tiles = "".join(f"<div><dt>{_text(what)}</dt><dd>{count:,}</dd></div>" for what, count in report.facts)
    return (
        f'<header>\n<h1>{_text(report.title)}</h1>\n<p class="subtitle">Postings of: {_text(report.subtitle)}</p>\n'
        f'<dl class="facts">{tiles}</dl>\n</header>'
    )


def _summary(report: Report) -> str:
    items = "\n".join(f"<li>{_text(sentence)}</li>" for sentence in report.summary)
    return f'<section class="summary">\n<h2>In short</h2>\n<ul>\n{items}\n</ul>\n</section>'


def _chapter(number: int, chapter: Chapter) -> str:
    answers = "\n".join(_answer(name, answer) for name, answer in chapter.answers.items())
    return f"<section>\n<h2>{number}. {_text(chapter.title)}</h2>\n<p>{_text(chapter.lead)}</p>\n{answers}\n</section>"


def _answer(name: str, answer: Answer) -> str:
    rows = answer.frame
    shown = f'<div class="table">{table(rows, name)}</div>' if len(rows) else ""
    if len(rows) > _LONG or name in TOLD_BY_CHART:
        shown = f"<details><summary>The figures as a table ({counted(len(rows), 'row')})</summary>{shown}</details>"
    note = f"<figcaption>{_text(answer.note)}</figcaption>\n" if answer.note else ""
    return f'<figure id="{name}">\n<div class="chart">{answer.chart().svg()}</div>\n{shown}\n{note}</figure>'


def _methods(report: Report) -> str:
    caveats = "\n".join(f"<li>{_text(text)}</li>" for text in _CAVEATS)
    return (
        "<section>\n<h2>Methods and caveats</h2>\n"
        f"<ul>\n{caveats}\n</ul>\n"
        "<p>What the postings state as text, and how much of it was understood:</p>\n"
        f'<div class="table">{table(report.coverage, "coverage")}</div>\n</section>'
    )


_CAVEATS = (
    "These are postings that an online service has seen, not all jobs: trades and countries that hire elsewhere are "
    "missing, and one posting may stand for several jobs.",
    "Dates are days in UTC on which the service first saw a posting, which may be later than it was put up.",
    "A vacancy that was put up again (same company, same title, nearly the same text, within 180 days) counts once.",
    "What is not stated, or not understood, is told as such, with its share; shares of the rest are of those that "
    "state it.",
    f"{MARK} marks what rests on fewer than {SMALL} postings: read it as a hint, not as a figure.",
    "Pay is compared within one currency only and is never converted; hours, days, weeks and months are made years of "
    "full time.",
    "Countries, cities, languages, skills, levels and modes of work are read out of texts by rules; the table below "
    "tells how far they reach. Some are wrong.",
)


def _provenance(report: Report) -> str:
    known = report.provenance
    document = report.document
    made = ", ".join(f"{name} {number}" for name, number in document["versions"].items())
    settings = ", ".join(f"{name} {value}" for name, value in document["settings"].items() if value is not None)
    lines = [(name, text) for name, text in known.lines() if not name.startswith("request ")]  # they have a table
    lines += [("report made with", made), ("settings", settings), ("figures SHA-256", document["figures_sha256"])]
    rows = "".join(f"<tr><th scope='row'>{_text(name)}</th><td>{_text(text)}</td></tr>" for name, text in lines)
    requests = [
        {"request": one.request_id, "records": one.records, "credits": one.credits,
         **{name: _minute(moment) for name, moment in
            (("submitted", one.submitted), ("completed", one.completed), ("read", one.imported))}}
        for one in known.purchases
    ]  # fmt: skip
    received = [
        {"file": file.name, "bytes": file.size, "records": file.records, "SHA-256": file.sha256}
        for one in known.purchases for file in one.files
    ]  # fmt: skip
    return (
        '<section class="provenance">\n<h2>Where this comes from</h2>\n'
        f"<p>{_text(known.citation())}</p>\n<table>{rows}</table>\n"
        f"{_titled('Data requests', requests, 'requests')}{_titled('Result files', received, 'files')}"
        "<p>Whether the data still give these figures: <code>bulkjobs report --check</code> with the name of this "
        "file. It costs nothing.</p>\n</section>"
    )


def _titled(title: str, rows: Sequence[Mapping[str, object]], name: str) -> str:
    return f'<h3>{title}</h3>\n<div class="table">{table(pl.DataFrame(list(rows)), name)}</div>\n' if rows else ""


def _minute(moment: str | None) -> str | None:
    return None if moment is None else moment[:16].replace("T", " ")


def _text(text: str) -> str:
    return escape(safe_text(text))


@cache
def _style() -> str:
    return files(__package__).joinpath("page.css").read_text("utf-8")
