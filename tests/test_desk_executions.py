"""What the desk's execution cost: from its own records, the same after a restart."""

from datetime import timedelta

import pytest
from makers import BTC, NOW, d, quote

import nettools as nt
from nettools.desk.touches import Touches
from nettools.model import Fill, Liquidity, Side
from nettools.shortfall import shortfall_of

COLUMNS = ["spread", "fee", "delay", "market_move", "unfilled"]


async def _let_pass(desk, venue, seconds):
    for _ in range(seconds):
        venue.advance(1)
        venue._clock.go_on(1)
        await desk.refresh()


async def _trade(desk, venue):
    """Buy 0.7 at market, wait, then rest to sell 0.4."""
    for strategy, quantity in (("A", "1.0"), ("B", "0.5"), ("C", "-0.8")):
        desk.set_target(strategy, BTC, quantity)
    await desk.tick()
    await _let_pass(desk, venue, 40)
    desk.set_target("A", BTC, "0.6")
    await desk.tick("limit")
    await _let_pass(desk, venue, 40)


async def test_the_columns_of_every_order_add_up_to_its_total(desk, venue):
    await _trade(desk, venue)
    costs = desk.execution_costs()
    assert list(costs["style"]) == ["market", "limit"]
    assert list(costs["maker_share"]) == [0, 1]
    assert list(costs["done"]) == [True, True]
    for _, row in costs.iterrows():
        assert sum(row[COLUMNS]) == row["total"]
        assert row["gained"] == row["at_once"] - row["total"]
    taken, rested = costs["spread"]
    assert taken > 0 > rested
    assert [shortfall_of(p).total for p in desk.parent_orders()] == list(costs["total"])


async def test_strategies_and_days_add_up_to_the_orders(desk, venue):
    await _trade(desk, venue)
    orders = desk.execution_costs()
    for by in ("strategy", "day"):
        groups = desk.execution_costs(by)
        for column in (*COLUMNS, "total", "at_once", "gained"):
            assert sum(groups[column]) == sum(orders[column]), (by, column)
    by_name = desk.execution_costs("strategy").set_index("strategy")
    assert list(by_name.index) == ["A", "B"]  # C was crossed inside, and paid nothing
    with pytest.raises(nt.InvalidInput, match="by must be"):
        desk.execution_costs("month")


async def test_fills_are_marked_out_one_five_and_thirty_seconds_later(desk, venue):
    await _trade(desk, venue)
    costs = desk.execution_costs()
    assert not costs[["markout_1", "markout_5", "markout_30"]].isna().any().any()
    marks = desk.markouts()
    assert sorted(zip(marks["liquidity"], marks["seconds"], strict=True)) == [
        (liquidity, seconds) for liquidity in ("maker", "taker") for seconds in (1, 5, 30)
    ]
    assert not marks["unknown"].any()


async def test_when_nobody_looked_the_markout_is_unknown(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick()
    await _let_pass(desk, venue, 2)
    venue.advance(60)
    venue._clock.go_on(60)
    await desk.refresh()
    row = desk.execution_costs().iloc[0]
    assert row["markout_1"] is not None
    assert row["markout_5"] is None
    assert row["markout_30"] is None
    assert list(desk.markouts()["unknown"]) == [0, 2, 2]


@pytest.mark.usefixtures("no_waiting")
async def test_a_journal_gives_the_same_costs_after_a_restart(venue, tmp_path):
    path = tmp_path / "desk.sqlite"
    desk = await nt.Desk.open(venue, clock=venue._clock, journal=path)
    await _trade(desk, venue)
    before = desk.execution_costs(), desk.markouts()
    await desk.close()
    again = await nt.Desk.open(venue, clock=venue._clock, journal=path)
    after = again.execution_costs(), again.markouts()
    await again.close()
    assert before[0].equals(after[0])
    assert before[1].equals(after[1])


async def test_an_order_that_still_rests_is_costed_so_far_at_the_newest_touch(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick(nt.Style(name="limit", offset_bps=d(50)))
    await _let_pass(desk, venue, 2)
    row = desk.execution_costs().iloc[0]
    moved = desk.quotes()[BTC].mid - row["arrival"]
    assert moved
    assert row["unfilled"] == row["total"] == d("0.5") * moved
    assert not row["done"]
    assert row["seconds_to_fill"] is None


def _a_fill(second):
    return Fill(
        fill_id=str(second),
        client_order_id="nt-1",
        venue_order_id="1",
        symbol=BTC,
        side=Side.BUY,
        quantity=d(1),
        price=d(100000),
        fee=d(0),
        fee_currency="USDT",
        liquidity=Liquidity.MAKER,
        time=NOW + timedelta(seconds=second),
    )


def test_the_touch_at_a_moment_is_the_one_that_stood_then():
    touches = Touches(lambda _: None)
    for second, bid in ((0, "100"), (1, "101"), (2, "101"), (9, "103")):
        touches.note(quote(bid, str(d(bid) + 1), age=-second))
    at = {s: touches.at(BTC, NOW + timedelta(seconds=s)) for s in (-1, 0, 1, 3, 6, 9)}
    bids = {second: touch and touch.bid for second, touch in at.items()}
    assert bids == {-1: None, 0: 100, 1: 101, 3: 101, 6: None, 9: 103}


def test_a_desk_that_closes_writes_the_horizons_it_saw_and_leaves_the_rest_unknown():
    written = []
    touches = Touches(written.append)
    touches.follow([_a_fill(0), _a_fill(100)])
    for second in range(8):
        touches.note(quote(str(100 + second), str(101 + second), age=-second))
    assert written == []
    touches.close(NOW + timedelta(seconds=8))
    assert [record.mids for record in written] == [
        ((1, d("101.5")), (5, d("105.5")), (30, None))
    ]
