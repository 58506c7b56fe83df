"""The laws of the brain, for whatever strategies may want (STYLE: the ten laws).

Law 1 net, law 2 diff, law 3 plan, law 9 decimals; in both position modes.
"""

import re
from dataclasses import replace
from decimal import Decimal

import strategies as make
from hypothesis import given
from hypothesis import strategies as st
from makers import BTC, btc, leg, quote

from nettools.decimals import (
    ZERO,
    exact,
    is_multiple,
    plain,
    round_down,
    round_toward_zero,
    round_up,
    signed,
)
from nettools.diff import diff_position
from nettools.errors import InvalidInput
from nettools.model import PositionMode, PositionSide
from nettools.net import RunningNet, internal_crossing, net_target
from nettools.orders import plan_orders
from nettools.plan import make_plan
from nettools.snapshot import Limits, what_moved
from nettools.style import Style
from nettools.targets import TargetBook, TargetState

bands = make.decimals("0", "1", 3)
trade_to = st.sampled_from(["target", "edge"])


# Law 1: net


@given(book=make.books(), shuffled=st.randoms(use_true_random=False))
def test_the_order_of_strategies_does_not_matter(book, shuffled):
    targets = list(book)
    shuffled.shuffle(targets)
    other = TargetBook()
    for target in targets:
        other = other.set(target.strategy, target.symbol, target.quantity)
    for symbol in book.symbols:
        assert net_target(other, symbol) == net_target(book, symbol)


@given(
    one=st.lists(make.wishes, max_size=6),
    two=st.lists(make.wishes, max_size=6),
)
def test_two_desks_together_want_the_sum_of_what_each_wants(one, two):
    together = net_target(_book(one + two), BTC)
    apart = (net_target(_book(one), BTC), net_target(_book(two), BTC))
    assert together.net == sum(net.net for net in apart)
    assert together.gross == sum(net.gross for net in apart)
    assert together.offset >= sum(net.offset for net in apart)


def _book(wishes):
    return TargetBook.of({f"S{number}": {BTC: wish} for number, wish in enumerate(wishes)})


@given(book=make.books())
def test_long_short_net_gross_and_offset_fit_together(book):
    for symbol in book.symbols:
        net = net_target(book, symbol)
        assert net.net == sum(target.quantity for target in book.on(symbol))
        assert net.long - net.short == net.net
        assert net.gross == abs(net.net) + 2 * net.offset
        assert min(net.offset, net.long, net.short) >= 0


@given(book=make.books(), mode=make.modes)
def test_the_legs_add_up_to_the_net_and_keep_their_sign(book, mode):
    for symbol in book.symbols:
        net = net_target(book, symbol)
        legs = net.legs(mode)
        assert sum(legs.values()) == net.net
        for on, quantity in legs.items():
            assert on.position_side is not PositionSide.LONG or quantity >= 0
            assert on.position_side is not PositionSide.SHORT or quantity <= 0
        held = sum(abs(quantity) for quantity in legs.values())
        assert held == (abs(net.net) if mode is PositionMode.ONE_WAY else net.gross)


@given(before=make.books(), after=make.books())
def test_what_strategies_trade_is_what_goes_outside_and_twice_what_is_crossed(before, after):
    for symbol in (*before.symbols, *after.symbols):
        crossing = internal_crossing(before, after, symbol)
        change = net_target(after, symbol).net - net_target(before, symbol).net
        assert crossing.bought - crossing.sold == change
        assert crossing.turnover == abs(change) + 2 * crossing.crossed
        assert min(crossing.bought, crossing.sold, crossing.crossed) >= 0


@given(
    changes=st.lists(
        st.tuples(st.sampled_from(make.NAMES), st.sampled_from(make.SYMBOLS), make.wishes)
    )
)
def test_a_running_net_equals_the_net_of_the_book(changes):
    running, book = RunningNet(), TargetBook()
    for strategy, symbol, wish in changes:
        book = book.set(strategy, symbol, wish)
        assert running.set(strategy, symbol, wish) == net_target(book, symbol).net


@given(book=make.books(), wish=make.wishes)
def test_a_strategy_on_hold_or_flat_does_not_move_the_net_by_wishing(book, wish):
    for strategy in book.strategies:
        if book.state(strategy) is TargetState.ACTIVE:
            continue
        for symbol in book.symbols:
            wished = book.set(strategy, symbol, wish)
            assert net_target(wished, symbol) == net_target(book, symbol)


# Law 2: diff


@given(target=make.wishes, position=make.wishes, working=make.wishes, band=bands, to=trade_to)
def test_position_working_and_delta_make_the_target(target, position, working, band, to):
    delta = diff_position(
        leg(), target=target, position=position, working=working, deadband=band, trade_to=to
    )
    assert position + working + delta.quantity == target
    assert abs(delta.to_trade) <= abs(delta.quantity)
    assert delta.to_trade * delta.quantity >= 0
    assert (delta.reason == "") == (delta.to_trade != 0)


