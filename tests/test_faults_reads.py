"""Reads that are empty, broken, old or doubled: nothing is traded on them or counted twice.

Rows of the fault matrix about what is read and heard; the exchange itself is fine throughout.
"""

import asyncio

import pytest
from drive import VENUES, Drive
from makers import BTC, ETH, d
from travel import travels

USELESS = ("empty", "html", "null", "object", "list", "cut", "502", "403")
both_venues = pytest.mark.parametrize("venue", VENUES)
heard_or_not = pytest.mark.parametrize("streams", [False, True])


async def _holding(drive):
    """Hold 0.7 BTC and 4 ETH for three strategies, and be quiet."""
    drive.want(a="1.0", b="0.5", c="-0.8")
    drive.want(a="4", symbol=ETH)
    await drive.settle()
    assert (drive.position(BTC), drive.position(ETH)) == (d("0.7"), d(4))
    await asyncio.sleep(2)


def _assert_untouched(drive, since):
    assert drive.oracle.asked_since(since, "create") == 0, "traded on a view nobody had"


async def _assert_nothing_is_sent(drive, seconds=12):
    """Let the desk tick; the strategies want what they have, or something new."""
    since = drive.now()
    await drive.go_on(seconds)
    _assert_untouched(drive, since)


@both_venues
@heard_or_not
@pytest.mark.parametrize("name", USELESS)
@pytest.mark.parametrize("call", ["positions", "balance", "open_orders"])
@travels
async def test_nothing_is_sent_while_a_read_is_useless(venue, streams, call, name):
    """Row 9: not even when the targets change."""
    if (venue, call, name) == ("binance", "open_orders", "list"):
        pytest.skip("nothing rests, so this is the right answer")
    async with Drive(venue, streams=streams) as drive:
        await _holding(drive)
        drive.fault(call, reply=name, times=0)
        await _assert_nothing_is_sent(drive, 5)
        drive.want(c="0")
        await _assert_nothing_is_sent(drive, 5)
        await drive.settle()
        assert drive.position() == d("1.5")
        assert drive.desk.breaks() == ()


@both_venues
@heard_or_not
@pytest.mark.parametrize(
    ("do", "rule"),
    [
        ("partial", {"keep": 0}),
        ("partial", {"keep": 1}),
        ("stale", {"age": 30}),
        ("omit", {"name": "quantity"}),
        ("put", {"name": "quantity", "value": "NaN"}),
        ("put", {"name": "quantity", "value": None}),
        ("put", {"name": "quantity", "value": ""}),
        ("close", {}),
        ("drop", {}),
        ("tear", {"bytes": 60}),
        ("corrupt", {"seed": 3}),
    ],
    ids=lambda x: x if isinstance(x, str) else "-".join(map(str, x.values())),
)
@travels
async def test_positions_that_are_not_all_there_or_old_are_not_traded_on(
    venue, streams, do, rule
):
    """Row 9: the strategies want what they have, so that any order is a wrong one."""
    async with Drive(venue, streams=streams) as drive:
        await _holding(drive)
        if "name" in rule:
            rule = {**rule, "name": {"binance": "positionAmt", "bybit": "size"}[venue]}
        drive.fault("positions", do, times=0, **rule)
        await _assert_nothing_is_sent(drive)
        await drive.settle()
        assert (drive.position(BTC), drive.position(ETH)) == (d("0.7"), d(4))
        assert drive.desk.breaks() == ()


@both_venues
@pytest.mark.parametrize("name", USELESS)
@travels
async def test_nothing_is_sent_at_prices_nobody_could_read(venue, name):
    """Row 9, prices."""
    async with Drive(venue) as drive:
        await _holding(drive)
        drive.fault("ticker", reply=name, times=0)
        drive.want(c="0")
        await _assert_nothing_is_sent(drive, 5)
        await drive.settle()
        assert drive.position() == d("1.5")


@both_venues
@heard_or_not
@pytest.mark.parametrize("name", USELESS)
@travels
async def test_an_order_is_known_although_its_look_ups_are_useless(venue, streams, name):
    """Row 9, the order itself: what it did is found in the end, and done once."""
    async with Drive(venue, streams=streams) as drive:
        await _holding(drive)
        drive.fault("create", "close", phase="after_match")
        drive.fault("order", reply=name, times=12, may_miss=streams)
        drive.fault("trades", reply=name, times=6, may_miss=True)
        drive.want(c="0")
        await drive.go_on(10)
        await drive.settle()
        assert drive.position() == d("1.5")
        assert len(drive.orders) == 3


# --- doubled, missed and late executions


