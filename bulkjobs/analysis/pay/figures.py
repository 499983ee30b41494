"""The figures of pay: which numbers of a text are its least and most, in steps that each add fields to a struct.

Steps give what `Expr.struct.with_fields` takes, so that nothing is computed twice, whatever the engine. They begin
with the fields ``raw`` (the text, as `bulkjobs.analysis.amounts.plain` gives it) and end with ``salary_min`` and
``salary_max``.
"""

from __future__ import annotations

import polars as pl

from . import amounts

_UP_TO = (
    r"(?:\bup to|\bupto|\bbis zu|\bbis|\bmax\.?|\bmaximum|\bjusqu['’]?[àa]|\bhasta|\baté|\bfino a|\btot|\bdo"
    r"|\bupp till|"
    r"\bopp til|\bunder|\bless than|\bà hauteur de|\bteto de|最高|最大|~|〜|<|≤|至多) ?:? ?$"
)
_FROM = (
    r"(?:\bfrom|\bstarting(?: at)?|\bab|\b[àa] partir de ?:?|\bdès|\bdesde|\ba partire da|\bda|\bvanaf|\bod|\bfrån"
    r"|\bfra|\bmin\.?|"
    r"\bminimum|\bat least|\bmindestens|\bau moins|\bover|\babove|\bmehr als|\bplus de|\bmás de|\bmínimo"
    r"|\bstarts at|\bpartir de|"
    r"\bот|最低|>|≥|至少) ?:? ?$"
)
_AND_UP = (
    r"^ ?(?:\+(?: ?$| ?/| ?[^\p{L}0-9£$€ ]| (?:per|an?|p\.|pa|ote)\b)|以上|〜|~|から|起|and up|or more|and above"
    r"|-none|이상)"
)
_AT_MOST = r"^ ?(?:max\b|maximum|以内|以下|or less|이하|까지)"
_PER = r"^ ?(?:[€£$+] ?)*(?:/|per\b|an?\b|p\.? ?[ahmwd]\b|pro\b|par\b|por\b|al mes|al año|je\b|im\b)"
_TOO_MUCH = 1e12
_PLAIN = (
    r"^(?P<head>)(?P<before>[a-z]{3}|[£€$]) ?(?P<low>[0-9][0-9,.]*)(?: ?(?:-|–|to) ?[£€$]? ?(?P<high>[0-9][0-9,.]*))?"
    r"(?P<tail>-none| (?:an?|per) (?:year|annum|month|week|day|hour))?$"
)
"""The ways of the vendor itself, which are found in a fifth of the time of all others."""

_f = pl.field


def _plain() -> dict[str, pl.Expr]:
    return {"p": _f("raw").str.extract_groups(_PLAIN)}


def _cleaned() -> dict[str, pl.Expr]:
    return {"text": amounts.clean(pl.when(_f("p").struct.field("head").is_null()).then(_f("raw")))}


def _found() -> dict[str, pl.Expr]:
    return {"a": _f("text").str.extract_groups(amounts.with_currency())}


def _found_bare() -> dict[str, pl.Expr]:
    return {
        "b": pl.when(_f("a").struct.field("head").is_null())
        .then(_f("text"))
        .str.extract_groups(amounts.without_currency())
    }


def _pieces() -> dict[str, pl.Expr]:
    def piece(*names: str) -> pl.Expr:
        paths = (name.split(".") for name in names)
        return pl.coalesce(_f(group).struct.field(name) for group, name in paths)

    return {
        "head": pl.coalesce(
            _f("p").struct.field("head"),
            _f("a").struct.field("head"),
            pl.concat_str([_f("b").struct.field("head"), _f("b").struct.field("lead").fill_null("")]),
        ),
        "tail": piece("p.tail", "a.tail", "a.tail_", "b.tail"),
        "low": piece("p.low", "a.low", "a.low_", "b.low", "b.low_"),
        "high": piece("p.high", "a.high", "a.high_", "b.high"),
        "unit": piece("a.unit", "a.unit_", "b.unit", "b.unit_"),
        "unit2": piece("a.unit2", "a.unit2_", "b.unit2"),
        "signs": pl.concat_str(
            [
                _f("p").struct.field("before"),
                *(_f("a").struct.field(name) for name in ("before", "unit", "unit_", "before2", "unit2", "unit2_")),
            ],
            separator=" ",
            ignore_nulls=True,
        ),
        "bare": _f("b").struct.field("head").is_not_null(),
    }


def _numbers() -> dict[str, pl.Expr]:
    return {
        "low": amounts.number(_f("low")),
        "high": amounts.number(_f("high")),
        "unit": amounts.times(_f("unit")),
        "unit2": amounts.times(_f("unit2")),
    }


def _scaled() -> dict[str, pl.Expr]:
    low, high, unit, unit2 = _f("low"), _f("high"), _f("unit"), _f("unit2")
    shared = unit.is_null() & (high.is_null() | ((low < 1e3) & (low <= high)))
    return {
        "first": low * pl.when(shared).then(unit2).otherwise(unit).fill_null(1.0),
        "second": high
        * pl.when(unit2.is_null() & (high < 1e3) & (high >= low)).then(unit).otherwise(unit2).fill_null(1.0),
        "counted": unit.is_not_null() | unit2.is_not_null(),
    }


def _implied() -> dict[str, pl.Expr]:
    first, second = _f("first"), _f("second")
    lacks = ~_f("counted") & (first > 0) & (first < 1e3) & (first * 1e3 <= second) & (second <= first * 1e4)
    return {"first": pl.when(lacks).then(first * 1e3).otherwise(first)}


def _dropped() -> dict[str, pl.Expr]:
    return {"second": pl.when(_f("second") * 10 >= _f("first")).then(_f("second"))}  # far less is a bonus, or a date


def _bounded() -> dict[str, pl.Expr]:
    one = _f("second").is_null()
    head, tail = (pl.when(one).then(_f(name)) for name in ("head", "tail"))
    return {
        "least": pl.min_horizontal(_f("first"), _f("second")),
        "most": pl.max_horizontal(_f("first"), _f("second")),
        "from": (head.str.contains(_FROM) | tail.str.contains(_AND_UP)).fill_null(False),
        "up_to": (head.str.contains(_UP_TO) | tail.str.contains(_AT_MOST)).fill_null(False),
    }


def _ends() -> dict[str, pl.Expr]:
    sound = (_f("most") > 0) & (_f("most") < _TOO_MUCH) & (~_f("bare") | _plausible())
    return {
        "salary_min": pl.when(sound & ~(_f("up_to") & ~_f("from"))).then(_f("least")),
        "salary_max": pl.when(sound & ~_f("from")).then(_f("most")),
    }


def _plausible() -> pl.Expr:
    """Tell pay without a currency from other numbers: by thousands, by a size that is no date's, or by a period."""
    least = _f("least")
    date = least.is_between(1_900, 2_100) & (_f("least") == _f("low"))
    tail = pl.when(_f("bare")).then(_f("tail"))
    return _f("counted") | ((least >= 1e3) & ~date) | tail.str.contains(_PER).fill_null(False)


STEPS = (
    _plain, _cleaned, _found, _found_bare, _pieces, _numbers, _scaled, _implied, _dropped, _bounded, _ends
)  # fmt: skip
"""In the order to take them."""
