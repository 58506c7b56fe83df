"""Prices a plan before it is sent, and what crossing inside spares.

A plan and the account's own fee rates come in; fee and spread in quote units go out, positive
is a cost. These are estimates at the touch: what a fill really cost is in the fill.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import FeeRates, Order, Quote
from nettools.net import Crossing
from nettools.plan import Plan
from nettools.render import Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class CostEstimate(Shown):
    """What a plan would cost if its orders fill at the touch."""

    notional: Decimal
    """Sum of quantity × mid, quote units."""
    fee: Decimal
    """Quote units; positive is paid."""
    spread: Decimal
    """Paid against the mid, quote units; negative when resting orders earn it."""

    @property
    def total(self) -> Decimal:
        """Fee + spread, quote units."""
        return self.fee + self.spread


def estimate_costs(plan: Plan, rates: Mapping[str, FeeRates]) -> CostEstimate:
    """Estimate what a plan costs: each order at the touch it would trade at.

    An order that rests behind the touch is taken to fill as a maker at its own price.
    """
    quotes = plan.snapshot.quotes
    fee = spread = notional = ZERO
    for order in plan.orders:
        quote, rate = quotes[order.symbol], rates[order.symbol]
        price, is_maker = _expected_price(order, quote)
        notional += order.quantity * quote.mid
        fee += order.quantity * price * (rate.maker if is_maker else rate.taker)
        spread += order.signed_quantity * (price - quote.mid)
    return CostEstimate(notional=notional, fee=fee, spread=spread)


def _expected_price(order: Order, quote: Quote) -> tuple[Decimal, bool]:
    far = quote.ask if order.side.sign > 0 else quote.bid
    limit = order.limit_price
    rests = limit is not None and (limit - far) * order.side.sign < 0
    return (limit, True) if rests and limit is not None else (far, False)


def fee_spared(crossing: Crossing, quote: Quote, rates: FeeRates) -> Decimal:
    """Estimate the fee that crossing inside spared, quote units.

    Both the buy and the sell would have been sent alone, each paying the taker rate.
    """
    return 2 * crossing.crossed * quote.mid * rates.taker
