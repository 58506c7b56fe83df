"""What an answer to a sent request means: confirmed, rejected, unknown or not sent.

A ``Failure`` (what is known of a request that gave no usable answer) and a venue's table
come in; a ``Verdict`` goes out. Classified by HTTP status and the venue's own code, never by
ccxt's class, because the classes mislead. *Rejected* needs the venue's
own body and a listed code; whatever is not listed is *unknown*.
"""

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """Whether an order exists because of a request."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that gave no usable answer, and all that is known of it."""

    method: str = ""
    """GET, POST, PUT or DELETE; empty when the request was never made."""
    was_sent: bool = False
    """Whether the request was handed to the transport."""
    no_connection: bool = False
    """Whether the transport says that no connection could be made."""
    timed_out: bool = False
    """Whether the answer did not come in time."""
    status: int | None = None
    """HTTP status; None when no answer arrived."""
    code: int | None = None
    """The venue's own code, from a body in its own format; None without one."""
    text: str = ""
    """What the venue said, or how the answer was not usable; cleaned."""
    retry_after: str = ""
    """The ``Retry-After`` header, seconds as text; empty without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of a request, and our word for the reason."""

    outcome: Outcome
    reason: str = ""
    """Our reason code for a rejection, for example ``WOULD_TAKE``; empty otherwise."""


UNKNOWN = Verdict(outcome=Outcome.UNKNOWN)
NOT_SENT = Verdict(outcome=Outcome.NOT_SENT)

BINANCE_REJECTED: dict[int, str] = {
    # request and filters
    -1100: "BAD_PARAMETER", -1101: "BAD_PARAMETER", -1102: "BAD_PARAMETER",
    -1103: "BAD_PARAMETER", -1104: "BAD_PARAMETER", -1105: "BAD_PARAMETER",
    -1106: "BAD_PARAMETER", -1114: "BAD_PARAMETER", -1115: "BAD_PARAMETER",
    -1116: "BAD_PARAMETER", -1117: "BAD_PARAMETER", -1118: "BAD_ID", -1119: "BAD_ID",
    -1128: "BAD_PARAMETER", -1130: "BAD_PARAMETER", -1131: "BAD_PARAMETER",
    -1136: "BAD_PARAMETER", -4084: "REFUSED", -4120: "REFUSED",
    -1111: "STEP_SIZE", -1121: "UNKNOWN_SYMBOL", -4140: "NOT_TRADING",
    -4001: "PRICE_BAND", -4002: "PRICE_BAND", -4013: "PRICE_BAND",
    -4003: "MIN_QUANTITY", -4004: "MIN_QUANTITY", -4005: "MAX_QUANTITY",
    -4014: "TICK_SIZE", -4015: "BAD_ID", -4023: "STEP_SIZE", -4028: "BAD_PARAMETER",
    -4016: "PRICE_BAND", -4024: "PRICE_BAND", -4131: "PRICE_BAND", -4164: "MIN_NOTIONAL",
    -4060: "POSITION_SIDE", -4062: "BAD_PARAMETER",
    # the account
    -2010: "REFUSED", -2018: "INSUFFICIENT_MARGIN", -2019: "INSUFFICIENT_MARGIN",
    -2024: "INSUFFICIENT_MARGIN", -2027: "INSUFFICIENT_MARGIN",
    -2028: "INSUFFICIENT_MARGIN", -2025: "TOO_MANY_ORDERS",
    -4400: "ONLY_REDUCE", -2022: "REDUCE_ONLY", -4118: "REDUCE_ONLY",
    -4061: "POSITION_SIDE", -4067: "POSITION_MODE", -4068: "POSITION_MODE",
    # the book
    -2020: "REFUSED", -2021: "REFUSED", -5022: "WOULD_TAKE", -5021: "FOK",
    # ids and looking up
    -4116: "DUPLICATE_ID", -2011: "NOT_FOUND", -2013: "NOT_FOUND",
    -4046: "NO_CHANGE", -4059: "NO_CHANGE", -5027: "NO_CHANGE",
    # clock, keys, limits
    -1021: "CLOCK", -5028: "CLOCK", -1022: "AUTH", -2014: "AUTH", -2015: "AUTH",
    -1003: "RATE_LIMITED", -1015: "RATE_LIMITED", -1008: "THROTTLED",
}  # fmt: skip
"""Binance USD-M codes that mean no, and our reason. Not here on purpose: -1000 -1001 -1006
-1007, which the venue sends for orders that may be live. -1100…-1136 and -4001…-4028 are
parameter checks before matching (docs); the rest are the refusals the venue documents."""

