"""What becomes of an answer or a frame that meets a fault. No I/O.

The venue's own bytes come in, spoiled ones go out. Law: a list keeps its rows' own words; what
is spoiled is spoiled the same way on every venue, wherever the venue puts its rows.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import TypeVar, cast

from nettools.testnet.calls import Call, read_call
from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.faults import Armed, Fault

_REMEMBERED, _LARGEST = 500, 2_000_000
"""Answers of one address that a stale one may be taken from: so many, and so many bytes."""
_ROW_FIELDS = (
    "list",
    "positions",
    "assets",
    "symbols",
    "data",
    "rows",
    "bids",
    "asks",
    "b",
    "a",
)
"""Where the rows of an answer stand that is no list itself."""
Shown = TypeVar("Shown")
"""Decoded JSON of whatever shape."""
_NO_TEXT = b"\xff"
"""A byte that no JSON has."""


class Memory:
    """What each address answered lately, so that an answer can be an old one."""

    def __init__(self) -> None:
        self._answers: dict[str, deque[tuple[float, ApiRequest, ApiReply]]] = {}
        self._sizes: dict[str, int] = {}

    def note(self, request: ApiRequest, reply: ApiReply, moment: float) -> None:
        """Remember the answer to a read, given at a monotonic second; forget the oldest."""
        if request.method != "GET" or reply.status != HTTPStatus.OK:
            return
        path = request.path
        known = self._answers.setdefault(path, deque())
        known.append((moment, request, reply))
        self._sizes[path] = self._sizes.get(path, 0) + len(reply.body)
        while len(known) > _REMEMBERED or (self._sizes[path] > _LARGEST and len(known) > 1):
            self._sizes[path] -= len(known.popleft()[2].body)

    def as_of(self, call: Call, moment: float) -> ApiReply | None:
        """Give the newest answer to the same question from before a moment.

        The oldest one when none is so old; None when it was never asked.
        """
        oldest = None
        for when, request, reply in reversed(self._answers.get(call.path, ())):
            if read_call(request).key == call.key:
                oldest = reply
                if when <= moment:
                    break
        return oldest


def spoiled(
    armed: Armed, call: Call, reply: ApiReply, memory: Memory, moment: float
) -> ApiReply:
    """Give what an answer becomes under a fault of ``on_reply``."""
    fault = armed.fault
    if fault.do == "stale":
        return memory.as_of(call, moment - fault.age) or reply
    if fault.do == "freeze":
        if not isinstance(armed.kept, dict):
            armed.kept = {}
        frozen: ApiReply = armed.kept.setdefault(call.key, reply)
        return frozen
    if fault.do == "tear":
        return replace(reply, body=reply.body[: fault.bytes], promised=len(reply.body))
    if fault.do in {"cut", "corrupt"}:
        return replace(reply, body=torn(armed, reply.body))
    try:
        shown = json.loads(reply.body)
    except ValueError:
        return reply
    return replace(reply, body=_ENCODER.encode(edited(fault, shown)).encode())


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def torn(armed: Armed, body: bytes) -> bytes:
    """Give bytes that are cut off, or that have one byte no text has."""
    fault = armed.fault
    if fault.do == "cut":
        return body[: fault.bytes]
    place = armed.rng.randrange(max(1, len(body)))
    return body[:place] + _NO_TEXT + body[place + 1 :]


def edited(fault: Fault, shown: Shown) -> Shown:
    """Give decoded JSON without a field, with another value in it, or with other rows."""
    if fault.do in {"omit", "put"}:
        return cast("Shown", _changed(fault, shown))
    rows = next(_lists(shown), None)
    if rows is not None:
        rows[:] = _ROWS[fault.do](fault, rows)
    return shown


def words_of(shown: object) -> Iterator[str]:
    """Give every text that is a value in decoded JSON, wherever it stands."""
    if isinstance(shown, str):
        yield shown
    elif isinstance(shown, list | dict):
        for one in shown.values() if isinstance(shown, dict) else shown:
            yield from words_of(one)


def _changed(fault: Fault, shown: object) -> object:
    if isinstance(shown, list):
        return [_changed(fault, one) for one in shown]
    if not isinstance(shown, dict):
        return shown
    is_gone = fault.do == "omit"
    return {
        name: fault.value if name == fault.name else _changed(fault, value)
        for name, value in shown.items()
        if name != fault.name or not is_gone
    }


def _lists(shown: object) -> Iterator[list[object]]:
    if isinstance(shown, list):
        yield shown
    if isinstance(shown, dict):
        for name in ("result", *_ROW_FIELDS):
            yield from _lists(shown.get(name))


def _hidden(fault: Fault, rows: list[object]) -> list[object]:
    """Hide the newest executions, whichever end of the list the venue puts them at."""
    if fault.last == 0:
        return rows
    return rows[fault.last :] if _is_newest_first(rows) else rows[: -fault.last]


def _is_newest_first(rows: list[object]) -> bool:
    return bool(rows) and isinstance(rows[0], dict) and "execTime" in rows[0]


_ROWS: dict[str, Callable[[Fault, list[object]], list[object]]] = {
    "dup": lambda _fault, rows: [row for row in rows for _ in range(2)],
    "reorder": lambda _fault, rows: rows[::-1],
    "partial": lambda fault, rows: rows[: fault.keep],
    "hide": _hidden,
}
