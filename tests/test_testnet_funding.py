"""Funding on the local exchange: the schedule, exact payments, and how the venue shows them."""

from datetime import datetime, timedelta

import pytest
from dialect import NOON, Trader
from exchange import buy, exchange, sell
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, ETH, NOW, d

from nettools.errors import InvalidInput, OrderRejected
from nettools.model import PositionMode
from nettools.testnet import funding
from nettools.testnet.engine import Engine
from nettools.testnet.instruments import INSTRUMENTS
from nettools.testnet.market import Market
from nettools.testnet.replay import Replay, instruments_of
from nettools.venues.memory import MemoryVenue


def _market(now: datetime = NOON, interval: int = 60, **terms: object) -> tuple[Engine, Market]:
    engine = Engine(INSTRUMENTS, **terms)
    market = Market(engine, 7, now)
    market.settle_every(interval)
    return engine, market


# --- what a settlement does


@pytest.mark.parametrize(
    ("order", "rate", "received"),
    [
        (buy("2"), "0.0001", "-20"),
        (sell("2"), "0.0001", "20"),
        (buy("2"), "-0.005", "1000"),
        (sell("0.003"), "-0.00012345", "-0.037035"),
        (buy("2"), "0", "0"),
    ],
)
def test_a_positive_rate_is_paid_by_longs_to_shorts(order, rate, received):
    engine = exchange()
    engine.place(order, NOW)
    wallet = engine.account().wallet
    settlement = engine.settle(BTC, d(rate), d(100_000), NOW)
    assert settlement.received == d(received) == engine.account().funding
    assert engine.account().wallet == wallet + d(received)


def test_a_payment_is_rounded_to_eight_decimals_and_booked_as_it_is_shown():
    engine = exchange()
    engine.place(buy("0.007"), NOW)
    settlement = engine.settle(BTC, d("0.00012345"), d("99987.654321"), NOW)
    assert settlement.received == d("-0.08640433")
    assert engine.account().funding == d("-0.08640433")


def test_each_leg_of_a_hedged_account_pays_on_its_own():
    engine = exchange(mode=PositionMode.HEDGE)
    engine.place(buy("2", leg="long"), NOW)
    engine.place(sell("0.5", leg="short"), NOW)
    settlement = engine.settle(BTC, d("0.0001"), d(100_000), NOW)
    paid = {p.position_side.value: (p.quantity, p.received) for p in settlement.payments}
    assert paid == {"long": (2, -20), "short": (d("-0.5"), 5)}
    assert engine.account().funding == settlement.received == -15


def test_a_flat_account_neither_pays_nor_receives():
    engine = exchange()
    before = engine.account()
    settlement = engine.settle(BTC, d("0.01"), d(100_000), NOW)
    assert settlement.payments == ()
    assert engine.account() == before
    assert engine.wallet_settled is None
    assert engine.settlements(BTC) == (settlement,)
    assert engine.settlements(ETH) == ()


def test_what_cannot_be_settled_changes_nothing():
    engine = exchange()
    engine.place(buy("1"), NOW)
    before = engine.account()
    with pytest.raises(InvalidInput, match="must be above zero, was 0"):
        engine.settle(BTC, d("0.01"), d(0), NOW)
    with pytest.raises(OrderRejected, match="DOGE"):
        engine.settle("DOGE/USDT:USDT", d("0.01"), d(1), NOW)
    assert engine.account() == before
    assert engine.settlements(BTC) == ()


def test_two_settlements_on_a_symbol_never_share_a_millisecond():
    engine = exchange()
    times = [engine.settle(BTC, d(0), d(1), NOW).time for _ in range(3)]
    assert times == [NOW + timedelta(milliseconds=n) for n in range(3)]
    assert engine.settle(ETH, d(0), d(1), NOW).time == NOW
    later = NOW + timedelta(seconds=1)
    assert engine.settle(BTC, d(0), d(1), later).time == later


def test_only_the_newest_settlements_are_remembered(monkeypatch):
    monkeypatch.setattr(funding, "KEPT", 3)
    engine = exchange()
    engine.place(buy("1"), NOW)
    for rate in range(5):
        engine.settle(BTC, d(rate).scaleb(-4), d(100_000), NOW)
    assert [int(s.rate * 10_000) for s in engine.settlements(BTC)] == [2, 3, 4]
    assert engine.account().funding == -100  # nothing is forgotten in the wallet


# --- the schedule


