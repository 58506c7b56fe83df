"""The Bybit v5 linear dialect: a request in the venue's form comes in, its answer goes out.

One table says which address answers what, and how often a second a client may ask. A signed
request is proved (time, key, signature), then counted, and only then looked at. Every answer
has the venue's envelope, and errors are HTTP 200 with a ``retCode``. What the venue has and
this server has not is refused as to a key without the permission; what neither has, 404. The
dialect opens nothing and reads no clock.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nettools.errors import OrderRejected
from nettools.testnet.bybit import account, market, trade
from nettools.testnet.bybit.errors import ApiError, not_offered, refusal_error
from nettools.testnet.bybit.exchange import Exchange
from nettools.testnet.bybit.limits import RateLimits
from nettools.testnet.bybit.request import Params, check_sender, read_params
from nettools.testnet.bybit.streams import BybitStreams
from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.rows import Row, millis

_ENCODER = json.JSONEncoder(separators=(",", ":"))
Answer = Callable[[Exchange, Params, datetime], Row]
"""What every handler is: parameters and the time in, ``result`` out."""


@dataclass(frozen=True, slots=True)
class _Route:
    answer: Answer
    a_second: int = 0
    """How many requests; 0 for a public address, which needs no signature."""


_ROUTES: dict[tuple[str, str], _Route] = {
    ("GET", "/v5/market/time"): _Route(market.server_time),
    ("GET", "/v5/market/instruments-info"): _Route(market.instruments_info),
    ("GET", "/v5/market/orderbook"): _Route(market.order_book),
    ("GET", "/v5/market/tickers"): _Route(market.tickers),
    ("GET", "/v5/market/kline"): _Route(market.candles),
    ("GET", "/v5/market/mark-price-kline"): _Route(market.mark_candles),
    ("GET", "/v5/market/recent-trade"): _Route(market.recent_trades),
    ("GET", "/v5/market/funding/history"): _Route(market.funding_history),
    ("POST", "/v5/order/create"): _Route(trade.place_order, 10),
    ("POST", "/v5/order/cancel"): _Route(trade.cancel_order, 10),
    ("POST", "/v5/order/cancel-all"): _Route(trade.cancel_all_orders, 10),
    ("GET", "/v5/order/realtime"): _Route(trade.open_orders, 50),
    ("GET", "/v5/order/history"): _Route(trade.order_history, 50),
    ("GET", "/v5/execution/list"): _Route(trade.executions, 50),
    ("GET", "/v5/position/list"): _Route(account.positions, 50),
    ("POST", "/v5/position/switch-mode"): _Route(account.switch_mode, 10),
    ("POST", "/v5/position/set-leverage"): _Route(account.set_leverage, 10),
    ("GET", "/v5/account/wallet-balance"): _Route(account.wallet_balance, 50),
    ("GET", "/v5/account/info"): _Route(account.account_info, 50),
    ("GET", "/v5/account/fee-rate"): _Route(account.fee_rate, 10),
    ("POST", "/v5/account/set-margin-mode"): _Route(account.set_margin_mode, 5),
    ("GET", "/v5/user/query-api"): _Route(account.key_info, 10),
    ("GET", "/v5/asset/coin/query-info"): _Route(account.coin_info, 5),
}

_NOT_FOR_UNIFIED = frozenset(
    {
        "/v5/position/switch-isolated",
        "/v5/position/set-tpsl-mode",
        "/v5/position/set-risk-limit",
    }
)
"""What the venue has for accounts of another kind."""
_NOT_OFFERED = frozenset(
    {
        *("/v5/market/index-price-kline", "/v5/market/premium-index-price-kline"),
        *("/v5/market/open-interest", "/v5/market/historical-volatility"),
        *("/v5/market/insurance", "/v5/market/risk-limit", "/v5/market/delivery-price"),
        *("/v5/market/new-delivery-price", "/v5/market/account-ratio"),
        *("/v5/market/price-limit", "/v5/market/rpi_orderbook", "/v5/market/adlAlert"),
        *("/v5/market/index-price-components", "/v5/market/fee-group-info"),
        *(f"/v5/order/{name}-batch" for name in ("create", "amend", "cancel")),
        *("/v5/order/amend", "/v5/order/pre-check", "/v5/order/disconnected-cancel-all"),
        *("/v5/order/spot-borrow-check", "/v5/position/closed-pnl"),
        *("/v5/position/trading-stop", "/v5/position/set-auto-add-margin"),
        *("/v5/position/add-margin", "/v5/position/confirm-pending-mmr"),
        *("/v5/position/move-positions", "/v5/position/move-history"),
        *("/v5/account/withdrawal", "/v5/account/borrow-history", "/v5/account/borrow"),
        *("/v5/account/repay", "/v5/account/no-convert-repay", "/v5/account/quick-repayment"),
        *("/v5/account/collateral-info", "/v5/account/set-collateral-switch"),
        *("/v5/account/transaction-log", "/v5/account/contract-transaction-log"),
        *("/v5/account/set-hedging-mode", "/v5/account/smp-group"),
        *("/v5/account/query-dcp-info", "/v5/account/mmp-state", "/v5/account/mmp-modify"),
        *("/v5/account/mmp-reset", "/v5/account/instruments-info"),
        *("/v5/account/user-setting-config", "/v5/account/upgrade-to-uta"),
    }
)
"""What the venue has and this server has not."""
_FAMILIES = ("/v5/asset/", "/v5/user/", "/v5/spot-", "/v5/crypto-loan", "/v5/broker/")
"""Beginnings of addresses that have nothing to do with contracts."""


class BybitDialect:
    """Answers requests the way Bybit v5 does for linear contracts.

    Args:
        exchange: what the answers are made from.
        key: the account's API key.
        secret: what its requests must be signed with.
        rate_limits: refuse what is over the venue's limits; off for benchmarks.
    """

    def __init__(
        self, exchange: Exchange, *, key: str, secret: str, rate_limits: bool = True
    ) -> None:
        self.exchange = exchange
        self.streams = BybitStreams(exchange, key=key, secret=secret)
        self.limits = RateLimits(is_enforced=rate_limits)
        self._key = key
        self._secret = secret.encode()

    @property
    def next_due(self) -> datetime | None:
        """When an acknowledged request will be done (UTC); None when none waits."""
        return self.exchange.next_due

    def catch_up(self, now: datetime) -> None:
        """Do what was acknowledged and is due at ``now`` (UTC)."""
        self.exchange.catch_up(now)

    def answer(self, request: ApiRequest, now: datetime) -> ApiReply:
        """Answer one request at the time ``now`` (UTC); errors are answers too."""
        self.catch_up(now)
        stamp, headers = millis(now), dict[str, str]()
        try:
            result = self._result(request, now, headers)
        except ApiError as error:
            shown = _envelope(error.code, error.message, error.result, stamp)
            return ApiReply(status=error.status, body=shown, headers=headers)
        self.catch_up(now)  # without a delay it is done by now
        return ApiReply(status=200, body=_envelope(0, "OK", result, stamp), headers=headers)

    def _result(self, request: ApiRequest, now: datetime, headers: dict[str, str]) -> Row:
        route, stamp = _ROUTES.get((request.method, request.path)), millis(now)
        if route is None:
            raise _no_route(request)
        if route.a_second:
            check_sender(request, self._key, self._secret, stamp)
            is_allowed = self.limits.allows(request.path, route.a_second, stamp)
            headers |= self.limits.headers(request.path, route.a_second, stamp)
            if not is_allowed:
                raise ApiError(10006, "Too many visits. Exceeded the API Rate Limit.")
        try:
            return route.answer(self.exchange, read_params(request), now)
        except OrderRejected as refusal:
            raise refusal_error(refusal) from None


def _no_route(request: ApiRequest) -> ApiError:
    path = request.path
    if path in _NOT_FOR_UNIFIED:
        return ApiError(100028, "The API cannot be accessed by unified account users.")
    if path in _NOT_OFFERED or path.startswith(_FAMILIES):
        return not_offered()
    return ApiError(10017, "Route not found.", status=404)


def _envelope(code: int, message: str, result: Row, stamp: int) -> bytes:
    shown = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}}
    return _ENCODER.encode(shown | {"time": stamp}).encode()
