"""Read a recording of a venue's public streams: line by line, checked, in the order received.

A file comes in, gzipped or plain: ``<receive time in ns> <JSON>`` a line, with Binance's
``depthUpdate``, ``trade`` and ``bookTicker`` events and the answer of ``GET depth`` (the
snapshot) between them. Events in whole numbers go out. Law: the book that the updates build is
the venue's, or it is empty: after a missing update nothing is displayed until a snapshot.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from decimal import Decimal
from math import gcd
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from nettools.errors import InvalidInput
from nettools.tape.events import LARGEST, Event, Grid, Levels, Touch, Trade

_GZIP = b"\x1f\x8b"
LONGEST_LINE = 4_000_000
"""Bytes of one line; a snapshot of 1,000 levels a side has about 50,000."""
MOST_WAITING = 10_000
"""Depth updates that may come before the snapshot they follow."""
_LAST_MOMENT = 1 << 62


class Lines:
    """The lines of one recording, each with its number and its receive time.

    Args:
        path: of the file, gzipped or not.

    Raises:
        InvalidInput: there is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self.name = self._path.name
        self.number = 0
        """Of the line read last, from 1."""
        if not self._path.is_file():
            raise InvalidInput(f"there is no file {self._path} to replay; check the path")

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self._path.open("rb") as file:
            is_packed = file.peek(2)[:2] == _GZIP
            lines: Any = gzip.GzipFile(fileobj=file) if is_packed else file
            moment = 0
            while text := self._line(lines):
                self.number += 1
                received, row = self._split(text)
                moment = max(moment, received)  # the order counts, not a clock that was set
                yield moment, row
        if not self.number:
            raise InvalidInput(f"{self.name} is empty; record it again")

    def wrong(self, what: str) -> InvalidInput:
        """Make the error that names the file and the line read last."""
        return InvalidInput(f"{self.name}, line {self.number}: {what}")

    def _line(self, lines: BinaryIO) -> bytes:
        try:
            return lines.readline(LONGEST_LINE)
        except (EOFError, OSError, zlib.error) as error:
            self.number += 1
            raise self.wrong(
                f"the file is cut off or damaged here ({error}); "
                "what stands before this line can be played"
            ) from None

    def _split(self, text: bytes) -> tuple[int, dict[str, Any]]:
        if not text.endswith(b"\n") and len(text) >= LONGEST_LINE:
            raise self.wrong(f"a line must be shorter than {LONGEST_LINE} bytes")
        time, _, rest = text.partition(b" ")
        try:
            moment, row = int(time), json.loads(rest)
        except (ValueError, RecursionError):
            reason = "is damaged" if text.endswith(b"\n") else "is cut off"
            raise self.wrong(
                f"the line {reason}; each must be a receive time in ns, a blank and JSON"
            ) from None
        if not 0 < moment < _LAST_MOMENT or not isinstance(row, dict):
            raise self.wrong("a line must be a receive time in ns, a blank and a JSON object")
        return moment, row


