"""What is checked of an order before any venue sees it, so that nothing is rounded silently.

An order and the venue's rules come in; the order as it will be sent goes out, or
``OrderRejected`` with nothing sent. ccxt itself would truncate quantities and round prices to
the nearest tick, across the trader's limit.
"""

from collections.abc import Mapping
from dataclasses import replace

from nettools.decimals import is_multiple, plain
from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Instrument, Order, PositionSide, Side

LARGEST_LEVERAGE = 125
"""No contract of the venue allows more."""

_CLOSES = {PositionSide.LONG: Side.SELL, PositionSide.SHORT: Side.BUY}


def as_sent(
    order: Order,
    instruments: Mapping[str, Instrument],
    *,
    keeps_reduce_only: bool = False,
) -> Order:
    """Give the order as it goes to the venue.

    On a leg of a hedged account ``reduce_only`` is taken off where the venue does not take it:
    closing a leg cannot cross zero there, and Binance refuses the flag beside a position side
    (-1106). Bybit takes it beside a position index (docs).

    Args:
        order: as it was planned.
        instruments: the venue's rules, by symbol.
        keeps_reduce_only: whether the venue takes the flag on a leg.

    Raises:
        OrderRejected: STEP_SIZE or TICK_SIZE off the grid; REDUCE_ONLY on an order that opens.
        InvalidInput: a symbol the venue does not trade.
    """
    rules = instrument_of(order.symbol, instruments)
    _on_grid(order, rules)
    if not order.reduce_only or order.position_side is PositionSide.BOTH:
        return order
    if order.side is not _CLOSES[order.position_side]:
        raise OrderRejected(
            f"a reduce-only order must shrink its leg, but a {order.side.value} grows "
            f"{order.leg}; it was not sent, drop reduce_only or trade the other side",
            reason="REDUCE_ONLY",
        )
    return order if keeps_reduce_only else replace(order, reduce_only=False)


def instrument_of(symbol: str, instruments: Mapping[str, Instrument]) -> Instrument:
    """Give the rules of a symbol.

    Raises:
        InvalidInput: the venue does not trade it; names a few it does.
    """
    rules = instruments.get(symbol)
    if rules is None:
        known = ", ".join(sorted(instruments)[:5]) or "none, it is not connected"
        raise InvalidInput(
            f"the venue does not trade {symbol[:40]!r}; use ccxt's unified symbols, it has "
            f"{known}{' …' if len(instruments) > 5 else ''}"  # noqa: PLR2004 - fits one line
        )
    return rules


def _on_grid(order: Order, rules: Instrument) -> None:
    if not is_multiple(order.quantity, rules.step_size):
        raise OrderRejected(
            f"quantity of {order.symbol} must be a multiple of {plain(rules.step_size)} "
            f"{rules.base}, was {plain(order.quantity)}; it was not sent, round it first",
            reason="STEP_SIZE",
        )
    if order.limit_price is not None and not is_multiple(order.limit_price, rules.tick_size):
        raise OrderRejected(
            f"limit_price of {order.symbol} must be a multiple of {plain(rules.tick_size)} "
            f"{rules.quote}, was {plain(order.limit_price)}; it was not sent, round it first",
            reason="TICK_SIZE",
        )
