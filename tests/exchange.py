"""Short makers for the local exchange: a small book around 100,000, orders, and its truth."""

from decimal import Decimal
from itertools import count
from typing import Any

from makers import BTC, ETH, NOW, btc, d, eth

from nettools.model import Order, PositionSide, Side, TimeInForce
from nettools.testnet.engine import Engine

_NUMBERS = count(1)


def exchange(bids: str = "5@99999.9", asks: str = "5@100000.1", **terms: Any) -> Engine:
    """Open an exchange with BTC and ETH, mark 100,000: ``asks="1@100000.1 2@100000.2"``.

    ``kind=IncidentEngine`` opens one to which incidents can happen.
    """
    kind = terms.pop("kind", Engine)
    engine = kind([btc(max_market_quantity="120"), eth()], **terms)
    engine.set_mark(BTC, d(100_000))
    engine.set_mark(ETH, d(3500))
    offer(engine, Side.BUY, bids)
    offer(engine, Side.SELL, asks)
    return engine


def offer(engine: Engine, side: Side, levels: str) -> None:
    """Let anonymous makers enter BTC orders."""
    for level in levels.split():
        quantity, _, price = level.partition("@")
        engine.make(BTC, side, d(price), d(quantity), NOW)


def buy(quantity: str, price: str | None = None, **more: Any) -> Order:
    """Make a BTC buy; without a price it is a plain market order."""
    return _order(Side.BUY, quantity, price, more)


def sell(quantity: str, price: str | None = None, **more: Any) -> Order:
    """Make a BTC sell; ``leg="long"``, ``tif="ioc"`` and the order's own fields."""
    return _order(Side.SELL, quantity, price, more)


def _order(side: Side, quantity: str, price: str | None, more: dict[str, Any]) -> Order:
    return Order(
        client_order_id=more.pop("id", f"t-{next(_NUMBERS)}"),
        symbol=more.pop("symbol", BTC),
        position_side=PositionSide(more.pop("leg", "both")),
        side=side,
        quantity=d(quantity),
        limit_price=None if price is None else d(price),
        time_in_force=TimeInForce(more.pop("tif", "gtc")),
        **more,
    )


def held(engine: Engine, side: str = "both", symbol: str = BTC) -> Decimal:
    """Give the signed quantity on a leg."""
    rows = (p for p in engine.positions() if p.symbol == symbol)
    return next((p.quantity for p in rows if p.position_side.value == side), Decimal(0))


def truth(engine: Engine) -> tuple[object, ...]:
    """Give everything a refusal must leave alone."""
    symbols = tuple(engine.instruments)
    return (
        engine.mode,
        engine.account(),
        engine.positions(),
        engine.sequence,
        *(engine.depth(symbol, 1000) for symbol in symbols),
        *(engine.orders(symbol) for symbol in symbols),
        *(engine.fills(symbol) for symbol in symbols),
        *(engine.leverage(symbol) for symbol in symbols),
    )
