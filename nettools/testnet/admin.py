"""The admin channel of a local testnet: move the market, and tell the server's own truth.

Settling funding at once and trading by hand are here too: what a drill needs.

Decoded JSON comes in, something for JSON goes out; bad input raises ``InvalidInput`` with one
sentence. It is never reachable on the trading port. Numbers are text, so that
nothing is lost on the way.
"""

import math
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal, InvalidOperation

from nettools.decimals import LARGEST, is_multiple, plain
from nettools.errors import InvalidInput
from nettools.model import Fill, Order, Position, PositionMode, PositionSide, Side
from nettools.testnet.account import CENT
from nettools.testnet.engine import Engine, EngineOrder, Settlement

_MOST_SECONDS = 7 * 86_400
_FASTEST = 100_000
_LONGEST_INTERVAL = 86_400
_LARGEST_RATE = Decimal("0.1")


def read_seconds(command: object) -> int:
    """Read ``{"seconds": 60}``: whole seconds of market time, up to a week."""
    seconds = _field(command, "seconds")
    is_whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not isinstance(seconds, int) or not is_whole or not 0 <= seconds <= _MOST_SECONDS:
        raise InvalidInput(
            f"seconds must be a whole number from 0 to {_MOST_SECONDS}, was {seconds!r}"
        )
    return seconds


def read_speed(command: object) -> float:
    """Read ``{"speed": 60}``: market seconds per wall second, 0 stands still."""
    return checked_speed(_field(command, "speed"))


def checked_speed(speed: object) -> float:
    """Check a speed; raises InvalidInput unless it is a number from 0 to 100,000."""
    is_number = isinstance(speed, int | float) and not isinstance(speed, bool)
    if not isinstance(speed, int | float) or not is_number or not _is_speed(speed):
        raise InvalidInput(
            "speed must be a number of market seconds per second, from 0 (stands still) to "
            f"{_FASTEST}, was {speed!r}"
        )
    return float(speed)


def _is_speed(speed: float) -> bool:
    return math.isfinite(speed) and 0 <= speed <= _FASTEST


def _field(command: object, name: str) -> object:
    if not isinstance(command, dict) or name not in command:
        raise InvalidInput(f'send a JSON object with "{name}"')
    value: object = command[name]
    return value


def checked_interval(seconds: object) -> int:
    """Check a funding interval; raises InvalidInput unless whole seconds up to a day."""
    is_whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    if not isinstance(seconds, int) or not is_whole or not 1 <= seconds <= _LONGEST_INTERVAL:
        raise InvalidInput(
            "funding_interval must be a whole number of seconds of market time, from 1 to "
            f"{_LONGEST_INTERVAL} (8 hours are 28800), was {seconds!r}"
        )
    return seconds


def check_cut(command: object) -> None:
    """Check ``{"cut": true}``, all that can be done to the streams; raises InvalidInput."""
    if _field(command, "cut") is not True:
        raise InvalidInput('send {"cut": true} to cut every stream')


def read_funding(
    command: object, symbols: Collection[str]
) -> tuple[tuple[str, ...], Decimal | None]:
    """Read ``{"symbol": "BTC/USDT:USDT", "rate": "0.0001"}``; null is all, and the market's.

    Returns:
        The symbols to settle, and the rate as a fraction of notional (None: each its own).
    """
    symbol, rate = _field(command, "symbol"), _field(command, "rate")
    wanted = tuple(symbols) if symbol is None else (_known(symbol, symbols),)
    if rate is None:
        return wanted, None
    fraction = _number(rate, "rate")
    if abs(fraction) > _LARGEST_RATE or not is_multiple(fraction, CENT):
        raise InvalidInput(
            f"rate must be a fraction of notional from -{_LARGEST_RATE} to {_LARGEST_RATE} "
            f"with at most 8 decimals (0.0001 is a hundredth of a percent), was {rate!r}"
        )
    return wanted, fraction