class TapeReader:
    """Events of one symbol's recording; iterate once.

    Until the first snapshot the book is not known, and updates wait; after a missing update a
    ``Levels`` without levels says that it is not known again. Trades go on meanwhile.

    Args:
        path: of the file.
        tick_size: grid of its prices, quote units.
        step_size: grid of its quantities, base units.

    Iterating raises InvalidInput at a line that cannot be right, and at the end when no
    snapshot ever came (or none after a missing update); the message names the line.
    """

    def __init__(self, path: str | Path, tick_size: Decimal, step_size: Decimal) -> None:
        self._lines = Lines(path)
        self._ticks = Grid(tick_size, "a price")
        self._steps = Grid(step_size, "a quantity")
        self.gaps: list[int] = []
        """Lines before which depth updates are missing."""
        self._symbol = ""
        self._last: int | None = None
        self._snapshot: int | None = None
        self._waiting: list[dict[str, Any]] = []

    def __iter__(self) -> Iterator[Event]:
        for moment, row in self._lines:
            try:
                yield from self._events(moment, row)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                what = str(error) if isinstance(error, InvalidInput) else _missing(error)
                raise self._lines.wrong(what) from None
        if self._snapshot is None:
            name = self._lines.name
            if self.gaps:
                raise InvalidInput(
                    f"{name}: depth updates are missing before line {self.gaps[-1]} and no "
                    "snapshot follows; the book is not known from there on"
                )
            raise InvalidInput(
                f"{name} has no snapshot (the answer of GET depth), so its book is not known; "
                "record it with nettools record"
            )

    def _events(self, moment: int, row: dict[str, Any]) -> Iterator[Event]:
        data = row.get("data", row)
        if "lastUpdateId" in data:
            yield from self._start(moment, data)
            return
        kind = data.get("e")
        if kind in {"trade", "depthUpdate", "bookTicker"}:
            self._check_symbol(data["s"])
        if kind == "depthUpdate":
            yield from self._follow(moment, data)
        elif kind == "bookTicker":
            ticks, steps = self._ticks, self._steps
            yield Touch(
                *(moment, data["u"], ticks[data["b"]], steps[data["B"]]),
                *(ticks[data["a"]], steps[data["A"]]),
            )
        elif kind == "trade" and data.get("X", "MARKET") == "MARKET":
            taker = -1 if data["m"] else 1  # m: the buyer rested
            yield Trade(moment, taker, self._ticks[data["p"]], self._steps[data["q"]])

    def _check_symbol(self, symbol: str) -> None:
        self._symbol = self._symbol or symbol
        if symbol != self._symbol:
            raise InvalidInput(
                f"a recording must be of one symbol, was of {self._symbol} and {symbol}; "
                "use a file for each"
            )

    # --- the chain of updates (docs: "How to manage a local order book correctly")

    def _start(self, moment: int, data: dict[str, Any]) -> Iterator[Event]:
        update = int(data["lastUpdateId"])
        if self._last is not None and self._snapshot is not None and update < self._last:
            return  # an old answer; the chain is whole without it
        waiting, self._waiting = self._waiting, []
        later = [event for event in waiting if event["u"] >= update]
        if later and later[0]["pu"] > update:
            self._waiting = later  # this answer is older than what waits; another must come
            return
        self._snapshot, self._last = update, None
        yield self._levels(moment, update, data["bids"], data["asks"], is_whole=True)
        for event in later:
            yield from self._follow(moment, event)

    def _follow(self, moment: int, data: dict[str, Any]) -> Iterator[Event]:
        if self._snapshot is None:
            self._wait(data)
            return
        if self._last is None:
            if data["u"] < self._snapshot:
                return
            is_next = data["pu"] <= self._snapshot
        else:
            is_next = data["pu"] == self._last
        if not is_next:
            self.gaps.append(self._lines.number)
            self._snapshot = self._last = None
            self._wait(data)
            yield Levels(moment, 0, [], [], is_whole=True)
            return
        self._last = int(data["u"])
        yield self._levels(moment, self._last, data["b"], data["a"])

    def _wait(self, data: dict[str, Any]) -> None:
        if self._waiting and data["pu"] != self._waiting[-1]["u"]:
            self._waiting.clear()
        self._waiting.append(data)
        if len(self._waiting) > MOST_WAITING:
            raise InvalidInput(
                f"{MOST_WAITING} depth updates came without a snapshot to start from; "
                "record it with nettools record"
            )

    def _levels(
        self,
        moment: int,
        update: int,
        bids: list[list[str]],
        asks: list[list[str]],
        *,
        is_whole: bool = False,
    ) -> Levels:
        ticks, steps = self._ticks, self._steps
        return Levels(
            moment,
            update,
            [(ticks[price], steps[quantity]) for price, quantity in bids],
            [(ticks[price], steps[quantity]) for price, quantity in asks],
            is_whole,
        )


def _missing(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the event has no {error.args[0]!r}; it is not one of the venue's"
    return f"the event cannot be read ({str(error)[:80]}); it is not one of the venue's"


class Label(NamedTuple):
    """What a recording is of."""

    name: str
    """The symbol in the venue's word, ``BTCUSDT``."""
    tick_size: Decimal
    """The coarsest grid on which all prices of the first snapshot are."""
    step_size: Decimal
    """The last decimal its quantities are written with."""
    price: Decimal
    """Best bid of the first snapshot, quote units."""


def is_tape(path: str | Path) -> bool:
    """Say whether a file looks like a recording: gzipped or plain, a time and JSON in front."""
    file = Path(path)
    if not file.is_file() or file.suffix.lower() in {".csv", ".parquet", ".feather"}:
        return False
    with file.open("rb") as opened:
        start = opened.read(40)
    return start[:2] == _GZIP or (start[:1].isdigit() and b" {" in start)


def label_of(path: str | Path) -> Label:
    """Read which symbol a recording is of, and its grids, from its front.

    Raises:
        InvalidInput: no snapshot or no event of the venue among its first lines, or a line
            that cannot be right.
    """
    lines, name = Lines(path), ""
    snapshot: dict[str, Any] = {}
    for _, row in lines:
        data = row.get("data", row)
        if isinstance(data, dict) and "lastUpdateId" in data:
            snapshot = snapshot or data
        elif isinstance(data, dict) and isinstance(data.get("s"), str):
            name = name or data["s"]
        if (snapshot and name) or lines.number > MOST_WAITING * 10:
            break
    if not snapshot or not name:
        raise InvalidInput(
            f"{lines.name} has no snapshot (the answer of GET depth) with events around it, so "
            "its book is not known; record it with nettools record"
        )
    try:
        levels = [*snapshot["bids"], *snapshot["asks"]]
        tick = _grid([price for price, _ in levels])
        step = min(Decimal(1).scaleb(_exponent(quantity)) for _, quantity in levels)
        price = Decimal(snapshot["bids"][0][0])
    except (KeyError, IndexError, TypeError, ArithmeticError):
        raise lines.wrong("the snapshot must have bids and asks as text") from None
    return Label(name, tick, step, price)


def _grid(texts: list[str]) -> Decimal:
    numbers = [Decimal(text) for text in texts]
    exponent = min(map(_exponent, texts))
    common = gcd(*(int(number.scaleb(-exponent)) for number in numbers))
    if not 0 < common < LARGEST:
        raise ArithmeticError
    return Decimal(common).scaleb(exponent).normalize()


def _exponent(text: str) -> int:
    return int(Decimal(text).as_tuple().exponent)
