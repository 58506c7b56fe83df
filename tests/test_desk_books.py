"""Whose is what, on the desk: accounts that add up, breaks and their repair, funding."""

from datetime import timedelta

import pytest
from makers import BTC, ETH, d

import nettools as nt
from nettools import router as router_module
from nettools.allocate import RESIDUAL
from nettools.desk import watch as watch_module
from nettools.model import Order, PositionMode, PositionSide, Side


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(watch_module, "CATCH_UP", (0.0, 0.0))
    monkeypatch.setattr(router_module, "_POLLS", (0.0, 0.0, 0.0))


@pytest.fixture
async def desk(venue):
    desk = await nt.Desk.open(venue, clock=venue._clock)
    yield desk
    assert all(proof.holds for proof in desk.proofs()), desk.proofs()
    await desk.close()


async def _trade(desk, **wishes):
    for strategy, quantity in wishes.items():
        desk.set_target(strategy, BTC, quantity)
    return await desk.tick()


def _by_hand(venue, quantity, name="web-1", price=None):
    order = Order(
        client_order_id=name,
        symbol=BTC,
        side=Side.of(d(quantity)),
        quantity=abs(d(quantity)),
        limit_price=price,
    )
    venue.engine.place(order, venue._clock())


async def _look_twice(desk, venue):
    await desk.refresh()
    venue._clock.go_on(1)
    await desk.refresh()


def _virtual(desk):
    rows = desk.accounts()
    return dict(zip(rows.strategy, rows.virtual, strict=True))


async def test_plus_one_and_minus_one_send_nothing_and_both_have_a_position(desk, venue):
    await _trade(desk, A="1", B="-1")
    assert venue.sends == 0
    assert _virtual(desk) == {"A": d("1"), "B": d("-1")}
    saving = desk.saving()
    assert saving.fee_on_crossed == 2 * desk.quotes()[BTC].mid * d("0.0005")
    assert saving.total == saving.fee_on_crossed + saving.spread_on_crossed


async def test_a_fill_is_shared_by_what_each_still_needs_and_pays_its_part_of_the_fee(desk):
    report = await _trade(desk, A="1.0", B="0.5", C="-0.8")
    assert _virtual(desk) == {"A": d("1"), "B": d("0.5"), "C": d("-0.8")}
    rows = desk.accounts().set_index("strategy")
    assert rows.fees.sum() == report.fees["USDT"]
    assert rows.fees["C"] == 0
    assert list(rows.pending) == [0, 0, 0]


async def test_an_order_that_fills_partly_leaves_the_rest_pending(desk, venue):
    desk.set_target("A", BTC, "1")
    await desk.tick("limit")
    bid = desk.view.working[0].order.limit_price
    venue.engine.make(BTC, Side.SELL, bid, d("500"), venue._clock())
    venue._clock.go_on(1)
    await desk.refresh()
    rows = desk.accounts().set_index("strategy")
    assert rows.virtual["A"] + rows.pending["A"] == 1
    assert rows.virtual["A"] == desk.positions()[BTC] > 0


async def test_strategies_and_residual_earn_what_the_account_earns(desk, venue):
    await _trade(desk, A="1.0", B="0.5", C="-0.8")
    for number in range(5):
        venue.advance(60)
        venue._clock.go_on(60)
        await _trade(desk, C=f"-{number}.3", A=f"0.{number}")
    venue.advance(60)
    await desk.refresh()
    assert [p.name for p in desk.proofs()] == [f"position on {BTC}", "money"]
    assert all(p.holds for p in desk.proofs())


async def test_a_removed_strategy_leaves_what_it_cannot_trade_to_the_residual_account(desk):
    await _trade(desk, A="0.0004", B="0.5")
    desk.remove_strategy("A")
    desk.set_target("B", BTC, "0.6")
    await desk.tick()
    assert "A" not in {name for name, held in _virtual(desk).items() if held}
    assert sum(_virtual(desk).values()) == desk.positions()[BTC]


