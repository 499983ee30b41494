"""`LoadReport`: what was noticed while loading, so that nothing is lost in silence."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from ..display import as_html, as_text, counted

BAD_LINES_SHOWN = 100
_EXAMPLE = 80  # characters
_TEXT = 500  # characters


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no record: where it stands, and why it was set aside.

    Attributes
    ----------
    line : int
        Its number in the file, from 1 (in a file that is one JSON array: the number of the item).
    offset : int
        Where it begins, in bytes of the inflated file.
    text : str
        Its first 500 characters; the side file has all of it.
    """

    file: str
    line: int
    offset: int
    reason: str
    text: str


@dataclass
class LoadReport:
    """What happened while loading: every record is in the frame or counted here.

    Attributes
    ----------
    files, records : int
        Files read, and rows in the frame.
    schemas : Counter
        Records of each of the vendor's schemas (A: API, B: relational export, C: dataset files).
    bad_lines : list of BadLine
        The first 100 lines that are no record; `bad_count` counts them all.
    unknown_fields : Counter
        Fields that the contract does not know, at any depth (``a[].b``), and in how many records; kept in ``extra``.
    other_fields : Counter
        Fields that the contract knows and that have no column of their own; kept in ``extra``.
    misfits : Counter
        Fields whose value did not fit its column (nulled there, kept in ``extra``), and in how many records.
    examples : dict of str to str
        The first value of each unknown or misfitting field, as JSON, shortened.
    missing_fields : Counter
        Fields of schema A that records lack.
    repeated_fields : Counter
        Fields that came more than once in a record: the last one counts, the others are in ``extra``.
    lone_surrogates : int
        Fields with half a character, which is U+FFFD in the column; the original is in ``extra``, escaped.
    control_characters : int
        Records with raw control characters inside of texts, which JSON does not allow: taken as they are.
    duplicate_ids : int
        Rows whose id came before.
    parts : list of LoadReport
        The same for each file, by `source`; empty for a file.
    source : str
        The file's name; empty for several.
    """

    files: int = 0
    records: int = 0
    schemas: Counter[str] = field(default_factory=Counter)
    bad_count: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)
    unknown_fields: Counter[str] = field(default_factory=Counter)
    other_fields: Counter[str] = field(default_factory=Counter)
    misfits: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    missing_fields: Counter[str] = field(default_factory=Counter)
    repeated_fields: Counter[str] = field(default_factory=Counter)
    lone_surrogates: int = 0
    control_characters: int = 0
    duplicate_ids: int = 0
    parts: list[LoadReport] = field(default_factory=list)
    source: str = ""

    @property
    def clean(self) -> bool:
        """Whether every record arrived as the contract says, and each once."""
        return not (
            self.bad_count
            or self.unknown_fields
            or self.misfits
            or self.repeated_fields
            or self.lone_surrogates
            or self.control_characters
            or self.duplicate_ids
        )

    def set_aside(self, line: int, offset: int, reason: str, raw: bytes) -> None:
        """Count a bad line, and keep the first ones."""
        self.bad_count += 1
        if len(self.bad_lines) < BAD_LINES_SHOWN:
            text = raw[: 4 * _TEXT].decode("utf-8", "replace")[:_TEXT]
            self.bad_lines.append(BadLine(self.source, line, offset, reason, text))

    def unknown(self, path: str, value: object, count: int = 1) -> None:
        """Count an unknown field."""
        self.unknown_fields[path] += count
        self.exemplify(path, value)

    def misfit(self, key: str, value: object) -> None:
        """Count a value that did not fit."""
        self.misfits[key] += 1
        self.exemplify(key, value)

    def exemplify(self, path: str, value: object) -> None:
        """Keep the first value of a field as its example."""
        if path not in self.examples:
            text = json.dumps(value)
            self.examples[path] = text if len(text) <= _EXAMPLE else f"{text[:_EXAMPLE]}…"

    def add(self, part: LoadReport) -> None:
        """Take in the report of one more file."""
        self.parts.append(part)
        self._take(part)

    def merge(self, other: LoadReport) -> None:
        """Take in the report of several more files."""
        self.parts += other.parts
        self._take(other)

    def _take(self, part: LoadReport) -> None:
        self.files += part.files
        self.records += part.records
        self.bad_count += part.bad_count
        self.bad_lines += part.bad_lines[: BAD_LINES_SHOWN - len(self.bad_lines)]
        self.lone_surrogates += part.lone_surrogates
        self.control_characters += part.control_characters
        for name in ("schemas", "unknown_fields", "other_fields", "misfits", "missing_fields", "repeated_fields"):
            getattr(self, name).update(getattr(part, name))
        for path, example in part.examples.items():
            self.examples.setdefault(path, example)

    def rows(self) -> list[tuple[str, str]]:
        """Return the report as labelled lines; only what is worth a look."""
        rows = [("records", f"{self.records:,} from {counted(self.files, 'file')}")]
        if set(self.schemas) - {"A"}:
            rows.append(("schemas", ", ".join(f"{name}: {n:,}" for name, n in sorted(self.schemas.items()))))
        for label, counts in (
            ("unknown fields (kept in extra)", self.unknown_fields),
            ("fields without a column (kept in extra)", self.other_fields),
            ("values that did not fit (kept in extra)", self.misfits),
            ("fields that came twice in a record", self.repeated_fields),
        ):
            if counts:
                rows.append((label, ", ".join(map(self._counted, counts.most_common()))))
        for label, number in (
            ("lines set aside", self.bad_count),
            ("fields with half a character (now U+FFFD)", self.lone_surrogates),
            ("records with raw control characters (kept)", self.control_characters),
            ("ids that came twice", self.duplicate_ids),
        ):
            if number:
                rows.append((label, f"{number:,}"))
        rows += [
            (f"  {bad.file}, line {bad.line:,}", f"at byte {bad.offset:,}: {bad.reason}") for bad in self.bad_lines[:3]
        ]
        return rows

    def _counted(self, entry: tuple[str, int]) -> str:
        path, number = entry
        example = self.examples.get(path)
        return f"{path}: {number:,}" + (f" (such as {example})" if example else "")

    def __repr__(self) -> str:
        return as_text("Load report", self.rows())

    def _repr_html_(self) -> str:
        return as_html("Load report", self.rows())
