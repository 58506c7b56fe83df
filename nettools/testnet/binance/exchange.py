"""The local exchange with Binance's way of naming a contract, and of refusing one."""

from datetime import datetime

from nettools.model import Instrument
from nettools.testnet.binance.errors import INVALID_SYMBOL, ApiError
from nettools.testnet.binance.limits import Budget
from nettools.testnet.binance.listen_key import ListenKeys
from nettools.testnet.binance.request import Params
from nettools.testnet.engine import Engine
from nettools.testnet.exchange import LocalExchange
from nettools.testnet.stage import Stage


class Exchange(LocalExchange):
    """One local exchange as the Binance dialect sees it.

    Args:
        engine: orders, positions, wallet.
        market: candles and public prices.
        max_open_orders: per symbol, as the engine was told; shown in ``exchangeInfo``.
        started: when it opened (UTC).
    """

    def __init__(
        self, engine: Engine, market: Stage, *, max_open_orders: int, started: datetime
    ) -> None:
        super().__init__(engine, market, started=started)
        self.max_open_orders = max_open_orders
        self.budget = Budget()
        """The request limits it states."""
        self.listen_keys = ListenKeys()

    def instrument(self, params: Params) -> Instrument:
        """Give the contract named by ``symbol``; raises -1102 when absent, -1121 if unknown."""
        found = self.named(params.text("symbol"))
        if found is None:
            raise ApiError(*INVALID_SYMBOL)
        return found

    def instruments(self, params: Params) -> tuple[Instrument, ...]:
        """Give the contract named by ``symbol``, or all when it was not sent."""
        if "symbol" in params:
            return (self.instrument(params),)
        return tuple(self.by_name.values())