ADVICE: dict[str, str] = {
    "WOULD_TAKE": "the price had moved to where it would take; quote again one tick back",
    "FOK": "the book did not hold the whole quantity; send less, or as IOC",
    "REDUCE_ONLY": "there is less to reduce than we thought; compare positions first",
    "INSUFFICIENT_MARGIN": "nothing may grow until margin is free; reducing orders still work",
    "ONLY_REDUCE": "the venue lets this account only reduce for now; check its rules there",
    "MIN_NOTIONAL": "the order is worth less than the venue takes; keep it for later",
    "MIN_QUANTITY": "the quantity is below the venue's minimum; keep it for later",
    "MAX_QUANTITY": "the quantity is above the venue's maximum; split the order",
    "STEP_SIZE": "the quantity is not on the venue's grid; reload the instruments",
    "TICK_SIZE": "the price is not on the venue's grid; reload the instruments",
    "PRICE_BAND": "the price is too far from the mark; look at the market and price it again",
    "NOT_TRADING": "the contract does not trade now; wait, or reduce only",
    "POSITION_SIDE": "the leg does not fit the account's mode; read the mode again",
    "POSITION_MODE": "the account's mode is another one, or cannot change while positions or "
    "orders are open; close them, or open the desk in the account's mode",
    "DUPLICATE_ID": "an order with this id exists and is open; look it up and adopt it",
    "BAD_ID": "the order id does not fit the venue's alphabet; it needs 1 to 36 characters of "
    "A-Z a-z 0-9 _ -",
    "NOT_FOUND": "the venue has no such open order; it may be filled, so look at it",
    "UNKNOWN_SYMBOL": "the venue has no such contract; reload the instruments",
    "TOO_MANY_ORDERS": "too many orders rest already; cancel some",
    "RATE_LIMITED": "too many requests; send nothing for a while",
    "THROTTLED": "the venue is overloaded; wait and send the same order again",
    "CLOCK": "our clock and the venue's differ; it is measured again before the next call",
    "AUTH": "the keys look like another environment's; check which testnet they were made for",
    "NO_CHANGE": "it is so already",
    "BAD_PARAMETER": "the request was malformed; this is a fault of nettools, please report it",
}
"""What to do about each reason, as the end of a sentence."""

_BUSY = (418, 429)
_OVERLOADED = 503
_NEVER_RUN = "Service Unavailable."
"""The exact text with which Binance's 503 means that nothing was done (docs); the other 503
texts mean that the order may be live."""


def classify_binance(failure: Failure) -> Verdict:
    """Say what a failed request to Binance USD-M means for the order.

    Args:
        failure: what is known; never a usable answer, so ``CONFIRMED`` is never given.
    """
    if failure.status is None:
        return _unanswered(failure)
    if failure.status == _OVERLOADED and failure.text == _NEVER_RUN:
        return _rejected("THROTTLED")
    if failure.code is None:
        return UNKNOWN
    if failure.status in _BUSY:
        return _rejected("RATE_LIMITED")
    reason = BINANCE_REJECTED.get(failure.code)
    return _rejected(reason) if reason else UNKNOWN


def _unanswered(failure: Failure) -> Verdict:
    if not failure.was_sent:
        return NOT_SENT
    # aiohttp repeats PUT and DELETE by itself when a kept connection drops: there "no
    # connection" can follow a first attempt that did arrive
    return NOT_SENT if failure.no_connection and failure.method == "POST" else UNKNOWN


def _rejected(reason: str) -> Verdict:
    return Verdict(outcome=Outcome.REJECTED, reason=reason)