@given(target=make.wishes, there=make.wishes, band=bands, to=trade_to, least=bands)
def test_nothing_is_traded_inside_the_deadband_except_to_flat(target, there, band, to, least):
    delta = diff_position(
        leg(), target=target, position=there, deadband=band, trade_to=to, smallest=least
    )
    if abs(delta.quantity) > band:
        assert delta.to_trade != 0
    elif target != 0 or abs(delta.quantity) < least:
        assert delta.to_trade == 0
    else:
        assert delta.to_trade == delta.quantity


@given(target=make.wishes, band=bands, to=trade_to, sign=st.sampled_from([1, -1]))
def test_at_the_very_edge_of_the_deadband_only_flat_is_traded(target, band, to, sign):
    at_edge = {"position": target - sign * band, "deadband": band, "trade_to": to}
    traded = diff_position(leg(), target=target, smallest=band, **at_edge).to_trade
    assert traded == (0 if target != 0 else sign * band)


@given(target=make.wishes, there=make.wishes, band=bands, to=trade_to, least=bands)
def test_after_a_perfect_fill_there_is_nothing_left_to_do(target, there, band, to, least):
    terms = {"target": target, "deadband": band, "trade_to": to, "smallest": least}
    traded = diff_position(leg(), position=there, **terms).to_trade
    assert diff_position(leg(), position=there + traded, **terms).to_trade == 0


@given(target=make.wishes, there=make.wishes, band=bands, to=trade_to)
def test_an_order_on_its_way_counts_as_if_it_were_filled(target, there, band, to):
    terms = {"target": target, "deadband": band, "trade_to": to}
    traded = diff_position(leg(), position=there, **terms).to_trade
    assert diff_position(leg(), position=there, working=traded, **terms).to_trade == 0


# Law 3: plan


@given(snapshot=make.snapshots(), style=make.styles)
def test_orders_come_within_a_step_of_what_is_to_be_traded_and_never_past_it(snapshot, style):
    for line in make_plan(snapshot, style).lines:
        if not line.orders:
            continue
        wanted, sent = line.delta.to_trade, line.order_quantity
        assert all(order.side.sign * wanted > 0 for order in line.orders)
        assert 0 <= abs(wanted) - abs(sent) < snapshot.instruments[line.leg.symbol].step_size


@given(snapshot=make.snapshots(), style=make.styles)
def test_every_order_is_one_the_venue_will_accept(snapshot, style):
    for line in make_plan(snapshot, style).lines:
        rules = snapshot.instruments[line.leg.symbol]
        held = line.delta.position
        for order in line.orders:
            assert is_multiple(order.quantity, rules.step_size)
            assert is_multiple(order.limit_price, rules.tick_size)
            assert order.quantity >= max(rules.min_quantity, rules.step_size)
            assert rules.max_quantity is None or order.quantity <= rules.max_quantity
            closes = held * order.side.sign < 0 and abs(line.order_quantity) <= abs(held)
            assert closes or order.quantity * order.limit_price >= rules.min_notional


@given(snapshot=make.snapshots(), style=make.styles)
def test_a_leg_is_traded_or_refused_with_numbers_or_left_for_a_reason(snapshot, style):
    for line in make_plan(snapshot, style).lines:
        assert bool(line.orders) + bool(line.cancels) + bool(line.refusals) <= 1
        assert line.outcome
        for refusal in line.refusals:
            assert re.search(r"\d", refusal.message)
        if not (line.orders or line.cancels or line.refusals):
            assert line.delta.to_trade == 0


few = make.on_grid(Decimal("0.001"), 4)


@given(target=few, position=few, working=few)
def test_reduce_only_orders_cannot_grow_a_position(target, position, working):
    for order in _orders(btc(min_notional="0"), target, position, working):
        closes = position * order.signed_quantity < 0
        fits = order.quantity + abs(working) <= abs(position)
        assert order.reduce_only is (closes and fits)


@given(snapshot=make.snapshots(), style=make.styles)
def test_reduce_only_is_never_sent_in_hedge_mode(snapshot, style):
    for order in make_plan(snapshot, style).orders:
        if snapshot.mode is PositionMode.HEDGE:
            assert order.position_side is not PositionSide.BOTH
            assert not order.reduce_only
        else:
            assert order.position_side is PositionSide.BOTH


@given(target=make.on_grid(Decimal("0.001")), steps=st.integers(1, 400))
def test_children_are_equal_within_a_step_and_as_few_as_can_be(target, steps):
    largest = steps * Decimal("0.001")
    orders = _orders(btc(max_quantity=str(largest), min_notional="0"), target)
    quantities = [order.quantity for order in orders]
    assert sum(quantities) == abs(target)
    assert max(quantities, default=0) <= largest
    assert max(quantities, default=0) - min(quantities, default=0) <= Decimal("0.001")
    assert (len(quantities) - 1) * largest < abs(target) or target == 0


