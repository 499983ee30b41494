"""Where postings come from: the same rows have the same hash wherever they lie, and nothing private is told."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bulkjobs as bj
from bulkjobs.errors import Charged, ConfigError, InvalidQuery, LoadFailed
from bulkjobs.library import Library
from bulkjobs.provenance import Provenance, seller
from bulkjobs.records import COLUMNS, POSTING_SCHEMA, SCHEMA_VERSION, load
from bulkjobs.rowhash import RowsHash, data_sha256
from bulkjobs.sandbox.sample import generate
from tests.support import START, in_parts, record

MakeClient = Callable[..., bj.Client]


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    path = tmp_path_factory.mktemp("made") / "postings.ndjson"
    path.write_text("\n".join(json.dumps(posting) for posting in generate(300)), "utf-8")
    return load(path)[0]


def by_hand(frame: pl.DataFrame) -> str:
    """The hash as its documentation tells it, step by step."""

    def plain(value: Any) -> Any:
        if isinstance(value, dt.datetime):
            return (value - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
        return value

    rows = [{name: plain(value) for name, value in row.items() if value is not None} for row in frame.to_dicts()]
    texts = [json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")) for row in rows]
    digests = sorted(hashlib.sha256(text.encode()).digest() for text in texts)
    groups = [b"".join(digest for digest in digests if digest[0] == first) for first in range(256)]
    return hashlib.sha256(b"bulkjobs rows 2\n" + b"".join(hashlib.sha256(one).digest() for one in groups)).hexdigest()


# --- the hash ---------------------------------------------------------------------------------------------


def test_the_hash_is_the_documented_one(frame: pl.DataFrame) -> None:
    assert data_sha256(frame) == by_hand(frame)
    assert data_sha256(frame.head(0)) == by_hand(frame.head(0))


def test_the_hash_of_one_posting_stays_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(
        json.dumps(record(7, title="Ärztin \u2028 \U0001f469\u200d\u2695\ufe0f \x7f", salary=None, new=[1]))
    )
    assert data_sha256(load(path)[0]) == "b8c0f401eda8f51443b4400fa6cc285c1d4878b5bae60b2fc5f1be1b65057dcb"


def test_the_hash_knows_no_order_of_rows_or_columns_and_no_slices(frame: pl.DataFrame) -> None:
    expected = data_sha256(frame)
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=1)
    assert not shuffled.equals(frame)
    assert data_sha256(shuffled) == expected
    assert data_sha256(frame.select(reversed(frame.columns)).with_columns(more=1)) == expected
    assert data_sha256(frame.lazy()) == expected
    in_slices = RowsHash()
    for part in frame.iter_slices(7):
        in_slices.add(part)
    assert (in_slices.rows, in_slices.hexdigest()) == (300, expected)


def test_the_hash_sees_every_column_and_every_row(frame: pl.DataFrame) -> None:
    first = frame.head(1).with_columns(deleted=pl.lit(value=True), application_active=pl.lit(None, pl.Boolean))
    others: dict[Any, list[Any]] = {
        pl.Int64: [-1, 2**60],
        pl.String: ["", "other", "other\n"],
        pl.Boolean: [False],
        pl.Datetime("us"): [dt.datetime(1969, 1, 1), dt.datetime(1969, 1, 1, microsecond=1)],
        pl.List(pl.String): [[None], [""], ["a", "b"], ["b", "a"], ["ab"], ["a,b"]],
    }
    changed = [
        first.with_columns(pl.Series(name, [value], dtype=kind))
        for name, kind in POSTING_SCHEMA.items()
        for value in others[kind]
    ]
    rows = [first, pl.concat([first, first]), pl.concat([first, first, first]), frame.slice(1, 1), *changed]
    assert len({data_sha256(one) for one in rows}) == len(rows)
    nothing: list[Any] = [None, []]
    empty = [first.with_columns(pl.Series("industries", [value], pl.List(pl.String))) for value in nothing]
    assert len(set(map(data_sha256, empty))) == 2


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.text(max_size=20)), max_size=30), st.randoms())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_hash_of_any_text(rows: list[tuple[int, str | None]], random: Any) -> None:
    def of(pairs: list[tuple[int, str | None]]) -> pl.DataFrame:
        texts = [None if text is None else text.encode("utf-8", "replace").decode() for _, text in pairs]
        made = pl.DataFrame({"id": [number for number, _ in pairs], "description": texts})
        columns = [pl.col(name).cast(kind) if name in made.columns else pl.lit(None, kind).alias(name)
                   for name, kind in POSTING_SCHEMA.items()]  # fmt: skip
        return made.select(columns)

    expected = by_hand(of(rows))
    random.shuffle(rows)
    assert data_sha256(of(rows)) == expected


def test_what_holds_no_whole_postings_has_no_hash(frame: pl.DataFrame) -> None:
    with pytest.raises(ConfigError, match="'salary'"):
        data_sha256(frame.drop("salary"))
    with pytest.raises(ConfigError, match="'id' of type Int64"):
        data_sha256(frame.with_columns(pl.col("id").cast(pl.String)))


def test_who_changes_the_columns_counts_the_version_up() -> None:
    names = {
        pl.Int64: "int",
        pl.String: "text",
        pl.Boolean: "flag",
        pl.Datetime("us"): "us",
        pl.List(pl.String): "list",
    }
    told = ";".join(f"{column.name}:{names[column.dtype]}" for column in COLUMNS)
    assert (SCHEMA_VERSION, hashlib.sha256(told.encode()).hexdigest()[:16]) == (1, "cd7410693626252e")


# --- a collection -----------------------------------------------------------------------------------------


async def test_a_collection_tells_where_it_comes_from(client: bj.Client, query: bj.JobFilter) -> None:
    plan = await client.plan(query, limit=40)
    collection = await client.collect(plan, max_credits=40)
    found = collection.provenance()
    frame = collection.frame()
    assert found.data_sha256 == data_sha256(frame) == data_sha256(collection.scan()) == by_hand(frame)
    assert (found.kind, found.rows, found.credits, found.limit) == ("collection", 40, 40, 40)
    assert (found.collection_id, found.asked) == (collection.id, collection.asked)
    assert found.query == query.to_dict()
    assert (found.service, found.is_sandbox) == ("sandbox", True)
    assert found.promise is not None
    assert (found.promise.matched, found.promise.records, found.promise.credits) == (plan.matched, 40, 40)
    (purchase,) = found.purchases
    (request,) = collection.requests
    (file,) = client.ledger.files(request)
    assert (purchase.request_id, purchase.records, purchase.credits) == (request.request_id, 40, 40)
    assert [one.sha256 for one in purchase.files] == [file.sha256]
    assert purchase.submitted is not None
    assert purchase.submitted <= (purchase.completed or "") <= (purchase.imported or "")
    assert client.attach(collection.id).provenance() == found  # nothing of now is in it


async def test_a_provenance_goes_through_json_and_tells_nothing_private(
    client: bj.Client, sandbox: bj.Sandbox, query: bj.JobFilter
) -> None:
    collection = await client.collect(query, limit=5)
    found = collection.provenance()
    text = json.dumps(found.to_dict())
    assert Provenance.from_dict(json.loads(text)) == found
    account = client.ledger.collection(collection.id).account
    for shown in (text, repr(found), found._repr_html_(), found.citation()):
        assert collection.id in shown
        for private in (sandbox.api_key, sandbox.jwt, account, str(client.home), client.home.name + "/", sandbox.url):
            assert private not in shown


async def test_what_comes_out_of_the_library_is_in_the_hash(client: bj.Client, query: bj.JobFilter) -> None:
    first = await client.collect(query, limit=10)
    collection = await client.collect(await client.plan(query, limit=30), max_credits=30)
    found = collection.provenance()
    assert collection.owned == 10
    assert found.data_sha256 == data_sha256(collection.frame()) == data_sha256(collection.scan())
    assert (found.rows, found.credits, found.promise and found.promise.owned) == (30, 20, 10)
    assert found.library is not None
    assert found.library.as_of == found.made_at
    assert first.provenance().library is None


async def test_the_rows_of_many_data_requests_are_read_one_after_the_other(client: bj.Client) -> None:
    collection = await client.collect(await in_parts(client, 30, 10), max_credits=30)
    found = collection.provenance()
    assert [purchase.records for purchase in found.purchases] == [10, 10, 10]
    assert found.data_sha256 == data_sha256(collection.frame())
    assert found.query == {"ids": 30, "sha256": collection.query.fingerprint}


async def test_a_part_of_a_plan_says_so(client: bj.Client) -> None:
    plan = (await in_parts(client, 20, 10)).first(1)
    found = (await client.collect(plan, max_credits=20)).provenance()
    assert (found.asked or "").endswith("(first 1 of 2)")


async def test_what_is_not_here_has_no_provenance(client: bj.Client, query: bj.JobFilter) -> None:
    collection = await client.submit(query, limit=5)
    with pytest.raises(LoadFailed, match=r"client\.resume"):
        collection.provenance()


# --- a library --------------------------------------------------------------------------------------------


def test_a_library_tells_which_version_was_read(tmp_path: Path, frame: pl.DataFrame) -> None:
    library = Library(tmp_path / "library")
    nothing = library.provenance()
    assert (nothing.rows, nothing.library and nothing.library.version) == (0, None)
    assert not library.path.exists()
    library.append("request:a/00000", [frame.head(100)], bought_at=START)
    first, moment = library.provenance(), time.time()
    library.append("request:b-c/00000", [frame.slice(50, 100)], bought_at=START)
    library.append("file:" + "f" * 64, [frame.slice(150, 10)], bought_at=START)
    found = library.provenance()
    assert (found.kind, found.rows) == ("library", 160)
    assert found.data_sha256 == data_sha256(library.scan()) == data_sha256(frame.head(160))
    assert found.library is not None
    assert found.library.version == library.stats().version == 3
    assert found.library.collections == ("a", "b-c")
    assert found.library.imported == ("f" * 64,)
    assert found == library.provenance()
    assert library.provenance(version=1) == first
    assert first.library is not None
    assert first.library.at == f"{library.versions().filter(version=1)['at'][0]:%Y-%m-%dT%H:%M:%SZ}"
    then = library.provenance(as_of=dt.datetime.fromtimestamp(moment, dt.UTC))
    assert then.data_sha256 == first.data_sha256
    assert then.library is not None
    assert (then.library.version, then.library.collections) == (None, ("a",))
    assert Provenance.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_each_version_has_its_own_date(tmp_path: Path, frame: pl.DataFrame) -> None:
    library = Library(tmp_path / "library")
    for number in range(3):
        library.append(f"request:{number}/00000", [frame.slice(number, 1)], bought_at=START)
    for version in range(4):  # as if a day had passed between them
        commit = tmp_path / f"library/_delta_log/{version:020}.json"
        at = json.loads(commit.read_text().partition("\n")[0])["commitInfo"]["timestamp"]
        commit.write_text(commit.read_text().replace(f'"timestamp":{at}', f'"timestamp":{version * 86_400_000}'))
    days = [f"1970-01-0{version + 1}T00:00:00Z" for version in range(4)]
    told = [library.provenance(version=version).library for version in range(4)]
    assert [snapshot and snapshot.at for snapshot in told] == days
    assert library.versions()["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list() == days[::-1]
    newest = library.snapshot()
    assert newest is not None
    assert newest.at == days[-1]


def test_a_part_of_a_library(tmp_path: Path, frame: pl.DataFrame) -> None:
    library = Library(tmp_path / "library")
    library.append("request:a/00000", [frame.head(100)], bought_at=START)
    library.append("request:b/00000", [frame.tail(100)], bought_at=START)
    some = pl.col("id").is_in(frame.head(9)["id"].to_list())
    found = library.provenance(where=some)
    assert (found.rows, found.data_sha256) == (9, data_sha256(frame.head(9)))
    assert found.library is not None
    assert found.library.collections == ("a",)
    assert "is_in" in (found.library.where or "")
    assert library.provenance(sources=["request:b/00000"]).data_sha256 == data_sha256(frame.tail(100))
    with pytest.raises(InvalidQuery, match="can't be asked of postings"):
        library.provenance(where=pl.col("wages") > 1)


# --- words, JSON ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("service", "told"), [
    ("https://api.coresignal.com/cdapi", "api.coresignal.com"), ("http://127.0.0.1:8765/cdapi", "sandbox"),
    ("http://[::1]:8765/cdapi", "sandbox"), ("sandbox:0123456789abcdef", "sandbox:0123456789abcdef"),
    ("the account of Alice", "unnamed"), ("http://[", "unnamed"), ("", "unnamed")])  # fmt: skip
def test_a_service_is_told_by_its_host(service: str, told: str) -> None:
    assert seller(service) == told


def test_the_date_is_only_the_one_that_is_given() -> None:
    found = Provenance("collection", 1_234, "ab" * 32, service="api.coresignal.com", collection_id="20260102-abc")
    version = found.versions["bulkjobs"]
    assert found.citation() == (
        f"1,234 job postings from api.coresignal.com; collection 20260102-abc; "
        f"data SHA-256 {'ab' * 32}; bulkjobs {version}."
    )
    assert "; accessed 2026-05-06;" in found.citation(dt.date(2026, 5, 6))


def test_hostile_text_is_escaped() -> None:
    found = Provenance("collection", 1, "ab" * 32, asked="<script>\x1b[31m", collection_id="<b>")
    assert "<script>" not in found._repr_html_()
    assert "\x1b" not in repr(found)


@pytest.mark.parametrize(("change", "told"), [
    ({"rows": "many"}, "rows is no int"), ({"rows": True}, "rows is no int"), ({"kind": "theft"}, "kind is no"),
    ({"more": 1}, "unknown field 'more'"), ({"versions": ["1"]}, "versions is no"),
    ({"purchases": [{"request_id": "x"}]}, "is missing"), ({"purchases": {}}, "purchases is no"),
    ({"library": 7}, "library is no object"), ({"promise": []}, "promise is no object"),
    ({"versions": {"bulkjobs": 1}}, r"versions\.bulkjobs is no str")])  # fmt: skip
def test_what_is_no_provenance_is_refused(change: dict[str, Any], told: str) -> None:
    data = {**Provenance("library", 1, "ab" * 32).to_dict(), **change}
    with pytest.raises(LoadFailed, match=told) as caught:
        Provenance.from_dict(data)
    assert caught.value.charged is Charged.NO
    others: tuple[object, ...] = (None, [], 7, {})
    for other in others:
        with pytest.raises(LoadFailed, match="no provenance"):
            Provenance.from_dict(other)
