"""What Binance's codes mean for an order that was sent. Pure.

A ``Failure`` comes in, a ``Verdict`` goes out: by HTTP status and code, and three texts of 503.
"""

from nettools.venues.outcomes import (
    UNKNOWN,
    Failure,
    Verdict,
    classify_unanswered,
    rejected,
)

REJECTED: dict[int, str] = {
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

_BUSY = (418, 429)
_OVERLOADED = 503
_NEVER_RUN = "Service Unavailable."
"""The exact text with which Binance's 503 means that nothing was done (docs); the other 503
texts mean that the order may be live."""


def classify(failure: Failure) -> Verdict:
    """Say what a failed request to Binance USD-M means for the order.

    Args:
        failure: what is known; never a usable answer, so ``CONFIRMED`` is never given.
    """
    if failure.status is None:
        return classify_unanswered(failure)
    if failure.status == _OVERLOADED and failure.text == _NEVER_RUN:
        return rejected("THROTTLED")
    if failure.code is None:
        return UNKNOWN
    if failure.status in _BUSY:
        return rejected("RATE_LIMITED")
    reason = REJECTED.get(failure.code)
    return rejected(reason) if reason else UNKNOWN
