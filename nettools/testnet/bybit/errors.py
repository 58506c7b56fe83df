"""Bybit's return codes and texts: what the engine refuses becomes what the venue says.

Refusals (our reason codes) come in, ``ApiError`` with the venue's code and text goes out; every
error is HTTP 200. Codes are those of the venue's public list; the texts those it is seen to
send. ``not_offered`` answers what the venue knows and this server does not offer, the way the
venue answers a key without the permission, so that it never looks like a wrong address.
"""

from nettools.decimals import plain
from nettools.errors import OrderRejected
from nettools.model import Instrument

PARAMETER = 10001


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        code: the venue's ``retCode``.
        message: its ``retMsg``.
        result: its ``result``.
        status: HTTP status; 200 unless there is no such address.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        result: dict[str, object] | None = None,
        status: int = 200,
    ) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.result = result or {}
        self.status = status


def invalid(name: str) -> ApiError:
    """Answer a parameter that is malformed, of the wrong type or out of range."""
    return ApiError(PARAMETER, f"params error: {name} invalid")


def missing(name: str) -> ApiError:
    """Answer a mandatory parameter that was not sent or is empty."""
    return ApiError(PARAMETER, f"params error: {name} is required")


def not_offered() -> ApiError:
    """Answer what exists at the venue and is not offered here."""
    return ApiError(10005, "Permission denied, please check your API key permissions.")


def processing() -> ApiError:
    """Answer a change of an order whose last change is not done yet."""
    return ApiError(
        110079, "The order is processing and can not be operated, please try again later"
    )


WRONG_INDEX = (PARAMETER, "position idx not match position mode")
NO_SUCH_ORDER = (110001, "order not exists or too late to cancel")
_HAS_ORDERS = (
    110028,
    "You have existing open orders, so the position mode cannot be switched.",
)
_NO_POSITION = (110017, "current position is zero, cannot fix reduce-only order qty")

_REFUSALS: dict[str, tuple[int, str]] = {
    "POSITION_SIDE": WRONG_INDEX,
    "BAD_ID": (PARAMETER, "params error: orderLinkId invalid"),
    "DUPLICATE_ID": (110072, "OrderLinkedID is duplicate"),
    "STEP_SIZE": (PARAMETER, "Qty invalid"),
    "MIN_QUANTITY": (PARAMETER, "The number of contracts exceeds minimum limit allowed"),
    "MAX_QUANTITY": (
        PARAMETER,
        "The number of contracts exceeds maximum limit allowed: too large",
    ),
    "TICK_SIZE": (PARAMETER, "Price invalid"),
    "PRICE_BAND": (110003, "Order price exceeds the allowable range."),
    "REDUCE_ONLY": _NO_POSITION,
    "TOO_MANY_ORDERS": (110020, "Not allowed to have more than 500 active orders."),
    "INSUFFICIENT_MARGIN": (110007, "ab not enough for new order"),
    "NO_CHANGE": (110025, "Position mode is not modified"),
    "POSITION_MODE": (
        110024,
        "You have an existing position, so the position mode cannot be switched.",
    ),
    "NOT_FOUND": NO_SUCH_ORDER,
}
_BY_VENUE_CODE = {"-4067": _HAS_ORDERS, "-4118": (110017, "Reduce-only rule not satisfied")}


def refusal_error(refusal: OrderRejected, instrument: Instrument | None = None) -> ApiError:
    """Put a refusal of the engine into the venue's words.

    Args:
        refusal: what the engine raised.
        instrument: the contract; with it the texts that carry numbers are complete.
    """
    if refusal.reason == "MIN_NOTIONAL" and instrument is not None:
        smallest = f"{plain(instrument.min_notional)}{instrument.quote}"
        return ApiError(110094, f"Order does not meet minimum order value {smallest}")
    known = _BY_VENUE_CODE.get(refusal.venue_code) or _REFUSALS.get(refusal.reason)
    return ApiError(*(known or (110032, "Order is illegal")))
