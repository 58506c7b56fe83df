"""Binance USD-M rows to our nouns, and our orders to what ccxt is asked for. Pure.

The venue's own rows come in as ccxt read them from JSON, before its unified parser: that one
drops positions without an entry price and turns strange bodies into empty lists.
Exact values in base units go out, or ``Malformed`` (``InvalidInput`` when they contradict
each other).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from nettools.decimals import ZERO, plain
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
from nettools.venues.contracts import Contract, Contracts, contract_of, read_rules
from nettools.venues.protocol import Balance, Permissions
from nettools.venues.reports import STRANGE_STATUS, checked
from nettools.venues.rows import (
    Malformed,
    Row,
    as_row,
    as_rows,
    by_word,
    choice,
    describe,
    flag,
    moment,
    number,
    whole,
    word,
)

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


def read_instruments(markets: Iterable[Row]) -> dict[str, Instrument]:
    """Give the contracts that trade now and whose rules are complete, by unified symbol."""
    return read_rules(markets, _trades, _instrument)


def _trades(row: Row) -> bool:
    perpetual = row.get("contractType") == "PERPETUAL" and row.get("status") == "TRADING"
    return perpetual and row.get("quoteAsset") == QUOTE_CURRENCY


def _instrument(contract: Contract, row: Row) -> Instrument:
    filters = by_word(as_rows(row.get("filters")), "filterType")
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
        symbol=contract.symbol,
        step_size=contract.base(lot, "stepSize"),
        tick_size=number(price, "tickSize"),
        min_quantity=contract.base(lot, "minQty"),
        max_quantity=contract.base(lot, "maxQty"),
        max_market_quantity=contract.base(market, "maxQty"),
        min_notional=number(smallest, "notional"),
        price_band=min(up - 1, 1 - down),
        contract_size=contract.size,
    )


def order_request(
    order: Order, contract: Contract
) -> tuple[str, str, str | None, dict[str, Any]]:
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
    quantity = plain(contract.contracts(order.quantity))
    if order.limit_price is None:
        return "market", quantity, None, params
    if order.post_only:
        params["postOnly"] = True
    else:
        params["timeInForce"] = order.time_in_force.name
    return "limit", quantity, plain(order.limit_price), params


def read_done(answer: object) -> None:
    """Take ``{"code": 200}`` as done; raises Malformed for anything else."""
    if word(as_row(answer), "code") != "200":
        raise Malformed(describe(answer))


def info_of(parsed: object) -> object:
    """Take the venue's own row out of what ccxt's unified call made of it."""
    return parsed.get("info") if isinstance(parsed, dict) else parsed


def read_order(row: object, contracts: Contracts) -> OrderReport:
    """Read one order of the account, ours or foreign, with what became of it.

    Raises:
        Malformed: not an order, or a field of it cannot be read.
    """
    row = as_row(row, "orderId", "clientOrderId")
    contract = contract_of(row, contracts)
    price, filled = number(row, "price"), contract.base(row, "executedQty")
    lifetime = row.get("timeInForce")
    order = Order(
        client_order_id=word(row, "clientOrderId"),
        symbol=contract.symbol,
        position_side=choice(row, "positionSide", _LEGS),
        side=choice(row, "side", _SIDES),
        quantity=contract.base(row, "origQty"),
        limit_price=price if price > 0 else None,
        time_in_force=_LIFETIMES.get(str(lifetime), TimeInForce.GTC),
        post_only=lifetime == _POST_ONLY,
        reduce_only=row.get("reduceOnly") is True,
    )
    state = STATES.get(word(row, "status"), OrderState.UNKNOWN)
    average = number(row, "avgPrice") if filled else ZERO
    return checked(
        OrderReport(
            order=order,
            state=state,
            venue_order_id=str(whole(row, "orderId")),
            filled=filled,
            average_price=average if average > 0 else None,
            message=STRANGE_STATUS if state is OrderState.UNKNOWN else "",
        )
    )


def read_ids(answer: object) -> dict[str, str]:
    """Read the client ids of orders by the venue's own (raises Malformed)."""
    rows = as_rows(answer)
    return {str(whole(row, "orderId")): word(row, "clientOrderId") for row in rows}


