"""The Binance USD-M dialect: a request in the venue's form comes in, its answer goes out.

One table says which address answers what, what it costs of the request budget and whether it
must be signed. Each request is charged, proved (key, signature, clock) and only then looked
at, in the venue's order. What the venue has and this server has not is
answered "not allowed"; what neither has, 404. The dialect opens nothing and reads no clock.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nettools.errors import OrderRejected
from nettools.testnet.binance import account, income, market, trade
from nettools.testnet.binance.errors import ApiError, not_allowed, refusal_error
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.binance.limits import UNLIMITED, Budget, RateLimits
from nettools.testnet.binance.request import (
    Params,
    check_key,
    check_signature,
    check_time,
    read_params,
)
from nettools.testnet.binance.streams import BinanceStreams
from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.rows import millis

_ENCODER = json.JSONEncoder(separators=(",", ":"))
Answer = Callable[[Exchange, Params, datetime], object]
"""What every handler is: parameters and the time in, something for JSON out."""


@dataclass(frozen=True, slots=True)
class _Route:
    answer: Answer
    weight: int | Callable[[Params], int] = 1
    is_signed: bool = False
    is_order: bool = False
    is_keyed: bool = False
    """The key is enough, without a signature."""


def _by_symbol(one: int, all_of_them: int) -> Callable[[Params], int]:
    return lambda params: one if "symbol" in params else all_of_them


def _by_limit(default: int, *steps: tuple[int, int]) -> Callable[[Params], int]:
    def weight(params: Params) -> int:
        limit = params.integer("limit") or default
        return next((cost for most, cost in steps if limit <= most), steps[-1][1])

    return weight


def _signed(answer: Answer, weight: int | Callable[[Params], int] = 1) -> _Route:
    return _Route(answer, weight, is_signed=True)


_DEPTH = _by_limit(500, (50, 2), (100, 5), (500, 10), (1000, 20))
_CANDLES = _by_limit(500, (99, 1), (499, 2), (1000, 5), (1500, 10))

_ROUTES: dict[tuple[str, str], _Route] = {
    ("GET", "/fapi/v1/ping"): _Route(market.ping),
    ("GET", "/fapi/v1/time"): _Route(market.server_time),
    ("GET", "/fapi/v1/exchangeInfo"): _Route(market.exchange_info),
    ("GET", "/fapi/v1/depth"): _Route(market.depth, _DEPTH),
    ("GET", "/fapi/v1/ticker/bookTicker"): _Route(market.book_ticker, _by_symbol(2, 5)),
    ("GET", "/fapi/v1/ticker/price"): _Route(market.price_ticker, _by_symbol(1, 2)),
    ("GET", "/fapi/v2/ticker/price"): _Route(market.price_ticker, _by_symbol(1, 2)),
    ("GET", "/fapi/v1/ticker/24hr"): _Route(market.day_ticker, _by_symbol(1, 40)),
    ("GET", "/fapi/v1/klines"): _Route(market.candles, _CANDLES),
    ("GET", "/fapi/v1/premiumIndex"): _Route(market.premium_index, _by_symbol(1, 10)),
    ("GET", "/fapi/v1/fundingRate"): _Route(income.funding_rates),
    ("GET", "/fapi/v1/fundingInfo"): _Route(income.funding_info),
    ("POST", "/fapi/v1/order"): _Route(trade.place_order, 0, is_signed=True, is_order=True),
    ("DELETE", "/fapi/v1/order"): _signed(trade.cancel_order),
    ("GET", "/fapi/v1/order"): _signed(trade.find_order),
    ("DELETE", "/fapi/v1/allOpenOrders"): _signed(trade.cancel_all_orders),
    ("GET", "/fapi/v1/openOrder"): _signed(trade.find_open_order),
    ("GET", "/fapi/v1/openOrders"): _signed(trade.open_orders, _by_symbol(1, 40)),
    ("GET", "/fapi/v1/allOrders"): _signed(trade.all_orders, 5),
    ("GET", "/fapi/v1/forceOrders"): _signed(trade.forced_orders, _by_symbol(20, 50)),
    ("GET", "/fapi/v1/userTrades"): _signed(trade.own_trades, 5),
    ("GET", "/fapi/v2/account"): _signed(account.account_v2, 5),
    ("GET", "/fapi/v3/account"): _signed(account.account, 5),
    ("GET", "/fapi/v2/balance"): _signed(account.balance, 5),
    ("GET", "/fapi/v3/balance"): _signed(account.balance, 5),
    ("GET", "/fapi/v2/positionRisk"): _signed(account.positions_v2, 5),
    ("GET", "/fapi/v3/positionRisk"): _signed(account.positions, 5),
    ("GET", "/fapi/v1/positionSide/dual"): _signed(account.position_mode, 30),
    ("POST", "/fapi/v1/positionSide/dual"): _signed(account.set_position_mode),
    ("POST", "/fapi/v1/leverage"): _signed(account.set_leverage),
    ("POST", "/fapi/v1/marginType"): _signed(account.set_margin_type),
    ("GET", "/fapi/v1/leverageBracket"): _signed(account.leverage_brackets),
    ("GET", "/fapi/v1/commissionRate"): _signed(account.commission_rate, 20),
    ("GET", "/fapi/v1/income"): _signed(income.income, 30),
    ("GET", "/fapi/v1/multiAssetsMargin"): _signed(account.multi_assets, 30),
    ("GET", "/fapi/v1/symbolConfig"): _signed(account.symbol_config, 5),
    ("GET", "/fapi/v1/accountConfig"): _signed(account.account_config, 5),
    ("POST", "/fapi/v1/listenKey"): _Route(account.create_listen_key, is_keyed=True),
    ("PUT", "/fapi/v1/listenKey"): _Route(account.keep_listen_key, is_keyed=True),
    ("DELETE", "/fapi/v1/listenKey"): _Route(account.drop_listen_key, is_keyed=True),
}

_NOT_OFFERED = frozenset(
    {
        *("trades", "historicalTrades", "aggTrades", "continuousKlines", "indexPriceKlines"),
        *("markPriceKlines", "premiumIndexKlines", "rpiDepth"),
        *("openInterest", "indexInfo", "assetIndex", "constituents", "insuranceBalance"),
        *("symbolAdlRisk", "tradingSchedule", "batchOrders", "order/test", "algoOrder"),
        *("openAlgoOrders", "allAlgoOrders", "algoOpenOrders", "countdownCancelAll"),
        *("orderAmendment", "adlQuantile", "positionMargin"),
        *("positionMargin/history", "rateLimit/order", "feeBurn", "apiTradingStatus"),
        *("pmAccountInfo", "income/asyn", "income/asyn/id", "order/asyn", "order/asyn/id"),
        *("trade/asyn", "trade/asyn/id", "convert/exchangeInfo", "account"),
        *("convert/getQuote", "convert/acceptQuote", "convert/orderStatus", "balance"),
        "positionRisk",
    }
)
"""What the venue has below ``/fapi/v1/`` and this server has not."""


class BinanceDialect:
    """Answers requests the way Binance USD-M does.

    Args:
        exchange: what the answers are made from.
        key: the account's API key.
        secret: what its requests must be signed with.
        budget: request limits; None never refuses (for benchmarks).
    """

    def __init__(
        self, exchange: Exchange, *, key: str, secret: str, budget: Budget | None
    ) -> None:
        self.exchange = exchange
        self.streams = BinanceStreams(exchange)
        self.limits = RateLimits(budget)
        exchange.budget = budget or UNLIMITED
        self._key = key
        self._secret = secret.encode()

    next_due = None
    """Nothing ever waits: what is answered is done."""

    def catch_up(self, now: datetime) -> None:
        """Do what waits: nothing."""

    def answer(self, request: ApiRequest, now: datetime) -> ApiReply:
        """Answer one request at the time ``now`` (UTC); errors are answers too."""
        route = _ROUTES.get((request.method, request.path))
        stamp = millis(now)
        try:
            params = read_params(request)
            self._charge(route, params, stamp)
            if route is None:
                raise _no_route(request)
            if route.is_signed or route.is_keyed:
                check_key(request, self._key)
            if route.is_signed:
                check_signature(request, params, self._secret)
                check_time(params, stamp)
            shown = route.answer(self.exchange, params, now)
        except ApiError as error:
            return self._error(error, route)
        except OrderRejected as refusal:
            return self._error(refusal_error(refusal), route)
        return ApiReply(status=200, body=_json(shown), headers=self._headers(route))

    def reset(self, now: datetime) -> None:
        """Forget what the engine has forgotten at a reset."""
        self.exchange.reset(now)
        self.streams.reset()

    def _charge(self, route: _Route | None, params: Params, stamp: int) -> None:
        weight = route.weight if route else 1
        self.limits.charge(
            weight if isinstance(weight, int) else weight(params),
            is_order=route is not None and route.is_order,
            now=stamp,
        )

    def _headers(self, route: _Route | None) -> dict[str, str]:
        return self.limits.headers(is_order=route is not None and route.is_order)

    def _error(self, error: ApiError, route: _Route | None) -> ApiReply:
        return ApiReply(
            status=error.status,
            body=_json({"code": error.code, "msg": error.message}),
            headers=self._headers(route) | error.headers,
        )


def _no_route(request: ApiRequest) -> ApiError:
    is_known = any(request.path == path for _, path in _ROUTES)
    if is_known or request.path.removeprefix("/fapi/v1/") in _NOT_OFFERED:
        return not_allowed()
    return ApiError(
        -5000, f"Path {request.path}, Method {request.method} is invalid", status=404
    )


def _json(shown: object) -> bytes:
    return _ENCODER.encode(shown).encode()
