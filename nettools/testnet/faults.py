"""Faults on demand: which request or frame meets one, and what it does. No I/O.

A command of the admin channel is read into a ``Fault``; a request asks ``Faults`` at each phase
which of them happen to it. Law: what happens depends on the faults, their seeds and the order
of requests alone, so that a drill can be played again.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from random import Random
from typing import Any

from nettools.errors import InvalidInput
from nettools.testnet.calls import CALLS, STREAM, Call
from nettools.testnet.dialect import ApiReply
from nettools.testnet.replies import named_reply
from nettools.testnet.rows import venue_symbol

BEFORE, AFTER, ON_REPLY, ON_STREAM = "before_match", "after_match", "on_reply", "on_stream"
"""When it happens: before the exchange saw a request, after it did, to what it answered, to a
frame of a stream."""
_LOSING = ("drop", "close", "delay", "reply", "fill")
_SPOILING = ("cut", "tear", "corrupt", "dup", "reorder", "hide", "partial", "omit", "put")
ACTIONS = {
    BEFORE: _LOSING,
    AFTER: _LOSING,
    ON_REPLY: ("delay", *_SPOILING, "stale", "freeze"),
    ON_STREAM: ("drop", "close", "dup", "reorder", "omit", "put"),
}
"""What may happen when."""
_NEEDS = {
    "delay": "ms",
    "cut": "bytes",
    "tear": "bytes",
    "hide": "last",
    "partial": "keep",
    "stale": "age",
    "omit": "name",
    "put": "name",
}
"""The number or name without which an action cannot be meant."""
_LONGEST_MS, _LONGEST_SECONDS, _MOST = 600_000, 86_400, 1_000_000
_LONGEST_TEXT = 1_000_000
_STATUSES = range(200, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what it happens to, when, how often, and what it does."""

    do: str
    """drop (no answer ever), close (the connection, without an answer), delay, reply, fill (the
    resting order it is about); of an answer or a frame: cut, tear (the connection in the middle
    of it), corrupt, dup, reorder, hide, partial, omit, put, stale, freeze."""
    phase: str
    """One of ``ACTIONS``."""
    call: str = ""
    """Only calls of this name, such as ``create``; empty is any."""
    method: str = ""
    """Only this HTTP method; empty is any."""
    path: str = ""
    """Only this address, ``/fapi/v1/order``; empty is any."""
    symbol: str = ""
    """Only of this symbol, as the venue writes it, ``BTCUSDT``; empty is any."""
    client_id: str = ""
    """Only with this client order id; empty is any."""
    channel: str = ""
    """Only frames whose channel begins so: a stream, a topic or an event; empty is any."""
    nth: int = 1
    """From the so-manieth match on."""
    times: int = 1
    """So often; 0 until it is cleared."""
    probability: float = 1.0
    """Of each match, above 0 up to 1."""
    seed: int = 0
    """Of the draws."""
    seconds: float = 0.0
    """Over so many wall seconds after it first happened; 0 is no end."""
    ms: int = 0
    """Of a delay."""
    bytes: int = 0
    """Left of what is cut."""
    last: int = 0
    """Newest executions that history hides."""
    percent: int = 100
    """Of the resting order's rest that is filled."""
    keep: int = 0
    """Rows left of a list."""
    age: float = 0.0
    """Seconds a stale answer is old."""
    name: str = ""
    """A field of the answer, wherever it stands."""
    value: object = None
    """What is put there."""
    answer: ApiReply | None = field(default=None, repr=False)
    """What is replied."""

    def meets(self, call: Call) -> bool:
        """Say whether a request is one of those meant."""
        pairs = (
            (self.call, call.name),
            (self.method, call.method),
            (self.path, call.path),
            (self.symbol, call.symbol),
            (self.client_id, call.client_id),
        )
        return all(not wanted or wanted == found for wanted, found in pairs)

    def meets_frame(self, channel: str, words: frozenset[str]) -> bool:
        """Say whether a frame is one of those meant, by its channel and the texts in it."""
        wanted = {self.symbol, self.client_id} - {""}
        return wanted <= words and channel.startswith(self.channel)


