"""Reads what Binance USD-M tells, and keeps the books it tells of. No I/O of its own.

Frames come in as ccxt took them from the socket; events in our own nouns go out. The account's
rows are those of the REST answers under short names, so they are read by the same readers.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from nettools.model import Fill, Position, PositionSide
from nettools.venues.binance import rows
from nettools.venues.book import Update
from nettools.venues.contracts import Contract, Contracts, contract_of
from nettools.venues.ear import Change, Ear, Ended, Snapshot, Told
from nettools.venues.guard import Address
from nettools.venues.rows import (
    Row,
    as_row,
    as_rows,
    choice,
    moment,
    number,
    read_levels,
    whole,
    word,
)

ORDER = {
    "s": "symbol",
    "c": "clientOrderId",
    "S": "side",
    "f": "timeInForce",
    "q": "origQty",
    "p": "price",
    "ap": "avgPrice",
    "X": "status",
    "i": "orderId",
    "z": "executedQty",
    "R": "reduceOnly",
    "ps": "positionSide",
}
"""The fields of ``ORDER_TRADE_UPDATE`` that describe the order, by their names in REST."""
FILL = {
    "s": "symbol",
    "S": "side",
    "i": "orderId",
    "ps": "positionSide",
    "t": "id",
    "l": "qty",
    "L": "price",
    "n": "commission",
    "N": "commissionAsset",
    "m": "maker",
    "T": "time",
    "rp": "realizedPnl",
}
"""Those that describe an execution."""
EXECUTIONS = frozenset({"TRADE", "CALCULATED"})
"""What moves a position: a trade, and the venue closing it by force (docs)."""
_LEGS = {side.name: side for side in PositionSide}


def read_order_update(frame: Row, contracts: Contracts) -> Iterator[Told]:
    """Read a change of an order: the execution if it was one, then the order after it.

    Raises:
        Malformed: a field cannot be read.
    """
    told = as_row(frame.get("o"), "x", "X")
    if word(told, "x") in EXECUTIONS and number(told, "l") > 0:
        yield _fill(told, contracts)
    yield rows.read_order(_renamed(told, ORDER), contracts)


def _fill(told: Row, contracts: Contracts) -> Fill:
    # without a commission the venue leaves both of its fields out (docs)
    free = {"n": "0", "N": rows.QUOTE_CURRENCY}
    fill = rows.read_fill(_renamed({**free, **told}, FILL), contracts)
    return replace(fill, client_order_id=word(told, "c"))


def _renamed(told: Row, names: Mapping[str, str]) -> dict[str, Any]:
    return {name: told[short] for short, name in names.items() if short in told}


def read_account_update(frame: Row, contracts: Contracts) -> Iterator[Position]:
    """Read what became of the legs that changed, flat ones too; raises Malformed."""
    told = as_row(frame.get("a"))
    for row in as_rows(told.get("P", [])):
        contract = contract_of({"symbol": row.get("s")}, contracts)
        quantity = contract.base(row, "pa")
        yield Position(
            symbol=contract.symbol,
            position_side=choice(row, "ps", _LEGS),
            quantity=quantity,
            average_price=number(row, "ep") if quantity else None,
            unrealized_pnl=number(row, "up"),
        )


def read_depth_update(frame: Row, contracts: Contracts) -> Iterator[Change]:
    """Read a change of a book (``depthUpdate``); raises Malformed."""
    contract = contract_of({"symbol": frame.get("s")}, contracts)
    update = Update(
        first=whole(frame, "U"),
        last=whole(frame, "u"),
        previous=whole(frame, "pu"),
        bids=_levels(frame.get("b"), contract),
        asks=_levels(frame.get("a"), contract),
    )
    yield Change(symbol=contract.symbol, update=update)


def read_book(answer: object, contract: Contract) -> Snapshot:
    """Read the answer of ``depth``; raises Malformed."""
    row = as_row(answer, "lastUpdateId")
    return Snapshot(
        symbol=contract.symbol,
        bids=_levels(row.get("bids"), contract),
        asks=_levels(row.get("asks"), contract),
        sequence=whole(row, "lastUpdateId"),
    )


def _levels(levels: object, contract: Contract) -> tuple[tuple[Decimal, Decimal], ...]:
    return tuple((price, count * contract.size) for price, count in read_levels(levels))


def _read_end(frame: Row, contracts: Contracts) -> Iterator[Ended]:
    del contracts
    yield Ended(reason=f"the venue ended it ({frame['e']})")


_READERS = {
    "ORDER_TRADE_UPDATE": read_order_update,
    "ACCOUNT_UPDATE": read_account_update,
    "depthUpdate": read_depth_update,
    "listenKeyExpired": _read_end,
    "eventStreamTerminated": _read_end,
}


def read_frame(frame: object, contracts: Contracts) -> Iterable[Told]:
    """Read whatever was told; answers to subscriptions and other events give nothing.

    Raises:
        Malformed: it matters and cannot be read.
    """
    reader = _READERS.get(str(frame.get("e"))) if isinstance(frame, dict) else None
    return () if reader is None else reader(as_row(frame), contracts)


def told_at(frame: object) -> datetime | None:
    """Read the event's time; raises Malformed."""
    row = as_row(frame)
    return moment(row, "E") if "E" in row else None


def _urls(address: Address) -> dict[str, object]:
    return {"linear": f"{address}/ws"}


async def _watch_account(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.watch_orders()  # executions and positions come on the same connection


async def _watch_book(ccxt: Any, symbol: str) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.watch_order_book(symbol)


async def _ask_book(ccxt: Any, contract: Contract) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.fapiPublicGetDepth({"symbol": contract.market_id, "limit": 1000})


def _renew(ccxt: Any) -> None:  # noqa: ANN401 - ccxt has no types
    ccxt.options["linear"] = {}  # a new listen key: the old one may be why it broke


BINANCE_EAR = Ear(
    urls=_urls,
    account_path="/private/",
    account=(_watch_account,),
    acknowledged=0,
    book=_watch_book,
    has_books=bool,
    ask_book=_ask_book,
    read_book=read_book,
    read=read_frame,
    told_at=told_at,
    renew=_renew,
)
