"""A difference between books and venue on the screen: seen, frozen, asked about, repaired."""

import asyncio

import pytest
from makers import BTC, ETH, d
from onscreen import classed, click, labelled, settled, text, until

import nettools as nt
from nettools import widgets
from nettools.errors import InvalidInput
from nettools.model import Leg, Order, PositionSide, Side
from nettools.reconcile import Repair
from nettools.widgets import runner
from nettools.widgets.repairs import Repairs
from nettools.widgets.screen import screen_of


@pytest.fixture
async def desk(desk):
    desk.set_target("A", BTC, "1.0")
    desk.set_target("B", BTC, "0.5")
    await desk.tick()
    return desk


async def _trade_by_hand(desk, venue, quantity="0.1", symbol=BTC, name="hand"):
    side, size = (Side.BUY, d(quantity)) if d(quantity) > 0 else (Side.SELL, -d(quantity))
    order = Order(client_order_id=name, symbol=symbol, side=side, quantity=size)
    venue.engine.place(order, venue._clock())
    for _ in range(2):
        await desk.refresh()
        venue._clock.go_on(2)


def _buttons(view):
    confirm, adopt = classed(view, "nt-repair"), labelled(view, "Adopt")
    return adopt, confirm


async def test_a_difference_is_frozen_first_and_named_a_break_when_it_lasts(desk, venue):
    view = widgets.breaks_view(desk)
    assert "No breaks: the books explain every position." in text(view)
    order = Order(client_order_id="hand", symbol=BTC, side=Side.SELL, quantity=d("0.1"))
    venue.engine.place(order, venue._clock())
    venue.fault = "late fills"
    await desk.refresh()
    await settled(view)
    assert f"Frozen for a moment. {BTC}: checking a difference of -0.1" in text(view)
    venue._clock.go_on(2)
    venue.fault = ""
    await desk.refresh()
    await settled(view)
    assert f"1 break: books and venue differ on {BTC}. Nothing is sent there" in text(view)
    assert "traded by hand or by another program: 1 execution" in text(view)


async def test_a_break_is_adopted_in_two_steps_that_name_size_and_consequence(desk, venue):
    await _trade_by_hand(desk, venue, "-0.1")
    view = widgets.breaks_view(desk)
    adopt, confirm = _buttons(view)
    assert confirm.disabled
    labelled(view, "strategy").value = "B"
    await click(view, adopt)
    assert len(desk.breaks()) == 1, "the first step changes nothing"
    assert "its target goes from +0.5 to +0.4 BTC. Nothing is sent." in text(view)
    assert confirm.description == "Confirm: B adopts -0.1 BTC"
    await click(view, confirm)
    assert desk.breaks() == ()
    assert desk.targets.target("B", BTC).quantity == d("0.4")
    assert "Repaired." in text(view)
    assert (await desk.preview()).is_empty


@pytest.mark.parametrize(
    ("button", "said", "traded"),
    [
        ("Assign", ("the residual account keeps +0.2 BTC", "neither closes it"), "0"),
        ("Leave", ("leave +0.2 BTC alone as not ours", "outside the books"), "0"),
        ("Flatten", ("take +0.2 BTC over and flatten it", "the next plan sells 0.2"), "-0.2"),
    ],
)
async def test_each_repair_says_what_it_does_and_does_it(desk, venue, button, said, traded):
    await _trade_by_hand(desk, venue, "0.2")
    view = widgets.breaks_view(desk)
    _, confirm = _buttons(view)
    await click(view, button)
    label, words = said
    assert confirm.description == f"Confirm: {label}"
    assert words in text(view)
    await click(view, confirm)
    assert desk.breaks() == ()
    assert all(proof.holds for proof in desk.proofs())
    report = await desk.tick()
    assert report.filled == d(traded)


async def test_what_is_not_ours_stands_apart_in_the_table_and_the_sum_is_the_venues(
    desk, venue
):
    await _trade_by_hand(desk, venue, "0.2")
    table = classed(widgets.account_table(desk), "nt-accounts").value
    assert "(not ours)" in table
    await desk.repair(BTC, "baseline")
    assert desk.baselines() == {Leg(BTC, PositionSide.BOTH): d("0.2")}
    table = classed(widgets.account_table(desk), "nt-accounts").value
    assert "(not ours)" in table
    assert "+1.7" in table