@both_venues
@heard_or_not
@travels
async def test_an_execution_that_is_told_twice_counts_once(venue, streams):
    """Row 12: in history and over the stream."""
    async with Drive(venue, streams=streams) as drive:
        drive.fault("trades", "dup", times=0, may_miss=streams)
        if streams:
            drive.fault("stream", "dup", times=0, channel=_executions(venue))
        drive.want(a="1.4")
        await drive.tick()
        drive.want(a="-0.8")
        await drive.tick()
        await drive.go_on(5)
        assert len(drive.fills) > len(drive.orders), "of more than one execution each"
        await drive.settle()
        assert drive.position() == d("-0.8")


def _executions(venue):
    return "ORDER_TRADE_UPDATE" if venue == "binance" else "execution"


@both_venues
@travels
async def test_what_is_told_again_after_a_reconnect_counts_once(venue):
    """Row 12: everything is read again after each gap."""
    async with Drive(venue, streams=True) as drive:
        drive.want(a="2.0")
        await drive.tick()
        for wanted in ("1.0", "1.5", "0.2"):
            drive.server.hub.cut()
            await asyncio.sleep(3)
            drive.want(a=wanted)
            await drive.tick()
        await drive.settle()
        assert drive.position() == d("0.2")


@both_venues
@pytest.mark.parametrize("what", ["executions", "orders", "all"])
@travels
async def test_what_the_stream_does_not_tell_is_read(venue, what):
    """Row 13: a resting order fills, and nobody says so."""
    async with Drive(venue, streams=True, style="limit") as drive:
        drive.want(a="0.5")
        await drive.tick()
        for channel in _channels(venue, what):
            drive.fault("stream", "drop", times=0, channel=channel)
        drive.fill(40)
        await drive.go_on(5)
        drive.fill(100)
        await drive.go_on(5)
        await drive.settle("limit")
        assert drive.position() == d("0.5")
        assert len(drive.orders) == 1


def _channels(venue, what):
    if venue == "binance":  # one event tells of the order and its execution
        every = ("ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE")
        return {"executions": every[:1], "orders": every[:1], "all": every}[what]
    every = ("execution", "order", "position")
    return {"executions": every[:1], "orders": every[1:2], "all": every}[what]


@both_venues
@heard_or_not
@pytest.mark.parametrize("last", [1, 2, 50])
@travels
async def test_executions_that_history_hides_for_a_while_are_waited_for(venue, streams, last):
    """Row 13: the newest ones turn up ten seconds late."""
    async with Drive(venue, streams=streams) as drive:
        drive.fault("trades", "hide", last=last, seconds=10)
        if streams:
            drive.fault("stream", "drop", channel=_executions(venue), seconds=10)
        drive.want(a="2.0")
        await drive.go_on(12)
        await drive.settle()
        assert drive.position() == d("2.0")
        assert len(drive.orders) == 1


@both_venues
@travels
async def test_a_gap_in_which_a_resting_order_fills_is_read_before_anything_is_sent(venue):
    """Row 13: the stream breaks, the order fills, the stream comes back."""
    async with Drive(venue, streams=True, style="limit") as drive:
        drive.want(a="0.5")
        await drive.tick()
        drive.server.hub.cut()
        drive.fill()
        drive.want(a="0.6")
        await drive.go_on(5)
        assert drive.position() == d("0.5")
        drive.fill()
        await drive.settle("limit")
        assert drive.position() == d("0.6")


@both_venues
@travels
async def test_what_is_told_in_any_order_is_the_same(venue):
    """Row 27: every message comes after the one that followed it."""
    async with Drive(venue, streams=True) as drive:
        drive.fault("stream", "reorder", times=0, channel="")
        for wanted in ("1.4", "-0.8", "0.5", "0"):
            drive.want(a=wanted)
            await drive.tick()
            await asyncio.sleep(1)
        await drive.settle()
        assert drive.position() == 0


@both_venues
@heard_or_not
@pytest.mark.parametrize("rate", ["0.0001", "-0.005"])
@travels
async def test_funding_is_money_and_never_a_position(venue, streams, rate):
    """Rows 14 and 36: its row shows the whole position as its quantity."""
    async with Drive(venue, streams=streams) as drive:
        await _holding(drive)
        told = await drive.server._settle_funding({"symbol": BTC, "rate": rate})
        assert told["settlements"][0]["payments"]
        await drive.go_on(35)
        assert drive.position() == d("0.7")
        await drive.settle()
        accounts = drive.desk.accounts()
        paid = sum(accounts[accounts.symbol == BTC].funding)
        assert paid == d(told["settlements"][0]["received"]) != 0
        assert len(drive.orders) == 2
