"""Plain text out of what descriptions hold: HTML, HTML escaped once more, entities, control characters."""

from __future__ import annotations

from functools import cache, partial
from html.entities import html5
from unicodedata import category

import polars as pl

from ..column import Column, column

_HIDDEN = r"(?is)<!--.*?-->|<script\b.*?</script\s*>|<style\b.*?</style\s*>"
_ITEM = r"(?i)<li(?:\s[^<>]*)?>\s*"
_BLOCK = r"(?i)<(?:br|/?(?:p|div|ul|ol|h[1-6]|tr|table|section|article|blockquote)|hr|/li)(?:\s[^<>]*)?/?>"
_ELEMENTS = (
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br button"
    " canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed"
    " fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe"
    " img input ins kbd label legend li link main map mark marquee menu meta meter nav nobr noscript object ol optgroup"
    " option output p param path picture pre progress q rp rt ruby s samp script section select slot small source span"
    " strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u"
    " ul var video wbr"
)
# Others are text: <name@example.com>, <https://example.com>, <your name>. Word writes <o:p>.
_TAG = rf"(?i)</?(?:{'|'.join(_ELEMENTS.split())}|[a-z]\w*:[a-z]\w*)(?:[\s/][^<>]*)?>|<![a-z][^<>]*>"
_WINDOWS = {number: bytes([number]).decode("cp1252", "ignore") for number in range(0x80, 0xA0)}
"""What the controls from 128 on are meant to be, and what browsers take their references for."""

_NUMBERED = (*range(0x20, 0x7F), *range(0x80, 0x3400), *range(0xFF00, 0xFFF0), *range(0x1F000, 0x1FB00))
_LINE_FEEDS = "\r\x0b\x0c\x85\u2028\u2029"
_JOINERS = "\u200c\u200d"  # they stay: Persian, Hindi and families of emoji are spelled with them


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
    return _replaced(text, clean=False)


def plain(text: Column = "description") -> pl.Expr:
    """Return an expression of plain text to show or to search: the raw text stays in its own column.

    Parameters
    ----------
    text : str or polars.Expr
        A column of strings: plain text or HTML, escaped or not; any text, or null.

    Returns
    -------
    Expr of String
        Without tags, scripts and control characters; blocks become lines, list items ``• `` lines, runs of blanks
        one. Null stays null. It is text, not HTML: escape it where HTML is shown. What is a tag once it is unescaped
        counts as one, since most sources escape their HTML.
    """
    bare = unescaped(column(text)).str.replace_all(_HIDDEN, "").str.replace_all(_ITEM, "\n• ")
    bare = bare.str.replace_all(_BLOCK, "\n").str.replace_all(_TAG, "")
    bare = _replaced(bare, clean=True).str.replace_all(r" {2,}", " ")
    bare = bare.str.replace_many([" \n ", " \n", "\n "], ["\n"], leftmost=True)  # r" ?\n ?" takes four times as long
    return bare.str.replace_all(r"\n{3,}", "\n\n").str.strip_chars()


def _replaced(text: pl.Expr, *, clean: bool) -> pl.Expr:
    return text.map_batches(partial(_replaced_in, clean=clean), return_dtype=pl.String, is_elementwise=True)


def _replaced_in(texts: pl.Series, *, clean: bool) -> pl.Series:
    """Replace references, and where `clean` bare characters; without a reference their long table stays away."""
    old, new = _references(clean=clean, named=texts.str.contains("&", literal=True).any())
    # A literal of one row: a column would be patterns that vary by row.
    return texts.str.replace_many(old.implode(), new.implode(), leftmost=True) if len(old) else texts


@cache
def _references(*, clean: bool, named: bool) -> tuple[pl.Series, pl.Series]:
    """Return references, if `named`, and what they are; if `clean`, bare characters too, and of all what is seen."""
    found = _every_reference() if named else {}
    if clean:
        found = {reference: "".join(map(_seen, text)) for reference, text in found.items()}
        bare = {character: _seen(character) for character in map(chr, range(0x110000)) if _seen(character) != character}
        found = {"\r\n": "\n", **bare, **found}
    return pl.Series(list(found), dtype=pl.String), pl.Series(list(found.values()), dtype=pl.String)


def _every_reference() -> dict[str, str]:
    found = {f"&{name}": text for name, text in html5.items() if name.endswith(";")}
    for number in _NUMBERED:
        for reference in (f"&#{number};", f"&#{number:03};", f"&#x{number:x};", f"&#x{number:X};"):
            found[reference] = _WINDOWS.get(number, chr(number))
    return found


def _seen(character: str) -> str:
    """Return what stays of a character: line feeds and blanks of all kinds are one each, and controls are nothing."""
    if character in _LINE_FEEDS:
        return "\n"
    if (number := ord(character)) in _WINDOWS:
        return _WINDOWS[number]
    kind = category(character)
    if character == "\t" or kind == "Zs":
        return " "
    return "" if kind in ("Cc", "Cf") and character not in "\n" + _JOINERS else character
