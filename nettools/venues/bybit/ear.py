"""Reads what Bybit v5 linear tells, and says how to listen to it. No I/O of its own.

Frames come in as ccxt took them from the socket; events in our own nouns go out. The account's
rows are those of the REST answers, so they are read by the same readers.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from nettools.model import PositionSide
from nettools.venues.book import Update
from nettools.venues.bybit import orders, rows
from nettools.venues.contracts import Contract, Contracts, contract_of
from nettools.venues.ear import Change, Ear, Snapshot, Subscribed, Told
from nettools.venues.guard import STREAMS, Address
from nettools.venues.rows import (
    Malformed,
    Row,
    as_row,
    as_rows,
    moment,
    read_levels,
    whole,
    word,
)

TOPICS = ("order", "execution", "position")
"""Of the account; each is subscribed on its own."""
_DEPTH = 50
"""Levels of each side."""


def read_frame(frame: object, contracts: Contracts) -> Iterable[Told]:
    """Read whatever was told; pongs, the wallet and other categories give nothing.

    Raises:
        Malformed: it matters and cannot be read.
    """
    if not isinstance(frame, dict):
        return ()
    topic = str(frame.get("topic", ""))
    if topic.startswith("orderbook."):
        return _read_book_frame(frame, contracts)
    if topic in _READERS:
        linear = [r for r in as_rows(frame.get("data")) if r.get("category") == rows.CATEGORY]
        return [told for row in linear for told in _READERS[topic](row, contracts)]
    is_accepted = frame.get("op") == "subscribe" and frame.get("success") is True
    return (Subscribed(),) if is_accepted else ()


def _read_order(row: Row, contracts: Contracts) -> Iterator[Told]:
    yield orders.read_order(row, contracts)


def _read_execution(row: Row, contracts: Contracts) -> Iterator[Told]:
    # Which leg it moved is not told: whoever knows its order knows that.
    if word(row, "execType") in orders.MOVING:
        yield orders.read_fill(row, contracts, PositionSide.BOTH)


def _read_position(row: Row, contracts: Contracts) -> Iterator[Told]:
    # the entry price has another name here than in REST (docs)
    yield rows.read_position({"avgPrice": row.get("entryPrice"), **row}, contracts)


_READERS = {"order": _read_order, "execution": _read_execution, "position": _read_position}


def _read_book_frame(frame: Row, contracts: Contracts) -> Iterator[Told]:
    data = as_row(frame.get("data"), "s", "u")
    contract = contract_of({"symbol": data["s"]}, contracts)
    bids, asks = (_levels(data.get(side), contract) for side in ("b", "a"))
    last, kind = whole(data, "u"), word(frame, "type")
    if kind == "snapshot":
        yield Snapshot(symbol=contract.symbol, bids=bids, asks=asks, sequence=last)
    elif kind == "delta":
        update = Update(first=last, last=last, previous=last - 1, bids=bids, asks=asks)
        yield Change(symbol=contract.symbol, update=update)
    else:
        raise Malformed("a book frame of another kind")


def _levels(levels: object, contract: Contract) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((price, count * contract.size) for price, count in read_levels(levels))


def told_at(frame: object) -> datetime | None:
    """Read the event's time; raises Malformed."""
    row = as_row(frame)
    name = next((name for name in ("creationTime", "ts") if name in row), None)
    return None if name is None else moment(row, name)


def _urls(address: Address) -> Mapping[str, object]:
    private = {"private": {"contract": f"{address}/v5/private"}}
    if address == STREAMS["bybit-demo"]:
        return private  # its books would come from the live host
    return private | {"public": {"linear": f"{address}/v5/public/linear"}}


async def _watch_orders(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.watch_orders()


async def _watch_executions(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.watch_my_trades()


async def _watch_positions(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.watch_positions()


async def _watch_book(ccxt: Any, symbol: str) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.watch_order_book(symbol, _DEPTH)


def _renew(ccxt: Any) -> None:  # noqa: ANN401 - ccxt has no types
    """Do nothing: each connection signs in by itself."""


BYBIT_EAR = Ear(
    urls=_urls,
    account_path="/v5/private",
    account=(_watch_orders, _watch_executions, _watch_positions),
    acknowledged=len(TOPICS),
    book=_watch_book,
    has_books=lambda urls: "public" in urls,
    ask_book=None,
    read_book=None,
    read=read_frame,
    told_at=told_at,
    renew=_renew,
)
