"""All sources that a table knows, from one reading of its log (Delta protocol: application transactions)."""

from __future__ import annotations

import json
import re

import polars as pl

from .store import Store

_LOG = "_delta_log"
_COMMIT = re.compile(rf"{_LOG}/(\d{{20}})\.json")
_CHECKPOINT = re.compile(rf"{_LOG}/(\d{{20}})\.checkpoint\.parquet")


def marks(store: Store) -> frozenset[str]:
    """Return the names of all sources, and ``file:<SHA-256>`` of each file that one of them came in.

    To ask the table for one of them reads its log, or what is left since its last checkpoint; this does so once for
    all. Checkpoints of another form than delta-rs writes are left alone: the commits that they sum up are read.
    """
    names = [file.name for file in store.files(_LOG)]
    summed_up = {int(found[1]): name for name in names if (found := _CHECKPOINT.fullmatch(name))}
    last = max(summed_up, default=-1)
    known: set[str] = set()
    if summed_up:
        rows = pl.scan_parquet(store.uri(summed_up[last]), storage_options=store.options)
        known.update(rows.select(pl.col("txn").struct.field("appId").drop_nulls()).collect()["appId"])
    for name in names:
        commit = _COMMIT.fullmatch(name)
        if commit and int(commit[1]) > last:
            actions = map(json.loads, store.read(name).splitlines())
            known.update(action["txn"]["appId"] for action in actions if "txn" in action)
    return frozenset(known)