async def test_a_choice_can_be_put_away_and_runs_out(desk, venue):
    await _trade_by_hand(desk, venue)
    view = widgets.breaks_view(desk, confirm_seconds=0.05)
    _, confirm = _buttons(view)
    await click(view, "Flatten")
    await click(view, "Cancel")
    assert confirm.disabled
    await click(view, "Flatten")
    await until(lambda: confirm.disabled)
    assert "The choice is older than" in text(view)
    assert len(desk.breaks()) == 1


async def test_a_break_that_has_grown_is_not_repaired_as_it_was(desk, venue):
    await _trade_by_hand(desk, venue, "0.1")
    (found,) = desk.breaks()
    view = widgets.breaks_view(desk)
    await click(view, "Flatten")
    await _trade_by_hand(desk, venue, "0.1", name="again")
    await settled(view)
    assert _buttons(view)[1].disabled
    assert "The break changed." in text(view)
    with pytest.raises(InvalidInput, match=r"as it was shown, \+0.1, was \+0.2; look again"):
        await desk.repair(found, "flatten")
    assert len(desk.breaks()) == 1


async def test_bought_and_sold_again_by_hand_is_a_break_of_money_without_a_position(
    desk, venue
):
    await _trade_by_hand(desk, venue, "0.1")
    await _trade_by_hand(desk, venue, "-0.1", name="back")
    view = widgets.breaks_view(desk)
    await click(view, "Flatten")
    assert "trades that leave 0 BTC; there is nothing left to close." in text(view)
    await click(view, classed(view, "nt-repair"))
    assert desk.breaks() == ()
    assert all(proof.holds for proof in desk.proofs())


async def test_two_breaks_are_repaired_one_by_one(desk, venue):
    desk.set_target("A", ETH, "0")
    await _trade_by_hand(desk, venue, "0.1")
    await _trade_by_hand(desk, venue, "1", symbol=ETH, name="eth")
    view = widgets.breaks_view(desk)
    labelled(view, "break on").value = next(b for b in desk.breaks() if b.leg.symbol == ETH)
    await click(view, "Assign")
    assert "keeps +1 ETH" in classed(view, "nt-repair").description
    await click(view, classed(view, "nt-repair"))
    assert [found.leg.symbol for found in desk.breaks()] == [BTC]


async def test_a_position_from_before_is_asked_about_first(venue, monkeypatch):
    monkeypatch.setattr(runner, "MOMENT_SECONDS", 0.0)
    order = Order(client_order_id="old", symbol=BTC, side=Side.BUY, quantity=d("0.5"))
    venue.engine.place(order, venue._clock())
    venue._clock.go_on(60)
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        view = widgets.breaks_view(desk)
        assert "The account holds what this desk did not trade" in text(view)
        assert "Whose is it?" in text(view)
        desk.set_target("A", BTC, "0.7")
        assert (await desk.tick()).orders == ()
        await settled(view)
        await click(view, "Adopt")
        await click(view, classed(view, "nt-repair"))
        assert desk.targets.target("A", BTC).quantity == d("1.2")


async def test_without_a_strategy_nobody_can_adopt(venue):
    order = Order(client_order_id="old", symbol=BTC, side=Side.BUY, quantity=d("0.5"))
    venue.engine.place(order, venue._clock())
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        view = widgets.breaks_view(desk)
        assert labelled(view, "Adopt").disabled
        with pytest.raises(InvalidInput, match="choose the strategy that adopts it first"):
            Repairs(screen_of(desk)).choose(Repair.ADOPT)


async def test_nothing_chosen_means_nothing_confirmed(desk):
    repairs = Repairs(screen_of(desk))
    with pytest.raises(InvalidInput, match="there is no break to repair"):
        repairs.choose(Repair.FLATTEN)
    with pytest.raises(InvalidInput, match="nothing is chosen yet; choose a repair first"):
        await repairs.confirm()


async def test_a_quiet_view_takes_no_room_until_something_breaks(desk, venue):
    view = widgets.breaks_view(desk, is_quiet=True)
    assert view.layout.display == "none"
    await _trade_by_hand(desk, venue)
    await settled(view)
    await asyncio.sleep(0)
    assert view.layout.display is None
