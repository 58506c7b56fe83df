"""Bad weather on the line: dead streams, old prices, limits, bans, clocks, outages.

Rows of the fault matrix about the way to the exchange; it trades on all the while.
"""

import asyncio
from datetime import timedelta

import pytest
from drive import VENUES, Drive
from makers import BTC, d
from travel import travels

from nettools.errors import VenueUnavailable
from nettools.style import Style

both_venues = pytest.mark.parametrize("venue", VENUES)
heard_or_not = pytest.mark.parametrize("streams", [False, True])


async def _resting(drive, quantity="0.5"):
    drive.want(a=quantity)
    await drive.tick("limit")


# --- streams


@both_venues
@pytest.mark.parametrize("how", ["silent", "cut", "refused", "key"])
@travels
async def test_a_fill_is_known_within_half_a_minute_although_the_stream_is_dead(venue, how):
    """Row 18: silence with the connection up, a cut, a stream nobody lets in, a dead key."""
    if (venue, how) == ("bybit", "key"):
        pytest.skip("its streams sign in and have no key of their own")
    async with Drive(venue, streams=True, style="limit") as drive:
        await _resting(drive)
        if how == "silent":
            drive.fault("stream", "drop", times=0, channel="")
        if how == "refused":
            drive.fault("stream", status=503, phase="before_match", times=0)
        if how == "key":
            drive.fault("listen_key", reply="clock", times=0, may_miss=True)
        if how != "silent":
            drive.server.hub.cut()
        drive.fill()
        await drive.go_on(30)
        (booked,) = drive.desk._manager.books.expected().values()
        assert booked == d("0.5")
        await drive.settle("limit")
        assert len(drive.orders) == 1


@both_venues
@travels
async def test_a_day_of_a_stream_is_cut_and_opened_again(venue):
    """Row 18: the venues end every connection after a day."""
    async with Drive(venue, streams=True, style="limit") as drive:
        await _resting(drive)
        for _ in range(3):
            drive.server.hub.cut()
            await drive.go_on(20, every=5)
            assert drive.desk.status.stream == "live"
        drive.fill()
        await drive.settle("limit")


@both_venues
@heard_or_not
@pytest.mark.parametrize("mad", ["swapped", "one side", "no price"])
@travels
async def test_nothing_is_sent_at_a_price_that_cannot_be(venue, streams, mad):
    """Row 19: bid above ask, a side that is gone, a price that is none."""
    name, wrong = {
        "swapped": ({"binance": "bidPrice", "bybit": "bid1Price"}[venue], "999999.9"),
        "one side": ({"binance": "askPrice", "bybit": "ask1Price"}[venue], ""),
        "no price": ({"binance": "askPrice", "bybit": "ask1Price"}[venue], "NaN"),
    }[mad]
    async with Drive(venue, streams=streams) as drive:
        drive.want(a="0.5")
        await drive.settle()
        await asyncio.sleep(5)
        drive.fault("ticker", "put", name=name, value=wrong, times=0)
        drive.fault("stream", "drop", channel="", times=0, may_miss=True)
        since = drive.now()
        drive.want(a="0.7")
        await drive.go_on(5)
        assert drive.oracle.asked_since(since, "create") == 0 or streams
        await drive.settle()
        assert drive.position() == d("0.7")


@both_venues
@travels
async def test_a_book_that_lost_an_update_is_begun_anew(venue):
    """Row 19: the chain of its numbers is broken; nothing is quoted from what is left."""
    async with Drive(venue, streams=True) as drive:
        drive.want(a="0.5")
        await drive.settle()
        channel = {"binance": "btcusdt@depth", "bybit": "orderbook"}[venue]
        drive.fault("stream", "drop", channel=channel, times=1)
        for percent in ("1", "-1", "0.5"):
            await drive.command("/price", symbol=BTC, percent=percent)
            await asyncio.sleep(2)
        drive.want(a="0.7")
        await drive.tick()
        worst = max(fill.price for fill in drive.fills)
        assert worst < d(110_000)
        await drive.settle()
        assert drive.position() == d("0.7")


# --- prices


