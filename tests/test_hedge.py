"""Hedge mode, from the plan to the books: two legs, and a flip that closes before it opens."""

import asyncio
from collections import deque
from decimal import Decimal

import pytest
import strategies as make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lossy import Clock, LossyVenue
from makers import BTC, btc, d, leg, plan, quote, set_three, snapshot, targets, working

import nettools as nt
from nettools.diff import Deadband
from nettools.errors import OrderRejected, OutcomeUnknown
from nettools.model import Order, OrderState, PositionMode, PositionSide, Side
from nettools.plan import make_plan
from nettools.snapshot import Limits
from nettools.style import Style

HEDGE = PositionMode.HEDGE
LONG, SHORT = leg("long"), leg("short")


class _Refusing(LossyVenue):
    """An exchange whose next answers are told beforehand, order by order."""

    def __init__(self, clock, **options):
        super().__init__(clock, **options)
        self.answers = deque()
        """For each send: "", "refused", "lost", "lost answer" or "down"."""

    async def send(self, order):
        answer = self.answers.popleft() if self.answers else ""
        if answer == "refused":
            raise OrderRejected("not now", reason="REFUSED")
        if answer == "lost":
            raise OutcomeUnknown("no answer in time")
        self.fault = "lost answer" if answer == "lost answer" else ""
        return await super().send(order)


@pytest.fixture
def venue():
    return _Refusing(Clock(), mode=HEDGE)


@pytest.fixture
async def hedged(venue, no_waiting):  # noqa: ARG001 - it works by being there
    desk = await nt.Desk.open(venue, mode="hedge", clock=venue._clock)
    yield desk
    await desk.close()


def _sent(made):
    return [(order.position_side.name, order.signed_quantity) for order in made.orders]


def _reasons(made):
    return [refusal.reason for refusal in made.refusals]


def _held(desk):
    return {side: quantity for (_, side), quantity in desk.positions().items()}


async def _long_one(desk):
    desk.set_target("A", BTC, "1")
    await desk.tick()


async def _next_tick(desk, venue, seconds=2):
    venue._clock.go_on(seconds)
    return await desk.tick()


# The plan


def test_a_break_on_one_leg_freezes_the_symbol():
    made = plan(targets(a="-1"), {LONG: "1"}, mode=HEDGE, frozen={LONG: "a break"})
    assert _reasons(made) == ["FROZEN", "FROZEN"]
    assert str(made.refusals[1]).endswith(f"nothing is sent while {LONG} is frozen")


def test_an_order_says_which_leg_it_opens_or_closes():
    made = plan(targets(a="-1"), {LONG: "1"}, mode=HEDGE)
    assert [line.outcome for line in made.lines] == [
        "sell 1 BTC to close LONG",
        "sell 1 BTC to open SHORT",
    ]


def test_the_open_of_a_flip_waits_while_the_other_leg_must_cancel_before_it_closes():
    resting = working("0.5", side="long")
    made = plan(targets(a="-1"), {LONG: "1"}, mode=HEDGE, working=(resting,))
    assert [report.order.leg for report in made.cancels] == [LONG]
    assert made.orders == ()
    assert _reasons(made) == ["CLOSE_FIRST"]
    assert "-1 waits until BTC/USDT:USDT LONG has canceled" in str(made.refusals[0])


def test_a_close_that_is_on_its_way_makes_no_room_before_it_is_filled():
    closing = working("-1", side="long", state=OrderState.UNKNOWN)
    tight = Limits(account_notional=d(150_000))
    made = plan(targets(a="-1"), {LONG: "1"}, mode=HEDGE, working=(closing,), limits=tight)
    assert (made.orders, _reasons(made)) == ((), ["ACCOUNT_LIMIT"])


def test_the_open_of_a_flip_that_needs_the_margin_of_the_close_comes_with_the_next_plan():
    poor = {"mode": HEDGE, "available": d(100)}
    first = plan(targets(a="-1"), {LONG: "1"}, **poor)
    assert _sent(first) == [("LONG", d(-1))]
    assert _reasons(first) == ["INSUFFICIENT_MARGIN"]
    assert "what this plan closes may make room for it" in str(first.refusals[0])
    closed = plan(targets(a="-1"), {}, mode=HEDGE, available=d(5_100))
    assert _sent(closed) == [("SHORT", d(-1))]


