"""The venues' own clients, unmodified, pointed at a local testnet: one small face for each.

They were written by others against the real venues: what they accept, the local server says
in the venue's own way. Symbols are the venue's, numbers exact, legs "BOTH", "LONG", "SHORT".
"""

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from binance.client import Client as PythonBinance
from binance.exceptions import BinanceAPIException
from binance_common.configuration import ConfigurationRestAPI
from binance_common.errors import Error as SdkError
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)
from pybit.exceptions import FailedRequestError, InvalidRequestError
from pybit.unified_trading import HTTP

SYMBOL = "BTCUSDT"
LEGS = {"BOTH": 0, "LONG": 1, "SHORT": 2}
BYBIT_STATES = {
    "New": "resting",
    "PartiallyFilled": "resting",
    "Filled": "filled",
    "Cancelled": "gone",
    "Rejected": "gone",
    "PartiallyFilledCanceled": "gone",
}
BINANCE_STATES = {
    "NEW": "resting",
    "PARTIALLY_FILLED": "resting",
    "FILLED": "filled",
    "CANCELED": "gone",
    "EXPIRED": "gone",
}


class Refused(Exception):
    """The venue said no; its code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An order to place."""

    name: str
    side: str
    quantity: str
    price: Decimal | None = None
    leg: str = "BOTH"
    life: str = "GTC"
    reduce_only: bool = False


class OwnClient(Protocol):
    """What the cards ask of each client."""

    venue: str

    def clock(self) -> int: ...
    def rules(self) -> tuple[Decimal, Decimal]: ...
    def touch(self) -> tuple[Decimal, Decimal]: ...
    def is_hedged(self) -> bool: ...
    def switch(self, *, hedged: bool) -> None: ...
    def leverage(self, leverage: int) -> None: ...
    def place(self, ticket: Ticket) -> None: ...
    def cancel(self, name: str) -> None: ...
    def order(self, name: str) -> tuple[str, Decimal]: ...
    def resting(self) -> set[str]: ...
    def held(self) -> dict[str, Decimal]: ...
    def trades(self) -> list[tuple[Decimal, Decimal, Decimal]]: ...
    def wallet(self) -> Decimal: ...
    def fees(self) -> tuple[Decimal, Decimal]: ...
    def funding(self) -> list[Decimal]: ...


def _binance_ticket(ticket: Ticket) -> dict[str, object]:
    wanted = {
        "symbol": SYMBOL,
        "side": ticket.side.upper(),
        "type": "MARKET" if ticket.price is None else "LIMIT",
        "positionSide": ticket.leg,
        "quantity": ticket.quantity,
        "newClientOrderId": ticket.name,
        "newOrderRespType": "RESULT",
    }
    if ticket.price is not None:
        wanted |= {"price": str(ticket.price), "timeInForce": ticket.life}
    if ticket.reduce_only:
        wanted["reduceOnly"] = "true"
    return wanted


class ThePythonBinance:
    """python-binance: DELETE parameters in the body, POST in the body."""

    venue = "binance"

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._client = PythonBinance(key, secret, ping=False)
        self._client.FUTURES_URL = f"{url}/fapi"

    def _ask(self, call, **params):
        try:
            return call(**params)
        except BinanceAPIException as error:
            raise Refused(str(error.code)) from None

    def clock(self):
        return self._ask(self._client.futures_time)["serverTime"]

    def rules(self):
        (row,) = (
            row
            for row in self._ask(self._client.futures_exchange_info)["symbols"]
            if row["symbol"] == SYMBOL
        )
        filters = {found["filterType"]: found for found in row["filters"]}
        step, tick = filters["LOT_SIZE"]["stepSize"], filters["PRICE_FILTER"]["tickSize"]
        return Decimal(step), Decimal(tick)

    def touch(self):
        book = self._ask(self._client.futures_order_book, symbol=SYMBOL, limit=5)
        return Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])

    def is_hedged(self):
        return self._ask(self._client.futures_get_position_mode)["dualSidePosition"]

    def switch(self, *, hedged):
        self._ask(
            self._client.futures_change_position_mode,
            dualSidePosition="true" if hedged else "false",
        )

    def leverage(self, leverage):
        self._ask(self._client.futures_change_leverage, symbol=SYMBOL, leverage=leverage)

    def place(self, ticket):
        self._ask(self._client.futures_create_order, **_binance_ticket(ticket))

    def cancel(self, name):
        self._ask(self._client.futures_cancel_order, symbol=SYMBOL, origClientOrderId=name)

    def order(self, name):
        row = self._ask(self._client.futures_get_order, symbol=SYMBOL, origClientOrderId=name)
        return BINANCE_STATES[row["status"]], Decimal(row["executedQty"])

    def resting(self):
        rows = self._ask(self._client.futures_get_open_orders, symbol=SYMBOL)
        return {row["clientOrderId"] for row in rows}

    def held(self):
        rows = self._ask(self._client.futures_position_information, symbol=SYMBOL)
        amounts = {row["positionSide"]: Decimal(row["positionAmt"]) for row in rows}
        return {leg: amount for leg, amount in amounts.items() if amount}

    def trades(self):
        rows = self._ask(self._client.futures_account_trades, symbol=SYMBOL)
        return [
            (Decimal(row["qty"]), Decimal(row["price"]), Decimal(row["commission"]))
            for row in rows
        ]

    def wallet(self):
        rows = self._ask(self._client.futures_account_balance)
        (usdt,) = (row for row in rows if row["asset"] == "USDT")
        return Decimal(usdt["balance"])

    def fees(self):
        row = self._ask(self._client.futures_commission_rate, symbol=SYMBOL)
        return Decimal(row["makerCommissionRate"]), Decimal(row["takerCommissionRate"])

    def funding(self):
        rows = self._ask(self._client.futures_income_history, incomeType="FUNDING_FEE")
        return [Decimal(row["income"]) for row in rows]


