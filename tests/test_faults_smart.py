"""Smart orders on bad days: nothing doubled, nothing lost, nothing left behind.

Rows of the fault matrix; the oracle holds the invariants at every event.
"""

import asyncio
from unittest.mock import patch

import pytest
from drive import PHASES
from makers import BTC, d
from minding import (
    SHORT,
    begin,
    both_venues,
    done,
    driven,
    ends,
    everywhere,
    minders,
    refusing,
    resting,
    side,
    switches,
    told,
)
from travel import travels

from nettools.errors import DeskHalted, JournalError
from nettools.journal.smart import Switched
from nettools.style import Style


@both_venues
@everywhere
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_refused_as_post_only_it_tries_one_tick_back(venue, mode, streams):
    """Row 24."""
    async with driven(venue, mode, Style(name="smart"), streams=streams) as drive:
        with refusing(2):
            drive.want(a="0.7")
            await drive.tick()
            await asyncio.sleep(2)
        (order,) = resting(drive)
        assert order.limit_price == drive.desk.quotes()[BTC].bid - d("0.2")
        assert switches(drive)[:3] == ["rest: first quote", *["rest: post-only refused"] * 2]
        drive.fill()
        await done(drive)
        await drive.settle()


@both_venues
@travels
async def test_refused_for_ever_it_takes_for_that_reason(venue):
    """Row 24."""
    async with driven(venue) as drive:
        with refusing(99):
            drive.want(a="0.7")
            await drive.tick()
            await done(drive)
        assert drive.position() == d("0.7")
        assert switches(drive) == [
            "rest: first quote",
            *["rest: post-only refused"] * 4,
            "take: post-only refused",
        ]
        await drive.settle()


@both_venues
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("do", ["close", "drop"])
@pytest.mark.parametrize("call", ["create", "cancel"])
@travels
async def test_an_answer_that_never_comes_doubles_nothing(venue, phase, do, call):
    """Rows 1, 10 and 11: the quote, and the cancel before the taker leg."""
    async with driven(venue) as drive:
        drive.fault(call, do, phase=phase)
        drive.want(a="0.7")
        await drive.go_on(15)
        await done(drive, within=60)
        await drive.settle()
        assert drive.position() == d("0.7")


@both_venues
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("streams", [False, True])
@travels
async def test_the_taker_leg_is_the_exact_rest_when_a_fill_races_the_cancel(
    venue, phase, streams
):
    """Rows 10 and 11."""
    async with driven(venue, streams=streams) as drive:
        await begin(drive)
        drive.fault("cancel", "drop", phase=phase, times=2)
        if phase == "before_match":
            await asyncio.sleep(9.9)
            drive.fill(50)
        await done(drive, within=60)
        await drive.settle()
        assert drive.position() == d("0.7")
        assert sum(fill.quantity for fill in drive.fills) == d("0.7")


@both_venues
@travels
async def test_the_second_create_that_is_lost_is_the_taker_leg(venue):
    """Row 1, the last call."""
    async with driven(venue) as drive:
        await begin(drive)
        drive.fault("create", "close", phase="after_match")
        await done(drive, within=60)
        await drive.settle()
        assert drive.position() == d("0.7")
        assert len(drive.orders) == 2


@both_venues
@travels
async def test_a_cancel_by_hand_is_a_quote_like_any_other(venue):
    async with driven(venue) as drive:
        await begin(drive)
        drive.cancel_by_hand()
        await asyncio.sleep(2)
        assert len(resting(drive)) == 1
        assert switches(drive)[-1] == "rest: next quote"
        await done(drive)
        await drive.settle()


@both_venues
@travels
async def test_without_good_data_it_stops_and_takes_nothing(venue):
    """Row 19."""
    async with driven(venue) as drive:
        await begin(drive)
        drive.fault("ticker", "close", times=0)
        await asyncio.sleep(9)
        assert not resting(drive)
        assert not drive.fills
        assert ends(drive) == ["no good data"]
        await drive.settle()