def test_the_account_limit_is_one_on_the_gross_of_both_legs():
    limits = Limits(account_notional=d(200_000))
    book = targets(a="1.2", b="-1.2")
    assert plan(book, limits=limits).is_empty
    made = plan(book, limits=limits, mode=HEDGE)
    assert _sent(made) == [("LONG", d("1.2"))]
    assert _reasons(made) == ["ACCOUNT_LIMIT"]


def test_the_symbol_limit_is_one_on_each_leg():
    limits = Limits(symbol_notional=d(130_000))
    made = plan(targets(a="1.2", b="-1.5"), limits=limits, mode=HEDGE)
    assert _sent(made) == [("LONG", d("1.2"))]
    assert _reasons(made) == ["SYMBOL_LIMIT"]


def test_each_leg_has_a_deadband_of_its_own():
    bands = {BTC: Deadband(quantity=d("0.1"))}
    book = targets(a="1.08", b="-0.7")
    made = plan(book, {LONG: "1", SHORT: "-0.5"}, mode=HEDGE, deadbands=bands)
    assert _sent(made) == [("SHORT", d("-0.2"))]


def test_a_leg_nobody_wants_is_closed_inside_the_deadband():
    bands = {BTC: Deadband(quantity=d("0.1"))}
    made = plan(targets(a="-0.05"), {LONG: "0.05"}, mode=HEDGE, deadbands=bands)
    assert _sent(made) == [("LONG", d("-0.05"))]


def test_one_strategy_flips_while_the_others_keep_their_legs():
    held = {LONG: "1.5", SHORT: "-0.8"}
    made = plan(targets(a="-1.0", b="0.5", c="-0.8"), held, mode=HEDGE)
    assert _sent(made) == [("LONG", d(-1)), ("SHORT", d(-1))]


@given(snapshot=make.snapshots(), style=make.styles)
def test_no_order_opens_a_leg_that_nobody_wants_on_that_side(snapshot, style):
    for line in make_plan(snapshot, style).lines:
        side = line.leg.position_side
        for order in line.orders:
            if side is PositionSide.BOTH:
                continue
            opens = (order.side is Side.BUY) is (side is PositionSide.LONG)
            assert line.delta.target != 0 or not opens
            assert opens or line.delta.position != 0


wishes = st.lists(st.tuples(*[make.on_grid(Decimal("0.001"), 800)] * 3), min_size=1, max_size=6)


@given(stream=wishes, filled=st.lists(st.integers(0, 4), min_size=1, max_size=8))
def test_a_forgotten_reduce_never_opens_the_other_leg(stream, filled):
    """Whatever part of each order fills, legs keep their sign and follow their own targets."""
    held = {LONG: d(0), SHORT: d(0)}
    parts = deque(filled)
    for wanted in stream:
        book = targets(**dict(zip("abc", map(str, wanted), strict=True)))
        for order in _planned(book, held).orders:
            quarters = parts[0]
            parts.rotate(-1)
            done = order.signed_quantity * quarters / 4
            held[order.leg] += done - done % d("0.001")
        assert held[LONG] >= 0 >= held[SHORT]
    for order in _planned(book, held).orders:
        held[order.leg] += order.signed_quantity
    legs = nt.net_targets(book)[BTC].legs(HEDGE)
    assert all(abs(legs[on] - held[on]) <= d("0.001") for on in held)


def _planned(book, held):
    rules = {BTC: btc(min_notional="0")}
    return make_plan(
        snapshot(
            book,
            {on: str(quantity) for on, quantity in held.items()},
            mode=HEDGE,
            instruments=rules,
            quotes={BTC: quote()},
        ),
        Style(),
    )


# The desk


async def test_three_strategies_hold_two_legs(hedged, venue):
    set_three(hedged)
    report = await hedged.tick()
    assert _held(hedged) == {"LONG": d("1.5"), "SHORT": d("-0.8")}
    assert [outcome.split(":")[0] for _, outcome in report._rows()] == [
        "buy 1.5 BTC",
        "sell 0.8 BTC",
    ]
    assert [where for where, _ in report._rows()] == [str(LONG), str(SHORT)]
    hedged.set_state("C", "flat")
    assert _sent((await _next_tick(hedged, venue)).plan) == [("SHORT", d("0.8"))]
    assert _held(hedged) == {"LONG": d("1.5")}


