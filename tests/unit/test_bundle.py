"""Bundles: what was shared is what is read, by anybody, or it is refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import bulkjobs as bj
from bulkjobs.bundle import MANIFEST, MEMBERS, POSTINGS, README, open_bundle
from bulkjobs.bundling import write_bundle
from bulkjobs.errors import Charged, ConfigError, LoadFailed
from bulkjobs.provenance import Provenance
from bulkjobs.records import POSTING_SCHEMA
from bulkjobs.rowhash import data_sha256
from tests.conftest import MakeClient
from tests.support import leave_intent, spent

JOBS = bj.JobFilter(title="engineer OR nurse OR manager")


@pytest.fixture
async def nurses(sandbox: bj.Sandbox, make_client: MakeClient) -> bj.Collection:
    return await make_client(sandbox).collect(JOBS, limit=60)


@pytest.fixture
def study(nurses: bj.Collection, tmp_path: Path) -> Path:
    return nurses.bundle(tmp_path / "study.zip", title="Nurses", note="For a paper.")


def written(rows: pl.DataFrame, path: Path, **known: Any) -> Path:
    told = Provenance(**{"kind": "collection", "rows": len(rows), "data_sha256": data_sha256(rows), **known})
    return write_bundle(rows.lazy(), told, path, title=None, note=None, overwrite=True)


def repacked(study: Path, change: Callable[[dict[str, bytes]], Any], **packing: Any) -> Path:
    """Write the members of a bundle anew, changed."""
    with zipfile.ZipFile(study) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members = change(members) or members
    with zipfile.ZipFile(study, "w", **packing) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return study


def manifest(content: dict[str, bytes], /, **changes: Any) -> dict[str, bytes]:
    told = json.loads(content[MANIFEST])
    return {**content, MANIFEST: json.dumps({**told, **changes}).encode()}


async def test_what_was_bundled_is_read(nurses: bj.Collection, study: Path, sandbox: bj.Sandbox) -> None:
    before = spent(sandbox)
    bundle = bj.open_bundle(study)
    assert_frame_equal(bundle.frame(), nurses.frame())
    assert_frame_equal(bundle.scan().collect(), nurses.frame())
    known, own = bundle.provenance(), nurses.provenance()
    assert (known.kind, known.bundled) == ("bundle", "collection")
    assert (known.data_sha256, known.purchases, known.credits) == (own.data_sha256, own.purchases, own.credits)
    assert (bundle.title, bundle.note) == ("Nurses", "For a paper.")
    assert "For a paper." in repr(bundle)
    assert "For a paper." in bundle._repr_html_()
    assert spent(sandbox) == before


def test_a_stranger_reads_it_with_nothing(study: Path, tmp_path: Path) -> None:
    home = tmp_path / "stranger"
    home.mkdir()
    code = f"import bulkjobs as bj; print(len(bj.open_bundle({str(study)!r}).frame()))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env={"HOME": str(home), "PATH": os.environ["PATH"]}, cwd=home,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "60\n", "")
    assert list(home.iterdir()) == []


def test_any_reader_of_parquet_and_any_person_reads_it(study: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(study) as archive:
        assert archive.namelist() == list(MEMBERS)
        archive.extractall(tmp_path / "out")
    assert pl.read_parquet(tmp_path / "out" / POSTINGS).schema == POSTING_SCHEMA
    readme = (tmp_path / "out" / README).read_text("utf-8")
    assert readme.startswith("# Nurses\n\nFor a paper.\n\n60 job postings")
    assert 'bj.open_bundle("study.zip")' in readme
    assert open_bundle(study).provenance().data_sha256 in readme


async def test_the_same_gives_the_same_bytes(nurses: bj.Collection, tmp_path: Path) -> None:
    once, twice = (nurses.bundle(tmp_path / f"{name}.zip", overwrite=True) for name in ("a", "a"))
    first = once.read_bytes()
    assert nurses.bundle(twice, overwrite=True).read_bytes() == first


async def test_words_that_no_file_can_hold_are_replaced(nurses: bj.Collection, tmp_path: Path) -> None:
    bundle = open_bundle(nurses.bundle(tmp_path / "odd.zip", title="Caf\ud800", note="a\x00b"))
    assert (bundle.title, bundle.note) == ("Caf\ufffd", "a\ufffdb")


async def test_it_tells_nothing_private(
    nurses: bj.Collection, study: Path, sandbox: bj.Sandbox, tmp_path: Path
) -> None:
    content = study.read_bytes()
    for secret in (sandbox.api_key, sandbox.jwt, str(tmp_path), tempfile.gettempdir(), "ledger.sqlite"):
        assert secret.encode() not in content


async def test_what_is_there_already_stays(nurses: bj.Collection, study: Path, tmp_path: Path) -> None:
    before = study.read_bytes()
    with pytest.raises(ConfigError, match="is there already"):
        nurses.bundle(study)
    with pytest.raises(ConfigError, match=r"does not end with \.zip"):
        nurses.bundle(tmp_path / "study.parquet")
    with pytest.raises(ConfigError, match="no folder"):
        nurses.bundle(tmp_path / "nowhere" / "study.zip")
    assert study.read_bytes() == before


async def test_what_fails_leaves_nothing(
    nurses: bj.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bulkjobs.bundling.shutil.copyfileobj", full)
    with pytest.raises(ConfigError, match="No space left"):
        nurses.bundle(tmp_path / "study.zip")
    assert [path.name for path in tmp_path.iterdir() if "study" in path.name] == []


async def test_what_is_not_here_is_not_bundled(sandbox: bj.Sandbox, make_client: MakeClient, tmp_path: Path) -> None:
    client = make_client(sandbox)
    collection = client.attach(await leave_intent(client, JOBS, 10))
    with pytest.raises(LoadFailed):
        collection.bundle(tmp_path / "study.zip")
    assert not (tmp_path / "study.zip").exists()
    assert spent(sandbox) == 0


TEXT = st.none() | st.text(max_size=30)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.none() | st.integers(-(2**62), 2**62), TEXT, TEXT), max_size=5))
def test_any_text_goes_through(tmp_path: Path, rows: list[tuple[int | None, str | None, str | None]]) -> None:
    columns: dict[str, Any] = {
        "id": [row[0] for row in rows],
        "title": [row[1] for row in rows],
        "extra": [row[2] for row in rows],
    }
    frame = pl.DataFrame(
        [pl.Series(name, columns.get(name, [None] * len(rows)), kind) for name, kind in POSTING_SCHEMA.items()]
    )
    assert_frame_equal(open_bundle(written(frame, tmp_path / "any.zip")).frame(), frame)


def swapped(name: str, content: bytes) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda members: {**members, name: content}


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "a path out of the folder": (swapped("../../evil", b""), "'../../evil' is no part"),
    "another member": (swapped("ledger.sqlite", b""), "'ledger.sqlite' is no part"),
    "no postings": (lambda members: members.pop(POSTINGS) and members, "'postings.parquet' is missing"),
    "changed postings": (
        lambda members: {**members, POSTINGS: members[POSTINGS] + b"x"},
        "'postings.parquet' was changed",
    ),
    "changed words": (swapped(README, b"Cite me instead."), "'README.md' was changed"),
    "no JSON": (swapped(MANIFEST, b"{"), "is no JSON"),
    "endless JSON": (swapped(MANIFEST, b"[" * 200_000), "is no JSON"),
    "a list": (swapped(MANIFEST, b"[]"), "does not tell its format"),
    "a newer format": (lambda members: manifest(members, format=2), "of format 2"),
    "no members": (lambda members: manifest(members, members=[]), "does not tell of 'README.md'"),
    "no provenance": (lambda members: manifest(members, provenance=None), "no provenance"),
    "a title of another type": (lambda members: manifest(members, title=[1]), "is no text"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_was_tampered_with_is_refused(study: Path, name: str) -> None:
    change, said = HOSTILE[name]
    with pytest.raises(LoadFailed, match=said) as refused:
        open_bundle(repacked(study, change))
    assert refused.value.charged is Charged.NO
    assert refused.value.next_step


def test_rows_that_are_not_those_that_were_hashed_are_refused(study: Path, tmp_path: Path) -> None:
    rows = open_bundle(study).frame()
    with pytest.raises(LoadFailed, match="changed while they were bundled"):
        written(rows, tmp_path / "other.zip", data_sha256="0" * 64)

    def forged(members: dict[str, bytes]) -> dict[str, bytes]:
        told = json.loads(members[MANIFEST])
        return manifest(members, provenance={**told["provenance"], "data_sha256": "0" * 64})

    with pytest.raises(LoadFailed, match=r"is not what 'manifest\.json' tells"):
        open_bundle(repacked(study, forged))


def test_other_columns_are_refused(study: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    pl.DataFrame({"id": [1]}).write_parquet(other)
    content = other.read_bytes()

    def with_other(members: dict[str, bytes]) -> dict[str, bytes]:
        told = json.loads(members[MANIFEST])["members"]
        told[POSTINGS] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        return {**manifest(members, members=told), POSTINGS: content}

    with pytest.raises(LoadFailed, match="has other columns"):
        open_bundle(repacked(study, with_other))


def test_what_unpacks_is_refused(study: Path) -> None:
    huge = swapped(README, b"0" * 50_000_000)
    with pytest.raises(LoadFailed, match=r"'README.md' is packed"):
        open_bundle(repacked(study, huge, compression=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("part", [0, 0.3, 0.99])
def test_what_was_cut_off_is_refused(study: Path, part: float) -> None:
    content = study.read_bytes()
    study.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(LoadFailed, match="can't be read"):
        open_bundle(study)
    with pytest.raises(LoadFailed, match="can't be read"):
        open_bundle(study.with_name("missing.zip"))
