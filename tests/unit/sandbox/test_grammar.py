"""The operator grammar against an evaluator that shares no code with it."""

import contextlib
import re
import sqlite3
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkjobs.sandbox.grammar import (
    MAX_CLAUSES,
    MAX_DEPTH,
    TOKENIZER,
    FilterSyntaxError,
    indexed,
    to_match,
)

# --- What a filter finds, by way of the real index ---


def find(expression: str | None, documents: Sequence[str | Sequence[str]]) -> set[int]:
    """The numbers of the documents that the expression finds. A document is a text, or several separate ones."""
    index = sqlite3.connect(":memory:")
    try:
        index.execute(f"CREATE VIRTUAL TABLE t USING fts5 (body, content='', tokenize='{TOKENIZER}')")
        values = ([one] if isinstance(one, str) else one for one in documents)
        index.executemany("INSERT INTO t (rowid, body) VALUES (?, ?)", enumerate(map(indexed, values)))
        rows = index.execute("SELECT rowid FROM t WHERE t MATCH ?", (expression,)) if expression else ()
        return {rowid for (rowid,) in rows}
    finally:
        index.close()


def search(text: str, *documents: str | Sequence[str]) -> list[str | Sequence[str]]:
    found = find(to_match(text), documents)
    return [document for number, document in enumerate(documents) if number in found]


def is_found(text: str, document: str) -> bool:
    return bool(search(text, document))


# --- The oracle ---


