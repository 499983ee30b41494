"""Labelled lines as text and as HTML. Everything that comes from outside is escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

Rows = Sequence[tuple[str, str]]

# Control characters may steer a terminal, and no stream takes half a character; line feed and tab stay.
_UNSAFE = (*range(9), *range(11, 32), *range(127, 160), *range(0xD800, 0xE000))
_REPLACED = dict.fromkeys(_UNSAFE, "\ufffd")


def safe_text(text: str) -> str:
    """Return text that is safe to print: control characters of a posting must not reach a terminal."""
    return text.translate(_REPLACED)


def counted(number: int, noun: str) -> str:
    """Return a number with what it counts."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def as_text(title: str, rows: Rows) -> str:
    """Return a title and its labelled lines, in two columns."""
    width = max((len(label) for label, _ in rows), default=0)
    return safe_text("\n".join([title, *(f"  {label.ljust(width)}  {value}" for label, value in rows)]))


def as_html(title: str, rows: Rows) -> str:
    """Return the same as an HTML table with a caption."""
    body = "".join(
        f"<tr><th scope='row' style='text-align:left'>{html.escape(label)}</th>"
        f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
        for label, value in rows
    )
    return f"<table>{_caption(title)}{body}</table>"


def _caption(title: str) -> str:
    return f"<caption style='text-align:left;font-weight:bold'>{html.escape(title)}</caption>"


def as_grid(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return an HTML table with column heads; None is shown as nothing."""
    left = "style='text-align:left'"
    heads = "".join(f"<th scope='col' {left}>{html.escape(name)}</th>" for name in columns)
    cells = ([f"<td {left}>{html.escape('' if cell is None else str(cell))}</td>" for cell in row] for row in rows)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    return f"<table>{_caption(title)}<tr>{heads}</tr>{body}</table>"
