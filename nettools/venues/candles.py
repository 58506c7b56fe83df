"""Public candles of a testnet through ccxt: page by page, patiently, each page once.

A venue, a symbol and a span of time come in; candles that are finished go out, as a history
with its report. No keys are needed, and the closed list of addresses holds as everywhere. Law:
a page that fails is asked for again and never replaced by anything; what a venue lacks is a gap
in the report.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from nettools.errors import InvalidInput, VenueUnavailable
from nettools.study.loading import History, read_candles
from nettools.study.loading_report import REFUSE, Policy
from nettools.testnet import Testnet
from nettools.venues.candle_cache import CandleCache, cache_folder
from nettools.venues.candle_rows import LENGTHS, CandleRow, Span, read_page
from nettools.venues.clock import Timing
from nettools.venues.contracts import Contract, read_contracts
from nettools.venues.guard import LOOPBACK
from nettools.venues.opening import open_public
from nettools.venues.wire import Wire

PAGE = 1000
"""Candles asked for at once, the most that both venues give (docs)."""
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Seconds before a page is asked for again; together two minutes, a venue's limits take one."""
SHOW_AFTER = 0.5
"""Seconds before the progress bar appears."""


async def fetch_candles(  # noqa: PLR0913 - what to fetch and how, by keyword, defaulted
    venue: str | Testnet,
    symbol: str,
    *,
    since: datetime | str,
    until: datetime | str | None = None,
    interval: str = "1m",
    cache: Path | str | None = None,
    faults: Policy = REFUSE,
    progress: bool = True,
    environment: Mapping[str, str] = os.environ,
    timing: Timing | None = None,
) -> History:
    """Fetch the finished candles of a symbol; needs no keys and changes nothing.

    A page that fails, is another one than was asked for, or makes no sense is asked for again,
    later each time; one that lacks candles is asked for twice. Pages that are complete are
    kept, so that a run that was broken off goes on where it was.

    Args:
        venue: a testnet as ``Desk.open`` takes it.
        symbol: for example ``"BTC/USDT:USDT"``.
        since: first opening time, with its zone: ``"2026-11-01T00:00Z"``.
        until: no candle opens then or later; now when None.
        interval: ``"1m"``, ``"5m"``, ``"15m"``, ``"1h"``, ``"4h"`` or ``"1d"``.
        cache: a folder for the pages, ``""`` for none; by default one in the user's cache
            folder for real testnets, and none for local ones, whose market begins anew.
        faults: what to do about gaps, as in ``study.read_candles``.
        progress: whether to show a bar.
        environment: where the local testnet and the cache folder are named.
        timing: where time, waiting and chance come from.

    Raises:
        InvalidInput: no such symbol or interval, a time without a zone, no candles in the
            span, or a gap that is refused.
        VenueUnavailable: a page could not be had, in all the tries.
        LiveTradingRefused: another address than a testnet's.
    """
    if interval not in LENGTHS:
        raise InvalidInput(f"interval must be {', '.join(LENGTHS)}, was {interval!r}")
    start, stop = _utc(since, "since"), None if until is None else _utc(until, "until")
    timing = timing or Timing()
    wire = open_public(venue, environment, timing)
    try:
        await wire.open()
        contract = await _contract(wire, symbol)
        is_local = wire.address.host == LOOPBACK
        folder = _folder(cache, environment, is_local=is_local)
        kept = CandleCache(folder, wire.name, contract.market_id, interval)
        fetching = _Fetching(wire, contract, interval, timing, kept)
        span = _span(start, stop, wire, interval)
        rows = await fetching.all(span, show=progress)
    finally:
        await wire.close()
    frame = pd.DataFrame(rows, columns=list(CandleRow._fields))
    if frame.empty:
        raise InvalidInput(
            f"{wire.say.where} has no finished {interval} candles of {symbol} then"
        )
    frame.index = pd.to_datetime(frame.pop("opened"), unit="ms", utc=True).rename("time")
    bar, name = pd.Timedelta(milliseconds=LENGTHS[interval]), f"{interval} of {symbol}"
    history = read_candles(frame, bar=bar, faults=faults, name=name)
    notes = (*history.report.notes, *filter(None, [kept.trouble, *_not_there(rows, span)]))
    return replace(history, report=replace(history.report, notes=notes))


def _utc(moment: datetime | str, name: str) -> datetime:
    try:
        read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        raise InvalidInput(
            f"{name} must be a time like 2026-11-01T00:00Z, was {moment!r}"
        ) from None
    if read.tzinfo is None:
        raise InvalidInput(f"{name} needs its zone, was {moment}; give it in UTC, with a Z")
    return read.astimezone(UTC)