class TheBinanceSdk:
    """Binance's official USD-M client: typed answers, POST in the query."""

    venue = "binance"

    def __init__(self, url: str, key: str, secret: str) -> None:
        configuration = ConfigurationRestAPI(
            api_key=key, api_secret=secret, base_path=url, retries=0, timeout=5000
        )
        self._api = DerivativesTradingUsdsFutures(config_rest_api=configuration).rest_api

    def _ask(self, call, **params):
        try:
            return call(**params).data()
        except SdkError as error:
            raise Refused(str(error.args[0])) from None

    def clock(self):
        return self._ask(self._api.check_server_time).server_time

    def rules(self):
        (row,) = (
            row
            for row in self._ask(self._api.exchange_information).symbols
            if row.symbol == SYMBOL
        )
        filters = {found.filter_type: found for found in row.filters}
        step, tick = filters["LOT_SIZE"].step_size, filters["PRICE_FILTER"].tick_size
        return Decimal(step), Decimal(tick)

    def touch(self):
        book = self._ask(self._api.order_book, symbol=SYMBOL, limit=5)
        return Decimal(book.bids[0][0]), Decimal(book.asks[0][0])

    def is_hedged(self):
        return self._ask(self._api.get_current_position_mode).dual_side_position

    def switch(self, *, hedged):
        mode = "true" if hedged else "false"
        self._ask(self._api.change_position_mode, dual_side_position=mode)

    def leverage(self, leverage):
        self._ask(self._api.change_initial_leverage, symbol=SYMBOL, leverage=leverage)

    def place(self, ticket):
        names = {
            "newClientOrderId": "new_client_order_id",
            "newOrderRespType": "new_order_resp_type",
            "positionSide": "position_side",
            "timeInForce": "time_in_force",
            "reduceOnly": "reduce_only",
        }
        wanted = {names.get(k, k): v for k, v in _binance_ticket(ticket).items()}
        for name in ("quantity", "price"):
            if name in wanted:
                wanted[name] = float(wanted[name])
        self._ask(self._api.new_order, **wanted)

    def cancel(self, name):
        self._ask(self._api.cancel_order, symbol=SYMBOL, orig_client_order_id=name)

    def order(self, name):
        row = self._ask(self._api.query_order, symbol=SYMBOL, orig_client_order_id=name)
        return BINANCE_STATES[row.status], Decimal(row.executed_qty)

    def resting(self):
        rows = self._ask(self._api.current_all_open_orders, symbol=SYMBOL)
        return {row.client_order_id for row in rows}

    def held(self):
        rows = self._ask(self._api.position_information_v3, symbol=SYMBOL)
        amounts = {row.position_side: Decimal(row.position_amt) for row in rows}
        return {leg: amount for leg, amount in amounts.items() if amount}

    def trades(self):
        rows = self._ask(self._api.account_trade_list, symbol=SYMBOL)
        return [(Decimal(r.qty), Decimal(r.price), Decimal(r.commission)) for r in rows]

    def wallet(self):
        rows = self._ask(self._api.futures_account_balance_v3)
        (usdt,) = (row for row in rows if row.asset == "USDT")
        return Decimal(usdt.balance)

    def fees(self):
        row = self._ask(self._api.user_commission_rate, symbol=SYMBOL)
        return Decimal(row.maker_commission_rate), Decimal(row.taker_commission_rate)

    def funding(self):
        rows = self._ask(self._api.get_income_history, income_type="FUNDING_FEE")
        return [Decimal(row.income) for row in rows]


