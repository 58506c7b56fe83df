"""Bybit's WebSocket streams: who is let in where, what he may ask, what the account tells.

Addresses and requests of readers come in, frames go out: public topics through a ``Board``, the
account's to every line that has proved who he is, in the order in which the engine made them.
A wrong proof is answered, and then the connection is closed. A funding row comes as an
execution that carries the whole position as its quantity, as the venue sends it.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from nettools.model import Fill, Leg, OrderState
from nettools.testnet.bybit.exchange import Exchange
from nettools.testnet.bybit.feeds import find_feed
from nettools.testnet.bybit.shapes import funding_row, wallet_row
from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.engine import EngineOrder
from nettools.testnet.feeds import Board
from nettools.testnet.funding import Settlement
from nettools.testnet.lines import Frame, Line
from nettools.testnet.rows import Row, millis

_PUBLIC, _PRIVATE = "/v5/public/linear", "/v5/private"
_TOPICS = frozenset({"order", "execution", "execution.fast", "position", "wallet"})
_STAMP = re.compile(r"\d{1,15}", re.ASCII)
_CATEGORY: Row = {"category": "linear"}
_OF_EXECUTIONS = _CATEGORY | {"isLeverage": "0"}
"""What the venue adds to the rows of REST."""
_FAST_KEYS = (
    *("category", "symbol", "execId", "execPrice", "execQty", "orderId", "isMaker"),
    *("orderLinkId", "side", "execTime", "seq"),
)


@dataclass(slots=True)
class _Reader:
    connection: str
    """Its id in every answer."""
    is_private: bool
    is_proved: bool = False
    topics: set[str] = field(default_factory=set)
    """Of the account, as he asked for them."""


class BybitStreams:
    """The streams of Bybit v5 linear.

    Args:
        exchange: what the frames are made from.
        key: the account's API key.
        secret: what a reader of the account must sign with.
    """

    def __init__(self, exchange: Exchange, *, key: str, secret: str) -> None:
        self._exchange = exchange
        self._key = key
        self._secret = secret.encode()
        self._board = Board(lambda _topic, _line, row: row)
        self._readers: dict[Line, _Reader] = {}
        self._connections = self._frames = 0
        exchange.engine.listen(self._tell_order)
        exchange.engine.listen_settlements(self._tell_settlement)

    def admit(self, request: ApiRequest, line: Line, _now: datetime) -> ApiReply | None:
        """Let a connection in: 404 for a wrong address."""
        if request.path not in {_PUBLIC, _PRIVATE}:
            said = {"retCode": 10017, "retMsg": "Route not found."}
            return ApiReply(status=404, body=json.dumps(said).encode())
        self._connections += 1
        self._readers[line] = _Reader(f"local-{self._connections}", request.path == _PRIVATE)
        return None

    def leave(self, line: Line) -> None:
        """Forget a connection."""
        self._board.leave_all(line)
        self._readers.pop(line, None)

    def beat(self, now: datetime) -> None:
        """Tell the market's news."""
        self._board.beat(now)

    # --- requests

    def hear(self, line: Line, text: str, now: datetime) -> None:
        """Answer ``auth``, ``ping``, ``subscribe`` and ``unsubscribe``."""
        reader = self._readers[line]
        request = _request(text)
        operation = request.get("op")
        if operation == "ping":
            self._pong(line, reader, request, now)
        elif operation == "auth" and reader.is_private:
            self._prove(line, reader, request.get("args"), now)
        elif operation == "subscribe":
            self._subscribe(line, reader, request, now)
        elif operation == "unsubscribe":
            topics = _texts(request.get("args"))
            reader.topics.difference_update(topics)
            for topic in topics:
                self._board.leave(topic, line)
            self._answer(line, reader, request)
        else:
            self._answer(line, reader, request, "error:invalid op")

    def _pong(
        self, line: Line, reader: _Reader, request: dict[str, object], now: datetime
    ) -> None:
        number = _number(request)
        if reader.is_private:
            row: Row = {"op": "pong", "args": [str(millis(now))]}
        else:
            row = {"op": "ping", "success": True, "ret_msg": "pong"}
        line.send(Frame("", row | {"req_id": number, "conn_id": reader.connection}))

    def _prove(self, line: Line, reader: _Reader, args: object, now: datetime) -> None:
        code, text = self._fault(args, now)
        reader.is_proved = not code
        said = {"success": not code, "op": "auth", "conn_id": reader.connection}
        both = {"ret_msg": text, "retCode": code, "retMsg": text, "connId": reader.connection}
        line.send(Frame("", said | both))
        if code:
            line.close()

    def _fault(self, args: object, now: datetime) -> tuple[int, str]:
        """Give code and text of what is wrong with a proof; zero when nothing is."""
        parts = args if isinstance(args, list) else []
        if [type(part) for part in parts] not in ([str, str, str], [str, int, str]):
            return 10001, "Params Error"
        key, expires, signature = map(str, parts)
        if _STAMP.fullmatch(expires) is None or int(expires) <= millis(now):
            return 10002, "Request expired"
        if not hmac.compare_digest(_bytes(key), _bytes(self._key)):
            return 10003, "Invalid apikey"
        signed = f"GET/realtime{expires}".encode()
        wanted = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(_bytes(signature), _bytes(wanted)):
            return 10004, "error sign!"
        return 0, ""

    def _subscribe(
        self, line: Line, reader: _Reader, request: dict[str, object], now: datetime
    ) -> None:
        topics = _texts(request.get("args"))
        if reader.is_private and not reader.is_proved:
            self._answer(line, reader, request, "Request not authorized")
            return
        feeds = {topic: self._find(reader, topic) for topic in topics}
        unknown = [topic for topic, found in feeds.items() if found is None]
        if unknown or not topics:
            wrong = ",".join(unknown)
            self._answer(line, reader, request, f"error:handler not found,topic:{wrong}")
            return
        self._answer(line, reader, request)
        for topic, found in feeds.items():
            if found is not None:
                found(topic, line, now)

    def _find(
        self, reader: _Reader, topic: str
    ) -> Callable[[str, Line, datetime], None] | None:
        if reader.is_private:
            is_known = topic.removesuffix(".linear") in _TOPICS
            return (lambda name, _line, _now: reader.topics.add(name)) if is_known else None
        feed = find_feed(self._exchange, topic)
        if feed is None:
            return None
        return lambda name, line, now: self._board.join(name, line, feed, now)

    def _answer(
        self, line: Line, reader: _Reader, request: dict[str, object], wrong: str = ""
    ) -> None:
        row: Row = {"success": not wrong, "ret_msg": wrong, "conn_id": reader.connection}
        operation = request.get("op")
        shown = operation if isinstance(operation, str) else ""
        line.send(Frame("", row | {"req_id": _number(request), "op": shown}))

    # --- the account

    def _tell_order(self, record: EngineOrder, fill: Fill | None) -> None:
        if not self._is_heard():
            return
        moment, exchange = record.updated, self._exchange
        if fill is not None:
            self._tell_execution(exchange.execution_row(fill, record), moment)
        extra = _CATEGORY | {
            "feeCurrency": exchange.engine.instruments[record.order.symbol].quote
        }
        self._tell("order", exchange.order_row(record) | extra, moment)
        if record.state is not OrderState.REJECTED:
            # A message for each order placed or canceled, whether or not the position changed.
            self._tell_position(record.order.leg, moment)
            self._tell_wallet(moment)

    def _is_heard(self) -> bool:
        return any(reader.topics for reader in self._readers.values())

    def _tell_settlement(self, settlement: Settlement) -> None:
        if not self._is_heard():
            return
        instrument = self._exchange.engine.instruments[settlement.symbol]
        for payment in settlement.payments:
            row = funding_row(settlement, payment, instrument)
            self._tell_execution(row, settlement.time)
            self._tell_position(Leg(settlement.symbol, payment.position_side), settlement.time)
        if settlement.payments:
            self._tell_wallet(settlement.time)

    def _tell_execution(self, row: Row, moment: datetime) -> None:
        row = _OF_EXECUTIONS | row
        self._tell("execution", row, moment)
        self._tell("execution.fast", {key: row[key] for key in _FAST_KEYS}, moment)

    def _tell_position(self, leg: Leg, moment: datetime) -> None:
        row = self._exchange.position_row(leg)
        row["entryPrice"] = row.pop("avgPrice")  # the one field that has another name here
        self._tell("position", _CATEGORY | row, moment)

    def _tell_wallet(self, moment: datetime) -> None:
        row = wallet_row(self._exchange.engine.account(), self._exchange.deposit)
        self._tell("wallet", row, moment)

    def _tell(self, topic: str, row: Row, moment: datetime) -> None:
        for line, reader in tuple(self._readers.items()):
            for name in sorted({topic, f"{topic}.linear"} & reader.topics):
                self._frames += 1
                told: Row = {
                    "id": f"local_{self._frames}",
                    "topic": name,
                    "creationTime": millis(moment),
                    "data": [row],
                }
                line.send(Frame(name, told, is_private=True))


def _request(text: str) -> dict[str, object]:
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _number(request: dict[str, object]) -> str:
    number = request.get("req_id")
    return number if isinstance(number, str) else ""


def _texts(args: object) -> list[str]:
    return [topic for topic in args if isinstance(topic, str)] if isinstance(args, list) else []