@both_venues
@travels
async def test_halted_it_cancels_and_sends_nothing_more(venue):
    async with driven(venue) as drive:
        await begin(drive)
        drive.fill(40)
        await drive.halt()
        assert not resting(drive)
        assert ends(drive) == ["halted"]
        sent = len(drive.orders)
        await asyncio.sleep(20)
        assert len(drive.orders) == sent
        with pytest.raises(DeskHalted):
            await drive.desk.tick(SHORT)
        drive.desk.resume()
        await drive.settle()
        assert drive.position() == d("0.7")


@both_venues
@travels
async def test_what_cannot_be_written_is_not_sent(venue):
    """Row 17."""
    async with driven(venue) as drive:
        await begin(drive)
        recorder = drive.desk._manager.recorder
        real = recorder._append

        def full(batch):
            if any(isinstance(record, Switched) for record in batch):
                raise JournalError("the disk is full")
            return real(batch)

        with patch.object(recorder, "_append", full):
            await asyncio.sleep(15)
            assert not resting(drive)
            assert len(drive.orders) == 1
        assert drive.desk.status.state == "halted"
        drive.desk.resume()
        await drive.settle()


@both_venues
@travels
async def test_a_position_nobody_can_explain_stops_it(venue):
    """Row 7: a trade by hand while it rests."""
    async with driven(venue) as drive:
        await begin(drive)
        await drive.trade_by_hand("buy", "0.1")
        await drive.go_on(5)
        assert not resting(drive)
        assert ends(drive) == ["the position moved"]  # before it is known to be a break
        assert drive.position() == d("0.1")
        (found,) = drive.desk.breaks()
        await drive.repair(found, "flatten")
        await drive.settle()


@both_venues
@everywhere
@travels
async def test_after_a_crash_it_goes_on_where_it_was(venue, mode):
    style = Style(name="smart", timeout_seconds=d(20))
    async with driven(venue, mode, style) as drive:
        await begin(drive, a="0.7")
        drive.fill(40)
        await asyncio.sleep(1.5)
        (order,) = resting(drive)
        await drive.crash()
        drive.fill(50)  # of the 0.42 that are left
        await drive.open()
        (shown,) = minders(drive).at_work()
        assert (shown.filled, shown.resting_at) == (d("0.49"), order.limit_price)
        assert resting(drive) == [order]
        assert shown.elapsed_seconds >= 3
        await done(drive)
        assert drive.position(side=side(drive)) == d("0.7")
        assert told(drive)[-1].elapsed.total_seconds() == pytest.approx(20, abs=1)
        await drive.settle()
        assert len(drive.orders) == 2


@both_venues
@pytest.mark.parametrize("call", ["create", "cancel"])
@pytest.mark.parametrize("phase", PHASES)
@travels
async def test_a_crash_between_two_switches_loses_and_doubles_nothing(venue, call, phase):
    """Rows 4 and 11: it ends while a quote or a cancel is on its way."""
    async with driven(venue) as drive:
        if call == "cancel":
            await begin(drive)
        drive.fault(call, "drop", phase=phase)
        drive.want(a="1.0", b="0.5", c="-0.8")
        work = asyncio.ensure_future(drive.go_on(12))
        await drive.until_fired(work)
        work.cancel()
        await drive.crash()
        drive.heal()
        await drive.open()
        await drive.settle()
        assert drive.position() == d("0.7")


@both_venues
@travels
async def test_a_desk_that_was_halted_cancels_what_it_finds_at_work(venue):
    async with driven(venue) as drive:
        await begin(drive)
        drive.desk._manager._halt("halted by hand")
        await drive.crash()
        await drive.open()
        await done(drive)
        assert not resting(drive)
        assert not drive.fills
        drive.desk.resume()
        await drive.settle()


@both_venues
@travels
async def test_a_break_on_its_leg_stops_it(venue):
    """Row 7: found by looking, with no plan on its way."""
    async with driven(venue) as drive:
        await begin(drive)
        await drive.trade_by_hand("buy", "0.1")
        for _ in range(3):
            await asyncio.sleep(1)
            await drive.look()
        await asyncio.sleep(1)
        assert ends(drive) == ["the leg is frozen"]
        assert not resting(drive)
        (found,) = drive.desk.breaks()
        await drive.repair(found, "flatten")
        await drive.settle()