async def test_a_removed_remainder_too_small_to_send_is_the_residuals_at_once(desk, venue):
    await _trade(desk, A="0.0014", B="0.5")
    desk.remove_strategy("A")
    venue._clock.go_on(1)
    report = await desk.tick()
    held = {name: quantity for name, quantity in _virtual(desk).items() if quantity}
    assert "A" not in held
    assert sum(held.values()) == desk.positions()[BTC]
    assert report.orders == (), "0.001 is inside the deadband"


async def test_a_trade_by_hand_is_a_break_that_freezes_the_symbol(desk, venue):
    await _trade(desk, A="1")
    _by_hand(venue, "-0.1")
    await desk.refresh()
    assert [r.reason for r in (await desk.preview()).refusals] == ["FROZEN"]
    (found,) = desk.breaks()
    assert found.difference == d("-0.1")
    assert "by hand or by another program: 1 execution at" in found.cause
    desk.set_target("A", BTC, "2")
    venue._clock.go_on(1)
    assert (await desk.tick()).orders == ()
    await desk.repair(found, "flatten")


@pytest.mark.parametrize(
    ("how", "virtual", "held_after"),
    [
        ("adopt", {"A": "0.9"}, "0.9"),
        ("assign", {"A": "1", RESIDUAL: "-0.1"}, "0.9"),
        ("baseline", {"A": "1"}, "0.9"),
        ("flatten", {"A": "1", RESIDUAL: "-0.1"}, "1"),
    ],
)
async def test_each_repair_closes_the_break_in_one_pass(desk, venue, how, virtual, held_after):
    await _trade(desk, A="1")
    _by_hand(venue, "-0.1")
    await _look_twice(desk, venue)
    postings = await desk.repair(BTC, how, "A")
    assert desk.breaks() == ()
    assert len(postings) == 1
    held = {name: quantity for name, quantity in _virtual(desk).items() if quantity}
    assert held == {name: d(quantity) for name, quantity in virtual.items()}
    venue._clock.go_on(1)
    await desk.tick()
    assert desk.positions() == {BTC: d(held_after)}


async def test_a_repair_that_cannot_be_is_refused_and_the_break_stays(desk, venue):
    await _trade(desk, A="1")
    with pytest.raises(nt.InvalidInput, match="no break on ETH/USDT:USDT; open breaks: none"):
        await desk.repair(ETH, "assign")
    _by_hand(venue, "-0.1")
    await _look_twice(desk, venue)
    with pytest.raises(nt.InvalidInput, match="how must be"):
        await desk.repair(BTC, "ignore")
    with pytest.raises(nt.InvalidInput, match=r"named .Z. to adopt it; there is A"):
        await desk.repair(BTC, "adopt", "Z")
    desk.set_state("A", "hold")
    with pytest.raises(nt.InvalidInput, match="A is on hold and cannot want what it adopts"):
        await desk.repair(BTC, "adopt", "A")
    assert len(desk.breaks()) == 1


async def test_a_long_strategy_cannot_adopt_a_short_leg(venue):
    venue.engine.set_mode(PositionMode.HEDGE)
    async with await nt.Desk.open(venue, mode="hedge", clock=venue._clock) as desk:
        await _trade(desk, A="1")
        by_hand = Order(
            client_order_id="web-1",
            symbol=BTC,
            position_side=PositionSide.SHORT,
            side=Side.SELL,
            quantity=d("0.3"),
        )
        venue.engine.place(by_hand, venue._clock())
        await _look_twice(desk, venue)
        (found,) = desk.breaks()
        with pytest.raises(nt.InvalidInput, match=r"one target cannot also hold -0\.3 on"):
            await desk.repair(found, "adopt", "A")
        await desk.repair(found, "baseline")
        assert desk.baselines() == {found.leg: d("-0.3")}


async def test_a_position_from_before_is_asked_about_before_anything_is_sent(venue):
    _by_hand(venue, "0.4")
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        (found,) = desk.breaks()
        assert "a position from before" in found.cause
        await _trade(desk, A="1")
        assert venue.sends == 0
        await desk.repair(found, "adopt", "A")
        assert desk.targets.target("A", BTC).wanted == d("1.4")
        venue._clock.go_on(1)
        await desk.tick()
        assert desk.positions() == {BTC: d("1.4")}
        assert all(proof.holds for proof in desk.proofs())


