"""Write down what a venue tells everybody of one symbol, to be replayed later.

A wire and a symbol come in; a gzipped file of ``<receive time in ns> <JSON>`` lines goes out:
Binance's depth updates, trades and best prices as they arrive, and the answers of ``GET depth``
they follow. Bybit's book and trades are written in the same words; its best prices are not, for
their numbering is another. Only public streams, only through the guard. Law: whenever updates
may have been missed a new snapshot is asked for, so that a replay finds the book again.
"""

import asyncio
import gzip
import json
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from nettools.errors import InvalidInput, LiveTradingRefused, VenueUnavailable
from nettools.venues.guard import TESTNETS, stream_address, transport_guard
from nettools.venues.wire import Wire

_PATIENCE = 10.0
"""Seconds for an answer or a connection."""
_SILENCE = 60.0
"""Seconds without a word after which a connection is dead."""
_PING = 20.0
_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
"""Seconds before what failed is tried again; doubled while it fails."""
_PUT_DOWN = 1.0
"""Seconds of lines that a crash may cost."""

_MISSING = "updates are missing"


class _Missing(Exception):
    """The chain of updates is broken, and only a new connection mends it."""


@dataclass(slots=True)
class Progress:
    """What a recording holds so far."""

    lines: int = 0
    updates: int = 0
    trades: int = 0
    touches: int = 0
    """Best prices told."""
    snapshots: int = 0
    gaps: int = 0
    """Times that updates were or may have been missed."""
    bytes: int = 0
    """Of the file."""
    problem: str = ""
    """What last went wrong; empty when nothing did."""


class Source(Protocol):
    """How one venue tells its market."""

    path: str
    """Of the stream."""
    subscribe: str
    """What is sent first; empty for nothing."""
    ping: str
    """What is sent every 20 s; empty for nothing."""
    snapshot: str
    """Path of the request for a snapshot; empty when the stream begins with one."""

    def rows(self, text: str) -> Iterable[tuple[str, dict[str, Any]]]:
        """Read a frame: what is written, and the event in it (Binance's words)."""
        ...


class BinanceSource:
    """Binance USD-M, whose words are written as they come (docs)."""

    subscribe = ping = ""

    def __init__(self, name: str) -> None:
        low = name.lower()
        self.path = f"/stream?streams={low}@depth@100ms/{low}@bookTicker/{low}@trade"
        self.snapshot = f"/fapi/v1/depth?symbol={name}&limit=1000"

    def rows(self, text: str) -> Iterable[tuple[str, dict[str, Any]]]:
        """Give the frame itself; answers to requests give nothing."""
        row = json.loads(text)
        if isinstance(row, dict) and isinstance(row.get("data"), dict):
            yield text, row["data"]


class BybitSource:
    """Bybit v5 linear, 500 levels, told in Binance's words."""

    path = "/v5/public/linear"
    ping = json.dumps({"op": "ping"})
    snapshot = ""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told = self._number = 0
        topics = [f"orderbook.500.{name}", f"publicTrade.{name}"]
        self.subscribe = json.dumps({"op": "subscribe", "args": topics})

    def rows(self, text: str) -> Iterable[tuple[str, dict[str, Any]]]:
        """Give the book or the trades of a frame; answers to requests give nothing."""
        frame = json.loads(text)
        topic = str(frame.get("topic", ""))
        if topic.startswith("orderbook."):
            told = [self._book(frame)]
        elif topic.startswith("publicTrade."):
            told = [self._trade(row, frame["ts"]) for row in frame["data"]]
        elif frame.get("success") is False:
            raise VenueUnavailable(
                f"Bybit refused to tell of {self._name}; nothing is recorded"
            )
        else:
            told = []
        for row in told:
            yield json.dumps(row, separators=(",", ":")), row

    def _book(self, frame: dict[str, Any]) -> dict[str, Any]:
        data, stamp = frame["data"], {"E": frame["ts"], "T": frame.get("cts", frame["ts"])}
        is_next = frame["type"] == "delta" and data["u"] == self._told + 1
        before = self._number if is_next else self._number + 1
        self._told, self._number = data["u"], before + 1  # theirs begins anew at a restart
        if frame["type"] == "snapshot":
            levels = {"bids": data["b"], "asks": data["a"]}
            return {"lastUpdateId": self._number, **stamp, **levels}
        chain = {"U": self._number, "u": self._number, "pu": before}
        levels = {"b": data["b"], "a": data["a"]}
        return {"e": "depthUpdate", **stamp, "s": data["s"], **chain, **levels}

    @staticmethod
    def _trade(row: dict[str, Any], stamp: int) -> dict[str, Any]:
        facts = {"E": stamp, "T": row["T"], "s": row["s"], "t": row["i"]}
        price = {"p": row["p"], "q": row["v"], "X": "MARKET", "m": row["S"] == "Sell"}
        return {"e": "trade", **facts, **price}


