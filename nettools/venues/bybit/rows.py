"""Bybit v5 linear rows to our nouns, and our orders to what the venue is asked for. Pure.

The venue's own envelopes come in as ccxt read them from JSON, before its unified parser: that
one makes empty lists of strange bodies. Exact values in base units go out, or ``Malformed``
(``InvalidInput`` when they contradict each other).
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from nettools.model import (
    FeeRates,
    Instrument,
    Position,
    PositionMode,
    PositionSide,
    Quote,
    Side,
)
from nettools.venues.contracts import Contract, Contracts, contract_of, read_rules
from nettools.venues.protocol import Balance, Permissions
from nettools.venues.rows import (
    Malformed,
    Row,
    as_row,
    as_rows,
    by_word,
    choice,
    moment,
    number,
    word,
)

QUOTE_CURRENCY = "USDT"
CATEGORY = "linear"
SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
LEGS = {"0": PositionSide.BOTH, "1": PositionSide.LONG, "2": PositionSide.SHORT}
"""The leg by ``positionIdx``."""
INDICES = {side: int(index) for index, side in LEGS.items()}
"""``positionIdx`` by the leg."""
_MODES = {
    frozenset({PositionSide.BOTH}): PositionMode.ONE_WAY,
    frozenset({PositionSide.LONG, PositionSide.SHORT}): PositionMode.HEDGE,
}


# --- envelopes


def result_of(answer: object) -> Row:
    """Take the result out of an envelope that says all is well; raises Malformed."""
    envelope = as_row(answer, "retCode", "result")
    if word(envelope, "retCode") != "0":
        raise Malformed(f"an answer with code {word(envelope, 'retCode')[:12]}")
    return as_row(envelope["result"])


def rows_of(answer: object) -> list[Row]:
    """Take the rows out of an envelope about linear contracts; raises Malformed."""
    result = result_of(answer)
    if result.get("category", CATEGORY) != CATEGORY:
        raise Malformed("rows of another kind of contract")
    return as_rows(result.get("list"))


def cursor_of(answer: object) -> str:
    """Give what asks for the next page; empty on the last one. Raises Malformed."""
    cursor = result_of(answer).get("nextPageCursor") or ""
    if not isinstance(cursor, str):
        raise Malformed("nextPageCursor was not a word")
    return cursor


def read_time(answer: object) -> datetime:
    """Read the venue's clock as it answered (UTC); raises Malformed."""
    result_of(answer)
    return moment(as_row(answer), "time")


# --- contracts


def read_instruments(markets: Iterable[Row]) -> dict[str, Instrument]:
    """Give the contracts that trade now and whose rules are complete, by unified symbol."""
    return read_rules(markets, _trades, _instrument)


def _trades(row: Row) -> bool:
    perpetual = row.get("contractType") == "LinearPerpetual"
    return (
        perpetual and row.get("status") == "Trading" and row.get("settleCoin") == QUOTE_CURRENCY
    )


def _instrument(contract: Contract, row: Row) -> Instrument:
    lot, price = as_row(row.get("lotSizeFilter")), as_row(row.get("priceFilter"))
    return Instrument(
        symbol=contract.symbol,
        step_size=contract.base(lot, "qtyStep"),
        tick_size=number(price, "tickSize"),
        min_quantity=contract.base(lot, "minOrderQty"),
        max_quantity=contract.base(lot, "maxOrderQty"),
        max_market_quantity=contract.base(lot, "maxMktOrderQty"),
        min_notional=number(lot, "minNotionalValue"),
        price_band=_price_band(row),
        contract_size=contract.size,
    )


def _price_band(row: Row) -> Decimal | None:
    """Read how far from the mark a price may be: the nearer of the venue's two ratios."""
    limits = row.get("riskParameters")
    if not isinstance(limits, dict) or not limits.get("priceLimitRatioX"):
        return None
    return number(limits, "priceLimitRatioX")


# --- the account


def read_position(row: Row, contracts: Contracts) -> Position:
    """Read one leg, flat or held (raises Malformed, InvalidInput)."""
    contract = contract_of(row, contracts)
    size = contract.base(row, "size")
    if size < 0:
        raise Malformed("size was below zero")
    side = choice(row, "side", SIDES) if size else Side.BUY
    return Position(
        symbol=contract.symbol,
        position_side=choice(row, "positionIdx", LEGS),
        quantity=size * side.sign,
        average_price=number(row, "avgPrice") if size else None,
        mark_price=number(row, "markPrice"),
        unrealized_pnl=number(row, "unrealisedPnl") if size else Decimal(0),
    )


