"""How pay is written in the currencies that postings name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Currency:
    """How pay is written in one currency.

    Attributes
    ----------
    floor, step, steps : int
        Yearly pay starts at ``floor + step * n`` with ``n < steps``, in whole units of the currency.
    group : str
        Separator of thousands.
    notations : tuple of str
        Templates over ``low`` and ``high`` (grouped yearly amounts), ``*_plain`` (bare digits) and the same
        pay in other measures: ``*_hour`` and ``*_month`` (grouped), ``*_k`` (in thousands), ``*_10k``, ``*_100k``.
    """

    floor: int
    step: int
    steps: int
    group: str
    notations: tuple[str, ...]

    def write(self, notation: str, low: int, high: int) -> str:
        """Write yearly pay from `low` to `high` in one of the notations."""
        texts = {}
        for name, amount in (("low", low), ("high", high)):
            texts[name] = self._grouped(amount)
            texts[f"{name}_month"] = self._grouped(amount // 12)
            texts[f"{name}_hour"] = self._grouped(amount // 2_000)
            texts[f"{name}_plain"] = str(amount)
            texts[f"{name}_k"] = str(amount // 1_000)
            texts[f"{name}_10k"] = str(amount // 10_000)
            texts[f"{name}_100k"] = str(amount // 100_000)
        return notation.format_map(texts)

    def _grouped(self, amount: int) -> str:
        return f"{amount:,}".replace(",", self.group)


CURRENCIES = {
    "USD": Currency(
        20_000,
        5_000,
        30,
        ",",
        (
            "${low} - ${high}",
            "${low} - ${high}",
            "USD {low_plain}-{high_plain}",
            "${low}.00/yr - ${high}.00/yr",
            "${low_k}K/yr - ${high_k}K/yr",
            "${low_hour}.00/hr - ${high_hour}.50/hr",
            "From ${low_hour} an hour",
            "${low} per year",
        ),
    ),
    "GBP": Currency(
        22_000,
        137,
        400,
        ",",
        (
            "£{low} to £{high} a year",
            "£{low} - £{high}",
            "£{low_hour}.50 per hour",
            "GBP {low_plain}-{high_plain}",
            "Up to £{high} per annum + bonus",
        ),
    ),
    "EUR": Currency(
        24_000,
        1_000,
        60,
        ".",
        (
            "€{low} - €{high}",
            "{low} € – {high} €",
            "EUR {low_plain}-{high_plain}",
            "{low_k} k€ - {high_k} k€",
            "€{low_month} - €{high_month} /month",
            "€{low_hour},50 / h",
        ),
    ),
    "INR": Currency(
        300_000,
        50_000,
        50,
        ",",
        ("₹{low} - ₹{high} a year", "₹{low_100k}-{high_100k} LPA", "INR {low_plain}-{high_plain}"),
    ),
    "CAD": Currency(
        40_000,
        2_500,
        40,
        ",",
        ("CA${low} - CA${high}", "CA${low_hour}.25/hr", "CAD {low_plain}-{high_plain}"),
    ),
    "AUD": Currency(
        55_000,
        2_500,
        40,
        ",",
        ("A${low} - A${high} + super", "AUD {low_plain}-{high_plain}", "A${low_hour}.00/hr"),
    ),
    "BRL": Currency(
        36_000,
        6_000,
        30,
        ".",
        ("R$ {low_month},00 por mês", "R$ {low} - R$ {high}", "BRL {low_plain}-{high_plain}"),
    ),
    "JPY": Currency(
        3_000_000,
        250_000,
        30,
        ",",
        ("¥{low} per year", "¥{low} - ¥{high}", "年収{low_10k}万円〜{high_10k}万円", "時給{low_hour}円"),
    ),
    "CNY": Currency(
        120_000,
        12_000,
        30,
        ",",
        ("¥{low_month} - ¥{high_month} 每月", "CNY {low_plain}-{high_plain}", "年薪{low_10k}-{high_10k}万元"),
    ),
    "MXN": Currency(
        180_000,
        12_000,
        40,
        ",",
        ("MX${low_month} al mes", "MX${low} - MX${high}", "MXN {low_plain}-{high_plain}"),
    ),
    "PLN": Currency(72_000, 6_000, 30, "\u00a0", ("{low_month} zł – {high_month} zł", "PLN {low_plain}-{high_plain}")),
    "CHF": Currency(
        70_000,
        5_000,
        20,
        "'",
        ("CHF {low} - CHF {high}", "CHF {low_hour}.50 / Std.", "CHF {low_plain}-{high_plain}"),
    ),
    "SGD": Currency(
        48_000, 6_000, 20, ",", ("S${low_month} - S${high_month} per month", "SGD {low_plain}-{high_plain}")
    ),
    "SEK": Currency(360_000, 12_000, 30, "\u00a0", ("{low_month} kr/mån", "SEK {low_plain}-{high_plain}")),
    "ZAR": Currency(180_000, 12_000, 40, "\u00a0", ("R{low} - R{high} p.a.", "ZAR {low_plain}-{high_plain}")),
}
