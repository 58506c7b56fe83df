"""The admin channel of a local testnet: move the market, and tell the server's own truth.

Decoded JSON comes in, something for JSON goes out; bad input raises ``InvalidInput`` with one
sentence. It is never reachable on the trading port (FAULTS.md 4). Numbers are text, so that
nothing is lost on the way.
"""

import math
from datetime import datetime
from decimal import Decimal

from nettools.decimals import plain
from nettools.errors import InvalidInput
from nettools.model import Fill, Position
from nettools.testnet.engine import Engine, EngineOrder

_MOST_SECONDS = 7 * 86_400
_FASTEST = 100_000


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


def truth(engine: Engine, now: datetime, market_time: datetime) -> dict[str, object]:
    """Tell what the exchange itself holds: mode, wallet, positions, every order and fill."""
    symbols = list(engine.instruments)
    state = engine.account()
    return {
        "time": now.isoformat(),
        "market_time": market_time.isoformat(),
        "mode": engine.mode.value,
        "wallet": plain(state.wallet),
        "unrealized_pnl": plain(state.unrealized_pnl),
        "available": plain(state.available),
        "marks": {symbol: plain(engine.mark_price(symbol)) for symbol in symbols},
        "positions": [_position(position) for position in engine.positions()],
        "orders": [_order(record) for s in symbols for record in engine.orders(s)],
        "fills": [_fill(fill) for s in symbols for fill in engine.fills(s)],
    }


def _position(position: Position) -> dict[str, str]:
    return {
        "symbol": position.symbol,
        "position_side": position.position_side.value,
        "quantity": plain(position.quantity),
        "average_price": _text(position.average_price),
    }


def _order(record: EngineOrder) -> dict[str, object]:
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


def _text(value: Decimal | None) -> str:
    return "" if value is None else plain(value)
