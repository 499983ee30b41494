"""`prepare`: enrich postings of any number, to files of which questions can be asked."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from ..engine import Engine, Workers, engine_of
from ..errors import ConfigError, InvalidQuery
from ..events import Listener, Worked, notify
from ..library.newest import newest
from ..library.store import Store, store_at
from ..records import POSTING_SCHEMA
from .enrich import PARTS, enrich
from .files import ParquetFile
from .pay import HOURS_A_YEAR
from .pieces import Piece, Settings, left_out, make_part, make_piece
from .prepared import FORMAT, MARK, Prepared, mark_of, opened, part_file
from .text import Taxonomy, default_taxonomy
from .units import Source, Units

WANTED = tuple(name for name in PARTS if name != "plain")
"""The parts of `enrich` that are made unless told."""

_ROWS = 100_000  # postings of a part, about
_PARTS = 1_000  # of more postings than these times `_ROWS`, parts are larger
_PIECES = "piece-"


def prepare(
    source: Source,
    folder: str | Path,
    *,
    engine: Workers = "local",
    parts: int | None = None,
    only: Iterable[str] = WANTED,
    taxonomy: Taxonomy | None = None,
    hours_a_year: float = HOURS_A_YEAR,
    days: int = 180,
    same: Sequence[str] = (),
    texts: bool = False,
    where: Mapping[str, pl.Expr] | None = None,
    as_of: dt.datetime | str | None = None,
    overwrite: bool = False,
    storage_options: Mapping[str, str] | None = None,
    on_event: Listener | None = None,
) -> Prepared:
    """Enrich postings, however many, and keep them in Parquet files, to ask any number of questions of.

    What `bulkjobs.analysis.enrich` makes of a frame, this makes of a library that is larger than the memory: the
    columns are the same, to the last repost. Do it again after it was cut off, and it goes on where it was; do it again
    when it is done, and it is opened.

    Parameters
    ----------
    source : Library, path, LazyFrame, or sequence of paths or LazyFrames
        A library, of which the newest version of each posting is taken; a folder of Parquet files, one or some of them,
        with columns of `bulkjobs.records.POSTING_SCHEMA`; or lazy frames, each small enough for one worker.
    folder : path or str
        Where to put the files: a folder of their own, which all workers must see; or ``s3://``, ``gs://`` or ``az://``
        and what follows.
    engine : "local" or dask.distributed.Client
        Where to work: in this process, 100,000 postings at a time; or on the workers of a Dask cluster, best
        with one thread each, since polars has its own. The result does not depend on it.
    parts : int, optional
        How many files; one for 100,000 postings unless told, and 1,000 at the most.
    only, taxonomy, hours_a_year, days, same
        As for `bulkjobs.analysis.enrich`; of its parts all but the plain text.
    texts : bool
        Keep the column ``description``. Else it says "…" where there is a text, so that one can count what is stated.
    where : mapping of str to Expr, optional
        Only postings that meet all of these conditions, which may ask for what `enrich` adds, but for reposts: such as
        ``{"of other countries": pl.col("country_iso_2") == "PT"}``. The names say what is left out; how many that are
        is counted (`Prepared.left_out`). Among what is left, reposts are found.
    as_of : datetime or str, optional
        Of a library only what had been added by then (UTC).
    overwrite : bool
        Replace what the folder holds of other postings, or other settings.
    storage_options : mapping of str to str, optional
        As for `bulkjobs.library.Library`, for `folder`.
    on_event : callable, optional
        Is told `bulkjobs.events.Worked` as files are done.

    Returns
    -------
    Prepared
        To be given to questions in place of a frame.

    Raises
    ------
    InvalidQuery
        There are no such postings, or a setting makes no sense.
    ConfigError
        The folder holds something else; or what this needs is not installed; or the cluster could not do it.
    """
    worker = engine_of(engine)
    how = _settings(only, taxonomy, hours_a_year, days, same, texts, where or {})
    if parts is not None and (isinstance(parts, bool) or not isinstance(parts, int) or parts < 1):
        raise InvalidQuery(f"parts must be a whole number from 1 on, not {parts!r}.", field="parts")
    units = Units.of(source, as_of=as_of)
    columns = tuple(POSTING_SCHEMA) if units.versions else tuple(units.scans[0].collect_schema().names())
    _check(units, how)
    count = parts or min(_PARTS, max(1, -(-units.rows // _ROWS)))
    target = store_at(folder if "://" in str(folder) else Path(folder).absolute(), storage_options)
    mark = {"format": FORMAT, "key": _key(units, how), "parts": count, "settings": how.known}
    if _begun(target, mark, overwrite=overwrite):
        _make(target, units, columns, how, count, worker, on_event)
        rows = [part_file(target, number).rows for number in range(count)]
        _write(target, {**mark, "rows": rows, "left_out": _left_out(_pieces(target, units), how)})
    _remove(target, _PIECES)
    return opened(target).on(worker)


def _settings(
    only: Iterable[str],
    taxonomy: Taxonomy | None,
    hours_a_year: float,
    days: int,
    same: Sequence[str],
    texts: bool,
    where: Mapping[str, pl.Expr],
) -> Settings:
    wanted = (only,) if isinstance(only, str) else tuple(only)
    if "description" in same and not texts:
        raise InvalidQuery(
            "Texts can't be compared that are not kept.", field="same", next_step="prepare(..., texts=True)"
        )
    skills = taxonomy or (default_taxonomy() if "skills" in wanted else None)
    return Settings(wanted, skills, hours_a_year, days, tuple(same), texts, dict(where))


def _check(units: Units, how: Settings) -> None:
    """Refuse before any work what `enrich` would refuse."""
    made = enrich(units.scans[0], only=how.only, taxonomy=how.taxonomy, hours_a_year=how.hours_a_year, same=how.same)
    try:
        kinds = made.select(**how.where).collect_schema().dtypes() if how.where else []
    except pl.exceptions.PolarsError as error:
        why = str(error).partition("\n")[0]  # the plan follows
        raise InvalidQuery(f"where can't be asked of these postings ({why}).", field="where") from error
    late = {name for met in how.where.values() for name in met.meta.root_names()} & set(PARTS["reposts"].adds)
    if late or any(kind != pl.Boolean for kind in kinds):
        why = f"asks for {', '.join(sorted(late))}, which is found last" if late else "holds what is no condition"
        raise InvalidQuery(f"where {why}.", field="where", next_step="prepared.filter(...) afterwards" if late else "")


def _make(
    target: Store,
    units: Units,
    columns: tuple[str, ...],
    how: Settings,
    parts: int,
    worker: Engine,
    on_event: Listener | None,
) -> None:
    """Make pieces of all units, and parts of all pieces; those that are there already stay."""
    pieces = _pieces(target, units)
    files = [(number, part_file(target, number)) for number in range(parts)]
    there = {file.name for file in target.files()}
    if any(file.name not in there for _, file in files):
        missing = [number for number, piece in enumerate(pieces) if piece.name not in there]
        rows = newest(units.scans, worker).parts if missing and units.versions else units.scans
        todo = [Piece(rows[number], columns, pieces[number]) for number in missing]
        told = partial(_Progress, on_event, worker)
        worker.each(partial(make_piece, how, parts), todo, told("enrich", len(pieces), len(pieces) - len(todo)))
        worker.each(partial(make_part, how, pieces), files, told("reposts", parts, 0))


def _left_out(pieces: Sequence[ParquetFile], how: Settings) -> dict[str, int]:
    counts = left_out(pieces)
    return {words: counts[words] for words in how.where if words in counts}


def _pieces(target: Store, units: Units) -> list[ParquetFile]:
    return [ParquetFile(target, f"{_PIECES}{number:05}.parquet") for number in range(len(units.scans))]


class _Progress:
    """Tells how many of the files are done."""

    def __init__(self, listener: Listener | None, worker: Engine, step: str, of: int, done: int) -> None:
        self._listener, self._step, self._of, self._done = listener, step, of, done
        self._dashboard = getattr(worker, "dashboard", None)

    def __call__(self, result: int) -> None:
        self._done += 1
        notify(self._listener, Worked("", self._step, self._done, self._of, self._dashboard))


def _key(units: Units, how: Settings) -> str:
    """Return what tells these postings and settings from all others; the hashes of polars are those of a version."""
    known = {**units.known, **how.known, "polars": pl.__version__}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _begun(target: Store, mark: dict[str, Any], *, overwrite: bool) -> bool:
    """Take a place for a preparation; False where it is done already."""
    known = mark_of(target)
    refused: tuple[type[Exception], ...] = (OSError, *target.errors)
    if known is not None and {name: known.get(name) for name in mark} == mark:
        return "rows" not in known
    try:
        if known is None and any(True for _ in target.files()):
            raise ConfigError(f"{target} holds something else.", next_step="choose an empty folder")
        if known is not None and not overwrite:
            raise ConfigError(
                f"{target} was prepared of other postings, or with other settings.",
                next_step="choose another folder, or overwrite=True",
            )
        _remove(target, MARK, _PIECES, "part-")
        _write(target, mark)
    except refused as error:
        words = target.said(error)
        raise ConfigError(f"{target} can't be used ({words}).", next_step="choose another folder") from error
    return True


def _remove(target: Store, *beginnings: str) -> None:
    target.delete([file.name for file in target.files() if file.name.startswith(beginnings)])


def _write(target: Store, mark: dict[str, Any]) -> None:
    target.write(MARK, lambda file: file.write(json.dumps(mark).encode()))
