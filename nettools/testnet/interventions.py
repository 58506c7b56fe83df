"""Admin commands that make things go wrong: faults, and what a venue does to an account.

Decoded JSON comes in, something for JSON goes out; ``InvalidInput`` for what cannot be meant,
``OrderRejected`` for what the exchange refuses. They are reached through the admin port alone.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nettools.decimals import plain
from nettools.errors import InvalidInput
from nettools.model import PositionMode, Side
from nettools.testnet.admin import (
    order_row,
    read_field,
    read_number,
    read_symbol,
    read_word,
)
from nettools.testnet.clock import SkewedClock
from nettools.testnet.dialect import Dialect
from nettools.testnet.faults import read_fault
from nettools.testnet.floor import STATUSES
from nettools.testnet.gate import Gate
from nettools.testnet.incidents import FILTERS, Event, IncidentEngine
from nettools.testnet.stage import Stage

Command = Callable[[object], Awaitable[dict[str, object]]]
_LONGEST_SKEW, _LONGEST_DELAY, _MOST_ORDERS = 86_400 * 366, 86_400, 1_000
_DEEPEST_FALL, _HIGHEST_RISE = Decimal(-90), Decimal(900)
_HIGHEST_FEE = Decimal("0.01")
_COIN = re.compile(r"[A-Z]{0,10}")


class Interventions:
    """What an operator may do to a testnet.

    Args:
        engine: to which it happens.
        market: that moves with it.
        dialect: told of a reset.
        gate: where the faults are set.
        clock: that is set wrong.
        catch_up: lets everything catch up with the clock; gives the time.
        monotonic: says which faults are over, seconds.
        venue: whose answers the faults have.
    """

    def __init__(  # noqa: PLR0913 - the parts of a server, all by keyword
        self,
        *,
        engine: IncidentEngine,
        market: Stage,
        dialect: Dialect,
        gate: Gate,
        clock: SkewedClock,
        catch_up: Callable[[], datetime],
        monotonic: Callable[[], float],
        venue: str,
    ) -> None:
        self._engine, self._market = engine, market
        self._dialect = dialect
        self._gate = gate
        self._clock = clock
        self._catch_up = catch_up
        self._monotonic = monotonic
        self._venue = venue
        self.commands: dict[tuple[str, str], Command] = {
            ("POST", "/faults"): self._add_fault,
            ("GET", "/faults"): self._show_faults,
            ("DELETE", "/faults"): self._clear_faults,
            ("POST", "/events"): self._events,
            ("POST", "/liquidate"): self._liquidate,
            ("POST", "/adl"): self._deleverage,
            ("POST", "/price"): self._move_price,
            ("POST", "/thin"): self._thin_book,
            ("POST", "/filters"): self._change_filters,
            ("POST", "/status"): self._change_status,
            ("POST", "/wallet"): self._set_wallet,
            ("POST", "/leverage"): self._set_leverage,
            ("POST", "/fees"): self._set_fees,
            ("POST", "/mode"): self._set_mode,
            ("POST", "/late"): self._hold_fills,
            ("POST", "/fill"): self._fill_resting,
            ("POST", "/skew"): self._skew,
            ("POST", "/reset"): self._reset,
        }
        """Each command by HTTP method and path."""

    # --- faults

    async def _add_fault(self, command: object) -> dict[str, object]:
        return {"id": self._gate.faults.add(read_fault(command, self._venue))}

    async def _show_faults(self, _command: object) -> dict[str, object]:
        return {"faults": self._gate.faults.rows(self._monotonic())}

    async def _clear_faults(self, _command: object) -> dict[str, object]:
        return {"cleared": self._gate.clear()}

    async def _events(self, command: object) -> dict[str, object]:
        since = _whole(command, "since", 0, 10**15)
        events = tuple(self._engine.events)
        return {"events": [_event_row(one) for one in events if one.number > since]}

    # --- the account

    async def _liquidate(self, command: object) -> dict[str, object]:
        now = self._catch_up()
        orders = self._engine.liquidate(self._symbol(command), now)
        return {"orders": [order_row(order) for order in orders]}

    async def _deleverage(self, command: object) -> dict[str, object]:
        symbol = self._symbol(command)
        quantity = read_number(read_field(command, "quantity"), "quantity")
        return order_row(self._engine.deleverage(symbol, quantity, self._catch_up()))

    async def _set_wallet(self, command: object) -> dict[str, object]:
        wallet = read_number(read_field(command, "wallet"), "wallet")
        if wallet < 0:
            raise InvalidInput(f"wallet must be zero or more, was {plain(wallet)}")
        self._engine.set_wallet(wallet, self._catch_up())
        return {"wallet": plain(self._engine.account().wallet)}

    async def _set_leverage(self, command: object) -> dict[str, object]:
        symbol, leverage = self._symbol(command), _whole(command, "leverage", 1, 125)
        self._engine.set_leverage(symbol, leverage)
        return {"leverage": self._engine.leverage(symbol)}

    async def _set_fees(self, command: object) -> dict[str, object]:
        maker, taker = (_rate(command, name) for name in ("maker", "taker"))
        coin = read_field(command, "coin")
        price = read_number(read_field(command, "price"), "price")
        if not isinstance(coin, str) or not _COIN.fullmatch(coin):
            raise InvalidInput(f"coin must be up to 10 capital letters, was {coin!r}")
        if price <= 0:
            raise InvalidInput(f"price must be above zero, was {plain(price)}")
        self._engine.set_fees(maker, taker, coin, price)
        return {"maker": plain(maker), "taker": plain(taker), "coin": coin}

    async def _set_mode(self, command: object) -> dict[str, object]:
        words = [mode.value for mode in PositionMode]
        mode = read_word(read_field(command, "mode"), "mode", words)
        self._catch_up()
        self._engine.set_mode(PositionMode(mode))
        return {"mode": mode}

    async def _hold_fills(self, command: object) -> dict[str, object]:
        orders = _whole(command, "orders", 0, _MOST_ORDERS)
        delay = _seconds(command, 0, _LONGEST_DELAY)
        self._engine.hold_fills(orders, delay)
        return {"orders": orders}

    async def _fill_resting(self, command: object) -> dict[str, object]:
        client_order_id = read_field(command, "client_order_id")
        percent = _whole(command, "percent", 1, 100)
        now = self._catch_up()
        return order_row(self._engine.fill_resting(str(client_order_id), percent, now))

    async def _reset(self, _command: object) -> dict[str, object]:
        now = self._catch_up()
        self._engine.reset(now)
        self._dialect.reset(now)
        self._gate.received.clear()
        return {"wallet": plain(self._engine.account().wallet)}

    # --- the market

    async def _move_price(self, command: object) -> dict[str, object]:
        symbol = self._symbol(command)
        percent = read_number(read_field(command, "percent"), "percent")
        if not _DEEPEST_FALL <= percent <= _HIGHEST_RISE:
            raise InvalidInput(
                f"percent must be from {_DEEPEST_FALL} to {_HIGHEST_RISE}, was {plain(percent)}"
            )
        now = self._catch_up()
        self._market.jump(symbol, float(1 + percent / 100), now)
        self._engine.second_passed(now)
        return {"mark_price": plain(self._engine.mark_price(symbol))}

    async def _thin_book(self, command: object) -> dict[str, object]:
        symbol, side = self._symbol(command), read_field(command, "side")
        gone = None
        if side is not None:
            gone = Side(read_word(side, "side", [one.value for one in Side]))
        self._market.thin(symbol, gone, self._catch_up())
        return {"side": side}

    async def _change_filters(self, command: object) -> dict[str, object]:
        symbol, rules = self._symbol(command), read_field(command, "rules")
        if not isinstance(rules, dict) or not rules or not rules.keys() <= set(FILTERS):
            raise InvalidInput(f"rules must be some of {', '.join(FILTERS)}, was {rules!r}")
        changed = {name: read_number(value, name) for name, value in rules.items()}
        instrument = self._engine.change_filters(symbol, self._catch_up(), **changed)
        return {name: str(getattr(instrument, name)) for name in changed}

    async def _change_status(self, command: object) -> dict[str, object]:
        symbol = self._symbol(command)
        status = read_word(read_field(command, "status"), "status", STATUSES)
        self._engine.change_status(symbol, status, self._catch_up())
        return {"status": status}

    async def _skew(self, command: object) -> dict[str, object]:
        self._clock.skew = _seconds(command, -_LONGEST_SKEW, _LONGEST_SKEW)
        return {"seconds": self._clock.skew.total_seconds()}

    def _symbol(self, command: object) -> str:
        return read_symbol(read_field(command, "symbol"), self._engine.instruments)


def _whole(command: object, name: str, least: int, most: int) -> int:
    value = read_field(command, name)
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not isinstance(value, int) or not is_whole or not least <= value <= most:
        raise InvalidInput(
            f"{name} must be a whole number from {least} to {most}, was {value!r}"
        )
    return value


def _rate(command: object, name: str) -> Decimal:
    rate = read_number(read_field(command, name), name)
    if abs(rate) > _HIGHEST_FEE:
        raise InvalidInput(f"{name} must be from -0.01 to 0.01, was {plain(rate)}")
    return rate


def _seconds(command: object, least: int, most: int) -> timedelta:
    seconds = read_number(read_field(command, "seconds"), "seconds")
    if not least <= seconds <= most:
        raise InvalidInput(f"seconds must be from {least} to {most}, was {plain(seconds)}")
    return timedelta(seconds=float(seconds))


def _event_row(event: Event) -> dict[str, Any]:
    shown = asdict(event)
    shown["time"] = event.time.isoformat()
    shown["position"], shown["wallet"] = plain(event.position), plain(event.wallet)
    return shown
