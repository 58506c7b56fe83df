"""Reading JSON of a venue field by field: the only place where its numbers become Decimals.

Whatever JSON can hold comes in; exact values go out, or ``Malformed`` naming the field. A field
that is missing is unknown, it is never zero.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from nettools.decimals import LARGEST

_T = TypeVar("_T")

Row = Mapping[str, Any]
"""One JSON object of the venue."""

_LARGEST_ID = Decimal(10**20)
_LATEST = 10**14  # milliseconds: the year 5138


class Malformed(ValueError):
    """An answer that is not of the venue's own format; says what was found instead."""


def as_row(answer: object, *needed: str) -> Row:
    """Take an answer as one JSON object that has these fields.

    Raises:
        Malformed: it is something else, or lacks one.
    """
    if not isinstance(answer, dict):
        raise Malformed(f"{describe(answer)} where one object was due")
    missing = [name for name in needed if answer.get(name) is None]
    if missing:
        raise Malformed(f"an answer without {', '.join(missing)}")
    return answer


def as_rows(answer: object) -> list[Row]:
    """Take an answer as a list of JSON objects, possibly empty; raises Malformed."""
    if not isinstance(answer, list):
        raise Malformed(f"{describe(answer)} where a list was due")
    return [as_row(item) for item in answer]


def describe(answer: object) -> str:
    """Name a useless answer in a few words, without quoting it."""
    if answer is None or answer in ("", b""):
        return "an empty answer"
    if isinstance(answer, str):
        return "a web page" if answer.lstrip().startswith("<") else "text of another kind"
    if isinstance(answer, dict):
        return "an object of another kind"
    return f"a {type(answer).__name__}"


def read_refusal(body: str, code_field: str, text_field: str) -> tuple[int | None, str]:
    """Read what an answer that is not the one asked for says: the venue's code and its words.

    The code is None when the answer is not in the venue's own format.

    Args:
        body: as it arrived.
        code_field: where the venue writes its code, a whole number.
        text_field: where it writes its words.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        plain_words = body.strip()
        return None, describe(body) if plain_words[:1] in ("", "<", "{", "[") else plain_words
    code = answer.get(code_field) if isinstance(answer, dict) else None
    if isinstance(code, bool) or not isinstance(code, int):
        return None, describe(answer)
    return code, str(answer.get(text_field, ""))


def number(row: Row, field: str, largest: Decimal = LARGEST) -> Decimal:
    """Read a finite number from text or a JSON number; raises Malformed."""
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed(f"{field} was {'missing' if value is None else 'not a number'}")
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        raise Malformed(f"{field} was not a number") from None
    if not read.is_finite() or abs(read) > largest:
        raise Malformed(f"{field} was not a finite number up to {largest}")
    return read


def price(row: object, field: str) -> Decimal:
    """Read a price, above zero, of a row that may be missing; raises Malformed."""
    read = number(as_row(row, field), field)
    if read <= 0:
        raise Malformed(f"{field} was not above zero")
    return read


def whole(row: Row, field: str) -> int:
    """Read a whole number, zero or more, from text or a JSON number; raises Malformed."""
    value = number(row, field, largest=_LARGEST_ID)
    if value < 0 or value != value.to_integral_value():
        raise Malformed(f"{field} was not a whole number")
    return int(value)


def moment(row: Row, field: str) -> datetime:
    """Read a time in whole milliseconds since 1970 (UTC); raises Malformed."""
    milliseconds = whole(row, field)
    if milliseconds >= _LATEST:
        raise Malformed(f"{field} was not a time")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def word(row: Row, field: str) -> str:
    """Read a text or a whole number as text, not empty; raises Malformed."""
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise Malformed(f"{field} was {'missing' if value is None else 'not a word'}")
    return str(value)


def flag(row: Row, field: str) -> bool:
    """Read true or false; raises Malformed."""
    value = row.get(field)
    if not isinstance(value, bool):
        raise Malformed(f"{field} was neither true nor false")
    return value


def choice(row: Row, field: str, choices: Mapping[str, _T]) -> _T:
    """Read one of the words that mean something to us; raises Malformed."""
    found = choices.get(word(row, field))
    if found is None:
        raise Malformed(f"{field} was a word we do not know")
    return found


def read_levels(levels: object) -> tuple[tuple[Decimal, Decimal], ...]:
    """Read levels of a book, ``[[price, contracts], …]``; raises Malformed."""
    if not isinstance(levels, list):
        raise Malformed(f"{describe(levels)} where levels were due")
    rows = [dict(enumerate(level)) for level in levels if isinstance(level, list)]
    if len(rows) < len(levels):
        raise Malformed("a level that is no price and quantity")
    return tuple((_listed(row, 0), _listed(row, 1)) for row in rows)


def _listed(row: Mapping[int, object], place: int) -> Decimal:
    return number({"a level": row.get(place)}, "a level")


def by_word(rows: Iterable[Row], field: str) -> dict[str, Row]:
    """Index rows by one of their words; raises Malformed."""
    return {word(row, field): row for row in rows}
