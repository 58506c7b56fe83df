"""Binance's WebSocket streams: who is let in where, what he may ask, what the account tells.

Addresses and requests of readers come in, frames go out: the public streams through a
``Board``, the account's events to every line with a live listen key, in the order in which
the engine made them. Below ``/public`` and ``/market`` only their own streams are found,
below ``/private`` only the account; the old addresses without either have all.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

from nettools.decimals import ZERO
from nettools.model import Fill, Leg
from nettools.testnet.binance.events import (
    account_update,
    funding_update,
    key_expired,
    order_update,
    trade_lite,
)
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.binance.feeds import category_of, find_feed
from nettools.testnet.binance.listen_key import NO_SUCH_KEY
from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.engine import EngineOrder
from nettools.testnet.feeds import Board
from nettools.testnet.funding import Settlement
from nettools.testnet.lines import Frame, Line
from nettools.testnet.rows import Row, millis

LONGEST = timedelta(hours=24)
"""A connection is ended after so long (docs)."""
_CATEGORIES = frozenset({"public", "market", "private"})
_INVALID = 2
_NOT_JSON = 3


@dataclass(slots=True)
class _Reader:
    category: str
    """``"public"``, ``"market"``, ``"private"``, or empty for all of them."""
    is_wrapped: bool
    """Events come as ``{"stream": …, "data": …}``."""
    listen_key: str = ""
    """What it listens to the account with; empty when it does not."""
    is_told_expired: bool = False


class _Wrong(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class BinanceStreams:
    """The streams of Binance USD-M.

    Args:
        exchange: what the events are made from.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._board = Board(self._shown)
        self._readers: dict[Line, _Reader] = {}
        self._realized: dict[Leg, Decimal] = {}
        exchange.engine.listen(self._tell_order)
        exchange.engine.listen_settlements(self._tell_settlement)

    def admit(self, request: ApiRequest, line: Line, now: datetime) -> ApiReply | None:
        """Let a connection in: 404 for a wrong address, 400 for a stream or key unknown."""
        parts = request.path.strip("/").split("/")
        category = parts.pop(0) if parts[0] in _CATEGORIES else ""
        if not parts or parts[0] not in {"ws", "stream"}:
            return _refused(404, -5000, f"Path {request.path} is invalid")
        names = [name for name in parts[1:] if not name.isdecimal()]  # ccxt counts its lines
        for name, values in parse_qs(request.query.decode("ascii", "replace")).items():
            if name in {"streams", "listenKey"}:
                names += "/".join(values).split("/")
        reader = _Reader(category, is_wrapped=parts[0] == "stream")
        wrong = next((name for name in names if not self._knows(reader, name, now)), None)
        if wrong is not None:
            is_stream = "@" in wrong or wrong.startswith("!")
            return _refused(400, *((_INVALID, "Invalid stream") if is_stream else NO_SUCH_KEY))
        self._readers[line] = reader
        self._subscribe(line, names, now)
        return None

    def leave(self, line: Line) -> None:
        """Forget a connection."""
        self._board.leave_all(line)
        self._readers.pop(line, None)

    def beat(self, now: datetime) -> None:
        """Tell the market's news, say which keys expired, end what lasted a day."""
        self._board.beat(now)
        keys = self._exchange.listen_keys
        for line, reader in tuple(self._readers.items()):
            if now - line.opened >= LONGEST:
                line.close()
            elif not reader.listen_key or keys.is_live(reader.listen_key, now):
                continue
            elif not keys.is_known(reader.listen_key):
                line.close()
            elif not reader.is_told_expired:
                reader.is_told_expired = True
                event = key_expired(reader.listen_key, millis(now))
                self._tell(line, reader, event)

    # --- requests

    def hear(self, line: Line, text: str, now: datetime) -> None:
        """Answer ``SUBSCRIBE``, ``UNSUBSCRIBE`` and ``LIST_SUBSCRIPTIONS``."""
        number: object = None
        try:
            request = _request(text)
            number = request.get("id")
            self._obey(line, request, number, now)
        except _Wrong as wrong:
            error = {"code": wrong.code, "msg": wrong.text}
            line.send(Frame("", {"error": error, "id": number}))

    def _obey(
        self, line: Line, request: dict[str, object], number: object, now: datetime
    ) -> None:
        reader, verb = self._readers[line], request.get("method")
        if verb == "LIST_SUBSCRIPTIONS":
            own = [reader.listen_key] if reader.listen_key else []
            line.send(Frame("", {"result": self._board.of(line) + own, "id": number}))
            return
        names = _names(request.get("params", []))
        if verb == "SUBSCRIBE":
            if not all(self._knows(reader, name, now) for name in names):
                raise _Wrong(_INVALID, "Invalid request: invalid stream")
            line.send(Frame("", {"result": None, "id": number}))
            self._subscribe(line, names, now)
        elif verb == "UNSUBSCRIBE":
            self._unsubscribe(line, reader, names)
            line.send(Frame("", {"result": None, "id": number}))
        else:
            known = "SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS"
            raise _Wrong(
                _INVALID, f"Invalid request: unknown variant {verb}, expected one of {known}"
            )

    def _knows(self, reader: _Reader, name: str, now: datetime) -> bool:
        if "@" not in name and not name.startswith("!"):
            is_here = reader.category in {"", "private"}
            return is_here and self._exchange.listen_keys.is_live(name, now)
        is_here = reader.category in {"", category_of(name)}
        return is_here and find_feed(self._exchange, name) is not None

    def _subscribe(self, line: Line, names: list[str], now: datetime) -> None:
        for name in names:
            feed = find_feed(self._exchange, name)
            if feed is None:
                self._readers[line].listen_key = name
            else:
                self._board.join(name, line, feed, now)

    def _unsubscribe(self, line: Line, reader: _Reader, names: list[str]) -> None:
        for name in names:
            self._board.leave(name, line)
            if name == reader.listen_key:
                reader.listen_key = ""

    def _shown(self, channel: str, line: Line, row: Row | list[Row]) -> Row | list[Row]:
        if self._readers[line].is_wrapped:
            return {"stream": channel, "data": row}
        return row

    # --- the account

    def reset(self) -> None:
        """Forget what was realized before the engine forgot it."""
        self._realized.clear()

    def _tell_order(self, record: EngineOrder, fill: Fill | None) -> None:
        engine, leg = self._exchange.engine, record.order.leg
        if fill is not None:
            self._realized[leg] = self._realized.get(leg, ZERO) + (fill.realized_pnl or ZERO)
        if not self._is_heard():
            return
        instrument = engine.instruments[leg.symbol]
        if fill is not None:
            position, wallet = engine.position(leg), engine.account().wallet
            changed = account_update(fill, position, wallet, self._realized[leg], instrument)
            self._tell_all(trade_lite(record, fill, instrument), fill.time)
            self._tell_all(changed, fill.time)
        self._tell_all(order_update(record, fill, instrument), record.updated)

    def _is_heard(self) -> bool:
        return any(reader.listen_key for reader in self._readers.values())

    def _tell_settlement(self, settlement: Settlement) -> None:
        if settlement.payments:
            engine = self._exchange.engine
            quote = engine.instruments[settlement.symbol].quote
            event = funding_update(settlement, engine.account().wallet, quote)
            self._tell_all(event, settlement.time)

    def _tell_all(self, event: Row, now: datetime) -> None:
        keys = self._exchange.listen_keys
        for line, reader in tuple(self._readers.items()):
            if reader.listen_key and keys.is_live(reader.listen_key, now):
                self._tell(line, reader, event)

    def _tell(self, line: Line, reader: _Reader, event: Row) -> None:
        shown: Row = {"stream": reader.listen_key, "data": event}
        shown = shown if reader.is_wrapped else event
        line.send(Frame(str(event["e"]), shown, is_private=True))


def _request(text: str) -> dict[str, object]:
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        raise _Wrong(_NOT_JSON, "Invalid JSON: expected value") from None
    if not isinstance(request, dict) or not isinstance(request.get("id"), int | str | None):
        raise _Wrong(_INVALID, "Invalid request: request ID must be an integer")
    return request


def _names(params: object) -> list[str]:
    names = params if isinstance(params, list) else [None]
    texts = [name for name in names if isinstance(name, str)]
    if len(texts) < len(names):
        raise _Wrong(_INVALID, "Invalid request: params must be a list of strings")
    return texts


def _refused(status: int, code: int, text: str) -> ApiReply:
    return ApiReply(status=status, body=json.dumps({"code": code, "msg": text}).encode())