@both_venues
@pytest.mark.parametrize("percent", ["-10", "10"])
@travels
async def test_a_gap_of_the_price_is_not_chased_beyond_the_cap(venue, percent):
    """Row 32: between the plan and its order; what is left waits for the next plan."""
    async with Drive(venue) as drive:
        drive.want(a="0.5")
        plan = await drive.desk.preview("market")
        cap = plan.orders[0].limit_price
        await drive.command("/price", symbol=BTC, percent=percent)
        await drive.execute(plan)
        assert all(fill.price <= cap for fill in drive.fills)
        await drive.settle()
        assert drive.position() == d("0.5")


@both_venues
@travels
async def test_an_empty_side_gives_no_fill_and_a_reason(venue):
    """Row 32: the sellers leave; they come back, and it is done."""
    async with Drive(venue) as drive:
        await drive.command("/thin", symbol=BTC, side="sell")
        drive.want(a="0.5")
        await drive.go_on(5)
        assert drive.position() == 0
        assert drive.problems or drive.orders
        await drive.command("/thin", symbol=BTC, side=None)
        await drive.settle()
        assert drive.position() == d("0.5")


@both_venues
@pytest.mark.parametrize("times", [1, 3])
@travels
async def test_a_refused_quote_is_quoted_again_a_few_times_and_not_for_ever(venue, times):
    """Row 24: post-only, and the price has moved to where it would take.

    Bybit says so only later; what it refuses at once is tried twice a minute.
    """
    style = Style(name="limit", post_only=True)
    async with Drive(venue, style=style) as drive:
        drive.fault("create", reply={"binance": "-5022", "bybit": "110094"}[venue], times=times)
        drive.want(a="0.5")
        await drive.go_on(10)
        assert drive.oracle.asked["create"] == {"binance": times + 1, "bybit": 2}[venue]
        await drive.go_on(75, every=5)
        drive.fill()
        await drive.settle(style)
        assert drive.position() == d("0.5")


# --- limits, bans, clocks, outages


@both_venues
@travels
async def test_a_limit_is_kept_until_the_venue_said_and_then_it_goes_on(venue):
    """Row 25: Binance says for how long, Bybit's are of a second."""
    async with Drive(venue) as drive:
        drive.want(a="0.5")
        await drive.settle()
        drive.fault("positions", reply="throttled")
        drive.want(a="0.7")
        since = drive.now()
        await drive.go_on(4, every=0.1)
        asked = [when for when, call in drive.oracle.calls if call.name == "positions"]
        refused, again = [when for when in asked if when >= since][:2]
        pause = (again - refused).total_seconds()
        assert pause >= {"binance": 2, "bybit": 1}[venue]
        await drive.settle()
        assert drive.position() == d("0.7")


BANS = {
    "binance": {"reply": "banned"},
    "bybit": {"status": 403, "body": '{"retCode":0,"retMsg":"access too frequent"}'},
}


@both_venues
@travels
async def test_a_ban_is_kept_also_by_the_next_session(venue):
    """Row 25: not one call before its end, and none by a desk that is opened meanwhile."""
    async with Drive(venue) as drive:
        drive.want(a="0.5")
        await drive.settle()
        drive.fault("positions", **BANS[venue])
        await drive.go_on(2)
        since = drive.now()
        await drive.go_on(10)
        assert drive.oracle.asked_since(since) == 0
        await drive.crash()
        with pytest.raises(VenueUnavailable, match="until"):
            await drive.open()
        assert drive.oracle.asked_since(since) == 0
        await asyncio.sleep(700)
        await drive.open()
        drive.want(a="0.7")
        await drive.settle()
        assert drive.position() == d("0.7")


@both_venues
@heard_or_not
@pytest.mark.parametrize("seconds", [-3600, -8, -1, 1, 8, 3600])
@travels
async def test_a_clock_that_is_wrong_is_measured_again(venue, streams, seconds):
    """Row 26: the venue's clock jumps in the middle of a run."""
    async with Drive(venue, streams=streams) as drive:
        drive.want(a="0.5")
        await drive.settle()
        drive.server._clock.skew = timedelta(seconds=seconds)
        drive.want(a="0.7")
        await drive.go_on(10)
        assert drive.position() == d("0.7")
        drive.server._clock.skew = timedelta()
        drive.want(a="0.2")
        await drive.settle()
        assert drive.position() == d("0.2")


