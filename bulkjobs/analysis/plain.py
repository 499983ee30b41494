"""Plain text out of what descriptions hold: HTML, HTML escaped once more, entities, control characters."""

from __future__ import annotations

from functools import cache
from html.entities import html5

import polars as pl

_HIDDEN = r"(?is)<!--.*?-->|<script\b.*?</script\s*>|<style\b.*?</style\s*>"
_ITEM = r"(?i)\s*<li(?:\s[^<>]*)?>\s*"
_BLOCK = r"(?i)\s*<(?:br|/?(?:p|div|ul|ol|h[1-6]|tr|table|section|article|blockquote)|hr|/li)(?:\s[^<>]*)?/?>"
_TAG = r"</?[a-zA-Z][^<>]*>|<![a-zA-Z][^<>]*>"
_LINE_FEEDS = r"\r\n?|[\x0B\x0C\x{85}\x{2028}\x{2029}]"
# Joiners stay: Persian, Hindi and families of emoji are spelled with them.
_UNSEEN = r"[[\p{Cc}\p{Cf}]--[\n\t\x{200C}\x{200D}]]+"
_NUMBERED = (*range(0x20, 0x7F), *range(0xA0, 0x3400), *range(0xFF00, 0xFFF0), *range(0x1F000, 0x1FB00))


def unescaped(text: pl.Expr) -> pl.Expr:
    """Return an expression of text with its HTML character references replaced, once.

    Parameters
    ----------
    text : Expr of String

    Returns
    -------
    Expr of String
        All named references of HTML 5, and numbered ones of letters, signs and emoji. Others stay as they are.
    """
    names, characters = _references()
    return text.str.replace_many(names, characters)


def plain(column: str = "description") -> pl.Expr:
    """Return an expression of plain text to show or to search: the raw text stays in its own column.

    Parameters
    ----------
    column : str
        A column of String: plain text or HTML, escaped or not; any text, or null.

    Returns
    -------
    Expr of String
        Without tags, scripts and control characters; blocks become lines, list items ``• `` lines, runs of blanks
        one. Null stays null. It is text, not HTML: escape it where HTML is shown.
    """
    text = _untagged(unescaped(_untagged(pl.col(column))))
    text = unescaped(text).str.replace_all(_LINE_FEEDS, "\n").str.replace_all(_UNSEEN, "")
    text = text.str.replace_all(r"[\t\p{Zs}]{2,}|[\t\x{A0}\x{202F}]", " ").str.replace_all(r" *\n *", "\n")
    return text.str.replace_all(r"\n{3,}", "\n\n").str.strip_chars()


def _untagged(text: pl.Expr) -> pl.Expr:
    bare = text.str.replace_all(_HIDDEN, "").str.replace_all(_ITEM, "\n• ").str.replace_all(_BLOCK, "\n")
    return bare.str.replace_all(_TAG, "")


@cache
def _references() -> tuple[pl.Series, pl.Series]:
    found = {f"&{name}": text for name, text in html5.items() if name.endswith(";")}
    for number in _NUMBERED:
        for reference in (f"&#{number};", f"&#x{number:x};", f"&#x{number:X};"):
            found[reference] = chr(number)
    return pl.Series(list(found)).implode(), pl.Series(list(found.values())).implode()
