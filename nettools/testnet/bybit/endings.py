"""How Bybit names the end of an order: status, cancel type and reject reason.

A final record of the engine comes in, the venue's three words go out. Words are those of the
venue's list of enums (docs). On derivatives ``Cancelled`` may have executions;
``PartiallyFilledCanceled`` is for spot alone (docs).
"""

from typing import NamedTuple

from nettools.model import OrderState
from nettools.testnet.engine import EngineOrder


class Ending(NamedTuple):
    """The words for an end; of an order that is still open only the last two count."""

    status: str
    reject_reason: str = "EC_NoError"
    cancel_type: str = "UNKNOWN"


_FILLED = Ending("Filled")
_CANCELED = Ending("Cancelled", "EC_PerCancelRequest", "CancelByUser")
_BY_REASON = {
    "IOC": Ending("Cancelled", "EC_NoImmediateQtyToFill"),
    "FOK": Ending("Cancelled", "EC_CancelForNoFullFill"),
    "WOULD_TAKE": Ending("Cancelled", "EC_PostOnlyWillTakeLiquidity"),
    "SELF_TRADE": Ending("Cancelled", "EC_BySelfMatch", "CancelBySmp"),
    "REDUCE_ONLY": Ending("Cancelled", "EC_NoError", "CancelByReduceOnly"),
    "PRICE_BAND": Ending("Rejected", "EC_ReachRiskPriceLimit"),
}
_REJECTED = Ending("Rejected", "EC_Others")
"""Margin or room lost between acknowledgement and matching (assumed: no enum names it)."""


def ending_of(record: EngineOrder) -> Ending:
    """Give the venue's words for how an order stands."""
    if record.state is OrderState.CANCELED:
        return _CANCELED
    if record.state.is_final and record.expire_reason:
        return _BY_REASON.get(record.expire_reason, _REJECTED)
    return _FILLED
