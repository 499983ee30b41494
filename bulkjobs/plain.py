"""Frozen dataclasses as plain data for JSON, and back from what others wrote: every type is checked."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T")


def plain(value: Any) -> Any:
    """Return a dataclass as dicts, lists, texts and numbers; what is nested in it too."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (tuple, list)) else value


def restored(kind: type[T], data: object, where: str = "") -> T:
    """Make a dataclass of what `plain` gave.

    Parameters
    ----------
    kind : type
        The dataclass. Its fields are texts, whole numbers, flags, dicts, dataclasses, tuples of these, or None.
    data : object
        Anything that JSON can hold.
    where : str
        How to call it in a message.

    Raises
    ------
    ValueError
        A field is missing, unknown, or of another type; the message names it.
    """
    fields = {field.name: field for field in dataclasses.fields(cast("Any", kind))}
    if not isinstance(data, dict):
        raise ValueError(f"{where or 'it'} is no object")  # noqa: TRY004 - of data, not of a call
    if unknown := data.keys() - fields.keys():
        raise ValueError(f"{where or 'it'} has the unknown field {min(map(str, unknown))!r}")
    hints, values = typing.get_type_hints(kind), {}
    for name, field in fields.items():
        if name in data:
            values[name] = _value(hints[name], data[name], f"{where}.{name}" if where else name)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{f'{where}.' if where else ''}{name} is missing")
    return kind(**values)


def _value(hint: Any, value: object, where: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        if value is None and type(None) in inner:
            return None
        (hint,) = (one for one in inner if one is not type(None))
        return _value(hint, value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_value(inner[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if origin is typing.Literal and isinstance(value, str) and value in inner:
        return value
    if origin is dict and isinstance(value, dict):
        return {str(name): _value(inner[1], item, f"{where}.{name}") for name, item in value.items()}
    if dataclasses.is_dataclass(hint):
        return restored(cast("type[Any]", hint), value, where)
    if hint is Any or (origin is None and type(value) is hint):  # True is no number here
        return value
    raise ValueError(f"{where} is no {getattr(hint, '__name__', hint)}")