async def test_an_old_position_nobody_wants_is_closed_when_it_is_to_be_flattened(venue):
    _by_hand(venue, "0.4")
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        await desk.repair(BTC, "flatten")
        venue._clock.go_on(1)
        assert (await desk.execute(await desk.preview())).filled == d("-0.4")
        assert desk.positions() == {}
        assert all(proof.holds for proof in desk.proofs())


async def test_what_was_traded_there_and_back_by_hand_still_has_to_be_owned(desk, venue):
    await _trade(desk, A="1")
    _by_hand(venue, "-0.1")
    _by_hand(venue, "0.1", name="web-2")
    await desk.refresh()
    (found,) = desk.breaks()
    assert found.difference == 0
    assert sum(fill.fee for fill in found.fills) > 0
    postings = await desk.repair(found, "assign")
    assert set(postings.account) == {RESIDUAL}
    assert desk.accounts().set_index("strategy").fees[RESIDUAL] > 0


async def test_hedge_legs_have_accounts_of_their_own(venue):
    venue.engine.set_mode(PositionMode.HEDGE)
    async with await nt.Desk.open(venue, mode="hedge", clock=venue._clock) as desk:
        await _trade(desk, A="1", B="-0.4")
        await _trade(desk, B="0.2", A="-0.3")
        rows = desk.accounts()
        held = {
            (strategy, side): quantity
            for strategy, side, quantity in zip(
                rows.strategy, rows.position_side, rows.virtual, strict=True
            )
            if quantity
        }
        assert held == {("A", "short"): d("-0.3"), ("B", "long"): d("0.2")}
        assert all(proof.holds for proof in desk.proofs())


async def test_funding_is_paid_between_longs_and_shorts_inside_even_when_net_flat(desk, venue):
    await _trade(desk, A="1", B="-1")
    venue._clock.go_on(60)
    venue.engine.settle(BTC, d("0.0001"), desk.quotes()[BTC].mark_price, venue._clock())
    venue._clock.go_on(60)
    await desk.refresh()
    funding = dict(zip(desk.accounts().strategy, desk.accounts().funding, strict=True))
    assert funding["A"] < 0 < funding["B"]
    assert sum(funding.values()) == 0


async def test_funding_on_the_net_lands_in_the_ledger_to_the_last_digit(desk, venue):
    await _trade(desk, A="1", B="-0.4")
    venue._clock.go_on(60)
    venue.engine.settle(BTC, d("0.0003"), desk.quotes()[BTC].mark_price, venue._clock())
    venue._clock.go_on(1)
    await desk.refresh()
    assert (
        desk.accounts().funding.sum()
        == (await venue.funding(BTC, desk.view.time - timedelta(hours=1)))[-1].received
    )


@pytest.mark.parametrize("policy", ["mid", "mark", "last"])
async def test_a_cross_is_booked_at_the_price_that_was_chosen_and_says_so(venue, policy):
    async with await nt.Desk.open(venue, clock=venue._clock, cross_at=policy) as desk:
        venue.advance(30)
        await _trade(desk, A="1", B="-1")
        quote = desk.quotes()[BTC]
        prices = {"mid": quote.mid, "mark": quote.mark_price, "last": quote.last_price}
        rows = desk.postings()
        assert set(rows.price) == {prices[policy]}
        assert set(rows.note) == {policy}


async def test_a_price_nobody_could_cross_at_is_refused(venue):
    with pytest.raises(nt.InvalidInput, match='cross_at must be "mid", "mark" or "last"'):
        await nt.Desk.open(venue, cross_at="best")


async def test_postings_of_one_strategy_tell_its_whole_story(desk):
    await _trade(desk, A="1.0", B="0.5", C="-0.8")
    rows = desk.postings("A")
    assert list(rows.cause) == ["cross", *["fill"] * (len(rows) - 1)]
    assert rows.quantity.sum() == 1
    newest, number = desk.newest_postings("A", most=2)
    assert number == len(rows) < len(desk.postings())
    assert [p.quantity for p in newest] == list(rows.quantity)[:-3:-1]
    assert {p.account for p in newest} == {"A"}