@both_venues
@travels
async def test_two_hours_of_sleep_are_no_burst(venue):
    """Row 26: the machine was suspended; the account is read before anything is sent."""
    async with Drive(venue, streams=True, style="limit") as drive:
        await _resting(drive)
        asyncio.get_running_loop().seconds += 7200
        drive.fill()
        since = drive.now()
        await drive.go_on(3)
        assert drive.oracle.asked_since(since, "create") == 0
        assert drive.oracle.asked_since(since) < 60
        await drive.settle("limit")
        assert drive.position() == d("0.5")


@both_venues
@pytest.mark.parametrize("name", ["maintenance", "403", "451"])
@travels
async def test_half_an_hour_of_maintenance_is_lived_through(venue, name):
    """Row 31: few calls, no row without an id, and then it goes on."""
    async with Drive(venue) as drive:
        drive.want(a="0.5")
        await drive.settle()
        drive.fault(path="", method="GET", reply=name, times=0)
        drive.fault(path="", method="POST", reply=name, times=0, may_miss=True)
        drive.want(a="0.7")
        await drive.go_on(60)
        since = drive.now()
        await drive.go_on(30 * 60, every=20)
        assert drive.oracle.asked_since(since) <= 30 * 60 / 10 * 1.5
        await drive.settle()
        assert drive.position() == d("0.7")
        assert len(drive.orders) == 2


# --- answers of another shape


@pytest.mark.parametrize(
    ("venue", "call", "name"),
    [
        *[
            ("binance", "create", n)
            for n in ("orderId", "clientOrderId", "status", "executedQty")
        ],
        *[("binance", "order", n) for n in ("orderId", "status", "executedQty", "origQty")],
        *[("binance", "trades", n) for n in ("id", "orderId", "qty", "price", "commission")],
        *[("binance", "positions", n) for n in ("symbol", "positionSide", "entryPrice")],
        *[("binance", "balance", n) for n in ("totalWalletBalance", "availableBalance")],
        *[("bybit", "create", n) for n in ("orderId", "orderLinkId", "result")],
        *[("bybit", "order", n) for n in ("orderId", "orderStatus", "cumExecQty", "qty")],
        *[
            ("bybit", "trades", n)
            for n in ("execId", "orderId", "execQty", "execPrice", "execType")
        ],
        *[("bybit", "positions", n) for n in ("symbol", "side", "positionIdx", "avgPrice")],
        *[("bybit", "balance", n) for n in ("totalWalletBalance", "walletBalance", "coin")],
    ],
)
@pytest.mark.parametrize("change", ["gone", "strange"])
@travels
async def test_a_field_that_is_gone_or_strange_makes_nothing_up(venue, call, name, change):
    """Row 37: for half a minute, while the targets change."""
    rule = {"name": name} if change == "gone" else {"name": name, "value": "§strange§"}
    async with Drive(venue) as drive:
        drive.want(a="0.5")
        await drive.settle()
        do = "omit" if change == "gone" else "put"
        drive.fault(call, do, times=0, seconds=30, may_miss=True, **rule)
        drive.want(a="0.7")
        await drive.go_on(32, every=2)
        drive.want(a="0.3")
        await drive.tick()
        await drive.settle()
        assert drive.position() == d("0.3")


@both_venues
@travels
async def test_a_storm_is_one_line_with_a_count(venue):
    """Row 42."""
    async with Drive(venue) as drive:
        drive.want(a="0.5")
        await drive.settle()
        drive.fault("positions", "close", times=0)
        await drive.run(60)
        status = drive.desk.status
        assert status.problem_count > 10
        assert (drive.now() - status.problem_since).total_seconds() > 50
        drive.heal()
        await drive.run(15)
        assert drive.desk.status.problem == ""
        assert drive.desk.status.problem_count == 0
