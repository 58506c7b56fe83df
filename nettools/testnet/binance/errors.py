"""Binance's error codes and texts: what the engine refuses becomes what the venue says.

Refusals (our reason codes) come in, ``ApiError`` with the venue's status, code and text goes
out. Codes and texts are those of the venue's public list of USD-M error codes; ccxt matches
on some of the texts, so they are kept to the letter. ``NOT_ALLOWED`` answers what the venue
knows and this server does not offer, so that it never looks like a wrong address.
"""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from nettools.decimals import plain
from nettools.errors import OrderRejected
from nettools.model import Instrument, Order, Side


class ApiError(Exception):
    """An answer that is an error: HTTP status, the venue's code and its text.

    Attributes:
        status: HTTP status, 400 unless the venue uses another.
        code: the venue's own, negative.
        message: the venue's text.
        headers: to be sent along, for example ``Retry-After`` (seconds).
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def not_allowed() -> ApiError:
    """Answer what exists at the venue and is not offered here."""
    return ApiError(-4084, "Method is not allowed currently. Upcoming soon.")


def missing(name: str) -> ApiError:
    """Answer a mandatory parameter that is absent, empty or malformed."""
    return ApiError(
        -1102,
        f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    )


def superfluous(name: str) -> ApiError:
    """Answer a parameter that does not belong to this request."""
    return ApiError(-1106, f"Parameter '{name}' sent when not required.")


def invalid(name: str) -> ApiError:
    """Answer an optional parameter with a value that means nothing."""
    return ApiError(-1130, f"Data sent for parameter '{name}' is not valid.")


INVALID_SYMBOL = (-1121, "Invalid symbol.")
PRECISION = (-1111, "Precision is over the maximum defined for this asset.")
NO_SUCH_ORDER = (-2013, "Order does not exist.")

_WOULD_TAKE = (
    "Due to the order could not be executed as maker, the Post Only order will be rejected. "
    "The order will not be recorded in the order history"
)
_NOT_FILLED_AT_ONCE = (
    "Due to the order could not be filled immediately, the FOK order has been rejected. "
    "The order will not be recorded in the order history"
)

_PLAIN_REFUSALS: dict[str, tuple[int, str]] = {
    "UNKNOWN_SYMBOL": INVALID_SYMBOL,
    "POSITION_SIDE": (-4061, "Order's position side does not match user's setting."),
    "BAD_PARAMETER": (-1106, "Parameter 'reduceonly' sent when not required."),
    "BAD_ID": (-4015, "Client order id is not valid."),
    "DUPLICATE_ID": (-4116, "ClientOrderId is duplicated."),
    "STEP_SIZE": (-4023, "Qty not increased by step size."),
    "MIN_QUANTITY": (-4004, "Quantity less than min quantity."),
    "MAX_QUANTITY": (-4005, "Quantity greater than max quantity."),
    "TICK_SIZE": (-4014, "Price not increased by tick size."),
    "REDUCE_ONLY": (-2022, "ReduceOnly Order is rejected."),
    "TOO_MANY_ORDERS": (-2025, "Reach max open order limit."),
    "INSUFFICIENT_MARGIN": (-2019, "Margin is insufficient."),
    "NO_CHANGE": (-4059, "No need to change position side."),
    "POSITION_MODE": (-4068, "Position side cannot be changed if there exists position."),
    "NOT_FOUND": (-2011, "Unknown order sent."),
    "NOT_TRADING": (-4140, "Invalid symbol status for opening position."),
    "WOULD_TAKE": (-5022, _WOULD_TAKE),
    "FOK": (-5021, _NOT_FILLED_AT_ONCE),
}

_BY_VENUE_CODE: dict[str, tuple[int, str]] = {
    "-4067": (-4067, "Position side cannot be changed if there exists open orders."),
    "-4118": (
        -4118,
        "ReduceOnly Order Failed. Please check your existing position and open orders",
    ),
}


def refusal_error(
    refusal: OrderRejected,
    *,
    order: Order | None = None,
    instrument: Instrument | None = None,
    mark_price: Decimal | None = None,
) -> ApiError:
    """Put a refusal of the engine into the venue's words.

    Args:
        refusal: what the engine raised.
        order: what was to be placed; with ``instrument`` and ``mark_price`` (quote units)
            the texts that carry numbers are complete.
        instrument: the rules it broke.
        mark_price: the price the band is measured from, quote units.
    """
    if refusal.reason == "MIN_NOTIONAL" and instrument is not None:
        smallest = plain(instrument.min_notional)
        return ApiError(
            -4164,
            f"Order's notional must be no smaller than {smallest} "
            "(unless you choose reduce only)",
        )
    if refusal.reason == "PRICE_BAND" and order is not None and instrument is not None:
        return _band_error(order, instrument, mark_price or Decimal(0))
    known = _BY_VENUE_CODE.get(refusal.venue_code) or _PLAIN_REFUSALS.get(refusal.reason)
    if known is None:
        return ApiError(-2010, str(refusal))
    return ApiError(*known)


def _band_error(order: Order, instrument: Instrument, mark_price: Decimal) -> ApiError:
    if order.limit_price is None:
        return ApiError(
            -4131,
            "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
        )
    band, tick = instrument.price_band or Decimal(0), instrument.tick_size
    if order.side is Side.BUY:
        highest = (mark_price * (1 + band) / tick).to_integral_value(ROUND_FLOOR) * tick
        return ApiError(-4016, f"Limit price can't be higher than {plain(highest)}.")
    lowest = (mark_price * (1 - band) / tick).to_integral_value(ROUND_CEILING) * tick
    return ApiError(-4024, f"Limit price can't be lower than {plain(lowest)}.")
