"""The language of the text filters: ``(Data Engineer) OR "Data Scientist" NOT intern*`` (contract section 3).

A word is a maximal run of letters and digits, in lower case and without accents. Everything else only
separates words, which is what the contract calls standard tokenisation: ``R&D`` is the two words ``r d``, and
``C++`` and ``C#`` are the word ``c``. An expression is built of

* words, all of which must occur, in any order: ``Software Engineer``;
* phrases, in double quotes anywhere, or in single quotes which stand alone: ``"data scientist"``, ``'IT'``. A
  word with punctuation inside (``Full-time``, ``R&D``) is a phrase of its parts;
* a prefix: ``engin*``;
* upper-case ``AND``, ``OR`` and ``NOT``, of which ``NOT`` binds closest and ``OR`` least, and parentheses.
  ``NOT b`` with nothing before it means everything without b.

A term with no letter or digit in it (``&``, ``--``) is left out; an expression with no other term matches
nothing.

Chinese and Japanese are written without spaces, and Korean with endings grown on to the words, so each of their
characters is a word of its own, and a run of them in a query is a phrase: 東京 is found inside 東京都勤務.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

TOKENIZER = "ascii"
"""The FTS5 tokenizer that agrees with `searchable`: it splits at ASCII punctuation and nowhere else."""

MAX_CLAUSES = 1_024
"""Terms in one expression; Elasticsearch's own limit (contract section 2.8)."""

MAX_DEPTH = 100
"""Levels of parentheses in one expression."""

# Levels at which AND and OR alternate; there can be two in a pair of parentheses. See `_render_all`.
_MAX_HEIGHT = 140

# Stands in every indexed value, and in no query: a private-use character is no letter. It is the "everything"
# of "everything without b", and the wall between two values that no phrase gets across.
_EVERY = "\ue000"

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"[0-9a-z\x80-\U0010ffff]+")
_ACCENT = re.compile(r"[\u0300-\u036f]")
_CJK = re.compile(
    r"[\u1100-\u11ff\u3005-\u3007\u3041-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    r"\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)
_LEXEME = re.compile(
    r"""
      (?P<parenthesis>[()])
    | "(?P<phrase>[^"]*)"
    | (?<![^\s()])'(?P<quoted>(?:[^'"()]|(?<=\S)'(?=[^\s()]))*)'(?=[\s()]|$)
    | (?P<word>[^\s()"]+)
    | (?P<unclosed>")
    """,
    re.VERBOSE,
)


class FilterSyntaxError(ValueError):
    """A text filter that cannot be read.

    Attributes
    ----------
    field : str or None
        The filter it stood in, such as ``"title"``, once that is known.
    """

    field: str | None = None


class _Characters(dict[int, str]):
    """What each character beyond ASCII becomes in searchable text, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    if unicodedata.category(character).startswith("M"):
        # Accents go, and so do the decorations of emoji; but a Thai or Devanagari vowel is part of its word.
        is_decoration = unicodedata.name(character, "").startswith(("COMBINING", "VARIATION SELECTOR"))
        return "" if is_decoration else character
    if not character.isalnum():
        return " "
    if _CJK.match(character):
        return f" {character} "
    bare = _ACCENT.sub("", unicodedata.normalize("NFD", character))
    return unicodedata.normalize("NFC", bare)


_CHARACTERS = _Characters()


def searchable(text: str) -> str:
    """Text in the form in which it is both indexed and searched.

    Parameters
    ----------
    text : str
        Any text at all, lone surrogates included.

    Returns
    -------
    str
        The text in lower case, without accents, with a space around each CJK character and in place of each
        non-ASCII character which is no letter or digit. ASCII punctuation is left to the tokenizer.
    """
    if text.isascii():
        return text.lower()
    return _BEYOND_ASCII.sub(lambda run: unicodedata.normalize("NFC", run[0]).translate(_CHARACTERS), text.lower())


def indexed(values: Iterable[str]) -> str | None:
    """Prepare the values of a field for the index, so that `to_match` expressions find them.

    Parameters
    ----------
    values : iterable of str
        The separate values of the field. A phrase is never found across two of them.

    Returns
    -------
    str or None
        None for a field without a value, which nothing finds, not even ``NOT x``.
    """
    return " ".join(f"{_EVERY} {searchable(value)}" for value in values) or None


@dataclass(frozen=True, slots=True)
class _Term:
    """A word, a phrase or a prefix, wanted or not wanted."""

    words: tuple[str, ...]
    prefix: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Two or more operands under one operator; none of them is a group under the same operator."""

    operator: Literal["AND", "OR"]
    items: tuple[_Node, ...]