def read_trade(command: object, client_order_id: str, engine: Engine) -> Order:
    """Read ``{"symbol": …, "side": "buy", "quantity": "0.5"}`` as a market order.

    On a hedged account ``"position_side"`` says which leg; without it a buy opens the long
    one and a sell the short one, as the venue's own page does.
    """
    symbol = _known(_field(command, "symbol"), engine.instruments)
    side = _word(_field(command, "side"), "side", [side.value for side in Side])
    quantity = _number(_field(command, "quantity"), "quantity")
    if quantity <= 0:
        raise InvalidInput(f"quantity must be above zero, was {plain(quantity)}")
    usual = {"buy": "long", "sell": "short"}[side]
    if engine.mode is PositionMode.ONE_WAY:
        usual = "both"
    given = command.get("position_side") if isinstance(command, dict) else None
    legs = [leg.value for leg in PositionSide]
    leg = usual if given is None else _word(given, "position_side", legs)
    return Order(
        client_order_id=client_order_id,
        symbol=symbol,
        position_side=PositionSide(leg),
        side=Side(side),
        quantity=quantity,
    )


def _known(symbol: object, symbols: Collection[str]) -> str:
    if not isinstance(symbol, str) or symbol not in symbols:
        raise InvalidInput(f"symbol must be one of {', '.join(symbols)}, was {symbol!r}")
    return symbol


def _word(value: object, name: str, words: list[str]) -> str:
    if not isinstance(value, str) or value not in words:
        raise InvalidInput(f"{name} must be one of {', '.join(words)}, was {value!r}")
    return value


def _number(value: object, name: str) -> Decimal:
    is_number = isinstance(value, str | int | float) and not isinstance(value, bool)
    try:
        number = Decimal(str(value)) if is_number else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number) > LARGEST:
        raise InvalidInput(f"{name} must be a number, was {value!r}")
    return number


def truth(engine: Engine, now: datetime, market_time: datetime) -> dict[str, object]:
    """Tell what the exchange itself holds: mode, wallet, positions, every order and fill.

    Settlements of funding are those in which the wallet moved.
    """
    symbols = list(engine.instruments)
    state = engine.account()
    return {
        "time": now.isoformat(),
        "market_time": market_time.isoformat(),
        "mode": engine.mode.value,
        "wallet": plain(state.wallet),
        "funding": plain(state.funding),
        "unrealized_pnl": plain(state.unrealized_pnl),
        "available": plain(state.available),
        "marks": {symbol: plain(engine.mark_price(symbol)) for symbol in symbols},
        "positions": [_position(position) for position in engine.positions()],
        "orders": [order_row(record) for s in symbols for record in engine.orders(s)],
        "fills": [_fill(fill) for s in symbols for fill in engine.fills(s)],
        "settlements": [
            settlement_row(one)
            for s in symbols
            for one in engine.settlements(s)
            if one.payments
        ],
    }


def _position(position: Position) -> dict[str, str]:
    return {
        "symbol": position.symbol,
        "position_side": position.position_side.value,
        "quantity": plain(position.quantity),
        "average_price": _text(position.average_price),
    }


def order_row(record: EngineOrder) -> dict[str, object]:
    """Tell one order of the trader as it is."""
    order = record.order
    return {
        "order_id": record.order_id,
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "position_side": order.position_side.value,
        "side": order.side.value,
        "quantity": plain(order.quantity),
        "limit_price": _text(order.limit_price),
        "time_in_force": order.time_in_force.value,
        "post_only": order.post_only,
        "reduce_only": order.reduce_only,
        "state": record.state.value,
        "filled": plain(record.filled),
        "average_price": _text(record.average_price),
        "expire_reason": record.expire_reason,
        "created": record.created.isoformat(),
        "updated": record.updated.isoformat(),
    }


def _fill(fill: Fill) -> dict[str, str]:
    return {
        "fill_id": fill.fill_id,
        "order_id": fill.venue_order_id,
        "client_order_id": fill.client_order_id,
        "symbol": fill.symbol,
        "position_side": fill.position_side.value,
        "side": fill.side.value,
        "quantity": plain(fill.quantity),
        "price": plain(fill.price),
        "fee": plain(fill.fee),
        "fee_currency": fill.fee_currency,
        "liquidity": fill.liquidity.value,
        "realized_pnl": _text(fill.realized_pnl),
        "time": fill.time.isoformat(),
    }


def settlement_row(settlement: Settlement) -> dict[str, object]:
    """Tell one settlement of funding, and what each leg received."""
    return {
        "symbol": settlement.symbol,
        "rate": plain(settlement.rate),
        "mark_price": plain(settlement.mark_price),
        "received": plain(settlement.received),
        "time": settlement.time.isoformat(),
        "payments": [
            {
                "payment_id": payment.payment_id,
                "position_side": payment.position_side.value,
                "quantity": plain(payment.quantity),
                "received": plain(payment.received),
            }
            for payment in settlement.payments
        ],
    }


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain(value)
