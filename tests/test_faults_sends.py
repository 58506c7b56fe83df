"""Sends and cancels whose answer is lost or unclear: one order each, whatever was heard.

Rows of the fault matrix; every ambiguous signal comes in both kinds, where the exchange never
saw the request and where it did.
"""

import asyncio

import pytest
from drive import PHASES, VENUES, Drive
from makers import d
from travel import travels

from nettools.model import OrderState

AMBIGUOUS = [
    ("binance", name)
    for name in ("unknown-503", "internal-503", "-1000", "-1001", "-1006", "-1007")
] + [("bybit", name) for name in ("10000", "10016", "10429", "10019")]
USELESS = ("empty", "html", "null", "object", "list", "cut", "502", "504")
both_phases = pytest.mark.parametrize("phase", PHASES)
both_venues = pytest.mark.parametrize("venue", VENUES)


async def _three(drive):
    """Let A, B and C want 0.7 BTC together."""
    drive.want(a="1.0", b="0.5", c="-0.8")
    return await drive.tick()


def _assert_exactly(drive, count):
    """So many orders on the exchange, and each of them filled as it was meant."""
    assert len(drive.orders) == count, [str(record.order) for record in drive.orders]


@both_venues
@both_phases
@pytest.mark.parametrize("do", ["close", "drop"])
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_an_order_whose_answer_never_comes_is_one_order(venue, phase, do, streams):
    """Row 1."""
    async with Drive(venue, streams=streams) as drive:
        drive.fault("create", do, phase=phase)
        await _three(drive)
        await drive.settle()
        assert drive.position() == d("0.7")
        _assert_exactly(drive, 1)


@both_venues
@both_phases
@travels
async def test_the_last_order_of_a_story_is_as_safe_as_the_first(venue, phase):
    """Row 1, the last call."""
    async with Drive(venue) as drive:
        await _three(drive)
        drive.want(c="0")
        await drive.tick()
        drive.want(a="0", b="0")
        drive.fault("create", "close", phase=phase)
        await drive.tick()
        await drive.settle()
        assert drive.position() == 0
        _assert_exactly(drive, 3)


@pytest.mark.parametrize(("venue", "name"), AMBIGUOUS)
@both_phases
@travels
async def test_what_a_venue_says_when_it_does_not_know_is_not_a_refusal(venue, name, phase):
    """Rows 2 and 3."""
    async with Drive(venue) as drive:
        drive.fault("create", reply=name, phase=phase)
        report = await _three(drive)
        assert report.orders[0].state is not OrderState.REJECTED
        await drive.settle()
        assert drive.position() == d("0.7")
        _assert_exactly(drive, 1)


@both_venues
@both_phases
@pytest.mark.parametrize("name", USELESS)
@travels
async def test_a_useless_answer_to_an_order_is_not_a_refusal(venue, name, phase):
    """Rows 3 and 31."""
    async with Drive(venue) as drive:
        drive.fault("create", reply=name, phase=phase)
        report = await _three(drive)
        assert report.orders[0].state is not OrderState.REJECTED
        await drive.settle()
        assert drive.position() == d("0.7")
        _assert_exactly(drive, 1)


@both_venues
@pytest.mark.parametrize("value", ["garbage", "0x1f", -5, "12 34"])
@travels
async def test_an_order_id_that_is_none_of_the_venues_is_not_believed(venue, value):
    """Row 37: the order is there, under the id that we gave it."""
    async with Drive(venue, style="limit") as drive:
        drive.fault("create", "put", name="orderId", value=value)
        drive.want(a="0.5")
        report = await drive.tick()
        (found,) = report.orders
        (there,) = drive.orders
        assert found.venue_order_id != str(value)
        assert found.order.client_order_id == there.order.client_order_id
        assert found.state is OrderState.ACKED
        drive.fill()
        await drive.settle("limit")
        assert drive.position() == d("0.5")
        _assert_exactly(drive, 1)


@pytest.mark.parametrize(("venue", "name"), [("binance", "unknown-503"), ("bybit", "10000")])
@pytest.mark.parametrize("seconds", [0.1, 3, 30])
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_an_order_that_looked_failed_and_fills_later_is_waited_for(
    venue, name, seconds, streams
):
    """Row 2: seen on the testnets."""
    async with Drive(venue, streams=streams) as drive:
        drive.fault("create", reply=name, phase="after_match")
        drive.late_fill(seconds)
        await _three(drive)
        await drive.settle()
        assert drive.position() == d("0.7")
        _assert_exactly(drive, 1)


