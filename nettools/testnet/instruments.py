"""The contracts of the local testnet with the venues' filters of 2025, and start prices.

Transcribed from exchange information and the grids visible in public candles; a symbol that is
not listed here (a replay of the user's own file) gets filters derived from its price.
"""

from decimal import Decimal

from nettools.model import Instrument

BAND = Decimal("0.05")
"""Binance's PERCENT_PRICE: a buy at most 5 % above the mark, a sell at most 5 % below."""


def _instrument(base: str, *rules: str, band: Decimal = BAND) -> Instrument:
    tick, step, notional, largest, largest_market = map(Decimal, rules)
    return Instrument(
        symbol=f"{base}/USDT:USDT",
        tick_size=tick,
        step_size=step,
        min_quantity=step,
        min_notional=notional,
        max_quantity=largest,
        max_market_quantity=largest_market,
        price_band=band,
    )


_BINANCE = (
    _instrument("BTC", "0.1", "0.001", "100", "1000", "120"),
    _instrument("ETH", "0.01", "0.001", "20", "10000", "2000"),
    _instrument("SOL", "0.01", "0.01", "5", "1000000", "80000"),
    _instrument("BNB", "0.01", "0.01", "5", "100000", "2000"),
    _instrument("XRP", "0.0001", "0.1", "5", "10000000", "2000000"),
    _instrument("DOGE", "0.00001", "1", "5", "50000000", "30000000"),
    _instrument("ADA", "0.0001", "1", "5", "2000000", "300000"),
    _instrument("LINK", "0.001", "0.01", "20", "200000", "30000"),
    _instrument("AVAX", "0.001", "1", "5", "200000", "30000"),
    _instrument("LTC", "0.01", "0.001", "20", "10000", "5000"),
)

_BYBIT = (
    _instrument("BTC", "0.1", "0.001", "5", "1190", "119", band=Decimal("0.01")),
    _instrument("ETH", "0.01", "0.01", "5", "7240", "724", band=Decimal("0.02")),
    _instrument("SOL", "0.01", "0.1", "5", "79770", "7977"),
    _instrument("BNB", "0.1", "0.01", "5", "23260", "2326"),
    _instrument("XRP", "0.0001", "0.1", "5", "7216900", "721690"),
    _instrument("DOGE", "0.00001", "1", "5", "40000000", "8000000"),
    _instrument("ADA", "0.0001", "1", "5", "10000000", "2000000"),
    _instrument("LINK", "0.001", "0.1", "5", "500000", "100000"),
    _instrument("AVAX", "0.001", "0.1", "5", "300000", "60000"),
    _instrument("LTC", "0.01", "0.1", "5", "28740", "6160"),
)
"""The same contracts with Bybit's rules; BTC and ETH as recorded, the others about so."""

LISTED = {"binance": _BINANCE, "bybit": _BYBIT}
"""What the local testnet of each venue can trade."""
USUAL = 5
"""How many of them, from the first on, unless told otherwise: each takes its share of time."""
INSTRUMENTS = _BINANCE[:USUAL]
"""What is traded unless told otherwise, by Binance's rules."""

START_PRICES = {
    "BTC/USDT:USDT": Decimal(100_000),
    "ETH/USDT:USDT": Decimal(3500),
    "SOL/USDT:USDT": Decimal(180),
    "BNB/USDT:USDT": Decimal(650),
    "XRP/USDT:USDT": Decimal("2.2"),
    "DOGE/USDT:USDT": Decimal("0.22"),
    "ADA/USDT:USDT": Decimal("0.75"),
    "LINK/USDT:USDT": Decimal(16),
    "AVAX/USDT:USDT": Decimal(24),
    "LTC/USDT:USDT": Decimal(95),
}
"""Where the synthetic market begins, quote units."""

_KNOWN = {
    (venue, instrument.symbol): instrument
    for venue, instruments in LISTED.items()
    for instrument in instruments
}


def instrument_for(symbol: str, price: Decimal, venue: str = "binance") -> Instrument:
    """Give the filters of a symbol; for one we do not know, plausible ones for its price.

    Args:
        symbol: unified symbol, for example ``BTC/USDT:USDT``.
        price: about what it costs, quote units; decides the grids of an unknown symbol (a
            tick near a hundred-thousandth of the price, a step worth at most 1 unit).
        venue: whose filters.
    """
    known = _KNOWN.get((venue, symbol))
    if known is not None:
        return known
    magnitude = price.adjusted()
    return Instrument(
        symbol=symbol,
        tick_size=Decimal(1).scaleb(magnitude - 5),
        step_size=Decimal(1).scaleb(-max(0, magnitude)),
        min_quantity=Decimal(1).scaleb(-max(0, magnitude)),
        min_notional=Decimal(5),
        max_quantity=Decimal(10_000_000).scaleb(-max(0, magnitude)),
        max_market_quantity=Decimal(2_000_000).scaleb(-max(0, magnitude)),
        price_band=BAND,
    )
