"""What a venue calls its contracts, and how much of the base coin one of them is.

Venues count in contracts, nettools in base units. Rows are turned into base units where they
are read, and orders into contracts where they are written, so that nobody else ever sees a
contract.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from nettools.decimals import plain
from nettools.errors import InvalidInput
from nettools.model import Instrument
from nettools.venues.rows import Malformed, Row, choice, number, word


class Contract(NamedTuple):
    """One contract of a venue."""

    symbol: str
    """ccxt's unified symbol, for example ``BTC/USDT:USDT``."""
    market_id: str
    """The venue's own name of it, for example ``BTCUSDT``."""
    size: Decimal = Decimal(1)
    """Base units per contract, above zero; prices are per base unit whatever it is."""

    def base(self, row: Row, field: str) -> Decimal:
        """Read a number of contracts as base units, with its sign; raises Malformed."""
        return number(row, field) * self.size

    def contracts(self, quantity: Decimal) -> Decimal:
        """Give base units as a number of contracts.

        Raises:
            InvalidInput: it is no number of contracts that could be written out exactly.
        """
        count = quantity / self.size
        if count * self.size != quantity:
            raise InvalidInput(
                f"quantity of {self.symbol} must come in contracts of {plain(self.size)}, "
                f"was {plain(quantity)}"
            )
        return count


Contracts = Mapping[str, Contract]
"""Contracts by the venue's own name: ``{"BTCUSDT": Contract("BTC/USDT:USDT", "BTCUSDT")}``."""


def contract_of(row: Row, contracts: Contracts) -> Contract:
    """Find whose row it is by its ``symbol``; raises Malformed for one we do not know."""
    return choice(row, "symbol", contracts)


def check_about(row: Row, contract: Contract) -> None:
    """Refuse a row of another contract than the one asked for; raises Malformed."""
    if word(row, "symbol") != contract.market_id:
        raise Malformed(f"a row that is not about {contract.symbol}")


def read_contracts(markets: Iterable[Row]) -> dict[str, Contract]:
    """Read ccxt's markets, also of contracts that do not trade now; unreadable ones are out."""
    found = {}
    for market in markets:
        with contextlib.suppress(Malformed):
            contract = read_contract(market)
            found[contract.market_id] = contract
    return found


def read_rules(
    markets: Iterable[Row],
    trades: Callable[[Row], bool],
    read: Callable[[Contract, Row], Instrument],
) -> dict[str, Instrument]:
    """Give the contracts that trade now and whose rules are complete, by unified symbol.

    Args:
        markets: ccxt's markets; the rules are read from ``info``, as the venue stated them.
            A contract whose rules cannot be read cannot be traded, so it is left out.
        trades: says whether the venue lets a contract trade, by its row.
        read: reads its rules in base units; raises Malformed, InvalidInput.
    """
    found = {}
    for market in markets:
        if trades(market["info"]):
            with contextlib.suppress(Malformed, InvalidInput):
                instrument = read(read_contract(market), market["info"])
                found[instrument.symbol] = instrument
    return found


def read_contract(market: Row) -> Contract:
    """Read a contract from ccxt's market; raises Malformed when its size makes no sense."""
    size = number(market, "contractSize")
    if size <= 0:
        raise Malformed(f"a contract size of {plain(size)}")
    return Contract(market["symbol"], market["id"], size)
