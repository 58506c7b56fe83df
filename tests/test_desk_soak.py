"""Ten minutes of market time: three live strategies on recorded candles, through real ccxt."""

from pathlib import Path
from random import Random

import pytest
from makers import BTC, ETH, d

import nettools as nt
from nettools.study import Breakout, Hedge, MeanReversion

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "binance_usdm_1m"
MARKET_SECONDS = 600
TICK_SECONDS = 2
STRATEGIES = ("Mean reversion", "Breakout", "Hedge")


def _files(folder):
    """Give candles of BTC and ETH: the recorded ones where they are, else made ones."""
    recorded = [RECORDED / f"{base}_USDT_USDT-1m-futures.feather" for base in ("BTC", "ETH")]
    if all(path.is_file() for path in recorded):
        return recorded
    return [
        _made(folder / "BTCUSDT-1m.csv", 104_000, 40),
        _made(folder / "ETHUSDT-1m.csv", 2_500, 1),
    ]


def _made(path, price, move, minutes=20):
    """Write candles of a market that wanders; the same ones every time."""
    rng = Random(path.name)  # noqa: S311 - a market, no secret
    rows = ["date,open,high,low,close,volume"]
    for minute in range(minutes):
        opened, price = price, price + rng.gauss(0, move)
        low, high = min(opened, price) - move / 2, max(opened, price) + move / 2
        prices = ",".join(f"{x:.2f}" for x in (opened, high, low, price))
        rows.append(f"2025-06-02 00:{minute:02}:00,{prices},50")
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def market(local_testnet, tmp_path):
    return local_testnet(replay=_files(tmp_path), seed=7)


async def _watch(desk, market):
    """Tick through the ten minutes; give every report, and check every quiet moment."""
    reports = []
    for _ in range(0, MARKET_SECONDS, TICK_SECONDS):
        assert market.advance(TICK_SECONDS) == TICK_SECONDS
        await desk.refresh()
        reports.append(await desk.tick())
        assert not reports[-1].problem
        assert reports[-1].plan.refusals == ()
        if not desk.view.working and all(not r.remaining for r in reports[-1].orders):
            _assert_on_target(desk)
    return reports


def _assert_on_target(desk):
    held = desk.positions()
    for symbol, target in nt.net_targets(desk.targets).items():
        band = nt.Deadband().width(desk.instruments[symbol], target.net, None)
        assert abs(target.net - held.get(symbol, d(0))) <= band, symbol


def _assert_the_exchange_agrees(desk, truth):
    """The exchange's own books: positions, number of orders, fees, nothing left open."""
    there = {row["symbol"]: d(row["quantity"]) for row in truth["positions"]}
    assert desk.positions() == there
    assert len(truth["orders"]) == desk.activity.orders_sent
    assert sum(d(row["fee"]) for row in truth["fills"]) == desk.activity.fees
    assert {row["state"] for row in truth["orders"]} == {"filled"}


async def test_ten_minutes_of_three_live_strategies_end_on_the_net_target(market):
    limits = nt.Limits(orders_per_minute=10_000)  # ten market minutes pass in seconds here
    async with await nt.Desk.open(market, limits=limits) as desk:
        for strategy in (MeanReversion(), Breakout(), Hedge()):
            desk.add_strategy(strategy)
        reports = await _watch(desk, market)

        _assert_on_target(desk)
        _assert_the_exchange_agrees(desk, market.truth())
        assert len(reports) == MARKET_SECONDS // TICK_SECONDS
        assert desk.status.problem_count == 0
        assert desk.status.notes == ()
        _assert_something_happened(desk, reports)


def _assert_something_happened(desk, reports):
    """Every strategy moved, on both symbols; changes met inside; less was sent than wanted."""
    books = [report.plan.snapshot.book for report in reports]
    for name in STRATEGIES:
        for symbol in (BTC, ETH):
            assert len({book.target(name, symbol) for book in books}) > 1, (name, symbol)
    activity = desk.activity
    assert activity.orders_sent >= 20
    assert activity.strategy_orders > activity.orders_sent
    assert activity.crossed_notional > 0
    sent = activity.strategy_notional - activity.crossed_notional
    assert float(activity.traded_notional) == pytest.approx(float(sent), rel=0.01)