def _span(start: datetime, stop: datetime | None, wire: Wire, interval: str) -> Span:
    length = LENGTHS[interval]
    now = _millis(wire.venue_now()) // length * length  # the candle of now is not finished
    end = now if stop is None else min(now, -(-_millis(stop) // length) * length)
    span = Span(-(-_millis(start) // length) * length, end, length)
    if span.candles < 1:
        raise InvalidInput(f"no candle is finished between {start} and {stop or 'now'}")
    return span


def _not_there(rows: Sequence[CandleRow], span: Span) -> list[str]:
    """Say what was asked for beyond the first and the last candle there is."""
    missing = {
        "before the first": (rows[0].opened - span.first) // span.length,
        "after the last": (span.end - rows[-1].opened) // span.length - 1,
    }
    return [f"the venue has none of {n} candles {where}" for where, n in missing.items() if n]


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _folder(
    cache: Path | str | None, environment: Mapping[str, str], *, is_local: bool
) -> Path | None:
    if cache is not None:
        return Path(cache) if cache else None
    return None if is_local else cache_folder(environment)


async def _contract(wire: Wire, symbol: str) -> Contract:
    markets = await wire.read(
        "the list of contracts", lambda ccxt: ccxt.load_markets(), lambda found: found
    )
    contracts = read_contracts(list(markets.values())).values()
    found = next((one for one in contracts if one.symbol == symbol), None)
    if found is None:
        known = ", ".join(sorted(one.symbol for one in contracts)[:5])
        raise InvalidInput(f"{wire.say.where} has no contract {symbol!r}; it has {known} …")
    return found


@dataclass(frozen=True, slots=True)
class _Fetching:
    """The pages of one contract, one after the other."""

    wire: Wire
    contract: Contract
    interval: str
    timing: Timing
    kept: CandleCache

    async def all(self, span: Span, *, show: bool) -> list[CandleRow]:
        from tqdm.auto import tqdm  # noqa: PLC0415 - with a notebook it needs widgets

        found: list[CandleRow] = []
        what = f"{self.interval} candles of {self.contract.symbol}"
        with tqdm(
            total=span.candles, desc=what, unit="candle", delay=SHOW_AFTER,
            disable=not show, leave=False,
        ) as bar:  # fmt: skip
            for page in _pages(span):
                first, end = max(page.first, span.first), min(page.end, span.end)
                rows = await self._page(page, span)
                found += [row for row in rows if first <= row.opened < end]
                bar.update((end - first) // span.length)
        return found

    async def _page(self, page: Span, wanted: Span) -> list[CandleRow]:
        """Give a whole page from the cache, or ask; a whole page is kept."""
        if not self.kept.is_on or page.end > wanted.end:  # it is not over, or not asked for
            first, end = max(page.first, wanted.first), min(page.end, wanted.end)
            return await self._ask_twice(page._replace(first=first, end=end))
        rows = self.kept.load(page)
        if rows is None:
            rows = await self._ask_twice(page)
            if len(rows) == page.candles:
                self.kept.save(page, rows)
        return rows

    async def _ask_twice(self, page: Span) -> list[CandleRow]:
        """Ask once more when candles are missing; what lacks twice, the venue lacks."""
        rows = await self._ask(page)
        if len(rows) < page.candles:
            rows = max(rows, await self._ask(page), key=len)
        return rows

    async def _ask(self, page: Span) -> list[CandleRow]:
        start = datetime.fromtimestamp(page.first / 1000, UTC)
        what = (
            f"the {self.interval} candles of {self.contract.symbol} from {start:%Y-%m-%d %H:%M}"
        )
        pauses = iter(PAUSES)
        while True:
            try:
                return await self.wire.read(
                    what, partial(self._request, page), partial(self._read, page)
                )
            except VenueUnavailable as error:
                pause = next(pauses, None)
                if pause is None:
                    tries = f"given up after {len(PAUSES) + 1} tries"
                    raise VenueUnavailable(f"{error}; {tries}") from None
            await self.timing.sleep(pause * self.timing.rng.uniform(1, 1.5))

    async def _request(self, page: Span, ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
        return await self.wire.dialect.ask_candles(ccxt, self.contract, self.interval, page)

    def _read(self, page: Span, answer: object) -> list[CandleRow]:
        listed = self.wire.dialect.candle_lists(answer, self.contract)
        return read_page(listed, page, self.contract.size)


def _pages(span: Span) -> list[Span]:
    """Cut a span into pages that begin at the same times whatever was asked for."""
    size = PAGE * span.length
    first = span.first // size * size
    return [Span(at, at + size, span.length) for at in range(first, span.end, size)]