class ThePybit:
    """Bybit's own client; every change is acknowledged first and seen a moment later."""

    venue = "bybit"

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._client = HTTP(
            testnet=True, api_key=key, api_secret=secret, max_retries=1, timeout=5
        )
        self._client.endpoint = url

    def _ask(self, call, **params):
        try:
            return call(**params)["result"]
        except (InvalidRequestError, FailedRequestError) as error:
            raise Refused(str(error.status_code)) from None

    def _linear(self, call, **params):
        return self._ask(call, category="linear", symbol=SYMBOL, **params)

    def clock(self):
        return int(self._ask(self._client.get_server_time)["timeNano"]) // 1_000_000

    def rules(self):
        (row,) = self._linear(self._client.get_instruments_info)["list"]
        step, tick = row["lotSizeFilter"]["qtyStep"], row["priceFilter"]["tickSize"]
        return Decimal(step), Decimal(tick)

    def touch(self):
        book = self._linear(self._client.get_orderbook, limit=1)
        return Decimal(book["b"][0][0]), Decimal(book["a"][0][0])

    def is_hedged(self):
        return len(self._linear(self._client.get_positions)["list"]) == 2

    def switch(self, *, hedged):
        self._ask(
            self._client.switch_position_mode,
            category="linear",
            coin="USDT",
            mode=3 if hedged else 0,
        )

    def leverage(self, leverage):
        each = {"buyLeverage": str(leverage), "sellLeverage": str(leverage)}
        self._linear(self._client.set_leverage, **each)

    def place(self, ticket):
        wanted = {
            "side": ticket.side.capitalize(),
            "orderType": "Market" if ticket.price is None else "Limit",
            "qty": ticket.quantity,
            "positionIdx": LEGS[ticket.leg],
            "orderLinkId": ticket.name,
            "reduceOnly": ticket.reduce_only,
        }
        if ticket.price is not None:
            life = {"GTX": "PostOnly"}.get(ticket.life, ticket.life)
            wanted |= {"price": str(ticket.price), "timeInForce": life}
        self._linear(self._client.place_order, **wanted)
        self._seen(ticket.name, {"resting", "filled", "gone"})

    def cancel(self, name):
        self._linear(self._client.cancel_order, orderLinkId=name)
        self._seen(name, {"gone", "filled"})

    def _seen(self, name, states):
        for _ in range(100):
            try:
                if self.order(name)[0] in states:
                    return
            except Refused:
                pass
            time.sleep(0.01)
        raise AssertionError(f"{name} was acknowledged and never shown as {states}")

    def order(self, name):
        found = self._linear(self._client.get_open_orders, orderLinkId=name)["list"]
        found = found or self._linear(self._client.get_order_history, orderLinkId=name)["list"]
        if not found:
            raise Refused("no such order")
        return BYBIT_STATES[found[0]["orderStatus"]], Decimal(found[0]["cumExecQty"])

    def resting(self):
        rows = self._linear(self._client.get_open_orders)["list"]
        return {
            row["orderLinkId"] for row in rows if BYBIT_STATES[row["orderStatus"]] == "resting"
        }

    def held(self):
        rows = self._linear(self._client.get_positions)["list"]
        names = {index: leg for leg, index in LEGS.items()}
        signs = {"Buy": 1, "Sell": -1}
        return {
            names[row["positionIdx"]]: Decimal(row["size"]) * signs[row["side"]]
            for row in rows
            if row["side"]
        }

    def trades(self):
        rows = self._linear(self._client.get_executions, execType="Trade")["list"]
        return [
            (Decimal(row["execQty"]), Decimal(row["execPrice"]), Decimal(row["execFee"]))
            for row in reversed(rows)
        ]

    def wallet(self):
        (account,) = self._ask(self._client.get_wallet_balance, accountType="UNIFIED")["list"]
        (usdt,) = (coin for coin in account["coin"] if coin["coin"] == "USDT")
        return Decimal(usdt["walletBalance"])

    def fees(self):
        (row,) = self._linear(self._client.get_fee_rates)["list"]
        return Decimal(row["makerFeeRate"]), Decimal(row["takerFeeRate"])

    def funding(self):
        rows = self._linear(self._client.get_executions, execType="Funding")["list"]
        return [-Decimal(row["execFee"]) for row in rows]


OWN_CLIENTS = {
    "binance-sdk": TheBinanceSdk,
    "python-binance": ThePythonBinance,
    "pybit": ThePybit,
}
