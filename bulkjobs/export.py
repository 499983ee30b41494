"""Postings to files that other programs read: a frame to one, parts to a folder of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from .disk import whole, whole_folder
from .engine import Rows
from .errors import ConfigError


def _csv(frame: pl.DataFrame, path: Path) -> None:
    """Write CSV; lists become JSON text, for CSV has none."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    frame.with_columns(map(_as_json, lists)).write_csv(path, datetime_format="%Y-%m-%d %H:%M:%S")


def _as_json(name: str) -> pl.Expr:
    wrapped = pl.struct(pl.col(name).alias("_")).struct.json_encode()  # only structs can be encoded
    text = wrapped.str.strip_prefix('{"_":').str.strip_suffix("}")
    return pl.when(pl.col(name).is_not_null()).then(text).alias(name)


_PART = re.compile(r"part-\d{5,}\.(parquet|csv|ndjson)")

WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    ".parquet": lambda frame, path: frame.write_parquet(path, compression="zstd"),
    ".csv": _csv,
    ".ndjson": lambda frame, path: frame.write_ndjson(path),
}


def check_target(path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Tell whether a frame can be written there, before anything is spent for it.

    Raises
    ------
    ConfigError
        The name's ending is not known, the folder is missing, or the file is there and `overwrite` is False.
    """
    return check_name(path, tuple(WRITERS), overwrite=overwrite)


def check_name(path: str | os.PathLike[str], endings: tuple[str, ...], *, overwrite: bool) -> Path:
    """Tell whether a file with one of some endings can be written there: `check_target` says what is wrong."""
    target = Path(path)
    if target.suffix.lower() not in endings:
        raise ConfigError(f"{target.name!r} does not end with {', '.join(endings)}.", next_step="choose another name")
    if not target.parent.is_dir():
        raise ConfigError(f"There is no folder {target.parent}.", next_step="make it first")
    if target.is_dir() or (target.exists() and not overwrite):
        raise ConfigError(f"{target} is there already.", next_step="choose another name, or give overwrite=True")
    return target


def export(frame: pl.DataFrame, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a frame as Parquet, CSV or NDJSON, by the ending of its name; whole, or not at all.

    Parameters
    ----------
    frame : polars.DataFrame
        Postings.
    path : path
        Ends with ``.parquet``, ``.csv`` or ``.ndjson``.
    overwrite : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    ConfigError
        See `check_target`; also when the disk refuses it.
    """
    target = check_target(path, overwrite=overwrite)
    try:
        with whole(target) as part:
            WRITERS[target.suffix.lower()](frame, part)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise ConfigError(f"{target} can't be written ({error}).", next_step="choose another place") from error
    return target


def export_parts(
    rows: Rows, folder: str | os.PathLike[str], ending: str = ".parquet", *, overwrite: bool = False
) -> list[Path]:
    """Write postings in parts to a folder, a file for each part; all of them, or none.

    Parameters
    ----------
    rows : Rows
        Such as `bulkjobs.library.Library.rows` gives, or `bulkjobs.analysis.prepare`. Their engine
        writes them.
    folder : path
        It gets the name only when it is whole. All workers must see its place.
    ending : str
        ``.parquet``, ``.csv`` or ``.ndjson``.
    overwrite : bool
        Whether a folder that is there may be replaced.

    Returns
    -------
    list of Path
        The files, in the order of the parts.

    Raises
    ------
    ConfigError
        The ending is not known; the folder is there and `overwrite` is False, or it holds what no export left there; or
        it can't be written.
    """
    target = Path(folder).absolute()
    if ending not in WRITERS:
        raise ConfigError(f"{ending!r} is none of {', '.join(WRITERS)}.", next_step='ending=".parquet"')
    if target.is_file() or (target.exists() and not overwrite):
        raise ConfigError(f"{target} is there already.", next_step="choose another name, or give overwrite=True")
    if target.exists() and not all(_PART.fullmatch(path.name) for path in target.iterdir()):
        raise ConfigError(f"{target} holds something else than an export.", next_step="choose another name")
    try:
        with whole_folder(target) as made:
            names = [f"part-{number:05}{ending}" for number in range(len(rows.parts))]
            paths = [made / name for name in names]
            rows.engine.each(partial(_write_part, ending), list(zip(rows.parts, paths, strict=True)))
    except (OSError, pl.exceptions.ComputeError) as error:
        raise ConfigError(
            f"The postings could not be written to {target} ({error}).", next_step="choose another place, or try again"
        ) from error
    return [target / name for name in names]


def _write_part(ending: str, part: tuple[pl.LazyFrame, Path]) -> None:
    rows, path = part
    with whole(path) as unfinished:
        WRITERS[ending](rows.collect(engine="streaming"), unfinished)