async def test_opposite_targets_do_not_cross_and_are_not_counted_as_crossed(hedged):
    set_three(hedged, a="1", b="-1", c="0")
    await hedged.tick()
    assert _held(hedged) == {"LONG": d(1), "SHORT": d(-1)}
    assert hedged.activity.crossed_notional == 0
    assert hedged.activity.orders_spared == 0


@pytest.mark.parametrize("answer", ["refused", "lost"])
async def test_a_close_that_does_not_happen_loses_neither_itself_nor_the_open(
    hedged, venue, answer
):
    await _long_one(hedged)
    hedged.set_target("A", BTC, "-1")
    venue.answers = deque([answer])
    await _next_tick(hedged, venue)
    assert _held(hedged) == {"LONG": d(1), "SHORT": d(-1)}
    for _ in range(4):  # a lost request counts in full until it is shown not to be there
        await _next_tick(hedged, venue, seconds=11)
    assert _held(hedged) == {"SHORT": d(-1)}
    assert not any(hedged.accounts()["pending"])
    assert all(proof.holds for proof in hedged.proofs())


async def test_a_close_whose_answer_is_lost_is_found_and_not_sent_again(hedged, venue):
    await _long_one(hedged)
    hedged.set_target("A", BTC, "-1")
    venue.answers = deque(["lost answer"])
    sends = venue.sends
    await _next_tick(hedged, venue)
    await _next_tick(hedged, venue)
    assert _held(hedged) == {"SHORT": d(-1)}
    assert venue.sends == sends + 2


async def test_an_open_that_is_refused_stays_pending_and_comes_back(hedged, venue):
    await _long_one(hedged)
    hedged.set_target("A", BTC, "-1")
    venue.answers = deque(["", "refused"])
    await _next_tick(hedged, venue)
    assert _held(hedged) == {}
    rows = hedged.accounts().set_index("position_side")
    assert (rows.pending["long"], rows.pending["short"]) == (0, d(-1))
    await _next_tick(hedged, venue)
    assert _held(hedged) == {"SHORT": d(-1)}


async def test_a_close_that_is_filled_in_part_is_finished_by_the_next_plan(hedged, venue):
    hedged.set_target("A", BTC, "2")
    await hedged.tick()
    hedged.set_target("A", BTC, "-0.1")
    venue._clock.go_on(2)
    report = await hedged.tick(Style(slippage_bps=d("0.05")))
    left = _held(hedged)["LONG"]
    assert 0 < left < 2
    assert report.orders[0].state is OrderState.EXPIRED
    for _ in range(3):
        venue.advance(5)
        await _next_tick(hedged, venue)
    assert _held(hedged) == {"SHORT": d("-0.1")}
    assert all(proof.holds for proof in hedged.proofs())


async def test_a_halt_between_the_two_orders_of_a_flip_leaves_the_open_for_later(hedged, venue):
    await _long_one(hedged)
    hedged.set_target("A", BTC, "-1")
    venue._clock.go_on(2)
    handed_over = venue.send

    async def halt_meanwhile(order):
        report = await handed_over(order)
        hedged._manager._state = "halted"  # as halt() does at once, on the desk's own thread
        return report

    venue.send = halt_meanwhile
    report = await hedged.tick()
    venue.send = handed_over
    assert "the desk is halted" in report.problem
    assert _held(hedged) == {}
    hedged.resume()
    await _next_tick(hedged, venue)
    assert _held(hedged) == {"SHORT": d(-1)}
    assert not any(hedged.accounts()["pending"])


async def test_one_strategy_flips_on_the_desk_while_the_others_hold(hedged, venue):
    set_three(hedged)
    await hedged.tick()
    hedged.set_target("A", BTC, "-1.0")
    report = await _next_tick(hedged, venue)
    assert _sent(report.plan) == [("LONG", d(-1)), ("SHORT", d(-1))]
    rows = hedged.accounts()
    held = {
        (name, side): quantity
        for name, side, quantity in zip(
            rows.strategy, rows.position_side, rows.virtual, strict=True
        )
        if quantity
    }
    assert held == {("B", "long"): d("0.5"), ("A", "short"): d(-1), ("C", "short"): d("-0.8")}