def _orders(instrument, target, position=ZERO, working=ZERO):
    delta = diff_position(leg(), target=target, position=position, working=working)
    if delta.to_trade == 0:
        return ()
    return plan_orders(delta, instrument, quote(), Style(), Limits())


@given(snapshot=make.snapshots(), style=make.styles)
def test_a_leg_never_turns_to_the_other_sign_in_hedge_mode(snapshot, style):
    hedge = replace(snapshot, mode=PositionMode.HEDGE, positions={}, working=())
    for line in make_plan(hedge, style).lines:
        assert line.order_quantity * line.delta.target >= 0


@given(snapshot=make.snapshots(), style=make.styles)
def test_what_reduces_is_sent_before_what_grows(snapshot, style):
    grows = []
    plan = make_plan(snapshot, style)
    for order in plan.orders:
        (line,) = (line for line in plan.lines if order in line.orders)
        there = line.delta.position
        after = there + line.delta.working + line.order_quantity
        grows.append(abs(after) > abs(there) or after * there < 0)
    assert grows == sorted(grows)


@given(snapshot=make.snapshots(), style=make.styles)
def test_the_limits_of_the_account_hold_for_everything_that_grows(snapshot, style):
    plan = make_plan(snapshot, style)
    limits = snapshot.limits
    growing = [line for line in plan.lines if line.orders and not _reduces(line)]
    assert sum(len(line.orders) for line in growing) <= limits.orders_per_minute
    added = ZERO
    for line in growing:
        mid = line.quote.mid
        assert abs(line.order_quantity) * mid <= limits.order_notional
        assert abs(line.delta.target) * mid <= limits.symbol_notional
        there = abs(line.delta.position + line.delta.working)
        added += max(abs(line.delta.target) - there, ZERO) * mid
    assert added <= snapshot.available * snapshot.leverage


def _reduces(line):
    after = line.delta.position + line.delta.working + line.order_quantity
    return abs(after) <= abs(line.delta.position) and after * line.delta.position >= 0


@given(snapshot=make.snapshots(), style=make.styles)
def test_the_same_snapshot_gives_the_same_orders_with_the_same_ids(snapshot, style):
    plan, again = make_plan(snapshot, style), make_plan(replace(snapshot), style)
    assert (plan.id, plan.orders) == (again.id, again.orders)
    ids = [order.client_order_id for order in plan.orders]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,36}", one) for one in ids)
    assert make_plan(replace(snapshot, sequence=6), style).id != plan.id


@given(snapshot=make.snapshots(), style=make.styles)
def test_after_every_order_filled_no_leg_is_traded_again(snapshot, style):
    plan = make_plan(snapshot, style)
    positions = dict(snapshot.positions)
    for order in plan.orders:
        positions[order.leg] = positions.get(order.leg, ZERO) + order.signed_quantity
    traded = {order.leg for order in plan.orders}
    after = make_plan(replace(snapshot, positions=positions), style)
    assert not traded & {order.leg for order in after.orders}


@given(snapshot=make.snapshots())
def test_nothing_moved_between_a_snapshot_and_itself(snapshot):
    assert what_moved(snapshot, snapshot) == ()


# Law 9: decimals


@given(value=make.numbers, step=make.steps)
def test_rounding_toward_zero_is_idempotent_and_never_grows_a_number(value, step):
    rounded = round_toward_zero(value, step)
    assert is_multiple(rounded, step)
    assert round_toward_zero(rounded, step) == rounded
    assert abs(rounded) <= abs(value)
    assert abs(value - rounded) < step
    assert rounded * value >= 0


@given(value=make.numbers, step=make.steps)
def test_rounding_down_and_up_enclose_a_number_within_one_step(value, step):
    below, above = round_down(value, step), round_up(value, step)
    assert below <= value <= above
    assert above - below == (0 if is_multiple(value, step) else step)
    assert is_multiple(below, step)


@given(value=make.numbers)
def test_a_number_is_read_back_as_it_was_written(value):
    assert exact(plain(value)) == value
    assert exact(signed(value)) == value
    assert exact(str(value)) == value


@given(text=st.text() | st.from_regex(r"[-+]?[0-9.eE_]{1,40}", fullmatch=True))
def test_whatever_is_typed_is_a_number_or_one_sentence(text):
    number, said = _read(text)
    if number is None:
        assert re.match("target (must|is empty)", said)
        assert said.isprintable()
    else:
        assert number == Decimal(text.strip())
        assert abs(number) <= Decimal("1e12")


def _read(text):
    try:
        return exact(text, "target"), ""
    except InvalidInput as refused:
        return None, str(refused)
