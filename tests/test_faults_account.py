"""What happens to the account past the desk: it is noticed, named, and never traded against.

Rows of the fault matrix about liquidations, other hands, other programs, modes and a past that
is gone.
"""

import subprocess
import sys

import pytest
from drive import PHASES, VENUES, Drive
from makers import BTC, ETH, d
from travel import travels

from nettools.errors import DeskLocked, InvalidInput

both_venues = pytest.mark.parametrize("venue", VENUES)
both_phases = pytest.mark.parametrize("phase", PHASES)
HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from nettools.journal.files import Lock
from nettools.journal.records import Owner
owner = Owner(name="the other desk", pid=7, host="here", since=datetime(2025, 6, 2, tzinfo=UTC))
held = Lock(Path(sys.argv[1]), owner, "the account")
print("held", flush=True)
sys.stdin.read()
"""
heard_or_not = pytest.mark.parametrize("streams", [False, True])


async def _holding(drive, **targets):
    drive.want(**(targets or {"a": "1.0", "b": "0.5", "c": "-0.8"}))
    await drive.settle()


def _creates(drive, since):
    return drive.oracle.asked_since(since, "create")


@both_venues
@heard_or_not
@pytest.mark.parametrize("what", ["liquidate", "adl", "closed"])
@travels
async def test_what_the_venue_closed_is_not_opened_again(venue, streams, what):
    """Row 6: liquidation, deleveraging, settlement."""
    async with Drive(venue, streams=streams) as drive:
        await _holding(drive)
        since = drive.now()
        if what == "liquidate":
            await drive.command("/liquidate", symbol=BTC)
        elif what == "adl":
            await drive.command("/adl", symbol=BTC, quantity="0.7")
        else:
            await drive.command("/status", symbol=BTC, status="closed")
        await drive.go_on(15)
        assert drive.position() == 0
        assert _creates(drive, since) == 0
        await drive.settle()
        (found,) = drive.desk.breaks()
        assert found.difference == d("-0.7")
        words = {"liquidate": "liquidat", "adl": "ADL", "closed": "settle"}
        assert words[what] in found.cause, found.cause


@both_venues
@heard_or_not
@pytest.mark.parametrize("quantity", ["0.1", "1.2"])
@pytest.mark.parametrize("side", ["buy", "sell"])
@travels
async def test_a_trade_by_hand_is_a_break_and_not_fought(venue, streams, quantity, side):
    """Row 7: the human wins, until he says what is to be done."""
    async with Drive(venue, streams=streams) as drive:
        await _holding(drive)
        since = drive.now()
        await drive.trade_by_hand(side, quantity)
        await drive.go_on(10)
        drive.want(c="0")
        await drive.go_on(10)
        assert _creates(drive, since) == 0
        await drive.settle()
        (found,) = drive.desk.breaks()
        assert abs(found.difference) == d(quantity)
        await drive.repair(found, "flatten")
        await drive.settle()
        assert drive.position() == d("1.5")
        assert drive.desk.breaks() == ()


@both_venues
@travels
async def test_a_trade_by_hand_while_our_order_fills_is_told_apart(venue):
    """Row 7: in the middle of a plan that is being sent."""
    async with Drive(venue, style="limit") as drive:
        drive.want(a="0.5")
        await drive.tick()
        drive.fill(40)
        await drive.trade_by_hand("buy", "0.1")
        drive.fill()
        await drive.go_on(10)
        await drive.settle("limit")
        (found,) = drive.desk.breaks()
        assert found.difference == d("0.1")
        assert drive.desk._manager.books.expected() == {found.leg: d("0.5")}


@both_venues
@travels
async def test_an_order_of_somebody_else_is_shown_and_never_canceled(venue):
    """Row 7: it rests on the symbol that is being traded, and the desk halts."""
    async with Drive(venue, style="limit") as drive:
        drive.rest_by_hand("buy", "0.3", "90000")
        drive.want(a="0.5")
        await drive.tick()
        await drive.look()
        assert any("not sent by this desk" in note for note in drive.desk.status.notes)
        drive.want(a="-0.5")
        await drive.tick("limit")
        await drive.halt()
        (left,) = drive.engine.open_orders()
        assert left.order.client_order_id.startswith("web_")


@both_venues
@travels
async def test_a_second_desk_on_the_account_is_refused_by_name(venue):
    """Row 8: another program has it; once that is dead its lock is none, whatever it says."""
    async with Drive(venue) as drive:
        await _holding(drive)
        await drive.crash()
        (place,) = set(drive.folder.glob("*.lock")) - set(drive.folder.glob("*.sqlite.lock"))
        other = subprocess.Popen(  # noqa: ASYNC220 - it only holds a lock
            [sys.executable, "-c", HOLD, str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert other.stdout.readline() == b"held\n"
        since = drive.now()
        with pytest.raises(DeskLocked, match="the other desk"):
            await drive.open(journal=drive.folder / "other.sqlite")
        assert drive.oracle.asked_since(since) == 0
        other.kill()
        other.communicate()
        await drive.open()
        await drive.settle()


@both_venues
@travels
async def test_the_same_cell_run_twice_leaves_one_desk(venue):
    """Rows 8 and 33: the first is closed, the second goes on where it was."""
    async with Drive(venue, style="limit") as drive:
        drive.want(a="0.5")
        await drive.tick()
        before = drive.desk
        await drive.open()
        assert before.status.state == "closed"
        drive.fill(40)
        await drive.look()
        (held,) = drive.desk._manager.books.expected().values()
        assert held == d("0.2")
        drive.fill()
        await drive.settle("limit")
        assert len(drive.orders) == 1


# --- modes and refusals


@both_venues
@pytest.mark.parametrize(("theirs", "ours"), [("hedge", "one-way"), ("one-way", "hedge")])
@travels
async def test_an_account_with_positions_in_the_other_mode_is_refused(venue, theirs, ours):
    """Row 20: the message says where to change it; nothing is switched, nothing is sent."""
    async with Drive(venue, theirs) as drive:
        await _holding(drive)
        since = drive.now()
        with pytest.raises(InvalidInput, match=f'mode="{theirs}"'):
            await drive.open(mode=ours, journal=drive.folder / "other.sqlite")
        assert _creates(drive, since) == 0
        assert drive.oracle.asked_since(since, "set_mode") == 0
        await drive.open()
        await drive.settle()


@both_venues
@pytest.mark.parametrize("mode", ["one-way", "hedge"])
@travels
async def test_a_mode_switched_past_the_desk_halts_it_with_the_cure(venue, mode):
    """Row 20: flat, so the venue let somebody switch it."""
    other = {"one-way": "hedge", "hedge": "one-way"}[mode]
    async with Drive(venue, mode) as drive:
        await drive.command("/mode", mode=other)
        drive.want(a="0.5")
        await drive.go_on(10)
        assert drive.fills == []
        assert drive.desk.status.state == "halted"
        assert mode in drive.desk.status.problem
        await drive.command("/mode", mode=mode)
        drive.desk.resume()
        await drive.settle()
        assert sum(drive.oracle.truth().values()) == d("0.5")


@both_venues
@travels
async def test_a_refused_reduction_is_not_tried_for_ever(venue):
    """Row 21: the venue says there is nothing to reduce, again and again."""
    async with Drive(venue) as drive:
        await _holding(drive, a="0.7")
        drive.fault("create", reply="reduce_only", times=0)
        drive.want(a="0")
        since = drive.now()
        await drive.go_on(60)
        assert _creates(drive, since) <= 2 + 1
        await drive.settle()
        assert drive.position() == 0


@pytest.mark.parametrize("venue", VENUES)
@travels
async def test_closing_a_leg_whose_reduction_was_refused_once_is_done(venue):
    """Row 21, in hedge mode."""
    async with Drive(venue, "hedge") as drive:
        await _holding(drive, a="0.5", c="-0.3")
        drive.fault("create", reply="reduce_only", times=1)
        drive.want(a="0")
        await drive.tick()
        await drive.settle()
        assert drive.position(side="long") == 0
        assert drive.position(side="short") == d("-0.3")


# --- starting


@both_venues
@pytest.mark.parametrize("mode", ["one-way", "hedge"])
@travels
async def test_an_account_with_a_past_and_no_journal_is_shown_and_not_traded(venue, mode):
    """Row 23: nothing is sent before the trader chose."""
    async with Drive(venue, mode) as drive:
        await drive.trade_by_hand("buy", "0.4")
        drive.rest_by_hand("buy", "0.3", "90000")
        await drive.open(journal=drive.folder / "new.sqlite")
        since = drive.now()
        drive.want(a="1.0")
        await drive.go_on(10)
        assert _creates(drive, since) == 0
        (found,) = drive.desk.breaks()
        assert found.difference == d("0.4")
        await drive.repair(found, "baseline")
        await drive.settle()
        assert drive.position(side="both" if mode == "one-way" else "long") == d("1.4")


@both_venues
@travels
async def test_a_testnet_that_was_wiped_is_noticed_before_anything_is_sent(venue):
    """Row 35: positions, orders and ids are gone; the old books stay."""
    async with Drive(venue) as drive:
        await _holding(drive)
        await drive.crash()
        await drive.command("/reset")
        drive.oracle.forget()
        since = drive.now()
        await drive.open()
        await drive.go_on(5)
        assert _creates(drive, since) == 0
        assert "reset" in drive.desk.status.problem
        await drive.desk.begin_epoch()
        drive.oracle.forget()
        await drive.settle()
        assert drive.position() == d("0.7")


# --- rules that change, money that is short


@both_venues
@travels
async def test_a_paused_contract_is_left_alone_and_named(venue):
    """Row 29: what reduces still goes; the other contract trades on."""
    async with Drive(venue) as drive:
        await _holding(drive)
        await drive.command("/status", symbol=BTC, status="paused")
        drive.want(c="0")
        drive.want(b="4", symbol=ETH)
        await drive.go_on(10)
        assert drive.position(ETH) == d(4)
        assert drive.position(BTC) == d("0.7")
        assert any("trade" in text for text in drive.oracle.messages)
        await drive.command("/status", symbol=BTC, status="trading")
        await drive.settle()
        assert drive.position(BTC) == d("1.5")


@both_venues
@travels
async def test_what_cannot_be_paid_for_is_not_sent_for_ever_and_reducing_goes_on(venue):
    """Row 30."""
    async with Drive(venue) as drive:
        await _holding(drive)
        drive.fault("create", reply="margin", times=0)
        drive.want(c="0")
        since = drive.now()
        await drive.go_on(60)
        assert _creates(drive, since) <= 10
        drive.heal()
        drive.want(c="-1.3")
        await drive.settle()
        assert drive.position() == d("0.2")


@both_venues
@travels
async def test_one_order_of_a_basket_that_is_refused_leaves_the_others(venue):
    """Row 30: half a basket is what the books say it is."""
    async with Drive(venue) as drive:
        drive.fault("create", reply="margin", nth=2)
        drive.want(a="0.5")
        drive.want(b="4", symbol=ETH)
        await drive.tick()
        assert len(drive.orders) == 1
        await drive.settle()
        assert (drive.position(BTC), drive.position(ETH)) == (d("0.5"), d(4))


@both_venues
@travels
async def test_a_step_that_grew_is_learned_and_kept_to(venue):
    """Rows 28 and 29: a grid ten times as wide; what is less than a step is not sent."""
    async with Drive(venue) as drive:
        await _holding(drive)
        await drive.command("/filters", symbol=BTC, rules={"step_size": "0.01"})
        drive.want(c="-0.755")
        since = drive.now()
        await drive.go_on(30)
        assert _creates(drive, since) <= 10
        assert drive.position() in {d("0.7"), d("0.74"), d("0.75")}
