"""Readers of streams without a socket, and a book kept the way a venue tells its readers to."""

import json
from decimal import Decimal

from dialect import Trader

from nettools.testnet.dialect import ApiRequest
from nettools.testnet.lines import Line


class Reader:
    """One connection to a dialect's streams; what it is told is in ``heard``."""

    def __init__(self, trader, path, query=b""):
        self.trader = trader
        self.frames = []
        self.line = Line(self._note, trader.now, 1000)
        request = ApiRequest(method="GET", path=path, query=query)
        self.refusal = trader.dialect.streams.admit(request, self.line, trader.now)

    def _note(self, frame):
        self.frames.append(json.loads(json.dumps(frame.row)))
        return ()

    def say(self, text):
        """Send a message and give the answers to it."""
        before = len(self.frames)
        sent = text if isinstance(text, str) else json.dumps(text)
        self.trader.dialect.streams.hear(self.line, sent, self.trader.now)
        return self.frames[before:]

    def subscribe(self, *names):
        """Subscribe the way Binance wants it."""
        return self.say({"method": "SUBSCRIBE", "params": list(names), "id": 1})

    def heard(self, event=None):
        """Give the events told so far, of one kind or of all."""
        rows = (row.get("data", row) for row in self.frames if "id" not in row)
        return [row for row in rows if event in (None, row.get("e"))]

    def topics(self, name):
        """Give what Bybit told of a topic."""
        return [row for row in self.frames if row.get("topic") == name]

    def leave(self):
        """Hang up."""
        self.trader.dialect.streams.leave(self.line)


def beat(trader, times=1):
    """Let the streams tell what changed."""
    for _ in range(times):
        trader.dialect.streams.beat(trader.now)


class BinanceBook:
    """A book from ``GET depth`` and the events after it, by the venue's own rules."""

    def __init__(self):
        self.sides = {}
        self.last = None
        self.is_first = True

    def begin(self, snapshot):
        """Take a REST answer."""
        self.last = snapshot["lastUpdateId"]
        self.sides = {
            "b": {Decimal(p): Decimal(q) for p, q in snapshot["bids"]},
            "a": {Decimal(p): Decimal(q) for p, q in snapshot["asks"]},
        }

    def take(self, event):
        """Take an event; a gap is an error."""
        if self.is_first and event["u"] < self.last:
            return
        is_next = event["pu"] == self.last
        if not is_next and not (self.is_first and event["U"] <= self.last <= event["u"]):
            raise AssertionError(f"gap after {self.last}: {event}")
        self.is_first, self.last = False, event["u"]
        for side in "ba":
            for price, quantity in event[side]:
                self.sides[side][Decimal(price)] = Decimal(quantity)
                if not Decimal(quantity):
                    del self.sides[side][Decimal(price)]

    def levels(self):
        """Give bids and asks, best first."""
        return (
            tuple(sorted(self.sides["b"].items(), reverse=True)),
            tuple(sorted(self.sides["a"].items())),
        )


class BybitBook:
    """A book from a snapshot and the deltas after it, by the venue's own rules."""

    def __init__(self):
        self.sides = {"b": {}, "a": {}}
        self.update = None

    def take(self, frame):
        """Take a frame; a gap is an error."""
        data = frame["data"]
        if frame["type"] == "snapshot":
            self.sides = {"b": {}, "a": {}}
        elif data["u"] != self.update + 1:
            raise AssertionError(f"gap after {self.update}: {frame}")
        self.update = data["u"]
        for side, levels in self.sides.items():
            for price, size in data[side]:
                levels[Decimal(price)] = Decimal(size)
                if not Decimal(size):
                    del levels[Decimal(price)]

    def levels(self):
        """Give bids and asks, best first."""
        return (
            tuple(sorted(self.sides["b"].items(), reverse=True)),
            tuple(sorted(self.sides["a"].items())),
        )


def listening(path="/private/ws", query=b"", **terms):
    """Open an exchange with a listen key and a reader of its account."""
    trader = Trader(**terms)
    key = trader.send("POST", "v1/listenKey")[1]["listenKey"]
    return trader, Reader(trader, path, query or f"listenKey={key}".encode()), key