def test_it_settles_when_the_market_passes_a_multiple_of_eight_hours():
    engine, market = _market(NOON.replace(hour=15, minute=59, second=58), 28_800)
    assert market.next_funding == NOON.replace(hour=16)
    market.advance(1, NOON)
    assert engine.settlements(BTC) == ()
    market.advance(1, NOON)
    assert [len(engine.settlements(symbol)) for symbol in engine.instruments] == [1] * 5
    assert market.next_funding == (NOON + timedelta(days=1)).replace(hour=0)
    market.advance(600, NOON)
    assert len(engine.settlements(BTC)) == 1


def test_a_start_between_two_seconds_settles_with_the_first_step_past_the_boundary():
    engine, market = _market(NOON.replace(second=58, microsecond=700_000))
    market.advance(1, NOON)
    assert not engine.settlements(BTC)
    market.advance(1, NOON)
    assert len(engine.settlements(BTC)) == 1


@given(st.lists(st.integers(0, 45), max_size=6), st.integers(1, 40))
@settings(max_examples=15, deadline=None)
def test_however_time_is_cut_each_boundary_settles_once_at_the_price_it_had(cuts, interval):
    seconds = sum(cuts)
    whole, market = _market(interval=interval)
    whole.place(buy("1"), NOON)
    market.advance(seconds, NOON)
    parts, other = _market(interval=interval)
    parts.place(buy("1"), NOON)
    for cut in cuts:
        other.advance(cut, NOON)
    start = int(NOON.timestamp())
    passed = (start + seconds) // interval - start // interval
    assert len(whole.settlements(BTC)) == passed
    assert whole.settlements(BTC) == parts.settlements(BTC)
    assert whole.account() == parts.account()


def test_one_long_advance_settles_every_boundary_inside_it_with_its_own_mark():
    engine, market = _market(interval=600)
    engine.place(buy("1"), NOON)
    marks, expected = [], []
    for _ in range(4):
        market.advance(600, NOON)
        marks.append(engine.mark_price(BTC))
        expected.append(engine.settlements(BTC)[-1].mark_price)
    assert marks == expected
    again, other = _market(interval=600)
    again.place(buy("1"), NOON)
    other.advance(2400, NOON)
    assert [s.mark_price for s in again.settlements(BTC)] == marks
    assert len(set(marks)) == 4
    assert again.account().funding == sum(s.received for s in again.settlements(BTC)) != 0


def test_settling_at_once_takes_the_rate_that_was_shown_and_keeps_the_schedule():
    engine, market = _market()
    shown, due = market.funding_rate(BTC), market.next_funding
    assert market.settle(BTC, NOON).rate == shown
    assert market.settle(BTC, NOON, d("-0.005")).rate == d("-0.005")
    assert market.next_funding == due
    assert len(engine.settlements(BTC)) == 2


def test_a_replay_settles_too_and_stops_with_its_data():
    import pandas as pd  # noqa: PLC0415 - heavy, and only here

    from nettools.testnet.history import read_history  # noqa: PLC0415 - with it

    minutes = pd.date_range("2025-06-01", periods=3, freq="min", tz="UTC")
    frame = pd.DataFrame({"date": minutes, "volume": 1.0})
    frame[["open", "high", "low", "close"]] = 100_000.0
    series = read_history({BTC: frame})
    engine = Engine(instruments_of(series))
    market = Replay(engine, series, 7, NOON)
    market.settle_every(60)
    assert market.advance(900, NOON) == 180
    assert len(engine.settlements(BTC)) == 3


async def test_the_memory_venue_takes_the_interval():
    venue = MemoryVenue(clock=lambda: NOON, funding_interval=30)
    venue.advance(90)
    venue.settle_funding(BTC, d("0.001"))
    told = await venue.funding(BTC, NOON - timedelta(seconds=1))
    assert [one.time for one in told] == [NOON + timedelta(milliseconds=n) for n in range(4)]
    assert told[-1].rate == d("0.001")


# --- how Binance shows it


@pytest.fixture
def trader():
    return Trader()


def _funded(trader: Trader) -> None:
    trader.order(type="MARKET", quantity="0.5")
    for rate in ("0.0001", "-0.0002", "0.0003"):
        trader.now += timedelta(hours=8)
        trader.market.settle(BTC, trader.now, d(rate))
    trader.market.settle(ETH, trader.now, d("0.0001"))


