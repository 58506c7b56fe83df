"""Binance USD-M rows to our nouns, and our orders to what ccxt is asked for. Pure.

The venue's own rows come in as ccxt read them from JSON, before its unified parser: that one
drops positions without an entry price and turns strange bodies into empty lists (VENUES.md 1,
5). Exact Decimals go out, or ``Malformed`` naming the field: a missing field is unknown, it
is never zero. Also the only place where a number of the venue becomes a Decimal.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from nettools.decimals import LARGEST, ZERO, plain
from nettools.errors import InvalidInput
from nettools.model import (
    FeeRates,
    Fill,
    Instrument,
    Liquidity,
    Order,
    OrderReport,
    OrderState,
    Position,
    PositionMode,
    PositionSide,
    Quote,
    Side,
    TimeInForce,
)
from nettools.venues.protocol import Balance

Row = Mapping[str, Any]
"""One JSON object of the venue."""
Symbols = Mapping[str, str]
"""Unified symbol by the venue's own: ``{"BTCUSDT": "BTC/USDT:USDT"}``."""

_T = TypeVar("_T")

QUOTE_CURRENCY = "USDT"

STATES = {
    "NEW": OrderState.ACKED,
    "PARTIALLY_FILLED": OrderState.PARTIAL,
    "FILLED": OrderState.FILLED,
    "CANCELED": OrderState.CANCELED,
    "EXPIRED": OrderState.EXPIRED,
    "EXPIRED_IN_MATCH": OrderState.EXPIRED,
    "REJECTED": OrderState.REJECTED,
}
"""The venue's order statuses; one that is not here is UNKNOWN, whatever it may mean."""