def source_of(wire: Wire, symbol: str) -> Source:
    """Say how the venue of a wire tells a symbol.

    Raises:
        InvalidInput: not a unified symbol of a linear contract.
        LiveTradingRefused: the venue's market is told by the live host alone.
    """
    base, _, rest = symbol.partition("/")
    quote, _, settle = rest.partition(":")
    if not (base.isalnum() and quote.isalnum() and quote == settle and symbol.isascii()):
        raise InvalidInput(f'symbol must be one like "BTC/USDT:USDT", was {symbol[:40]!r}')
    if wire.address == TESTNETS["bybit-demo"]:  # its market is the live one
        raise LiveTradingRefused(
            f"{wire.name} has its market from the live host, which is not on our list; record "
            'from "bybit-testnet", "binance-demo" or a local testnet; nothing was sent'
        )
    return (BybitSource if wire.dialect.client == "bybit" else BinanceSource)(base + quote)


class Recorder:
    """Records one symbol until it is told to stop.

    Args:
        wire: says where the venue is; it is not opened, nothing is signed.
        symbol: unified symbol.
        path: of the file; must not exist.
        clock: gives this machine's time, ns since 1970.

    Raises:
        InvalidInput, LiveTradingRefused: see ``source_of``.
    """

    def __init__(
        self, wire: Wire, symbol: str, path: str | Path, *, clock: Callable[[], int]
    ) -> None:
        self.progress = Progress()
        self.path = Path(path)
        self._source = source_of(wire, symbol)
        if self.path.exists():
            raise _exists(self.path)
        self._where, self._symbol = wire.name, symbol
        self._address = wire.address
        self._streams = stream_address(wire.name, wire.address)
        self._clock = clock
        self._file: gzip.GzipFile | None = None
        self._last: int | None = None
        self._oldest: int | None = None
        self._is_known = False
        self._asking: asyncio.Task[None] | None = None

    async def record(self) -> None:
        """Record until canceled; the file is closed and readable whatever happens.

        A connection that breaks is made again. A file without a line is taken away again.

        Raises:
            InvalidInput: the file exists already, or cannot be made.
            VenueUnavailable: the venue cannot be reached at all, or refuses to tell.
        """
        with self._opened() as file:
            self._file = file
            putting_down = asyncio.create_task(self._put_down(file))
            try:
                async with self._session() as session:
                    await self._listen_for_ever(session)
            finally:
                self._file = None
                tasks = [task for task in (putting_down, self._asking) if task is not None]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                if not self.progress.lines:
                    self.path.unlink()

    def _opened(self) -> gzip.GzipFile:
        try:
            return gzip.GzipFile(self.path, "xb", compresslevel=5)
        except FileExistsError:
            raise _exists(self.path) from None
        except OSError as error:
            raise InvalidInput(
                f"{self.path} cannot be made ({error.strerror}); choose another place"
            ) from None

    async def _put_down(self, file: gzip.GzipFile) -> None:
        while True:
            await asyncio.sleep(_PUT_DOWN)
            file.flush()
            self.progress.bytes = self.path.stat().st_size

    def _session(self) -> aiohttp.ClientSession:
        import certifi  # noqa: PLC0415 - comes with ccxt

        context = ssl.create_default_context(cafile=certifi.where())
        return aiohttp.ClientSession(
            trust_env=False,
            trace_configs=[transport_guard(self._address, self._streams)],
            connector=aiohttp.TCPConnector(ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(sock_connect=_PATIENCE),
        )

    # --- listening

    async def _listen_for_ever(self, session: aiohttp.ClientSession) -> None:
        pause = _PAUSE
        while True:
            before = self.progress.updates
            try:
                await self._listen(session)
                reason = "the connection ended"
            except _Missing:
                reason = _MISSING
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                reason = f"the connection broke ({type(error).__name__})"
            if not self.progress.updates:
                raise VenueUnavailable(
                    f"{self._where} does not tell of {self._symbol}: {reason}; check that it "
                    "is running and trades it"
                )
            if before != self.progress.updates:
                pause = _PAUSE
            self._miss(reason)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self, session: aiohttp.ClientSession) -> None:
        url = f"{self._streams}{self._source.path}"
        async with session.ws_connect(url, heartbeat=_PING, max_msg_size=0) as socket:
            if self._source.subscribe:
                await socket.send_str(self._source.subscribe)
            pinging = asyncio.create_task(_repeat(self._source.ping, socket.send_str))
            try:
                while True:
                    message = await socket.receive(_SILENCE)
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        return
                    self._hear(message.data, session)
            finally:
                pinging.cancel()

    def _hear(self, text: str, session: aiohttp.ClientSession) -> None:
        for line, row in self._source.rows(text):
            if "lastUpdateId" in row:
                self._last = self._oldest = row["lastUpdateId"]
                self._start(line, row["lastUpdateId"])
                continue
            self._write(line)
            match row.get("e"):
                case "depthUpdate":
                    self._follow(row, session)
                case "trade":
                    self.progress.trades += 1
                case "bookTicker":
                    self.progress.touches += 1

    def _follow(self, row: dict[str, Any], session: aiohttp.ClientSession) -> None:
        self.progress.updates += 1
        before, self._last = self._last, row["u"]
        if before is not None and row["pu"] != before:
            if not self._source.snapshot:
                raise _Missing  # a new connection begins with a snapshot
            self._miss(_MISSING)
        if self._oldest is None:
            self._oldest = row["pu"]
        if not self._is_known and self._source.snapshot and self._asking is None:
            self._asking = asyncio.create_task(self._ask(session))

    def _miss(self, reason: str) -> None:
        self.progress.gaps += 1
        self.progress.problem = reason
        self._is_known, self._last, self._oldest = False, None, None

    # --- snapshots

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        pause = _PAUSE
        while not self._is_known:
            try:
                text = await self._snapshot(session)
                self._start(text, int(json.loads(text)["lastUpdateId"]))
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError) as error:
                self.progress.problem = f"no snapshot came ({type(error).__name__})"
            if not self._is_known:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        self._asking = None

    async def _snapshot(self, session: aiohttp.ClientSession) -> str:
        url, patience = (
            f"{self._address}{self._source.snapshot}",
            aiohttp.ClientTimeout(_PATIENCE),
        )
        async with session.get(url, timeout=patience, raise_for_status=True) as reply:
            return (await reply.text()).replace("\n", " ")

    def _start(self, line: str, update: int) -> None:
        """Write a snapshot; one older than the updates that wait for it is of no use."""
        if self._oldest is not None and update < self._oldest:
            return
        self._write(line)
        self.progress.snapshots += 1
        self._is_known, self.progress.problem = True, ""

    def _write(self, line: str) -> None:
        if self._file is not None:
            self._file.write(f"{self._clock()} {line}\n".encode())
            self.progress.lines += 1


def _exists(path: Path) -> InvalidInput:
    return InvalidInput(f"{path} exists already and is not overwritten; choose another name")


async def _repeat(text: str, send: Callable[[str], Awaitable[None]]) -> None:
    while text:
        await asyncio.sleep(_PING)
        await send(text)