@dataclass(slots=True, kw_only=True, eq=False)
class Armed:
    """A fault that is set, and how often it has met what it waits for."""

    fault_id: int
    fault: Fault
    met: int = 0
    """Requests or frames that it was meant for."""
    fired: int = 0
    """Those that it happened to."""
    until: float | None = None
    """The monotonic second it ends; None before it first happened, or without an end."""
    kept: object = None
    """What a spoiler keeps from one time to the next: a frozen answer, a frame held back."""
    rng: Random = field(repr=False)

    def fires(self, moment: float) -> bool:
        """Count one more match; say whether the fault happens to it."""
        fault = self.fault
        self.met += 1
        is_spent = fault.times and self.fired >= fault.times
        if is_spent or self.met < fault.nth or self.is_over(moment):
            return False
        if fault.probability < 1 and self.rng.random() >= fault.probability:
            return False
        if fault.seconds and self.until is None:
            self.until = moment + fault.seconds
        self.fired += 1
        return True

    def is_over(self, moment: float) -> bool:
        """Say whether its seconds are over."""
        return self.until is not None and moment >= self.until


class Faults:
    """The faults that are set on one testnet, in the order they were set."""

    def __init__(self) -> None:
        self._armed: dict[int, Armed] = {}
        self._last_id = 0

    def __bool__(self) -> bool:
        """Say whether any is set."""
        return bool(self._armed)

    def add(self, fault: Fault) -> int:
        """Set a fault; give the number it is known by."""
        self._last_id += 1
        rng = Random(f"{fault.seed}")  # noqa: S311 - a drill, no secret
        self._armed[self._last_id] = Armed(fault_id=self._last_id, fault=fault, rng=rng)
        return self._last_id

    def clear(self) -> int:
        """Forget them all; give how many there were."""
        count = len(self._armed)
        self._armed.clear()
        return count

    def meet(self, call: Call, phase: str, moment: float) -> Iterator[Armed]:
        """Give the faults that happen to a request in a phase, in the order they were set."""
        for armed in tuple(self._armed.values()):
            fault = armed.fault
            if fault.phase == phase and fault.meets(call) and armed.fires(moment):
                yield armed

    def meet_frame(self, channel: str, words: frozenset[str], moment: float) -> Iterator[Armed]:
        """Give the faults that happen to a frame of a stream, known by the texts in it."""
        for armed in tuple(self._armed.values()):
            fault = armed.fault
            if fault.phase != ON_STREAM or not fault.meets_frame(channel, words):
                continue
            if armed.fires(moment):
                yield armed

    def rows(self, moment: float) -> list[dict[str, object]]:
        """Tell what is set, how often each was met and how often it happened."""
        return [_row(armed, moment) for armed in self._armed.values()]


def _row(armed: Armed, moment: float) -> dict[str, object]:
    fault = armed.fault
    shown = {
        one.name: getattr(fault, one.name)
        for one in fields(fault)
        if one.name != "answer" and getattr(fault, one.name) != one.default
    }
    is_spent = bool(fault.times) and armed.fired >= fault.times
    return {
        "id": armed.fault_id,
        **shown,
        "met": armed.met,
        "fired": armed.fired,
        "is_over": is_spent or armed.is_over(moment),
    }


# --- reading a command

_WORDS = ("method", "path", "symbol", "client_id", "channel", "name")
_COUNTS = ("nth", "times", "seed", "ms", "bytes", "last", "keep", "percent")
_AMOUNTS = ("seconds", "age", "probability")
_OTHERS = ("call", "do", "phase", "value", "reply", "status", "body", "headers")


