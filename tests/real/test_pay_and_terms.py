"""Pay and terms of all real postings: none is lost, and the exporter's own form is read without a fault."""

from __future__ import annotations

import re

import polars as pl

from bulkjobs.analysis import employment, salary, work_mode


def test_every_stated_pay_is_read(source: pl.DataFrame) -> None:
    pay = source.select("salary", pay=salary()).unnest("pay")
    assert len(pay) == len(source)
    stated = pay.filter(pl.col("salary").is_not_null())
    amount = pl.coalesce("salary_min", "salary_max")
    unread = stated.filter(amount.is_null())["salary"].unique().to_list()
    assert unread == ["Annuel de"]  # which states no amount
    assert pay.filter(pl.col("salary").is_null() & amount.is_not_null()).is_empty()
    assert stated["period"].null_count() <= 0.005 * len(stated)


def test_the_exporters_form_is_read_exactly(source: pl.DataFrame) -> None:
    pay = source.select("salary", pay=salary(country=None)).unnest("pay").drop_nulls("salary")
    seen = 0
    for row in pay.unique("salary").iter_rows(named=True):
        found = re.fullmatch(r"([A-Z]{3}) ([0-9]{4,7})-([0-9]{4,7}|None)", row["salary"])
        if found and (found[3] == "None" or int(found[3]) <= 10 * int(found[2])):
            seen += 1
            ends = (float(found[2]), None if found[3] == "None" else float(found[3]))
            assert (row["currency"], row["salary_min"], row["salary_max"]) == (found[1], *ends), row
    assert seen > 1_800


def test_terms_of_real_postings(source: pl.DataFrame) -> None:
    told = source.select(
        "employment_type",
        kind=employment(title=None).struct.field("employment"),
        mode=work_mode(text=None).struct.field("work_mode"),
    )
    assert len(told) == len(source)
    unknown = told.filter(pl.col("employment_type").is_not_null() & pl.col("kind").is_null())
    assert set(unknown["employment_type"]) == {"permanent", "US Employee", "Scholarship"}
    assert told["mode"].is_not_null().sum() > 6_000
