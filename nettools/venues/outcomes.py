"""What an answer to a sent request means: confirmed, rejected, unknown or not sent.

A ``Failure`` (what is known of a request that gave no usable answer) comes in; a ``Verdict``
goes out. Each venue has its own table in its package; what the transport says means the same
everywhere. Classified by HTTP status and the venue's own code, never by ccxt's class, because
the classes mislead. *Rejected* needs the venue's own body and a listed code; whatever is not
listed is *unknown*.
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
    held_back: bool = False
    """Whether our own budget kept it from being sent; ``text`` says why and until when."""
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
    "PERMISSION": "the keys may not do this: they have expired, lack the permission to trade, "
    "or are bound to another address; look at them on the venue's page",
    "NO_CHANGE": "it is so already",
    "BAD_PARAMETER": "the request was malformed; this is a fault of nettools, please report it",
}
"""What to do about each reason, as the end of a sentence."""


def rejected(reason: str) -> Verdict:
    """Make the verdict of a final no."""
    return Verdict(outcome=Outcome.REJECTED, reason=reason)


def classify_unanswered(failure: Failure) -> Verdict:
    """Say what a request without any answer means: not sent, or unknown. On every venue.

    Args:
        failure: with ``status`` None.
    """
    if not failure.was_sent:
        return NOT_SENT
    # aiohttp repeats PUT and DELETE by itself when a kept connection drops: there "no
    # connection" can follow a first attempt that did arrive
    return NOT_SENT if failure.no_connection and failure.method == "POST" else UNKNOWN
