"""Writing a bundle: see `bulkjobs.bundle`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from .bundle import FORMAT, MANIFEST, POSTINGS, README
from .disk import hash_of, whole
from .display import safe_text
from .errors import Charged, ConfigError, LoadFailed
from .export import check_name
from .provenance import Provenance
from .records import POSTING_SCHEMA
from .rowhash import data_sha256

_ROWS = 20_000  # of a row group; told, so that the same postings give the same bytes
_WHEN = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip knows
_MODE = 0o100644 << 16


def write_bundle(
    rows: pl.LazyFrame,
    provenance: Provenance,
    path: str | os.PathLike[str],
    *,
    title: str | None,
    note: str | None,
    overwrite: bool,
) -> Path:
    """Write postings and where they come from as a bundle, whole or not at all.

    The same postings, words and versions give the same bytes.

    Parameters
    ----------
    rows : polars.LazyFrame
        Of `bulkjobs.records.POSTING_SCHEMA`, in their order.
    provenance : Provenance
        Of these rows.
    path : path
        Ends with ``.zip``.
    title, note : str or None
        For whoever opens it.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    ConfigError
        The name does not end with ``.zip``, a file is there already, or the disk refuses it.
    LoadFailed
        The rows are not those that the provenance tells of.
    """
    target = check_bundle_target(path, overwrite=overwrite)
    title, note = (text and safe_text(text) for text in (title, note))
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            postings = Path(folder) / POSTINGS
            rows.select(*POSTING_SCHEMA).sink_parquet(postings, compression="zstd", row_group_size=_ROWS)
            _check_rows(postings, provenance)
            with whole(target) as part:
                _zip(part, postings, provenance, title, note, target.name)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise ConfigError(f"{target} can't be written ({error}).", next_step="choose another place") from error
    return target


def check_bundle_target(path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Tell whether a bundle can be written there, before the postings are read.

    Raises
    ------
    ConfigError
        The name does not end with ``.zip``, the folder is missing, or the file is there and `overwrite` is False.
    """
    return check_name(path, (".zip",), overwrite=overwrite)


def _check_rows(postings: Path, provenance: Provenance) -> None:
    if data_sha256(pl.scan_parquet(postings)) != provenance.data_sha256:
        raise LoadFailed(
            "The postings changed while they were bundled; no file was written.",
            charged=Charged.NO,
            next_step="bundle them again",
        )


def _zip(part: Path, postings: Path, provenance: Provenance, title: str | None, note: str | None, name: str) -> None:
    readme = _readme(provenance, title or "Job postings", note, name).encode("utf-8", "replace")
    members = {
        POSTINGS: {"size": postings.stat().st_size, "sha256": hash_of(postings)},
        README: {"size": len(readme), "sha256": hashlib.sha256(readme).hexdigest()},
    }
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "title": title,
        "note": note,
        "members": members,
        "provenance": provenance.to_dict(),
        "columns": {name: str(kind) for name, kind in POSTING_SCHEMA.items()},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "replace")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_member(README), readme)
        archive.writestr(_member(MANIFEST), text)
        with postings.open("rb") as source, archive.open(_member(POSTINGS), "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, 1 << 20)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _WHEN)
    member.external_attr = _MODE
    member.create_system = 3  # Unix, wherever it is written
    return member


def _readme(provenance: Provenance, title: str, note: str | None, name: str) -> str:
    query = f"Query: `{provenance.asked}`\n\n" if provenance.asked else ""
    return _README.format(
        title=title, note=f"{note}\n\n" if note else "", citation=provenance.citation(), name=name, query=query,
        rows=provenance.rows,
    )  # fmt: skip


_README = """# {title}

{note}{rows:,} job postings in `postings.parquet`, and where they come from in `manifest.json`.

{query}## To cite it

{citation}

## To read it

Any reader of Parquet opens `postings.parquet`. With bulkjobs (`pip install bulkjobs`), which checks that nothing was
changed, and needs no account, no key and no internet:

```python
import bulkjobs as bj

bundle = bj.open_bundle("{name}")
print(bundle.provenance())
frame = bundle.frame()  # polars.DataFrame
```

## To rebuild a report

`pip install "bulkjobs[report]"`, and then, for nothing:

```console
bulkjobs report {name} --out report.html
bulkjobs report {name} --check report-that-you-were-given.html
```

The data request ids, dates, credits and file hashes in `manifest.json` tell what was bought. Asking the service again
for the same query costs credits, and gives what it holds by then.

## What may be done with it

The postings belong to those who published them, and were supplied under the terms of the service that sold them. Check
these terms before you pass this file on.
"""
