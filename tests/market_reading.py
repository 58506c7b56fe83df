"""What the real ccxt reads of the market, the same on each venue of the local testnet."""

from decimal import Decimal
from itertools import pairwise

BTC = "BTC/USDT:USDT"


async def check_market(exchange):
    """Read book, tickers, candles and funding rate, and hold them against each other."""
    book = await exchange.fetch_order_book(BTC, 5)
    assert len(book["bids"]) == len(book["asks"]) == 5
    assert book["bids"][0][0] < book["asks"][0][0]
    touch = (await exchange.fetch_bids_asks([BTC]))[BTC]
    assert float(touch["bid"]) == book["bids"][0][0]
    assert float(touch["ask"]) == book["asks"][0][0]
    day = await exchange.fetch_ticker(BTC)
    assert Decimal(day["low"]) <= Decimal(day["last"]) <= Decimal(day["high"])
    assert set(await exchange.fetch_tickers()) == set(exchange.markets)
    candles = await exchange.fetch_ohlcv(BTC, "1m", limit=30)
    assert len(candles) == 30
    assert {b[0] - a[0] for a, b in pairwise(candles)} == {60_000}
    assert 0 <= exchange.milliseconds() - candles[-1][0] < 120_000
    rate = await exchange.fetch_funding_rate(BTC)
    assert Decimal(rate["markPrice"]) > 0
    assert rate["fundingTimestamp"] > exchange.milliseconds()


async def check_candles_from_a_moment_on(exchange):
    """Read the first candles after a moment, not the newest."""
    since = exchange.milliseconds() - 3_600_000
    candles = await exchange.fetch_ohlcv(BTC, "5m", since=since, limit=4)
    assert len(candles) == 4
    assert 0 <= candles[0][0] - since <= 300_000