def words(text: str) -> list[str]:
    """Maximal runs of letters and digits, without case and accents; each CJK character by itself."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not "\u0300" <= c <= "\u036f")
    plain = unicodedata.normalize("NFC", plain)
    spaced = "".join(f" {c} " if is_cjk(c) else c for c in plain)
    return re.findall(r"[^\W_]+", spaced)


def is_cjk(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("CJK UNIFIED", "HIRAGANA", "KATAKANA", "HANGUL"))


def has_phrase(document: list[str], phrase: list[str], *, prefix: bool = False) -> bool:
    for start in range(len(document) - len(phrase) + 1):
        *head, last = document[start : start + len(phrase)]
        if head == phrase[:-1] and (last.startswith(phrase[-1]) if prefix else last == phrase[-1]):
            return True
    return False


@dataclass(frozen=True)
class Query:
    """A filter as text, how tightly its outermost operator binds, and what it should find."""

    text: str
    binding: int  # 3 term, 2 NOT, 1 AND, 0 OR
    finds: Callable[[list[str]], bool]

    def within(self, binding: int) -> str:
        return self.text if self.binding >= binding else f"({self.text})"


def term(text: str, phrase: str, *, prefix: bool = False) -> Query:
    return Query(text, 3, lambda document: has_phrase(document, words(phrase), prefix=prefix))


def conjunction(parts: list[Query], glue: str) -> Query:
    text = glue.join(part.within(2) for part in parts)
    return Query(text, 1, lambda document: all(part.finds(document) for part in parts))


def alternatives(parts: list[Query]) -> Query:
    text = " OR ".join(part.within(1) for part in parts)
    return Query(text, 0, lambda document: any(part.finds(document) for part in parts))


def negation(part: Query) -> Query:
    return Query(f"NOT {part.within(2)}", 2, lambda document: not part.finds(document))


def parenthesised(part: Query) -> Query:
    return Query(f"( {part.text})", 3, part.finds)


VOCABULARY = (
    "data", "Data", "dat", "engineer", "engine", "and", "not", "R&D", "r", "d", "full-time", "time", "café", "CAFE",
    "cafe\u0301", "naïve", "東京", "東京都", "都", "ソフト", "서울", "東京Data", "Ελλάδα", "ελλαδα", "ЙОД", "3D",
)  # fmt: skip
WORDS = st.sampled_from(VOCABULARY)
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
PREFIXES = st.sampled_from(["da", "dat", "engine", "t", "caf", "full-t", "R&d", "ναϊ", "ελ", "3"])
TERMS = st.one_of(
    WORDS.map(lambda word: term(word, word)),
    PHRASES.map(lambda phrase: term(f'"{phrase}"', phrase)),
    PHRASES.map(lambda phrase: term(f"'{phrase}'", phrase)),
    PREFIXES.map(lambda prefix: term(f"{prefix}*", prefix, prefix=True)),
)
QUERIES = st.recursive(
    TERMS,
    lambda parts: st.one_of(
        st.builds(conjunction, st.lists(parts, min_size=2, max_size=4), st.sampled_from([" ", " AND ", "\n"])),
        st.lists(parts, min_size=2, max_size=4).map(alternatives),
        parts.map(negation),
        parts.map(parenthesised),
    ),
    max_leaves=12,
)
DOCUMENTS = st.lists(
    st.builds(
        lambda glue, parts: glue.join(parts),
        st.sampled_from([" ", "-", " / ", "、", " • ", ", "]),
        st.lists(WORDS, max_size=6),
    ),
    min_size=1,
    max_size=6,
)


@given(QUERIES, DOCUMENTS)
def test_finds_what_the_oracle_finds(query: Query, documents: list[str]) -> None:
    expected = {number for number, document in enumerate(documents) if query.finds(words(document))}
    assert find(to_match(query.text), documents) == expected


# --- Examples: the contract's own, and what people type ---

POSTINGS = (
    "Senior Data Engineer",
    "Engineer, Data Platforms",
    "Data Scientist",
    "Full Stack Developer",
    "Full-Stack Software Engineer",
    "Warehouse Associate",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data engineer", {0, 1}),
        ('"data engineer"', {0}),
        ('(Data Engineer) OR "Data Scientist"', {0, 1, 2}),
        ("(Full Stack Developer) OR (Full Stack Software Engineer)", {3, 4}),
        ("data NOT scientist", {0, 1}),
        ("data AND NOT scientist", {0, 1}),
        ("NOT data", {3, 4, 5}),
        ("NOT NOT data", {0, 1, 2}),
        ("NOT (data OR full)", {5}),
        ("warehouse OR data NOT scientist", {0, 1, 5}),
        ("engineer data OR full developer", {0, 1, 3}),
        ("engin*", {0, 1, 4}),
        ("full-st*", {3, 4}),
        ("'data scientist' OR 'warehouse'", {2, 5}),
        ("DATA sCiEnTiSt", {2}),
        ("(((data)))", {0, 1, 2}),
        ("data&engineer", {0}),
        ("data/engineer", {0}),
        ("engineer--data", {1}),
        ("full_stack", {3, 4}),
    ],
)
def test_example(text: str, expected: set[int]) -> None:
    assert find(to_match(text), POSTINGS) == expected


def test_operators_are_upper_case_only() -> None:
    assert search("this and that", "this that", "this and that") == ["this and that"]
    assert search("this or that", "this", "this or that") == ["this or that"]
    assert search("not this", "this", "that", "not this") == ["not this"]
    assert search('"AND" OR "NOT"', "this and that", "this not that", "this") == ["this and that", "this not that"]


def test_single_quotes_make_a_phrase_only_where_they_stand_alone() -> None:
    documents = ("driver's licence", "licence of a driver s", "rock 'n' roll", "roll rock n")
    assert search("licence driver's", *documents) == list(documents[:2])
    assert search("('driver's licence')", *documents) == ["driver's licence"]
    assert is_found("\"roll\"'rock n'", "roll n rock")
    assert is_found("'roll 'n rock'", "n rock roll")
    assert search("'n' roll", *documents) == list(documents[2:])
    assert search("rock 'n roll", *documents) == list(documents[2:])


@pytest.mark.parametrize("text", ["C++", "C#", "C", "c/", "{c}", "^c", "c:", "c*"])
def test_punctuation_is_no_part_of_a_word(text: str) -> None:
    assert is_found(text, "C++ developer")
    assert is_found(text, "developer of C#")
    assert not is_found(text, "Kubernetes")


@pytest.mark.parametrize("text", [".NET", "net", "(.net)", "-net-"])
def test_a_leading_dot_does_no_harm(text: str) -> None:
    assert search(text, "Senior .NET developer", "a network") == ["Senior .NET developer"]


def test_a_star_completes_only_the_word_it_touches() -> None:
    assert is_found("develop*", "developer")
    assert not is_found("develop *", "developer")
    assert not is_found("dev*elop", "dev eloper")
    assert not is_found('"develop*"', "developer")
    assert not is_found('"develop"*', "developer")
    assert not is_found("develop-*", "developer")
    assert is_found("cafe\u0301*", "cafeteria")


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("東京", "東京都勤務"),
        ("東京都", "勤務地:東京都"),
        ("エンジニア", "ソフトウェアエンジニア募集"),
        ("データ", "データ"),
        ("서울", "서울특별시"),
        ("서울", unicodedata.normalize("NFD", "서울특별시")),
        ("Java開発", "急募 Java開発者"),
        ("java", "Java開発者"),
    ],
)
def test_cjk_words_are_found_inside_longer_ones(text: str, document: str) -> None:
    assert is_found(text, document)


def test_cjk_characters_must_stand_together() -> None:
    assert not is_found("東京", "京都と東北")
    assert not is_found("東京", "東の京")


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("sao paulo", "São Paulo"),
        ("São Paulo", "SAO PAULO"),
        ("ingenieur", "Ingénieur"),
        ("ingénieur", "Inge\u0301nieur"),
        ("zurich", "ZÜRICH"),
        ("istanbul", "İSTANBUL"),
        ("hà nội", "Ha Noi"),
        ("αθήνα", "ΑΘΗΝΑ"),
        ("αθηνας", "ΑΘΗΝΑΣ"),
        ("йод", "ИОД"),
        ("1", "1\ufe0f\u20e3 first"),
        ("हिन्दी", "हिन्दी शिक्षक"),
        ("ที่", "ที่ปรึกษา ที่ ดี"),
    ],
)
def test_case_and_accents_do_not_matter(text: str, document: str) -> None:
    assert is_found(text, document)
    assert is_found(f'"{text}"', document)


def test_vowel_signs_are_part_of_their_word() -> None:
    assert not is_found("हन्दी", "हिन्दी")
    assert not is_found("ह", "हिन्दी")


@pytest.mark.parametrize("text", ["", " ", "&", "--", '""', "& OR --", "NOT &", "*", "\x00", "🚀", "\ue000", "_"])
def test_nothing_to_search_for_matches_nothing(text: str) -> None:
    assert to_match(text) is None


@pytest.mark.parametrize(
    "text", ["data & engineer", "data AND -- engineer", "(data -) engineer", "data engineer NOT &", 'data "" engineer']
)
def test_terms_without_letters_are_left_out(text: str) -> None:
    assert find(to_match(text), POSTINGS) == {0, 1}


def test_a_phrase_does_not_reach_across_two_values() -> None:
    documents = (["Data", "Engineer"], ["Data Engineer"])
    assert search('"data engineer"', *documents) == [["Data Engineer"]]
    assert search("data engineer", *documents) == list(documents)
    assert search("NOT scientist", *documents) == list(documents)


def test_a_field_without_value_is_not_even_without_something() -> None:
    assert indexed([]) is None
    assert search("NOT x", [], [""], ["y"]) == [[""], ["y"]]


# --- Faults ---


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(data", "character 1 is never closed"),
        ("data (a OR (b)", "character 6 is never closed"),
        ("data)", "character 5 was never opened"),
        (")", "character 1 was never opened"),
        ("a OR b) c", "character 7 was never opened"),
        ("()", "nothing in the parentheses at character 1"),
        ('a "b', "quote at character 3 is never closed"),
        ('a" b', "quote at character 2 is never closed"),
        ("AND", "AND at character 1 lacks a term"),
        ("AND a", "AND at character 1 lacks a term"),
        ("a AND", "AND at character 3 lacks a term"),
        ("OR a", "OR at character 1 lacks a term"),
        ("a OR", "OR at character 3 lacks a term"),
        ("NOT", "NOT at character 1 lacks a term"),
        ("a NOT", "NOT at character 3 lacks a term"),
        ("a OR AND b", "OR at character 3 lacks a term"),
        ("a AND OR b", "AND at character 3 lacks a term"),
        ("a NOT AND b", "NOT at character 3 lacks a term"),
        ("(a OR)", "OR at character 4 lacks a term"),
        ("(AND a)", "AND at character 2 lacks a term"),
    ],
)
def test_fault(text: str, message: str) -> None:
    with pytest.raises(FilterSyntaxError, match=re.escape(message)) as caught:
        to_match(text)
    assert caught.value.field is None


def nested(levels: int, pattern: str) -> str:
    text = "data"
    for _ in range(levels):
        text = pattern.format(text)
    return text


@pytest.mark.parametrize("pattern", ["({})", "(a OR {})", "(data NOT {})", "NOT ({})", "NOT (b {})"])
def test_depth_is_limited(pattern: str) -> None:
    to_match(nested(MAX_DEPTH, pattern))
    with pytest.raises(FilterSyntaxError, match="100 levels"):
        to_match(nested(MAX_DEPTH + 1, pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        "(data (x OR ({})))",
        "(({}) OR x) data",
        "(data NOT (x NOT {}))",
    ],
)
def test_deep_expressions_fit_the_index(pattern: str) -> None:
    levels = MAX_DEPTH // max(pattern[: pattern.index("{")].count("("), 1)
    assert find(to_match(nested(levels, pattern)), ["data", "y"]) == {0}


def test_alternation_is_limited() -> None:
    pattern = "(y OR x OR (data OR a) (data OR b) {})"
    assert find(to_match(nested(69, pattern)), ["data", "y"]) == {0, 1}
    with pytest.raises(FilterSyntaxError, match="140 levels"):
        to_match(nested(71, pattern))


def test_the_worst_expression_that_is_let_through_fits_the_index() -> None:
    def bushy(levels: int) -> str:
        return f"(({bushy(levels - 1)} OR a) ({bushy(levels - 1)} OR a))" if levels else "data"

    worst = nested(60, "(y OR data {})").replace(" data)", f" {bushy(8)})")
    filters = f"{{body}} : (x OR data) AND {{body}} : ({to_match(worst)})"
    assert find(filters, ["data", "x"]) == {0}


def test_clauses_are_limited() -> None:
    many = [f"w{number}" for number in range(MAX_CLAUSES)]
    assert is_found(" OR ".join(many), "w7")
    assert is_found(" ".join(many), " ".join(many))
    assert is_found("w NOT " + " NOT ".join(many[1:]), "w")
    assert not is_found("w NOT " + " NOT ".join(many[1:]), "w w7")
    with pytest.raises(FilterSyntaxError, match="more than 1,024 terms"):
        to_match(" OR ".join([*many, "x"]))


def test_operators_are_no_clauses() -> None:
    assert is_found(" ".join(["NOT NOT a"] * MAX_CLAUSES), "a")


# --- Hostile input ---

ANYTHING = st.text(st.characters(exclude_categories=()))
FRAGMENTS = st.sampled_from(
    ["(", ")", '"', "'", "AND", "OR", "NOT", "NEAR", "*", "-", ":", "^", "{", "}", "+", "\\", "\x00", " ", "a", "b"]
)  # fmt: skip


@given(ANYTHING | st.lists(FRAGMENTS | ANYTHING, max_size=30).map(" ".join) | st.lists(FRAGMENTS).map("".join))
def test_any_text_is_either_refused_or_searched(text: str) -> None:
    try:
        expression = to_match(text)
    except FilterSyntaxError:
        return
    find(expression, ["a", "b", text])


@given(ANYTHING)
def test_every_text_finds_itself(text: str) -> None:
    phrase = text.replace('"', " ")
    expression = to_match(f'"{phrase}"')
    assert find(expression, [text]) == ({0} if expression else set())


@pytest.mark.parametrize("text", ["'a ", "'a'b ", "''", "a* ", "NOT (NOT ", "x&"])
def test_long_input_takes_no_longer_for_each_character(text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(FilterSyntaxError):
        to_match(text * 20_000)
    assert time.process_time() - started < 5


def test_terms_cannot_inject() -> None:
    assert is_found('x" OR "data', "data x") is False
    with pytest.raises(FilterSyntaxError):
        to_match('"')
    assert not is_found("body:data", "data")
    assert not is_found("data NEAR science", "data science")
    assert is_found("x" * 100_000, "x" * 100_000)
    assert is_found(f'"{"x " * 2_000}"', "x " * 2_000)
