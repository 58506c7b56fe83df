"""The contracts of the local testnet with Binance's filters of 2025, and start prices."""

from decimal import Decimal

from nettools.model import Instrument


def _instrument(base: str, *rules: str) -> Instrument:
    tick, step, notional, largest, largest_market = map(Decimal, rules)
    return Instrument(
        symbol=f"{base}/USDT:USDT",
        tick_size=tick,
        step_size=step,
        min_quantity=step,
        min_notional=notional,
        max_quantity=largest,
        max_market_quantity=largest_market,
        price_band=Decimal("0.05"),
    )


INSTRUMENTS = (
    _instrument("BTC", "0.1", "0.001", "100", "1000", "120"),
    _instrument("ETH", "0.01", "0.001", "20", "10000", "2000"),
    _instrument("SOL", "0.01", "0.01", "5", "1000000", "80000"),
    _instrument("BNB", "0.01", "0.01", "5", "100000", "2000"),
    _instrument("XRP", "0.0001", "0.1", "5", "10000000", "2000000"),
)
"""What the local testnet trades unless told otherwise."""

START_PRICES = {
    "BTC/USDT:USDT": Decimal(100_000),
    "ETH/USDT:USDT": Decimal(3500),
    "SOL/USDT:USDT": Decimal(180),
    "BNB/USDT:USDT": Decimal(650),
    "XRP/USDT:USDT": Decimal("2.2"),
}
"""Where the synthetic market begins, quote units."""
