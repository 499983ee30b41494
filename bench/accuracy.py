"""How right `bulkjobs.analysis` reads postings: the labels of the tests, counted again.

Prints a row for each column and sample, and writes ``bench/results/accuracy.json``. Where the real postings are at hand
(``../shared/data/real``, or ``--real``), their languages and reposts are held to labels too, and coverage is counted.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from measuring import save

from bulkjobs import records
from bulkjobs.analysis import applicants, coverage, employment, enrich, language, plain, salary, seniority, skills
from bulkjobs.analysis import work_mode as mode
from bulkjobs.analysis.places import place
from bulkjobs.analysis.places.gazetteer import fold

ROOT = Path(__file__).resolve().parents[1]
LABELS = ROOT / "tests" / "unit" / "analysis" / "labels"
REAL = ROOT.parent / "shared" / "data" / "real" / "jobs_real.ndjson.zst"

Score = dict[str, Any]


def score(column: str, sample: str, read: pl.DataFrame, right: pl.Expr, given: pl.Expr, labelled: pl.Expr) -> Score:
    """Count: the share of all rows that are right; of those with an answer; and how many of the labelled have one."""
    counted = read.select(
        rows=pl.len(),
        accuracy=right.mean(),
        precision=right.filter(given).mean(),
        recall=(right & given).filter(labelled).mean(),
    )
    return {"column": column, "sample": sample, **counted.row(0, named=True)}


def equal(column: str, read: pl.DataFrame, got: str, want: str, sample: str = "all") -> Score:
    """Hold one column to another; both may be null."""
    right = pl.col(got).cast(pl.String).eq_missing(pl.col(want).cast(pl.String))
    return score(column, sample, read, right, pl.col(got).is_not_null(), pl.col(want).is_not_null())


def labels(name: str, **types: Any) -> pl.DataFrame:
    """Read a file of labels; a blank label is null."""
    read = pl.read_csv(LABELS / f"{name}.csv", infer_schema_length=0)
    return read.with_columns(pl.col(column).cast(dtype) for column, dtype in types.items())


def by_sample(column: str, read: pl.DataFrame, got: str, want: str) -> Iterator[Score]:
    """Hold each sample apart."""
    for (sample,), rows in read.group_by("source", maintain_order=True):
        yield equal(column, rows, got, want, str(sample))


def pay() -> Iterator[Score]:
    ends = {"min": pl.Float64, "max": pl.Float64}
    read = labels("salary", **ends).rename({"currency": "money", "period": "paid"}).with_columns(made=salary("text"))
    read = read.unnest("made")
    pairs = {"min": "salary_min", "max": "salary_max"}
    amounts = pl.all_horizontal(pl.col(got).eq_missing(pl.col(want)) for want, got in pairs.items())
    given, labelled = (pl.any_horizontal(pl.col(name).is_not_null() for name in names) for names in
                       (pairs.values(), pairs))  # fmt: skip
    yield score("salary_min and salary_max", "all", read, amounts, given, labelled)
    yield equal("currency", read, "currency", "money")
    yield equal("period", read, "period", "paid")


def terms() -> Iterator[Score]:
    people = labels("applicants").rename({"applicants": "number", "bound": "kind"})
    people = people.with_columns(made=applicants("text")).unnest("made")
    yield equal("applicants", people, "applicants", "number", "written")
    yield equal("applicants_bound", people, "applicants_bound", "kind", "written")
    types = labels("employment").with_columns(made=employment("stated", "title")).unnest("made")
    yield from by_sample("employment", types, "employment", "type")
    levels = labels("seniority").rename({"level": "wanted"}).with_columns(made=seniority("stated", "title"))
    yield from by_sample("level", levels.unnest("made"), "level", "wanted")
    modes = labels("work_mode").with_columns(made=mode("location", "title", "text")).unnest("made")
    yield from by_sample("work_mode", modes, "work_mode", "mode")


def places() -> Iterator[Score]:
    read = labels("places").with_columns(read=place()).with_columns(pl.col("read").struct.unnest().name.prefix("read_"))
    for column, wanted in (("country_iso_2", "iso_2"), ("state", "state"), ("region", "region"), ("city", "city")):
        got, want = pl.col(f"read_{column}"), pl.col(wanted)
        key, keys = (fold(got), want.str.split("|").list.eval(fold(pl.element()))) if column == "city" else (
            got, want.str.split("|")
        )  # fmt: skip
        right = pl.when(want.is_null()).then(got.is_null()).otherwise(key.is_in(keys).fill_null(False))
        yield score(column, "real", read, right, got.is_not_null(), want.is_not_null())


def texts() -> Iterator[Score]:
    read = labels("skills").with_columns(
        found=skills("text"), wanted=pl.col("skills").fill_null("").str.split("|").list.filter(pl.element() != "")
    )
    both, found, wanted = read.select(
        both=pl.col("found").list.set_intersection("wanted").list.len().sum(),
        found=pl.col("found").list.len().sum(),
        wanted=pl.col("wanted").list.len().sum(),
    ).row(0)
    exact = read.select((pl.col("found").list.sort() == pl.col("wanted").list.sort()).mean()).item()
    yield {"column": "skills", "sample": "real", "rows": read.height, "accuracy": exact, "precision": both / found,
           "recall": both / wanted}  # fmt: skip
    # Stored as JSON has it; how many line feeds stand in a row is a matter of taste.
    snippets = (
        labels("plain")
        .fill_null("")
        .with_columns(
            pl.format('"{}"', pl.col(name)).str.json_decode(pl.String).alias(name) for name in ("text", "plain")
        )
    )
    shown = snippets.with_columns(got=plain("text").str.replace_all(r"\n+", "\n"))
    yield equal("description_plain", shown, "got", "plain", "real")


def real(frame: pl.DataFrame, enriched: pl.DataFrame) -> Iterator[Score]:
    """Hold to labels what needs whole postings: they are kept as ids only."""
    spoken = labels("language", id=pl.Int64).rename({"language": "wanted"})
    read = spoken.join(frame.select("id", found=language()), on="id", how="left")
    yield equal("language", read, "found", "wanted", "real")
    chains = enriched.select("id", "canonical_id")
    pairs = labels("reposts", id=pl.Int64, other=pl.Int64).with_columns(pl.col("same") == "1")
    pairs = pairs.join(chains, on="id", how="left").join(chains, left_on="other", right_on="id", how="left")
    same = pl.col("canonical_id") == pl.col("canonical_id_right")
    yield score("canonical_id", "real pairs", pairs, same == pl.col("same"), same, pl.col("same"))


def table(scores: list[Score]) -> Iterator[str]:
    yield f"{'column':28}{'sample':14}{'rows':>6}{'accuracy':>10}{'precision':>11}{'recall':>9}"
    for row in scores:
        shares = (f"{row[name]:.1%}" if row[name] is not None else "-" for name in ("accuracy", "precision", "recall"))
        yield f"{row['column']:28}{row['sample']:14}{row['rows']:>6}" + "".join(
            f"{share:>{width}}" for share, width in zip(shares, (10, 11, 9), strict=True)
        )


def main() -> None:
    """Count, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--real", type=Path, default=REAL, help="real postings: Parquet, or files of the service")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results" / "accuracy.json")
    options = parser.parse_args()
    scores = [*pay(), *terms(), *places(), *texts()]
    covered = []
    if options.real.exists():
        parquet = options.real.suffix == ".parquet"
        frame = pl.read_parquet(options.real) if parquet else records.load(options.real)[0]
        enriched = enrich(frame)
        scores += real(frame, enriched)
        covered = json.loads(coverage(enriched).write_json())
    print(*table(scores), sep="\n")
    for row in covered:
        stated = (
            f"{row['known']:,} known, {row['stated']:,} stated in {row['read']}, {row['unread']:,} of them not read"
        )
        print(f"{row['what']:14}{stated}")
    save(options.results, {"scores": scores, "coverage": covered})


if __name__ == "__main__":
    main()