def read_positions(rows: Iterable[Row], contracts: Contracts) -> tuple[Position, ...]:
    """Read the legs that are not flat; the list may hold flat ones (raises Malformed)."""
    return tuple(read_position(row, contracts) for row in rows if number(row, "size"))


def read_mode(answer: object, contract: Contract) -> PositionMode:
    """Infer from a contract's rows whether it keeps one leg or two (raises Malformed).

    The venue has no question for the mode. Asked for one symbol it shows flat legs too.
    """
    legs = [
        choice(row, "positionIdx", LEGS)
        for row in rows_of(answer)
        if word(row, "symbol") == contract.market_id
    ]
    mode = _MODES.get(frozenset(legs))
    if mode is None or len(legs) != len(set(legs)):
        raise Malformed(f"no legs of {contract.symbol} that tell its mode")
    return mode


def read_permissions(answer: object) -> Permissions:
    """Read what the keys may do (raises Malformed)."""
    key = as_row(result_of(answer), "readOnly", "permissions")
    granted = as_row(key["permissions"])
    trade, wallet = (_words(granted, name) for name in ("ContractTrade", "Wallet"))
    return Permissions(
        may_trade=word(key, "readOnly") == "0" and "Order" in trade,
        may_withdraw="Withdraw" in wallet,
        is_bound="*" not in _words(key, "ips"),
    )


def _words(row: Row, field: str) -> list[str]:
    found = row.get(field)
    if not isinstance(found, list):
        raise Malformed(f"{field} was not a list")
    return [str(one) for one in found]


def read_balance(answer: object) -> Balance:
    """Read the money of the unified account in the quote currency (raises Malformed)."""
    account = _account(answer)
    coin = _coin(account)
    # no longer stated per coin on real accounts (docs); then the whole account's counts
    stated = (coin, "availableToWithdraw"), (account, "totalAvailableBalance")
    row, field = next((one for one in stated if one[0].get(one[1])), stated[-1])
    return Balance(
        currency=QUOTE_CURRENCY,
        wallet=number(coin, "walletBalance"),
        available=number(row, field),
    )


def witnesses_flat(answer: object) -> bool:
    """Say whether the wallet agrees that no position is held.

    An empty position list alone proves nothing: an empty answer looks the same.

    Raises:
        Malformed: the wallet is not credible itself (no coin, no margin).
    """
    return number(_coin(_account(answer)), "totalPositionIM") == 0


def _account(answer: object) -> Row:
    for row in rows_of(answer):
        if row.get("accountType") == "UNIFIED":
            return row
    raise Malformed("no unified account")


def _coin(account: Row) -> Row:
    for row in as_rows(account.get("coin")):
        if word(row, "coin") == QUOTE_CURRENCY:
            return row
    raise Malformed(f"an account without {QUOTE_CURRENCY}")


def read_fee_rates(answer: object, contract: Contract) -> FeeRates:
    """Read the account's own rates on one contract (raises Malformed)."""
    row = as_row(by_word(rows_of(answer), "symbol").get(contract.market_id))
    return FeeRates(maker=number(row, "makerFeeRate"), taker=number(row, "takerFeeRate"))


# --- the market


def read_tickers(answer: object) -> dict[str, Row]:
    """Index the tickers by the venue's symbol (raises Malformed)."""
    return by_word(rows_of(answer), "symbol")


def read_quote(symbol: str, row: Row | None, now: datetime) -> Quote:
    """Read touch and mark of one symbol from its ticker.

    Args:
        symbol: unified symbol.
        row: its ticker; it states no time of its own.
        now: when it was read, by our clock.

    Raises:
        Malformed: a price is missing.
        InvalidInput: the book is crossed, or empty on a side.
    """
    if row is None:
        raise Malformed(f"nothing about {symbol}")
    return Quote(
        symbol=symbol,
        bid=number(row, "bid1Price"),
        ask=number(row, "ask1Price"),
        mark_price=number(row, "markPrice"),
        bid_quantity=number(row, "bid1Size") if row.get("bid1Size") else None,
        ask_quantity=number(row, "ask1Size") if row.get("ask1Size") else None,
        time=now,
    )