def read_fault(command: object, venue: str) -> Fault:
    """Read ``{"call": "create", "do": "close", "phase": "after_match"}``.

    ``reply`` names an answer of the venue (``status``, ``body`` and ``headers`` say one in
    full), and without ``do`` that is what is done. Without ``phase`` an answer is lost before
    the exchange saw the request, a spoiled one is the exchange's own, and what is called
    ``stream`` happens to frames.

    Raises:
        InvalidInput: a fault that cannot be meant, in one sentence.
    """
    if not isinstance(command, Mapping):
        raise InvalidInput('send a JSON object with "call" and "do"')
    given = {name: value for name, value in command.items() if value is not None}
    known = (*_OTHERS, *_WORDS, *_COUNTS, *_AMOUNTS)
    strange = [name for name in given if name not in known]
    if strange:
        raise InvalidInput(f"a fault has no {strange[0]!r}; it has {', '.join(known)}")
    answer = _read_answer(given, venue)
    do = _read_do(given, is_reply=answer is not None)
    call = _word(given.get("call", ""), "call", ("", *CALLS))
    phase = _read_phase(given, do, call)
    read = {name: _text(given[name], name) for name in _WORDS if name in given}
    if "symbol" in read:
        read["symbol"] = venue_symbol(read["symbol"])
    counts = {name: _count(given[name], name) for name in _COUNTS if name in given}
    amounts = {name: _amount(given[name], name) for name in _AMOUNTS if name in given}
    if not any((call, *(read.get(name) for name in _WORDS[:-1]))):
        raise InvalidInput("say what the fault happens to: call, method, path, symbol or id")
    needed = _NEEDS.get(do)
    if needed is not None and needed not in given:
        raise InvalidInput(f"a fault that does {do} needs {needed}")
    if (do == "reply") is not (answer is not None):
        raise InvalidInput("do='reply' needs a reply by name, or a status and a body")
    if "times" not in counts:
        counts["times"] = 0 if "seconds" in given or do == "freeze" else 1
    filled: dict[str, Any] = {**read, **counts, **amounts}
    return Fault(
        do=do, phase=phase, call=call, value=given.get("value"), answer=answer, **filled
    )


def _read_do(given: Mapping[str, object], *, is_reply: bool) -> str:
    if "do" not in given and is_reply:
        return "reply"
    every = tuple(dict.fromkeys(do for actions in ACTIONS.values() for do in actions))
    return _word(given.get("do"), "do", every)


def _read_phase(given: Mapping[str, object], do: str, call: str) -> str:
    if "phase" in given:
        phase = _word(given["phase"], "phase", tuple(ACTIONS))
    elif call == STREAM or "channel" in given:
        phase = ON_STREAM
    else:
        phase = BEFORE if do in _LOSING else ON_REPLY
    if do not in ACTIONS[phase]:
        allowed = ", ".join(ACTIONS[phase])
        raise InvalidInput(f"{phase} a fault may do {allowed}, was {do!r}")
    return phase


def _read_answer(given: Mapping[str, object], venue: str) -> ApiReply | None:
    named = given.get("reply")
    in_full = [name for name in ("status", "body", "headers") if name in given]
    if named is None and not in_full:
        return None
    if named is not None and in_full:
        raise InvalidInput(f"give a reply by name or its {in_full[0]}, not both")
    if named is not None:
        return named_reply(venue, _text(named, "reply"))
    status = given.get("status", 200)
    if not isinstance(status, int) or isinstance(status, bool) or status not in _STATUSES:
        raise InvalidInput(f"status must be from 200 to 599, was {status!r}")
    body, headers = given.get("body", ""), given.get("headers", {})
    if not isinstance(headers, Mapping):
        raise InvalidInput(f"headers must be names and texts, was {headers!r}")
    told = {_text(name, "a header"): _text(text, "a header") for name, text in headers.items()}
    text = body if isinstance(body, str) else json.dumps(body)
    return ApiReply(status=status, body=_text(text, "body").encode(), headers=told)


def _word(value: object, name: str, words: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in words:
        shown = ", ".join(word for word in words if word)
        raise InvalidInput(f"{name} must be one of {shown}, was {value!r}")
    return value


def _text(value: object, name: str) -> str:
    is_header = name == "a header"
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise InvalidInput(f"{name} must be a text, was {value!r}")
    if is_header and ("\n" in value or "\r" in value):
        raise InvalidInput(f"{name} must be one line, was {value!r}")
    return value


def _count(value: object, name: str) -> int:
    lowest = 1 if name in {"nth", "percent"} else 0
    highest = {"ms": _LONGEST_MS, "percent": 100}.get(name, _MOST)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, int) or not is_whole or not lowest <= value <= highest:
        raise InvalidInput(
            f"{name} must be a whole number from {lowest} to {highest}, was {value!r}"
        )
    return value


def _amount(value: object, name: str) -> float:
    highest = 1 if name == "probability" else _LONGEST_SECONDS
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, int | float) or not is_number or not 0 < value <= highest:
        raise InvalidInput(f"{name} must be above 0 and at most {highest}, was {value!r}")
    return float(value)
