"""What Bybit's codes mean for an order that was sent, and its words for an order's end. Pure.

A ``Failure`` comes in, a ``Verdict`` goes out: by HTTP status and ``retCode``. Errors come
with HTTP 200 as well, and a ``retCode`` of 0 means accepted for processing, no more.
"""

from http import HTTPStatus

from nettools.venues.outcomes import (
    UNKNOWN,
    Failure,
    Verdict,
    classify_unanswered,
    rejected,
)

REJECTED: dict[int, str] = {
    # request and filters
    10001: "BAD_PARAMETER",
    110003: "PRICE_BAND", 110094: "MIN_NOTIONAL",
    # the account
    110004: "INSUFFICIENT_MARGIN", 110006: "INSUFFICIENT_MARGIN",
    110007: "INSUFFICIENT_MARGIN", 110012: "INSUFFICIENT_MARGIN",
    110044: "INSUFFICIENT_MARGIN", 110045: "INSUFFICIENT_MARGIN",
    110017: "REDUCE_ONLY", 110020: "TOO_MANY_ORDERS", 110023: "ONLY_REDUCE",
    110024: "POSITION_MODE", 110028: "POSITION_MODE",
    110025: "NO_CHANGE", 110026: "NO_CHANGE", 110043: "NO_CHANGE",
    110066: "NOT_TRADING", 110074: "NOT_TRADING", 110079: "THROTTLED",
    110032: "REFUSED", 110090: "REFUSED", 110103: "REFUSED", 110120: "REFUSED",
    30228: "NOT_TRADING", 40004: "REFUSED",
    # ids and looking up
    110072: "DUPLICATE_ID", 110001: "NOT_FOUND", 110008: "NOT_FOUND", 110010: "NOT_FOUND",
    # clock, keys, limits
    10002: "CLOCK", 10003: "AUTH", 10004: "AUTH", 33004: "PERMISSION",
    10005: "PERMISSION", 10010: "PERMISSION", 10006: "RATE_LIMITED", 10018: "RATE_LIMITED",
}  # fmt: skip
"""Bybit v5 codes that mean no, and our reason (docs). Not here on purpose: 10000 10014 10016
10019 429 10429 170007, which the venue sends for orders that may be live."""

_BAD_PARAMETER = 10001
_PARAMETERS = (
    ("position idx not match", "POSITION_SIDE"),
    ("exceeds maximum limit", "MAX_QUANTITY"),
    ("exceeds minimum limit", "MIN_QUANTITY"),
    ("qty invalid", "STEP_SIZE"),
    ("price invalid", "TICK_SIZE"),
    ("orderlinkid", "BAD_ID"),
    ("symbol", "UNKNOWN_SYMBOL"),
)
"""10001 is one code for all parameters; its text says which (docs, seen in the field)."""

REFUSED_LATER = {
    "EC_PostOnlyWillTakeLiquidity": "WOULD_TAKE",
    "EC_NoEnoughQtyToFill": "FOK",
    "EC_CancelForNoFullFill": "FOK",
    "EC_ReachRiskPriceLimit": "PRICE_BAND",
    "EC_ReachMarketPriceLimit": "PRICE_BAND",
}
"""The venue's ``rejectReason`` of an order it accepted and then did not take, and ours."""


def classify(failure: Failure) -> Verdict:
    """Say what a failed request to Bybit means for the order.

    Args:
        failure: what is known; never a usable answer, so ``CONFIRMED`` is never given.
    """
    if failure.status is None:
        return classify_unanswered(failure)
    in_doubt = failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if failure.code is None or in_doubt or failure.status == HTTPStatus.TOO_MANY_REQUESTS:
        return UNKNOWN
    reason = REJECTED.get(failure.code)
    if failure.code == _BAD_PARAMETER:
        said = failure.text.lower()
        reason = next((ours for words, ours in _PARAMETERS if words in said), reason)
    return rejected(reason) if reason else UNKNOWN