_Node = _Term | _Group


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: Literal["operator", "parenthesis", "term"]
    text: str
    position: int
    term: _Term | None = None


def to_match(text: str) -> str | None:
    """Translate a text filter to an FTS5 ``MATCH`` expression.

    Parameters
    ----------
    text : str
        An expression in the grammar of contract section 3, as described at the top of this module.

    Returns
    -------
    str or None
        An expression made of quoted terms, ``AND``, ``OR``, ``NOT`` and parentheses, for text that went
        through `indexed`. None if the filter has no searchable term, and so matches nothing.

    Raises
    ------
    FilterSyntaxError
        If parentheses or double quotes do not pair up, if an operator lacks a term, if there are more than
        `MAX_CLAUSES` terms or more than `MAX_DEPTH` levels of parentheses.
    """
    node = _Parser(text).parse()
    if node is not None and _height(node) > _MAX_HEIGHT:
        raise FilterSyntaxError(f"AND and OR alternate on more than {_MAX_HEIGHT} levels")
    return None if node is None else _render(node)


def _lexemes(text: str) -> Iterator[_Lexeme]:
    for found in _LEXEME.finditer(text):
        kind, content, position = found.lastgroup, found[0], found.start() + 1
        if kind == "unclosed":
            raise FilterSyntaxError(f"the quote at character {position} is never closed")
        if kind == "parenthesis":
            yield _Lexeme("parenthesis", content, position)
        elif kind == "word" and content in {"AND", "OR", "NOT"}:
            yield _Lexeme("operator", content, position)
        else:
            yield _Lexeme("term", content, position, _term(found["word"], found["phrase"] or found["quoted"]))


def _term(word: str | None, phrase: str | None) -> _Term | None:
    text = searchable(word or phrase or "")
    words = tuple(_WORD.findall(text))
    # The star completes a word, so it must touch one: "c++*" is no prefix.
    prefix = word is not None and text.endswith("*") and text.rstrip("*").endswith(words[-1:])
    return _Term(words, prefix) if words else None