async def test_a_trade_by_hand_on_one_leg_is_a_break_there_and_stops_both(hedged, venue):
    await _long_one(hedged)
    by_hand = Order(
        client_order_id="web-1",
        symbol=BTC,
        position_side=PositionSide.SHORT,
        side=Side.SELL,
        quantity=d("0.3"),
    )
    venue.engine.place(by_hand, venue._clock())
    for _ in range(2):
        venue._clock.go_on(2)
        await hedged.refresh()
    (found,) = hedged.breaks()
    assert (found.leg, found.difference) == (SHORT, d("-0.3"))
    hedged.set_target("A", BTC, "2")
    report = await hedged.tick()
    assert (report.orders, _reasons(report.plan)) == ((), ["FROZEN", "FROZEN"])
    await hedged.repair(found, "assign")
    rows = hedged.accounts().set_index(["strategy", "position_side"])
    assert rows.virtual["(residual)", "short"] == d("-0.3")
    await _next_tick(hedged, venue)
    assert _held(hedged) == {"LONG": d(2), "SHORT": d("-0.3")}
    assert all(proof.holds for proof in hedged.proofs())


async def test_a_fill_is_shared_among_those_who_want_that_leg(hedged):
    set_three(hedged, a="1.0", b="0.5", c="-0.8")
    await hedged.tick()
    rows = hedged.postings()
    per_leg = {
        (name, side): quantity
        for (name, side), quantity in rows.groupby(["account", "position_side"])["quantity"]
        .sum()
        .items()
    }
    assert per_leg == {("A", "long"): 1, ("B", "long"): d("0.5"), ("C", "short"): d("-0.8")}


async def test_funding_is_paid_by_the_long_leg_and_received_by_the_short_one(hedged, venue):
    set_three(hedged, a="1", b="0", c="-1")
    await hedged.tick()
    venue._clock.go_on(60)
    venue.settle_funding(BTC, d("0.0001"))
    venue._clock.go_on(60)
    await hedged.refresh()
    funding = hedged.accounts().groupby("strategy")["funding"].sum()
    assert funding["A"] < 0 < funding["C"]
    assert funding["A"] + funding["C"] == 0


answers = st.lists(
    st.sampled_from(["", "", "refused", "lost", "lost answer"]), min_size=1, max_size=8
)


@pytest.mark.usefixtures("no_waiting")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=wishes, answered=answers)
def test_after_any_storm_both_legs_are_where_the_targets_want_them(stream, answered):
    asyncio.run(_weather(stream, answered))


async def _weather(stream, answered):
    venue = _Refusing(Clock(), mode=HEDGE)
    async with await nt.Desk.open(venue, mode="hedge", clock=venue._clock) as desk:
        venue.answers = deque(answered)
        for wanted in stream:
            for name, wish in zip("ABC", wanted, strict=True):
                desk.set_target(name, BTC, wish)
            await _next_tick(desk, venue)
            for (_, side), held in desk.positions().items():
                assert held > 0 if side == "LONG" else held < 0
        venue.answers.clear()
        for _ in range(6):
            await _next_tick(desk, venue, seconds=11)
        held = _held(desk)
        for on in (LONG, SHORT):
            wishes_on = [on.part_of(target.quantity) for target in desk.committed.on(BTC)]
            gap = sum(wishes_on, d(0)) - held.get(on.position_side.name, 0)
            assert abs(gap) <= d("0.001")
        assert all(proof.holds for proof in desk.proofs())


# The local testnet


@pytest.mark.parametrize("name", ["binance", "bybit"])
async def test_the_story_flips_on_the_local_testnet_and_the_books_prove(local_testnet, name):
    testnet = local_testnet(venue=name, mode="hedge", seed=7)
    async with await nt.Desk.open(testnet, mode="hedge") as desk:
        set_three(desk)
        await desk.execute(await desk.preview())
        assert _held(desk) == {"LONG": d("1.5"), "SHORT": d("-0.8")}
        desk.set_target("C", BTC, "0.2")
        report = await desk.execute(await desk.preview())
        assert _sent(report.plan) == [("SHORT", d("0.8")), ("LONG", d("0.2"))]
        assert _held(desk) == {"LONG": d("1.7")}
        testnet.advance(60)
        testnet.settle_funding(BTC, "0.0001")
        await desk.refresh()
        assert desk.accounts()["funding"].sum() < 0
        assert [proof for proof in desk.proofs() if not proof.holds] == []