@both_venues
@travels
async def test_an_order_that_arrives_later_than_anybody_waits_is_not_there_twice(venue):
    """Rows 1 and 27: the request lies in a queue for half a minute."""
    async with Drive(venue) as drive:
        drive.fault("create", "delay", ms=30_000, phase="before_match")
        await _three(drive)
        await drive.go_on(60)
        await drive.settle()
        assert drive.position() == d("0.7")
        _assert_exactly(drive, 1)


@both_venues
@travels
async def test_a_fill_before_the_acknowledgement_is_ours(venue):
    """Row 27."""
    async with Drive(venue, streams=True) as drive:
        drive.fault("create", "delay", ms=5_000, phase="after_match")
        await _three(drive)
        await drive.settle()
        assert drive.position() == d("0.7")
        _assert_exactly(drive, 1)


@both_venues
@travels
async def test_a_duplicate_id_is_looked_up_and_not_sent_again(venue):
    """Row 1: the second guard of R4."""
    async with Drive(venue) as drive:
        drive.fault("create", reply="duplicate", phase="after_match")
        await _three(drive)
        await drive.settle()
        assert drive.position() == d("0.7")
        _assert_exactly(drive, 1)


# --- forgetful and silent look-ups


@both_venues
@travels
async def test_a_live_order_is_not_given_up_because_it_cannot_be_looked_up(venue):
    """Row 5: looks without an answer, then some that say there is no such order."""
    async with Drive(venue, style="limit") as drive:
        drive.fault("create", "close", phase="after_match")
        drive.fault("order", "drop", times=5)
        _not_found(drive, nth=6, times=5 if venue == "binance" else 10)
        drive.want(a="0.5")
        await drive.go_on(35 * 60, every=120)
        _assert_exactly(drive, 1)
        drive.fill()
        await drive.settle("limit")
        assert drive.position() == d("0.5")
        _assert_exactly(drive, 1)
        assert _virtual(drive, "A") == d("0.5")


@both_venues
@travels
async def test_a_fill_of_an_order_that_was_given_up_goes_to_its_strategy(venue):
    """Row 5: no look-up, no list and no position showed it, and half an hour later it fills."""
    async with Drive(venue, style="limit") as drive:
        drive.fault("create", "close", phase="after_match")
        _not_found(drive, times=0)
        drive.fault("open_orders", "partial", keep=0, times=0)
        drive.want(a="0.5")
        await drive.tick()
        await drive.go_on(40, every=5)
        drive.want(a="0")
        await drive.go_on(30 * 60, every=120)
        drive.fill()
        drive.want(a="0.5")
        await drive.settle("limit")
        assert drive.position() == d("0.5")
        assert _virtual(drive, "A") == d("0.5")
        assert drive.desk.breaks() == ()


def _not_found(drive, **rule):
    """Let look-ups by id say, in the venue's own words, that there is no such order."""
    if drive.venue == "binance":
        drive.fault("order", reply="not_found", **rule)
    else:  # it has no such words: the lists are empty
        drive.fault("order", "partial", keep=0, **rule)


def _virtual(drive, strategy):
    rows = drive.desk.accounts().itertuples()
    return next(row.virtual for row in rows if row.strategy == strategy)


# --- cancels


async def _rest(drive):
    """Quote 0.5 BTC and leave it in the book."""
    drive.want(a="0.5")
    await drive.tick("limit")


async def _turn(drive, wanted):
    """Want the other side at once, and end there whatever became of the quote."""
    drive.want(a=wanted)
    await drive.tick("market")
    await drive.settle("market")
    assert drive.position() == d(wanted)


@both_venues
@both_phases
@pytest.mark.parametrize("percent", [100, 40])
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_a_cancel_that_races_a_fill_leaves_exactly_the_rest(
    venue, phase, percent, streams
):
    """Row 10: filled on the cancel's arrival, before or after it is done."""
    async with Drive(venue, style="limit", streams=streams) as drive:
        await _rest(drive)
        drive.fault("cancel", "fill", phase=phase, percent=percent)
        await _turn(drive, "-0.2")


