"""Asks Bybit through ccxt what has happened: executions and settlements of funding, all pages.

A contract and a moment come in; rows and settlements from then on go out, or
``VenueUnavailable``. The venue answers newest first, page by page, for at most seven days of
executions at a time.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from nettools.decimals import ZERO
from nettools.model import Funding
from nettools.venues.bybit.rows import CATEGORY, cursor_of, result_of, rows_of
from nettools.venues.contracts import Contract, check_about
from nettools.venues.funding import LARGEST_RATE
from nettools.venues.rows import Malformed, Row, moment, number, word
from nettools.venues.wire import Wire

Wanted = dict[str, Any]
"""The parameters of a question."""
Ask = Callable[[Wanted, Any], Awaitable[Any]]
"""Asks ccxt's client one question with these parameters."""

PAGE = 100
"""Executions asked for at once."""
WINDOW = timedelta(days=7)
"""The venue answers for at most so long a time per request (docs)."""
HISTORY = timedelta(days=730)
"""The venue keeps executions for so long (docs)."""
SETTLEMENTS = 200
"""Settlements asked for at once; a shorter page is the last one."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)
_MOST_PAGES = 1000
"""No answer of the venue is longer; more would be a cursor that leads in a circle."""


async def ask_pages(wire: Wire, what: str, ask: Ask, wanted: Wanted) -> list[Row]:
    """Give the rows of every page of one question.

    Args:
        wire: the connection that asks.
        what: what is read, as the subject of a sentence.
        ask: asks for one page.
        wanted: the parameters of the first page.

    Raises:
        VenueUnavailable: a page could not be read, or the pages do not end.
    """
    found: list[Row] = []
    for _ in range(_MOST_PAGES):
        rows, cursor = await wire.read(
            what,
            partial(ask, wanted),
            lambda answer: (rows_of(answer), cursor_of(answer)),
        )
        found += rows
        if not rows or not cursor:
            return found
        wanted = wanted | {"cursor": cursor}
    raise wire.say.malformed(what, "pages without an end")


async def ask_executions(
    wire: Wire, contract: Contract, since: datetime, kind: str = ""
) -> list[Row]:
    """Give the executions on a contract from ``since`` on, oldest first, each once.

    Args:
        wire: the connection that asks.
        contract: whose executions.
        since: UTC.
        kind: one ``execType``; all of them when empty.

    Raises:
        VenueUnavailable: a page could not be read.
    """
    now = wire.venue_now()
    start = max(since, now - HISTORY)
    what = f"the executions on {contract.symbol}"
    wanted = named(contract) | {"limit": PAGE} | ({"execType": kind} if kind else {})
    rows: dict[str, Row] = {}
    while start <= now:
        window = {"startTime": _millis(start), "endTime": _millis(start + WINDOW) - 1}
        page = await ask_pages(wire, what, _ask_executions, wanted | window)
        rows |= wire.believe(what, partial(_by_id, page, contract))
        start += WINDOW
    return sorted(rows.values(), key=lambda row: moment(row, "execTime"))


def _by_id(page: list[Row], contract: Contract) -> dict[str, Row]:
    for row in page:
        check_about(row, contract)
        moment(row, "execTime")
    # newest first on the page: turned round, so that equal times keep their order
    return {word(row, "execId"): row for row in reversed(page)}


async def ask_settlements(wire: Wire, contract: Contract, start: datetime) -> list[Funding]:
    """Give the settlements on a contract from ``start`` on, oldest first, nothing received.

    The venue states no mark with a rate, so it is read from the mark's candle of that minute.

    Raises:
        VenueUnavailable: rates or marks could not be read.
    """
    what = f"the funding rates of {contract.symbol}"
    rates: dict[datetime, Row] = {}
    wanted = named(contract) | {"limit": SETTLEMENTS, "startTime": _millis(start)}
    end = wire.venue_now() + _MINUTE
    while True:
        window = wanted | {"endTime": _millis(end)}
        page = await wire.read(
            what, partial(_ask_rates, window), partial(_read_rates, contract)
        )
        rates |= page
        if len(page) < SETTLEMENTS or min(page) <= start:
            break
        end = min(page) - _MILLISECOND
    return [await _settled(wire, contract, time, rates[time]) for time in sorted(rates)]


def _read_rates(contract: Contract, answer: object) -> dict[datetime, Row]:
    found: dict[datetime, Row] = {}
    for row in rows_of(answer):
        check_about(row, contract)
        time = moment(row, "fundingRateTimestamp")
        number(row, "fundingRate", largest=LARGEST_RATE)
        if time in found:
            raise Malformed("two settlements at the same time")
        found[time] = row
    return found


async def _settled(wire: Wire, contract: Contract, time: datetime, row: Row) -> Funding:
    minute = _millis(time) // 60_000 * 60_000
    wanted = {"interval": "1", "start": minute, "end": minute, "limit": 1}
    mark = await wire.read(
        f"the mark of {contract.symbol} at its settlement",
        partial(_ask_marks, named(contract) | wanted),
        partial(_read_mark, minute),
    )
    return Funding(
        symbol=contract.symbol,
        rate=number(row, "fundingRate", largest=LARGEST_RATE),
        mark_price=mark,
        received=ZERO,
        time=time,
    )


def _read_mark(minute: int, answer: object) -> Decimal:
    candles = result_of(answer).get("list")
    for candle in candles if isinstance(candles, list) else []:
        if isinstance(candle, list) and len(candle) > 1 and str(candle[0]) == str(minute):
            mark = number({"open": candle[1]}, "open")
            if mark > 0:
                return mark
    raise Malformed("no mark of that minute")


def named(contract: Contract) -> Wanted:
    """Name a contract the way every question does."""
    return {"category": CATEGORY, "symbol": contract.market_id}


def _millis(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND


async def _ask_executions(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.privateGetV5ExecutionList(wanted)


async def _ask_rates(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.publicGetV5MarketFundingHistory(wanted)


async def _ask_marks(wanted: Wanted, ccxt: Any) -> object:  # noqa: ANN401 - no types
    return await ccxt.publicGetV5MarketMarkPriceKline(wanted)
