"""Turns values into JSON text and back, by their type hints, to the last digit.

Dataclasses, named tuples, enums, Decimals, times and their collections come in; JSON goes
out. Keeps law 8: what is written reads back equal. Floats, NaN, times without a zone and
whatever has no place in a record (a key, a secret) are refused, not written somehow.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import groupby
from operator import attrgetter, itemgetter
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from nettools.allocate import Posting
from nettools.errors import InvalidInput, JournalError

Turn = Callable[[Any], Any]
_MICROSECOND = timedelta(microseconds=1)
_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Coder(NamedTuple):
    """How values of one type are written and read."""

    write: Turn
    """Value to what JSON knows; raises InvalidInput."""
    read: Turn
    """And back."""


def write(value: object, hint: object = None) -> str:
    """Give a value as JSON text; ``hint`` is its type when that has parameters.

    Raises:
        InvalidInput: something in it is not what its type hint says.
    """
    return _dumps(coder(type(value) if hint is None else hint).write(value))


def read(text: str, hint: object) -> Any:  # noqa: ANN401 - a value of the hinted type
    """Read a value of this type back.

    Raises:
        JournalError: the text is not such a value.
    """
    try:
        return coder(hint).read(_loads(text))
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        name = getattr(hint, "__name__", str(hint))
        raise JournalError(
            f"a {name} in the journal cannot be read ({type(error).__name__}: {error}); "
            "it was written by another version of nettools, or by another program"
        ) from None


@cache
def coder(hint: object) -> Coder:
    """Give the coder of a type hint.

    Raises:
        InvalidInput: no record may hold such a thing.
    """
    origin = get_origin(hint)
    if hint == tuple[Posting, ...]:
        return Coder(_write_postings, _read_postings)
    if origin in _GENERIC:
        return _GENERIC[origin](get_args(hint))
    if isinstance(hint, type) and hint not in _SIMPLE:
        return _class(hint)
    simple = str if origin is Literal else hint
    if simple not in _SIMPLE:
        raise InvalidInput(f"a record of the journal cannot hold a {hint}")
    return _SIMPLE[simple]


def _class(cls: type) -> Coder:
    if issubclass(cls, Enum):
        return Coder(_checked(cls, attrgetter("value")), cls)
    if is_dataclass(cls):
        return _dataclass(cls)
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return _named_tuple(cls)
    raise InvalidInput(f"a record of the journal cannot hold a {cls.__name__}")


def _checked(wanted: type, turn: Turn) -> Turn:
    def write_checked(value: object) -> object:
        if type(value) is not wanted:
            raise _not_a(wanted.__name__, value)
        return turn(value)

    return write_checked


def _not_a(name: str, value: object) -> InvalidInput:
    # Its text stays out of the message: it may be what must never be shown.
    return InvalidInput(f"a record needs a {name}, was a {type(value).__name__}")


def _number(value: object) -> str:
    if not (type(value) is Decimal or type(value) is int):
        raise _not_a("Decimal", value)
    text = str(value)
    if text[-1] in "Nny":  # NaN, sNaN, Infinity
        raise InvalidInput(f"a record needs a finite number, was {text}")
    return text


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise _not_a("datetime", value)
    if value.tzinfo is None:
        raise InvalidInput(f"a record needs a time with its zone, was {value}; give it in UTC")
    return value.astimezone(UTC).isoformat()


def _refused(text: str) -> float:
    raise ValueError(f"the number {text} is not exact")


_loads = json.JSONDecoder(parse_float=_refused, parse_constant=_refused).decode


def _same(value: Any) -> Any:  # noqa: ANN401 - whatever it is
    return value


_SIMPLE: dict[object, Coder] = {
    str: Coder(_checked(str, _same), _checked(str, _same)),
    int: Coder(_checked(int, _same), _checked(int, _same)),
    bool: Coder(_checked(bool, _same), _checked(bool, _same)),
    Decimal: Coder(_number, Decimal),
    datetime: Coder(_moment, datetime.fromisoformat),
    timedelta: Coder(
        _checked(timedelta, lambda span: span // _MICROSECOND),
        lambda count: count * _MICROSECOND,
    ),
}


def _optional(hints: tuple[object, ...]) -> Coder:
    inner = [hint for hint in hints if hint is not NoneType]
    if len(inner) != 1:
        raise InvalidInput(f"a record of the journal cannot hold one of {hints}")
    turn = coder(inner[0])
    return Coder(
        lambda value: None if value is None else turn.write(value),
        lambda value: None if value is None else turn.read(value),
    )


def _tuple(hints: tuple[object, ...]) -> Coder:
    if hints[-1] is Ellipsis:
        each = coder(hints[0])
        return Coder(
            lambda values: [each.write(value) for value in values],
            lambda values: tuple(each.read(value) for value in values),
        )
    parts = [coder(hint) for hint in hints]
    return Coder(
        lambda values: [p.write(value) for p, value in zip(parts, values, strict=True)],
        lambda values: tuple(p.read(value) for p, value in zip(parts, values, strict=True)),
    )


def _mapping(hints: tuple[object, ...]) -> Coder:
    keys, values = coder(hints[0]), coder(hints[1])
    if hints[0] is str:
        return Coder(
            lambda mapping: {keys.write(k): values.write(v) for k, v in mapping.items()},
            lambda mapping: {k: values.read(v) for k, v in mapping.items()},
        )
    return Coder(
        lambda mapping: [[keys.write(k), values.write(v)] for k, v in mapping.items()],
        lambda pairs: {keys.read(k): values.read(v) for k, v in pairs},
    )


_GENERIC: dict[object, Callable[[tuple[object, ...]], Coder]] = {
    UnionType: _optional,
    Union: _optional,
    tuple: _tuple,
    dict: _mapping,
    Mapping: _mapping,
}


def _dataclass(cls: type) -> Coder:
    hints = get_type_hints(cls)
    turns = {field.name: coder(hints[field.name]) for field in fields(cls)}
    # None is left out where it is the default: most optional fields of most rows.
    optional = {field.name for field in fields(cls) if field.default is None}
    needed = {
        field.name
        for field in fields(cls)
        if field.default is MISSING and field.default_factory is MISSING
    }
    always = [(name, turn.write) for name, turn in turns.items() if name not in optional]
    sometimes = [(name, turn.write) for name, turn in turns.items() if name in optional]
    parts_of = attrgetter(*[name for name, _ in always], "__class__")

    def write_dataclass(value: object) -> dict[str, object]:
        if type(value) is not cls:
            raise _not_a(cls.__name__, value)
        parts = zip(always, parts_of(value), strict=False)  # the class at the end is left
        written = {name: turn(part) for (name, turn), part in parts}
        for name, turn in sometimes:
            if (part := getattr(value, name)) is not None:
                written[name] = turn(part)
        return written

    def read_dataclass(values: dict[str, object]) -> object:
        if missing := needed - values.keys():
            raise KeyError(f"{cls.__name__} without {', '.join(sorted(missing))}")
        return cls(**{name: turns[name].read(part) for name, part in values.items()})

    return Coder(write_dataclass, read_dataclass)


def _named_tuple(cls: Any) -> Coder:  # noqa: ANN401 - a named tuple's class has no type
    hints = get_type_hints(cls)
    parts = [coder(hints[name]) for name in cls._fields]

    def write_tuple(value: tuple[object, ...]) -> list[object]:
        if type(value) is not cls:
            raise _not_a(cls.__name__, value)
        return [part.write(one) for part, one in zip(parts, value, strict=True)]

    return Coder(
        write_tuple,
        lambda values: cls(*(p.read(one) for p, one in zip(parts, values, strict=True))),
    )


def _write_postings(postings: tuple[Posting, ...]) -> list[object]:
    """Write what the shares of one fill have in common once, the shares below it.

    Grouped by text, because 1.0 and 1.00 are equal and must both come back as they were.
    """
    rows = [_posting.write(posting) for posting in postings]
    return [[*common, [_OWN(row) for row in group]] for common, group in groupby(rows, _COMMON)]


def _read_postings(groups: list[list[Any]]) -> tuple[Posting, ...]:
    return tuple(
        _posting.read([account, leg, cause, source, quantity, price, time, fee, *rest])
        for leg, cause, source, price, time, currency, note, shares in groups
        for account, quantity, fee, funding in shares
        for rest in ((currency, funding, note),)
    )


_posting = _named_tuple(Posting)
_PLACE = Posting._fields.index
_COMMON = itemgetter(
    *map(_PLACE, ("leg", "cause", "source", "price", "time", "fee_currency", "note"))
)
_OWN = itemgetter(*map(_PLACE, ("account", "quantity", "fee", "funding")))
