"""`prepare`: enrich postings of any number, to files of which questions can be asked."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
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
from .prepared import FORMAT, MARK, PART, Prepared, mark_of, opened, part_files
from .text import Taxonomy, default_taxonomy
from .units import Source, Units

WANTED = tuple(name for name in PARTS if name != "plain")
"""The parts of `enrich` that are made unless told."""

_ROWS = 100_000  # postings of a part, about
_PARTS = 1_000  # of more postings than these times `_ROWS`, parts are larger
_PIECE = "piece-"


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
    _check(units, how)
    target = store_at(folder if "://" in str(folder) else Path(folder).absolute(), storage_options)
    work = _Work(target, units, how, parts or min(_PARTS, max(1, -(-units.rows // _ROWS))))
    failed: tuple[type[Exception], ...] = (OSError, pl.exceptions.ComputeError, *target.errors)
    try:
        if _begun(work, overwrite=overwrite):
            _make(work, worker, on_event)
    except failed as error:
        if not _done(work):  # else another process has prepared the same meanwhile, and put the place in order
            words = target.said(error)
            raise ConfigError(
                f"The postings could not be prepared in {target} ({words}).",
                next_step="see to it, then do the same again: what is done stays",
            ) from error
    return opened(target).on(worker)


@dataclass(frozen=True)
class _Work:
    """What is to be made of which postings, and where."""

    target: Store
    units: Units
    how: Settings
    parts: int

    @cached_property
    def key(self) -> str:
        """What tells these postings and settings from all others; the hashes of polars are those of a version."""
        known = {**self.units.known, **self.how.known, "parts": self.parts, "polars": pl.__version__}
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()

    @property
    def mark(self) -> dict[str, Any]:
        """What the place says of itself from the beginning on."""
        return {"format": FORMAT, "key": self.key, "parts": self.parts, "settings": self.how.known}

    @cached_property
    def pieces(self) -> list[ParquetFile]:
        """A file for each unit; their names hold the key: what still runs of an earlier work may write, too."""
        names = (f"{_PIECE}{self.key[:8]}-{number:05}.parquet" for number in range(len(self.units.scans)))
        return [ParquetFile(self.target, name) for name in names]

    @cached_property
    def files(self) -> list[ParquetFile]:
        """A file for each part."""
        return part_files(self.target, self.key, self.parts)


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


def _make(work: _Work, worker: Engine, on_event: Listener | None) -> None:
    """Make pieces of all units, and parts of all pieces; those that are there already stay. Then say that all is."""
    there = {file.name for file in work.target.files()}
    units, how = work.units, work.how
    if any(file.name not in there for file in (*work.pieces, *work.files)):
        todo = [number for number, piece in enumerate(work.pieces) if piece.name not in there]
        rows = newest(units.scans, worker).parts if todo and units.versions else units.scans
        columns = tuple(POSTING_SCHEMA) if units.versions else tuple(units.scans[0].collect_schema().names())
        pieces = [Piece(rows[number], columns, work.pieces[number]) for number in todo]
        told = partial(_Progress, on_event, worker)
        done = len(work.pieces) - len(todo)
        worker.each(partial(make_piece, how, work.parts), pieces, told("enrich", len(work.pieces), done))
        parts = list(enumerate(work.files))
        worker.each(partial(make_part, how, work.pieces), parts, told("reposts", work.parts, 0))
    counts = left_out(work.pieces)
    outside = {words: counts[words] for words in how.where if words in counts}
    _write(work.target, {**work.mark, "rows": [file.rows for file in work.files], "left_out": outside})
    ours = {file.name for file in work.files}
    others = (file.name for file in work.target.files() if file.name.startswith((_PIECE, PART)))
    work.target.delete([name for name in others if name not in ours])


class _Progress:
    """Tells how many of the files are done."""

    def __init__(self, listener: Listener | None, worker: Engine, step: str, of: int, done: int) -> None:
        self._listener, self._step, self._of, self._done = listener, step, of, done
        self._dashboard = getattr(worker, "dashboard", None)

    def __call__(self, result: int) -> None:
        self._done += 1
        notify(self._listener, Worked("", self._step, self._done, self._of, self._dashboard))


def _done(work: _Work) -> bool | None:
    """Tell whether the place holds all of this; None where it holds something else, or nothing."""
    known = mark_of(work.target) or {}
    return "rows" in known if {name: known.get(name) for name in work.mark} == work.mark else None


def _begun(work: _Work, *, overwrite: bool) -> bool:
    """Take a place for a preparation; False where it is done already.

    What it replaces is not removed before the end: until then, the mark says that not all is there.
    """
    target, done = work.target, _done(work)
    if done is not None:
        return not done
    there = mark_of(target) is not None
    if not there and any(not file.name.endswith(".part") for file in target.files()):  # as a killed writer leaves it
        raise ConfigError(f"{target} holds something else.", next_step="choose an empty folder")
    if there and not overwrite:
        raise ConfigError(
            f"{target} was prepared of other postings, or with other settings.",
            next_step="choose another folder, or overwrite=True",
        )
    _write(target, work.mark)
    return True


def _write(target: Store, mark: dict[str, Any]) -> None:
    target.write(MARK, lambda file: file.write(json.dumps(mark).encode()))