def test_income_has_a_row_for_each_payment_and_none_when_flat(trader):
    _funded(trader)
    _, rows = trader.ask("GET", "v1/income", incomeType="FUNDING_FEE")
    assert [row["symbol"] for row in rows] == ["BTCUSDT"] * 3
    assert {row["asset"] for row in rows} == {"USDT"}
    assert [d(row["income"]) for row in rows] == [
        settlement.received for settlement in trader.engine.settlements(BTC)
    ]
    assert [d(row["income"]) < 0 for row in rows] == [True, False, True]
    assert len({row["tranId"] for row in rows}) == 3
    assert rows[-1]["time"] == int(trader.now.timestamp() * 1000)
    _, everything = trader.ask("GET", "v1/income")
    wallet = d(trader.ask("GET", "v3/balance")[1][0]["balance"])
    assert 100_000 + sum(d(row["income"]) for row in everything) == wallet


def test_income_of_a_hedged_account_has_a_row_for_each_leg():
    trader = Trader(mode=PositionMode.HEDGE)
    trader.order(type="MARKET", quantity="0.5", positionSide="LONG")
    trader.order(type="MARKET", quantity="0.2", positionSide="SHORT", side="SELL")
    trader.market.settle(BTC, NOON, d("0.0001"))
    _, rows = trader.ask("GET", "v1/income", incomeType="FUNDING_FEE")
    assert [d(row["income"]) < 0 for row in rows] == [True, False]
    assert len({row["time"] for row in rows}) == 1
    assert len({row["tranId"] for row in rows}) == 2


def test_income_pages_by_time_from_the_front_or_the_newest_at_the_back(trader):
    _funded(trader)

    def shown(**params):
        rows = trader.ask("GET", "v1/income", incomeType="FUNDING_FEE", **params)[1]
        return [row["time"] for row in rows]

    first, second, third = shown()
    assert shown(limit=1) == [third]
    assert shown(startTime=first, limit=2) == [first, second]
    assert shown(startTime=second) == [second, third]
    assert shown(endTime=second) == [first, second]
    assert shown(symbol="ETHUSDT") == []


def test_funding_rates_show_every_settlement_flat_or_not(trader):
    _funded(trader)

    def shown(**params):
        text = "&".join(f"{name}={value}" for name, value in params.items())
        return trader.send("GET", "v1/fundingRate", text.encode())[1]

    rows = shown(symbol="BTCUSDT")
    assert [row["fundingRate"] for row in rows] == ["0.00010000", "-0.00020000", "0.00030000"]
    assert {row["symbol"] for row in rows} == {"BTCUSDT"}
    assert [d(row["markPrice"]) for row in rows] == [
        settlement.mark_price for settlement in trader.engine.settlements(BTC)
    ]
    times = [row["fundingTime"] for row in rows]
    income = trader.ask("GET", "v1/income", incomeType="FUNDING_FEE")[1]
    assert times == [row["time"] for row in income]
    assert len(shown()) == 4
    assert [row["fundingTime"] for row in shown(symbol="BTCUSDT", limit=2)] == times[1:]
    later = shown(symbol="BTCUSDT", startTime=times[0] + 1, limit=1)
    assert [row["fundingTime"] for row in later] == times[1:2]
    assert shown(symbol="BTCUSDT", startTime=0, endTime=times[0]) == rows[:1]
    assert shown(symbol="DOGEUSDT")["code"] == -1121


@pytest.mark.parametrize(("seconds", "hours"), [(3600, 1), (14_400, 4), (900, 0.25)])
def test_another_interval_than_eight_hours_is_stated(trader, seconds, hours):
    assert trader.send("GET", "v1/fundingInfo") == (200, [])
    trader.market.settle_every(seconds)
    _, rows = trader.send("GET", "v1/fundingInfo")
    assert [row["fundingIntervalHours"] for row in rows] == [hours] * 5
    assert rows[0]["symbol"] == "BTCUSDT"


def test_the_premium_index_counts_down_to_the_next_settlement_on_the_wall_clock(trader):
    trader.market.settle_every(3600)

    def shown():
        return trader.send("GET", "v1/premiumIndex", b"symbol=BTCUSDT")[1]

    hour = int(NOON.timestamp() * 1000) + 3_600_000
    assert shown()["nextFundingTime"] == hour
    trader.market.advance(600, NOON)
    assert shown()["nextFundingTime"] == hour - 600_000
    trader.now += timedelta(minutes=10)
    assert shown()["nextFundingTime"] == hour
    rate = d(shown()["lastFundingRate"])
    assert trader.market.settle(BTC, trader.now).rate == rate


def test_the_wallet_is_as_new_as_its_last_settlement(trader):
    _funded(trader)
    _, [row] = trader.ask("GET", "v3/balance")
    assert row["updateTime"] == int(trader.now.timestamp() * 1000)