_SIDES = {"BUY": Side.BUY, "SELL": Side.SELL}
_LEGS = {side.name: side for side in PositionSide}
_LIFETIMES = {"IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_POST_ONLY = "GTX"
_LATEST = 10**14  # milliseconds: the year 5138


class Malformed(ValueError):
    """An answer that is not of the venue's own format; says what was found instead."""


def as_row(answer: object, *needed: str) -> Row:
    """Take an answer as one JSON object that has these fields.

    Raises:
        Malformed: it is something else, or lacks one.
    """
    if not isinstance(answer, dict):
        raise Malformed(f"{describe(answer)} where one object was due")
    missing = [name for name in needed if answer.get(name) is None]
    if missing:
        raise Malformed(f"an answer without {', '.join(missing)}")
    return answer


def as_rows(answer: object) -> list[Row]:
    """Take an answer as a list of JSON objects, possibly empty; raises Malformed."""
    if not isinstance(answer, list):
        raise Malformed(f"{describe(answer)} where a list was due")
    return [as_row(item) for item in answer]


def describe(answer: object) -> str:
    """Name a useless answer in a few words, without quoting it."""
    if answer is None or answer in ("", b""):
        return "an empty answer"
    if isinstance(answer, str):
        return "a web page" if answer.lstrip().startswith("<") else "text of another kind"
    if isinstance(answer, dict):
        return "an object of another kind"
    return f"a {type(answer).__name__}"


def read_refusal(body: str) -> tuple[int | None, str]:
    """Read what an answer that is not the one asked for says: the venue's code and its words.

    The code is None when the answer is not in the venue's own format.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        plain_words = body.strip()
        return None, describe(body) if plain_words[:1] in ("", "<", "{", "[") else plain_words
    code = answer.get("code") if isinstance(answer, dict) else None
    if isinstance(code, bool) or not isinstance(code, int):
        return None, describe(answer)
    return code, str(answer.get("msg", ""))


def read_done(answer: object) -> None:
    """Take ``{"code": 200}`` as done; raises Malformed for anything else."""
    if as_row(answer, "code")["code"] not in (200, "200"):
        raise Malformed(describe(answer))


def number(row: Row, field: str) -> Decimal:
    """Read a finite number from text or a JSON number; raises Malformed."""
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed(f"{field} was {'missing' if value is None else 'not a number'}")
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        raise Malformed(f"{field} was not a number") from None
    if not read.is_finite() or abs(read) > LARGEST:
        raise Malformed(f"{field} was not a finite number below 1e12")
    return read


def moment(row: Row, field: str) -> datetime:
    """Read a time in whole milliseconds since 1970 (UTC); raises Malformed."""
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LATEST:
        raise Malformed(f"{field} was not a time")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)


def choice(row: Row, field: str, choices: Mapping[str, _T]) -> _T:
    """Read one of the words the venue may send; raises Malformed."""
    value = row.get(field)
    if not isinstance(value, str) or value not in choices:
        raise Malformed(f"{field} was none of {', '.join(choices)}")
    return choices[value]


def read_instruments(markets: Iterable[Row]) -> dict[str, Instrument]:
    """Give the contracts that trade now and whose rules are complete, by unified symbol.

    Args:
        markets: ccxt's markets; the rules are read from ``info``, as the venue stated them.
            A contract whose rules cannot be read cannot be traded, so it is left out.
    """
    found = {}
    for market in markets:
        row = market["info"]
        perpetual = row.get("contractType") == "PERPETUAL" and row.get("status") == "TRADING"
        if perpetual and row.get("quoteAsset") == QUOTE_CURRENCY:
            try:
                instrument = _instrument(market["symbol"], row)
            except (Malformed, InvalidInput):
                continue
            found[instrument.symbol] = instrument
    return found


def _instrument(symbol: str, row: Row) -> Instrument:
    filters = {rule.get("filterType"): rule for rule in as_rows(row.get("filters"))}
    price, lot, market, smallest, band = (
        as_row(filters.get(name))
        for name in (
            "PRICE_FILTER",
            "LOT_SIZE",
            "MARKET_LOT_SIZE",
            "MIN_NOTIONAL",
            "PERCENT_PRICE",
        )
    )
    up, down = number(band, "multiplierUp"), number(band, "multiplierDown")
    return Instrument(
        symbol=symbol,
        step_size=number(lot, "stepSize"),
        tick_size=number(price, "tickSize"),
        min_quantity=number(lot, "minQty"),
        max_quantity=number(lot, "maxQty"),
        max_market_quantity=number(market, "maxQty"),
        min_notional=number(smallest, "notional"),
        price_band=min(up - 1, 1 - down),
    )


def order_request(order: Order) -> tuple[str, str, str | None, dict[str, Any]]:
    """Say what to ask ccxt for: type, amount, price and parameters, all exact text.

    The position side is always written out, so an account in the other mode refuses the order
    (-4061) instead of opening another leg; ``reduceOnly`` never stands beside LONG or SHORT.
    """
    params: dict[str, Any] = {
        "newClientOrderId": order.client_order_id,
        "positionSide": order.position_side.name,
    }
    if order.reduce_only and order.position_side is PositionSide.BOTH:
        params["reduceOnly"] = True
    if order.limit_price is None:
        return "market", plain(order.quantity), None, params
    if order.post_only:
        params["postOnly"] = True
    else:
        params["timeInForce"] = order.time_in_force.name
    return "limit", plain(order.quantity), plain(order.limit_price), params


def info_of(parsed: object) -> object:
    """Take the venue's own row out of what ccxt's unified call made of it."""
    return parsed.get("info") if isinstance(parsed, dict) else parsed


def read_order(row: object, symbols: Symbols) -> OrderReport:
    """Read one order of the account, ours or foreign, with what became of it.

    Raises:
        Malformed: not an order, or a field of it cannot be read.
    """
    row = as_row(row, "orderId", "clientOrderId", "symbol", "status")
    price, filled = number(row, "price"), number(row, "executedQty")
    lifetime = row.get("timeInForce")
    order = Order(
        client_order_id=str(row["clientOrderId"]),
        symbol=choice(row, "symbol", symbols),
        position_side=choice(row, "positionSide", _LEGS),
        side=choice(row, "side", _SIDES),
        quantity=number(row, "origQty"),
        limit_price=price if price > 0 else None,
        time_in_force=_LIFETIMES.get(str(lifetime), TimeInForce.GTC),
        post_only=lifetime == _POST_ONLY,
        reduce_only=row.get("reduceOnly") is True,
    )
    state = STATES.get(row["status"], OrderState.UNKNOWN)
    if filled > order.quantity or (state is OrderState.FILLED and filled != order.quantity):
        raise Malformed(f"executedQty of {plain(filled)} for {plain(order.quantity)}")
    average = number(row, "avgPrice") if filled else ZERO
    return OrderReport(
        order=order,
        state=state,
        venue_order_id=str(row["orderId"]),
        filled=filled,
        average_price=average if average > 0 else None,
        message=""
        if state is not OrderState.UNKNOWN
        else "the venue names a status we do not know",
    )


def read_own_order(row: object, order: Order, symbols: Symbols) -> OrderReport:
    """Read an order that must be ``order``; what it says of another one is not believed.

    The venue may have accepted less than was asked (a reduce-only order is cut to what there
    is to reduce); the report then carries that smaller quantity.

    Raises:
        Malformed: not an order, or another one.
    """
    report = read_order(row, symbols)
    there = report.order
    same = (there.client_order_id, there.leg, there.side) == (
        order.client_order_id,
        order.leg,
        order.side,
    )
    if not same or there.quantity > order.quantity:
        raise Malformed("an answer about another order")
    smaller = there.quantity < order.quantity
    return replace(report, order=replace(order, quantity=there.quantity) if smaller else order)


def read_fill(row: Row, symbols: Symbols) -> Fill:
    """Read one execution; Binance does not repeat our order id on it (raises Malformed)."""
    as_row(row, "id", "orderId", "commissionAsset")
    if not isinstance(row.get("maker"), bool):
        raise Malformed("maker was neither true nor false")
    return Fill(
        fill_id=str(row["id"]),
        client_order_id="",
        venue_order_id=str(row["orderId"]),
        symbol=choice(row, "symbol", symbols),
        position_side=choice(row, "positionSide", _LEGS),
        side=choice(row, "side", _SIDES),
        quantity=number(row, "qty"),
        price=number(row, "price"),
        fee=number(row, "commission"),
        fee_currency=str(row["commissionAsset"]),
        liquidity=Liquidity.MAKER if row["maker"] else Liquidity.TAKER,
        time=moment(row, "time"),
        realized_pnl=number(row, "realizedPnl"),
    )


def read_position(row: Row, symbols: Symbols) -> Position:
    """Read one leg; its sign is the venue's own (raises Malformed)."""
    quantity = number(row, "positionAmt")
    average = number(row, "entryPrice")
    try:
        return Position(
            symbol=choice(row, "symbol", symbols),
            position_side=choice(row, "positionSide", _LEGS),
            quantity=quantity,
            average_price=average if quantity else None,
            mark_price=number(row, "markPrice"),
            unrealized_pnl=number(row, "unRealizedProfit"),
        )
    except InvalidInput as wrong:
        raise Malformed(str(wrong)) from None


def read_positions(answer: object, symbols: Symbols) -> tuple[Position, ...]:
    """Read the legs that are not flat; the list may hold flat ones (raises Malformed)."""
    rows = as_rows(answer)
    return tuple(read_position(row, symbols) for row in rows if number(row, "positionAmt"))


def read_mode(answer: object) -> PositionMode:
    """Read whether the account keeps one leg or two per symbol (raises Malformed)."""
    hedged = as_row(answer).get("dualSidePosition")
    if not isinstance(hedged, bool):
        raise Malformed("dualSidePosition was neither true nor false")
    return PositionMode.HEDGE if hedged else PositionMode.ONE_WAY


def read_balance(answer: object) -> Balance:
    """Read the money of the account in the quote currency (raises Malformed)."""
    for row in as_rows(as_row(answer, "assets")["assets"]):
        if row.get("asset") == QUOTE_CURRENCY:
            return Balance(
                currency=QUOTE_CURRENCY,
                wallet=number(row, "walletBalance"),
                available=number(row, "availableBalance"),
            )
    raise Malformed(f"an account without {QUOTE_CURRENCY}")


def witnesses_flat(answer: object) -> bool:
    """Say whether the account page agrees that no position is held.

    An empty position list alone proves nothing: an empty answer looks the same (VENUES.md 1).

    Raises:
        Malformed: the account page is not credible itself (no assets, no margin).
    """
    account = as_row(answer, "assets", "totalPositionInitialMargin")
    if not as_rows(account["assets"]):
        raise Malformed("an account without assets")
    held = (number(row, "positionAmt") for row in as_rows(account.get("positions", [])))
    return number(account, "totalPositionInitialMargin") == 0 and not any(held)


def read_fee_rates(answer: object) -> FeeRates:
    """Read the account's own rates on one symbol (raises Malformed)."""
    row = as_row(answer)
    return FeeRates(
        maker=number(row, "makerCommissionRate"), taker=number(row, "takerCommissionRate")
    )


def rows_by_symbol(answer: object) -> dict[str, Row]:
    """Index one row or a list of rows by the venue's symbol (raises Malformed)."""
    rows = [as_row(answer)] if isinstance(answer, dict) else as_rows(answer)
    return {str(as_row(row, "symbol")["symbol"]): row for row in rows}


def read_quote(
    symbol: str, book: Row | None, premium: Row | None, now: datetime, oldest: datetime
) -> Quote:
    """Join the best prices and the mark of one symbol.

    Args:
        symbol: unified symbol.
        book: its row of ``ticker/bookTicker``.
        premium: its row of ``premiumIndex``.
        now: when both had been read, by our clock.
        oldest: a touch the venue itself dates before this is stale, by the venue's clock. One
            without a time passes. The local testnet states the time of its answer, so a market
            that stands still there is not stale; what it shows is what trades.

    Raises:
        Malformed: a price is missing, the book is crossed, empty on a side, or stale.
    """
    if book is None or premium is None:
        raise Malformed(f"nothing about {symbol}")
    if book.get("time") is not None and moment(book, "time") < oldest:
        raise Malformed(f"a touch of {symbol} that is older than {oldest:%H:%M:%S} UTC")
    try:
        return Quote(
            symbol=symbol,
            bid=number(book, "bidPrice"),
            ask=number(book, "askPrice"),
            mark_price=number(premium, "markPrice"),
            time=now,
        )
    except InvalidInput as wrong:
        raise Malformed(str(wrong)) from None