class _Parser:
    """Recursive descent, one method a level of precedence. A term without words is None, and vanishes."""

    def __init__(self, text: str) -> None:
        self._lexemes = list(_lexemes(text))
        self._next = 0
        self._depth = 0
        if sum(lexeme.kind == "term" for lexeme in self._lexemes) > MAX_CLAUSES:
            raise FilterSyntaxError(f"more than {MAX_CLAUSES:,} terms")

    def parse(self) -> _Node | None:
        if not self._lexemes:
            return None
        node = self._alternatives()
        if (stray := self._peek()) is not None:
            raise FilterSyntaxError(f"the parenthesis at character {stray.position} was never opened")
        return node

    def _peek(self, *texts: str) -> _Lexeme | None:
        """Look at the next lexeme, if there is one and, where texts are given, if it is one of those."""
        lexeme = self._lexemes[self._next] if self._next < len(self._lexemes) else None
        return lexeme if lexeme and (not texts or lexeme.text in texts) else None

    def _take(self, *texts: str) -> _Lexeme | None:
        lexeme = self._peek(*texts)
        self._next += lexeme is not None
        return lexeme

    def _alternatives(self) -> _Node | None:
        items = [self._conjunction()]
        while self._take("OR"):
            items.append(self._conjunction())
        return _join("OR", items)

    def _conjunction(self) -> _Node | None:
        items = [self._operand()]
        while self._take("AND") or (self._peek() and not self._peek("OR", ")")):
            items.append(self._operand())
        return _join("AND", items)

    def _operand(self) -> _Node | None:
        negated = False
        while self._take("NOT"):
            negated = not negated
        node = self._atom()
        return _negate(node) if negated and node is not None else node

    def _atom(self) -> _Node | None:
        if opening := self._take("("):
            return self._parenthesised(opening)
        if self._peek("AND", "OR", ")") or (lexeme := self._take()) is None:
            raise self._nothing_here()
        return lexeme.term

    def _parenthesised(self, opening: _Lexeme) -> _Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FilterSyntaxError(f"more than {MAX_DEPTH} levels of parentheses")
        node = self._alternatives()
        if not self._take(")"):
            raise FilterSyntaxError(f"the parenthesis at character {opening.position} is never closed")
        self._depth -= 1
        return node

    def _nothing_here(self) -> FilterSyntaxError:
        before = self._lexemes[self._next - 1] if self._next else None
        culprit = before if before and before.kind == "operator" else self._peek()
        if culprit is None:
            culprit = self._lexemes[-1]
        if culprit.kind == "operator":
            return FilterSyntaxError(f"{culprit.text} at character {culprit.position} lacks a term")
        if before is not None and before.text == "(":
            return FilterSyntaxError(f"nothing in the parentheses at character {before.position}")
        return FilterSyntaxError(f"the parenthesis at character {culprit.position} was never opened")


def _join(operator: Literal["AND", "OR"], nodes: Iterable[_Node | None]) -> _Node | None:
    items: list[_Node] = []
    for node in nodes:
        if isinstance(node, _Group) and node.operator == operator:
            items.extend(node.items)
        elif node is not None:
            items.append(node)
    if len(items) > 1:
        return _Group(operator, tuple(items))
    return items[0] if items else None


def _negate(node: _Node) -> _Node:
    """Push a NOT down to the terms (De Morgan), so that it never stands before a nested group."""
    if isinstance(node, _Term):
        return _Term(node.words, node.prefix, not node.negated)
    opposite: Literal["AND", "OR"] = "OR" if node.operator == "AND" else "AND"
    return _Group(opposite, tuple(_negate(item) for item in node.items))


def _height(node: _Node) -> int:
    return 0 if isinstance(node, _Term) else 1 + max(map(_height, node.items))


def _weight(node: _Node) -> int:
    return 1 if isinstance(node, _Term) else sum(map(_weight, node.items))


def _render(node: _Node) -> str:
    if isinstance(node, _Term):
        return f"{_quote((_EVERY,))} NOT {_literal(node)}" if node.negated else _literal(node)
    if node.operator == "OR":
        # AND and NOT bind closer than OR in FTS5 too: no parentheses here.
        return " OR ".join(_render_all(node.items, "{}"))
    unwanted = [item for item in node.items if isinstance(item, _Term) and item.negated]
    wanted = [item for item in node.items if isinstance(item, _Group) or not item.negated]
    positive = " AND ".join(_render_all(wanted, "({})")) or _quote((_EVERY,))
    return f"{positive} NOT ({' OR '.join(map(_literal, unwanted))})" if unwanted else positive


def _render_all(items: Iterable[_Node], group: str) -> list[str]:
    """Render operands, the weightiest first.

    FTS5 parses with a stack of 100 entries. A parenthesis with nothing before it takes one of them, one after
    ``x AND`` takes three. In this order the latter comes at most once for each halving of the terms, so that what
    passes `MAX_CLAUSES` and `_MAX_HEIGHT` fits.
    """
    ordered = sorted(items, key=_weight, reverse=True)
    return [group.format(_render(item)) if isinstance(item, _Group) else _render(item) for item in ordered]


def _literal(term: _Term) -> str:
    return _quote(term.words) + (" *" if term.prefix else "")


def _quote(words: tuple[str, ...]) -> str:
    # Words are letters and digits only: there is no quote in them to double.
    return f'"{" ".join(words)}"'