def read_fill(row: Row, contracts: Contracts) -> Fill:
    """Read one execution; Binance does not repeat our order id on it (raises Malformed)."""
    contract = contract_of(row, contracts)
    return Fill(
        fill_id=str(whole(row, "id")),
        client_order_id="",
        venue_order_id=str(whole(row, "orderId")),
        symbol=contract.symbol,
        position_side=choice(row, "positionSide", _LEGS),
        side=choice(row, "side", _SIDES),
        quantity=contract.base(row, "qty"),
        price=number(row, "price"),
        fee=number(row, "commission"),
        fee_currency=word(row, "commissionAsset"),
        liquidity=Liquidity.MAKER if flag(row, "maker") else Liquidity.TAKER,
        time=moment(row, "time"),
        realized_pnl=number(row, "realizedPnl"),
    )


def read_position(row: Row, contracts: Contracts) -> Position:
    """Read one leg; its sign is the venue's own (raises Malformed, InvalidInput)."""
    contract = contract_of(row, contracts)
    quantity, average = contract.base(row, "positionAmt"), number(row, "entryPrice")
    return Position(
        symbol=contract.symbol,
        position_side=choice(row, "positionSide", _LEGS),
        quantity=quantity,
        average_price=average if quantity else None,
        mark_price=number(row, "markPrice"),
        unrealized_pnl=number(row, "unRealizedProfit"),
    )


def read_positions(answer: object, contracts: Contracts) -> tuple[Position, ...]:
    """Read the legs that are not flat; the list may hold flat ones (raises Malformed)."""
    rows = as_rows(answer)
    return tuple(read_position(row, contracts) for row in rows if number(row, "positionAmt"))


def read_mode(answer: object) -> PositionMode:
    """Read whether the account keeps one leg or two per symbol (raises Malformed)."""
    is_hedged = flag(as_row(answer), "dualSidePosition")
    return PositionMode.HEDGE if is_hedged else PositionMode.ONE_WAY


def read_permissions(answer: object) -> Permissions:
    """Read what the account may do; withdrawals are never this API's (raises Malformed).

    ``canWithdraw`` speaks of the account, not of the keys, so it is not read.
    """
    return Permissions(may_trade=flag(as_row(answer), "canTrade"))


def read_balance(answer: object) -> Balance:
    """Read the money of the account in the quote currency (raises Malformed)."""
    for row in as_rows(as_row(answer, "assets")["assets"]):
        if word(row, "asset") == QUOTE_CURRENCY:
            return Balance(
                currency=QUOTE_CURRENCY,
                wallet=number(row, "walletBalance"),
                available=number(row, "availableBalance"),
            )
    raise Malformed(f"an account without {QUOTE_CURRENCY}")


def witnesses_flat(answer: object) -> bool:
    """Say whether the account page agrees that no position is held.

    An empty position list alone proves nothing: an empty answer looks the same.

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
    return by_word(rows, "symbol")


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
        Malformed: a price is missing, or the touch is stale.
        InvalidInput: the book is crossed, or empty on a side.
    """
    if book is None or premium is None:
        raise Malformed(f"nothing about {symbol}")
    if book.get("time") is not None and moment(book, "time") < oldest:
        raise Malformed(f"a touch of {symbol} that is older than {oldest:%H:%M:%S} UTC")
    return Quote(
        symbol=symbol,
        bid=number(book, "bidPrice"),
        ask=number(book, "askPrice"),
        mark_price=number(premium, "markPrice"),
        bid_quantity=number(book, "bidQty") if book.get("bidQty") else None,
        ask_quantity=number(book, "askQty") if book.get("askQty") else None,
        time=now,
    )
