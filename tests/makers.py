"""Short exact makers in the words of a trader: ``d("0.7")``, ``targets(a="1.0", c="-0.8")``."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nettools.diff import Delta, diff_position
from nettools.model import (
    Instrument,
    Leg,
    Order,
    OrderReport,
    OrderState,
    PositionMode,
    PositionSide,
    Quote,
    Side,
)
from nettools.plan import Plan, make_plan
from nettools.snapshot import Snapshot
from nettools.style import Style
from nettools.targets import TargetBook

BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"
NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
HOSTILE_NAMES = (
    "<img src=x onerror=alert(1)>",
    "A\u202eB",  # turns the rest of the line around
    "A\u200bB",  # looks like AB
    "A\x00",
    "A\nB",
    " A",
    "A ",
    "",
    "A" * 65,
)


def d(text: str | int) -> Decimal:
    """Write a Decimal shortly."""
    return Decimal(text)


def btc(**rules: str | None) -> Instrument:
    """Make the local testnet's BTC contract, or one with other rules."""
    return _instrument(BTC, {"tick_size": "0.1", "min_notional": "100"}, rules)


def eth(**rules: str | None) -> Instrument:
    """Make the local testnet's ETH contract, or one with other rules."""
    return _instrument(ETH, {"tick_size": "0.01", "min_notional": "20"}, rules)


def _instrument(
    symbol: str, own: Mapping[str, str | None], rules: Mapping[str, str | None]
) -> Instrument:
    common = {"step_size": "0.001", "min_quantity": "0.001", "max_quantity": "1000"}
    texts = {**common, "price_band": "0.05", **own, **rules}
    numbers: dict[str, Any] = {name: text and d(text) for name, text in texts.items()}
    return Instrument(symbol=symbol, **numbers)


def quote(
    bid: str = "99999.9",
    ask: str = "100000.1",
    *,
    symbol: str = BTC,
    mark: str | None = "100000",
    age: float = 0,
) -> Quote:
    """Make a touch around 100,000, read ``age`` seconds before NOW."""
    return Quote(
        symbol=symbol,
        bid=d(bid),
        ask=d(ask),
        mark_price=None if mark is None else d(mark),
        time=NOW - timedelta(seconds=age),
    )


def eth_quote() -> Quote:
    """Make a touch of ETH around 3,500."""
    return quote("3499.99", "3500.01", symbol=ETH, mark="3500")


def targets(symbol: str = BTC, **wishes: str) -> TargetBook:
    """Make a book of one symbol: ``targets(a="1.0")`` is strategy A wanting 1.0 BTC."""
    return TargetBook.of({name.upper(): {symbol: wish} for name, wish in wishes.items()})


def leg(side: str = "both", symbol: str = BTC) -> Leg:
    """Name a leg: "both", "long" or "short"."""
    return Leg(symbol, PositionSide(side))


def delta(target: str, position: str = "0", working: str = "0", **more: Any) -> Delta:
    """Compare target and position, without a deadband unless one is given."""
    on = more.pop("leg", leg())
    return diff_position(on, target=d(target), position=d(position), working=d(working), **more)


def working(
    quantity: str,
    *,
    filled: str = "0",
    state: OrderState = OrderState.ACKED,
    side: str = "both",
    name: str = "nt-old-1",
) -> OrderReport:
    """Make an own order of this signed quantity that is in the book."""
    order = Order(
        client_order_id=name,
        symbol=BTC,
        position_side=PositionSide(side),
        side=Side.of(d(quantity)),
        quantity=abs(d(quantity)),
        limit_price=d("99000"),
    )
    return OrderReport(order=order, state=state, filled=d(filled))


def snapshot(
    book: TargetBook | None = None,
    positions: Mapping[Leg, str] | str = "0",
    **changes: Any,
) -> Snapshot:
    """Make what a desk reads: A +1.0, B +0.5, C -0.8, flat, 100,000 USDT, 20x.

    ``positions`` is the position on BTC in one-way mode, or one per leg.
    """
    if isinstance(positions, str):
        positions = {leg(): positions}
    values: dict[str, Any] = {
        "desk": "desk",
        "sequence": 0,
        "mode": PositionMode.ONE_WAY,
        "book": targets(a="1.0", b="0.5", c="-0.8") if book is None else book,
        "positions": {on: d(text) for on, text in positions.items()},
        "instruments": {BTC: btc(), ETH: eth()},
        "quotes": {BTC: quote(), ETH: eth_quote()},
        "available": d("100000"),
        "time": NOW,
    }
    return Snapshot(**{**values, **changes})


def plan(
    book: TargetBook | None = None,
    positions: Mapping[Leg, str] | str = "0",
    style: Style | str = "market",
    **changes: Any,
) -> Plan:
    """Make the plan of ``snapshot(...)``."""
    return make_plan(snapshot(book, positions, **changes), Style.read(style))


def set_three(desk: Any, a: str = "1.0", b: str = "0.5", c: str = "-0.8") -> None:
    """Let three strategies of a desk want A +1.0, B +0.5 and C -0.8 BTC."""
    for strategy, quantity in (("A", a), ("B", b), ("C", c)):
        desk.set_target(strategy, BTC, quantity)