@both_venues
@both_phases
@pytest.mark.parametrize("do", ["close", "drop"])
@pytest.mark.parametrize("fills", [0, 37, 100])
@travels
async def test_nothing_is_sent_while_a_cancel_is_unknown(venue, phase, do, fills):
    """Rows 10 and 11: the answer to a cancel is lost, and the order may fill in the gap."""
    async with Drive(venue, style="limit") as drive:
        await _rest(drive)
        if fills:
            drive.fault("cancel", "fill", percent=fills)
        drive.fault("cancel", do, phase=phase)
        await _turn(drive, "-0.2")


@both_venues
@both_phases
@travels
async def test_a_taker_waits_until_the_maker_is_final_and_adds_up(venue, phase):
    """Row 11: the maker fills while the cancel hangs and nothing can be looked up."""
    async with Drive(venue, style="limit") as drive:
        await _rest(drive)
        drive.fault("cancel", "drop", phase=phase)
        drive.fault("order", "drop", times=8)
        drive.want(a="-0.2")
        ticking = asyncio.create_task(drive.go_on(30, style="market"))
        await asyncio.sleep(7)
        if phase == "before_match":
            drive.fill(60)
        await ticking
        await drive.settle("market")
        assert drive.position() == d("-0.2")


@both_venues
@pytest.mark.parametrize("name", ["not_open", "unknown", "html", "502", "throttled"])
@both_phases
@travels
async def test_an_unclear_answer_to_a_cancel_is_not_a_cancel(venue, name, phase):
    """Row 10."""
    async with Drive(venue, style="limit") as drive:
        await _rest(drive)
        drive.fault("cancel", reply=name, phase=phase)
        await _turn(drive, "-0.2")


@both_venues
@both_phases
@travels
async def test_halting_with_a_cancel_that_is_lost_says_so_and_ends_it_later(venue, phase):
    """Row 10: the order a halt could not cancel is known, and canceled when it can be."""
    async with Drive(venue, style="limit") as drive:
        await _rest(drive)
        drive.fault("cancel", "close", phase=phase, times=1)
        await asyncio.wrap_future(drive.desk.halt())
        drive.heal()
        await asyncio.wrap_future(drive.desk.halt())
        assert drive.engine.open_orders() == ()
        assert drive.desk._manager.router.working == ()


# --- a part, and then anything


@both_venues
@pytest.mark.parametrize("percent", [1, 37, 99])
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_what_was_filled_before_a_cancel_counts(venue, percent, streams):
    """Row 15: our own cancel."""
    async with Drive(venue, style="limit", streams=streams) as drive:
        await _rest(drive)
        drive.fill(percent)
        await _turn(drive, "-0.3")


@both_venues
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_what_was_filled_before_somebody_else_canceled_counts(venue, streams):
    """Row 15: canceled on the venue's own page; the desk quotes the exact rest again."""
    async with Drive(venue, style="limit", streams=streams) as drive:
        await _rest(drive)
        drive.fill(37)
        drive.cancel_by_hand()
        await drive.go_on(5)
        assert drive.position() == d("0.185")
        drive.fill()
        await drive.settle("limit")
        assert drive.position() == d("0.5")
        _assert_exactly(drive, 2)


@both_venues
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_what_was_filled_before_the_rest_expired_counts(venue, streams):
    """Row 15: more is wanted than the book has within the cap."""
    async with Drive(venue, streams=streams) as drive:
        drive.want(a="2.4")
        await drive.command("/thin", symbol="BTC/USDT:USDT", side="sell")
        await drive.go_on(3)
        await drive.command("/thin", symbol="BTC/USDT:USDT", side=None)
        await drive.settle()
        assert drive.position() == d("2.4")


@both_venues
@both_phases
@travels
async def test_what_was_filled_of_an_order_whose_answer_was_lost_counts(venue, phase):
    """Rows 1 and 15: a resting order is lost, fills in part, and is canceled by hand."""
    async with Drive(venue, style="limit") as drive:
        drive.fault("create", "close", phase=phase)
        await _rest(drive)
        if phase == "after_match":
            drive.fill(37)
            drive.cancel_by_hand()
        await drive.go_on(30)
        drive.fill()
        await drive.settle("limit")
        assert drive.position() == d("0.5")
