"""Drills as buttons, on a real local testnet: each goes wrong, and ends well, in words."""

import re

import pytest
from makers import BTC, d
from onscreen import classed, click, text

import nettools as nt
from nettools import testnet
from nettools.errors import InvalidInput, VenueUnavailable
from nettools.widgets import drills_view, rehearsal
from nettools.widgets.rehearsal import DRILLS, Rehearsal
from nettools.widgets.screen import screen_of


@pytest.fixture
def exchange(local_testnet):
    return local_testnet()


@pytest.fixture
async def traded(exchange, monkeypatch):
    """Open a desk that holds 0.1 BTC for A."""
    monkeypatch.setattr(rehearsal, "LATE_SECONDS", 0.3)
    async with await nt.Desk.open(exchange) as desk:
        desk.set_target("A", BTC, "0.1")
        await desk.tick()
        yield desk


def _outcome(view):
    return classed(view, "nt-outcome").value


WELL = "Nothing lost, nothing doubled."
ENDS = {
    "Lost answer": f"its answer was lost.*{WELL}",
    "Late fill": f"so no second one was sent.*{WELL}",
    "Duplicate fill": f"told twice and booked once.*{WELL}",
    "Stream gap": f"cut, and an order sent into the silence.*{WELL}",
    "Failed read": r"nothing was planned and nothing sent.*BTC/USDT:USDT \+0.1",
    "Manual trade": "traded by hand or by another program.*until you repair it",
}


async def test_each_drill_goes_wrong_and_ends_well(traded, exchange):
    view = drills_view(traded, exchange)
    assert set(ENDS) == {drill.name for drill in DRILLS}
    for drill, words in ENDS.items():
        await click(view, drill)
        assert 'role="alert"' not in text(view)
        assert re.search(words, _outcome(view)), drill
    assert traded.targets.target("A", BTC).wanted == d("0.1")


@pytest.mark.parametrize("drill", ["Lost answer", "Duplicate fill"])
async def test_a_venue_that_only_acknowledges_ends_as_well(local_testnet, drill):
    bybit = local_testnet(venue="bybit", ack_delay=0.0)
    async with await nt.Desk.open(bybit) as desk:
        view = drills_view(desk, bybit)
        await click(view, drill)
        assert WELL in _outcome(view)


async def test_the_drills_trade_for_themselves_and_turn_back(traded, exchange):
    stage = Rehearsal(screen_of(traded), exchange)
    there, back = await stage.trade(), await stage.trade()
    assert there.filled == d("0.005")
    assert back.filled == d("-0.005")
    assert traded.targets.strategies == ("A", "drill")


async def test_a_drill_on_a_halted_desk_says_why_nothing_happens(traded, exchange):
    traded.halt().result(5)
    view = drills_view(traded, exchange)
    await click(view, "Lost answer")
    assert "The desk is halted and sends nothing" in text(view)
    assert "Lost answer did not end as it should." in _outcome(view)
    assert exchange.faults() == [], "no fault waits for a real order"


async def test_on_a_frozen_symbol_a_drill_names_the_reason(traded, exchange):
    view = drills_view(traded, exchange)
    await click(view, "Manual trade")
    await click(view, "Duplicate fill")
    assert "Nothing was sent: " in text(view)
    assert "break" in text(view)
    await click(view, "Clear all faults")
    assert "The exchange is well again" in _outcome(view)
    assert exchange.faults() == []


async def test_a_kill_comes_when_the_exchange_has_an_order_and_we_do_not_know(traded, exchange):
    killed = []

    def end():
        killed.append((len(exchange.truth()["orders"]), traded.status.state))
        exchange.clear_faults()

    await Rehearsal(screen_of(traded), exchange, end=end).kill()
    assert killed == [(2, "idle")]


async def test_a_kill_takes_two_clicks(traded, exchange, monkeypatch):
    killed = []

    async def kill(stage):
        killed.append(stage)

    monkeypatch.setattr(Rehearsal, "kill", kill)
    view = drills_view(traded, testnet.attach(exchange.env))
    button = classed(view, "nt-kill")
    await click(view, button)
    assert button.description == "Confirm: kill it now"
    assert killed == []
    await click(view, button)
    assert len(killed) == 1


async def test_a_kill_that_reaches_nobody_kills_nobody(traded, exchange, monkeypatch):
    monkeypatch.setattr(rehearsal, "PATIENCE_SECONDS", 0.2)
    exchange.fault("create", "drop", times=0)
    killed = []
    stage = Rehearsal(screen_of(traded), exchange, end=lambda: killed.append(1))
    with pytest.raises(VenueUnavailable, match="did not reach the exchange"):
        await stage.kill()
    assert killed == []


async def test_without_an_exchange_that_goes_on_nobody_is_killed(traded, exchange):
    view = drills_view(traded, exchange)
    assert classed(view, "nt-kill").disabled
    assert "an exchange that goes on without this notebook" in text(view)


async def test_drills_are_for_a_testnet_on_this_machine(desk, exchange, monkeypatch):
    monkeypatch.setattr(desk._manager.venue, "name", "binance-demo")
    with pytest.raises(InvalidInput, match=r"drills are for a local testnet, .* binance-demo"):
        drills_view(desk, exchange)
