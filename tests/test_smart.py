"""What a smart order does next: rest first, follow calmly, take only for a reason."""

import types
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import btc, d, quote

from nettools import smart
from nettools.model import Side
from nettools.smart import REASONS, Grid, Rule, Seen, decide
from nettools.style import Style

SECOND = 1_000_000_000
STYLE = Style(name="smart")


def _rule(side=1, **changes):
    rule = smart.rule_of(STYLE, side, least_lots=1, data_age_seconds=d(5))
    return rule._replace(**changes)


def _seen(**changes):
    calm = Seen(
        now_ns=1_000 * SECOND,
        started_ns=1_000 * SECOND,
        arrival_half_ticks=2_000_001,
        remaining_lots=700,
        bid=1_000_000,
        ask=1_000_001,
        bid_lots=5_000,
        ask_lots=5_000,
        touch_ns=1_000 * SECOND,
        rest_price=0,
        rested_ns=0,
        quotes=0,
        requotes=0,
        refusals=0,
        switching=0,
        told=0,
        taken=0,
    )
    return calm._replace(**changes)


def _resting(seconds=10, price=1_000_000, **changes):
    """See an order whose quote has rested for so long."""
    now = (1_000 + seconds) * SECOND
    there = _seen(now_ns=now, touch_ns=now, rest_price=price, rested_ns=1_000 * SECOND)
    return there._replace(quotes=1, **changes)


def _said(decision):
    action, price, reason = decision
    return smart.ACTIONS[action], price, REASONS[reason]


@pytest.mark.parametrize(
    ("rule", "seen", "wanted"),
    [
        (_rule(), _seen(), ("rest", 1_000_000, "first quote")),
        (_rule(-1), _seen(), ("rest", 1_000_001, "first quote")),
        (_rule(), _resting(), ("wait", 0, "nothing new")),
        (_rule(), _resting(2, price=999_990), ("wait", 0, "nothing new")),
        (_rule(), _resting(3, price=999_990), ("re-quote", 1_000_000, "best price moved")),
        (_rule(-1), _resting(3, price=1_000_009), ("re-quote", 1_000_001, "best price moved")),
        (_rule(), _resting(9, price=1_000_003, ask=1_000_004), ("wait", 0, "nothing new")),
        (_rule(), _seen(quotes=1, switching=2), ("rest", 1_000_000, "best price moved")),
        (_rule(), _seen(quotes=1), ("rest", 1_000_000, "next quote")),
        (_rule(), _seen(quotes=2, refusals=2), ("rest", 999_998, "post-only refused")),
        (_rule(-1), _seen(quotes=2, refusals=2), ("rest", 1_000_003, "post-only refused")),
    ],
    ids=[
        "a buy rests at the bid",
        "a sell rests at the ask",
        "at the best price it waits",
        "outbid, it waits three seconds",
        "outbid for long enough it follows",
        "so does a sell",
        "alone at the top it stays: it is first in the queue",
        "after the cancel it quotes anew",
        "the next slice is quoted",
        "refused twice it rests two ticks back",
        "so does a sell refused twice",
    ],
)
def test_it_rests_first_and_follows_calmly(rule, seen, wanted):
    assert _said(decide(rule, seen)) == wanted


@pytest.mark.parametrize(
    ("rule", "seen", "reason"),
    [
        (_rule(), _resting(60), "timeout"),
        (_rule(), _resting(bid=1_001_001, ask=1_001_002), "adverse move"),
        (_rule(-1), _resting(bid=998_999, ask=999_000), "adverse move"),
        (_rule(imbalance_ppm=800_000), _resting(bid_lots=8, ask_lots=2), "book imbalance"),
        (
            _rule(-1, imbalance_ppm=800_000),
            _resting(price=1_000_001, bid_lots=2, ask_lots=8),
            "book imbalance",
        ),
        (_rule(), _resting(price=999_990, requotes=20), "too many re-quotes"),
        (_rule(), _seen(quotes=21, requotes=20), "too many re-quotes"),
        (_rule(most_requotes=0), _resting(price=999_990), "too many re-quotes"),
        (_rule(), _seen(quotes=5, refusals=5), "post-only refused"),
        (_rule(), _seen(switching=9), "target changed sign"),
        (_rule(), _seen(quotes=1, switching=4), "timeout"),
    ],
    ids=[
        "the time is up",
        "the price ran away upward",
        "the price ran away downward",
        "the bid leans against a buy",
        "the ask leans against a sell",
        "outbid once too often",
        "quoted once too often",
        "not willing to follow at all",
        "refused five times in a row",
        "the strategies have changed sides",
        "the reason a cancel was asked for still holds once it is final",
    ],
)
def test_it_takes_for_a_named_reason(rule, seen, reason):
    action, price, why = decide(rule, seen)
    far = seen.ask if rule.side > 0 else seen.bid
    assert (smart.ACTIONS[action], REASONS[why]) == ("take", reason)
    assert price == far + rule.side * (far * 2_000 // 1_000_000)  # 20 bps beyond the touch


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (_resting(60, bid=1_000_002), "no good data"),
        (_resting(60, bid=0), "no good data"),
        (_resting(60, ask=0), "no good data"),
        (_resting(60, touch_ns=1_000 * SECOND), "no good data"),
        (_seen(touch_ns=1_010 * SECOND), "no good data"),
        (_resting(60, remaining_lots=0), "filled"),
        (_resting(60, told=10), "target changed"),
        (_seen(told=15), "halted"),
        (_seen(taken=1), "taken; the rest returns to the next diff"),
    ],
    ids=[
        "a crossed book",
        "no bid",
        "no ask",
        "a touch of a minute ago",
        "a touch of the future",
        "nothing remains",
        "another target",
        "the desk is halted",
        "the taker leg was sent",
    ],
)
def test_it_stops_and_is_never_aggressive(seen, reason):
    assert _said(decide(_rule(), seen)) == ("stop", 0, reason)


def test_a_remainder_below_the_smallest_order_is_not_sent():
    few = _rule(least_lots=5)
    assert _said(decide(few, _seen(remaining_lots=4)))[::2] == (
        "stop",
        "remainder below the smallest order",
    )
    # What rests may still be filled; it is neither moved nor taken.
    assert _said(decide(few, _resting(9, price=999_990, remaining_lots=4)))[0] == "wait"
    assert _said(decide(few, _resting(60, remaining_lots=4)))[0] == "stop"


def test_it_improves_on_the_best_price_only_where_the_spread_has_room():
    eager = _rule(improve_ticks=2)
    assert decide(eager, _seen(ask=1_000_010))[1] == 1_000_002
    assert decide(eager, _seen(ask=1_000_002))[1] == 1_000_001
    assert decide(eager, _seen())[1] == 1_000_000
    assert decide(eager._replace(side=-1), _seen(ask=1_000_010))[1] == 1_000_008


SIDES = st.sampled_from([1, -1])
MOMENTS = st.integers(0, 100 * SECOND)
FEW = st.integers(0, 25)
BOOKS = st.integers(0, 40).map(lambda ticks: 999_980 + ticks) | st.just(0)
ANYTHING = st.builds(
    Seen,
    now_ns=MOMENTS,
    started_ns=MOMENTS,
    arrival_half_ticks=st.just(2_000_001),
    remaining_lots=st.integers(-1, 10),
    bid=BOOKS,
    ask=BOOKS,
    bid_lots=st.integers(-1, 10),
    ask_lots=st.integers(-1, 10),
    touch_ns=MOMENTS,
    rest_price=BOOKS,
    rested_ns=MOMENTS,
    quotes=FEW,
    requotes=FEW,
    refusals=st.integers(0, 6),
    switching=st.sampled_from([0, 0, 2, 4, 9]),
    told=st.sampled_from([0, 0, 0, 10, 15]),
    taken=st.integers(0, 1),
)


def _go_on_well(seen, ages, spread, lots, rest):
    """Mend what would stop an order at once, which nearly anything does."""
    now = 100 * SECOND
    started, touch, rested = (now - age for age in ages)
    return seen._replace(
        now_ns=now, started_ns=started, touch_ns=touch, rested_ns=rested,
        bid=1_000_000, ask=1_000_000 + spread, remaining_lots=lots, rest_price=rest,
        requotes=seen.requotes % 4, refusals=seen.refusals % 3, switching=0, told=0, taken=0,
    )  # fmt: skip


AGES = st.tuples(
    st.integers(0, 40 * SECOND), st.integers(0, 4 * SECOND), st.integers(0, 40 * SECOND)
)
RESTS = st.sampled_from([0, 999_998, 1_000_012])
SIGHTS = ANYTHING | st.builds(
    _go_on_well, ANYTHING, AGES, st.integers(1, 9), st.integers(1, 10), RESTS
)
RULES = st.builds(
    _rule,
    SIDES,
    improve_ticks=st.integers(0, 3),
    adverse_ppm=st.sampled_from([0, 5, 1_000]),
    imbalance_ppm=st.sampled_from([0, 500_000, 800_000]),
    least_lots=st.integers(1, 5),
)


def test_the_sights_below_go_on_often_enough_to_test_a_law():
    done = set()

    @given(RULES, SIGHTS)
    @settings(max_examples=300, derandomize=True, database=None)
    def look(rule, seen):
        done.add(smart.ACTIONS[decide(rule, seen)[0]])

    look()
    assert done >= {"wait", "rest", "take"}


@given(RULES, SIGHTS)
@settings(max_examples=300)
def test_whatever_it_sees_it_keeps_its_laws(rule, seen):
    action, price, reason = decide(rule, seen)
    assert reason != 0 or action == smart.WAIT  # everything it does has a reason
    assert 0 <= reason < len(REASONS)
    if action != smart.STOP:
        assert 0 < seen.bid < seen.ask  # never on a bad view
        assert abs(seen.now_ns - seen.touch_ns) <= 5 * SECOND
        assert seen.remaining_lots > 0
    if action in {smart.REST, smart.REQUOTE, smart.TAKE}:
        assert seen.remaining_lots >= rule.least_lots
    if action in {smart.REST, smart.REQUOTE}:
        inside = seen.ask - price if rule.side > 0 else price - seen.bid
        assert inside > 0  # a resting order does not cross
    if action == smart.REQUOTE:
        assert seen.requotes < rule.most_requotes
        assert (price - seen.rest_price) * rule.side > 0  # it only ever follows
    if action == smart.WAIT:
        assert seen.rest_price > 0  # nothing is waited for when nothing rests


@given(RULES, SIGHTS, MOMENTS)
@settings(max_examples=200)
def test_who_takes_now_does_not_go_back_to_resting_later(rule, seen, later):
    after = seen._replace(now_ns=seen.now_ns + later, touch_ns=seen.touch_ns + later)
    if decide(rule, seen)[0] == smart.TAKE:
        assert decide(rule, after)[0] == smart.TAKE


@given(RULES, SIGHTS)
@settings(max_examples=200)
def test_every_order_comes_to_an_end(rule, seen):
    over = seen._replace(now_ns=seen.started_ns + rule.timeout_ns)
    assert decide(rule, over)[0] in {smart.TAKE, smart.STOP}


def test_compiled_it_decides_the_same():
    numba = pytest.importorskip("numba")
    names = {**vars(smart)}
    for function in smart.DECISION:
        names[function.__name__] = numba.njit(types.FunctionType(function.__code__, names))
    for seen in (_seen(), _resting(), _resting(60), _resting(3, price=999_990)):
        for rule in (_rule(), _rule(-1, imbalance_ppm=500_000)):
            assert names["decide"](rule, seen) == decide(rule, seen)


# Between Decimals and whole numbers


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(1, 10**9))
@settings(max_examples=100)
def test_a_quote_becomes_whole_ticks_and_comes_back_exactly(bid, spread, lots):
    grid = Grid.of(btc())
    touch = quote(str(bid * d("0.1")), str((bid + spread) * d("0.1")))
    assert grid.touch(touch) == (bid, bid + spread)
    assert (grid.price(bid), grid.price(bid + spread)) == (touch.bid, touch.ask)
    assert grid.lots(grid.quantity(lots)) == lots
    assert grid.quantity(lots) == lots * d("0.001")


def test_a_price_off_the_grid_rounds_to_the_wider_spread():
    assert Grid.of(btc()).touch(quote("100000.07", "100000.12")) == (1_000_000, 1_000_002)


def test_times_are_exact_to_the_microsecond():
    moment = datetime(2025, 6, 2, 12, 0, 0, 123_457, tzinfo=UTC)
    later = moment + timedelta(microseconds=1)
    assert smart.nanoseconds(later) - smart.nanoseconds(moment) == 1_000
    assert smart.nanoseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == SECOND


def test_the_style_is_written_as_whole_numbers():
    style = Style(name="smart", adverse_bps=d("7.5"), imbalance=d("0.8"), slippage_bps=d("2.5"))
    rule = smart.rule_of(style, -1, least_lots=3, data_age_seconds=d(5))
    assert rule == Rule(
        side=-1,
        improve_ticks=0,
        rest_ns=3 * SECOND,
        most_requotes=20,
        most_refusals=5,
        timeout_ns=60 * SECOND,
        adverse_ppm=750,
        imbalance_ppm=800_000,
        slippage_ppm=250,
        least_lots=3,
        data_age_ns=5 * SECOND,
    )
    never = Style(name="smart", adverse_bps=None)
    assert smart.rule_of(never, 1, least_lots=1, data_age_seconds=d(5)).adverse_ppm == 0


@pytest.mark.parametrize("side", Side)
def test_the_taker_is_capped_where_a_market_order_is(side):
    touch, contract = quote("99999.9", "100003.4"), btc()
    bid, ask = Grid.of(contract).touch(touch)
    price = smart.price_to_take(_rule(side.sign), _seen(bid=bid, ask=ask))
    assert Grid.of(contract).price(price) == Style().limit_price_for(side, touch, contract)


@pytest.mark.parametrize(
    ("changes", "quantity", "reduces", "lots"),
    [
        ({}, "0.7", False, 1),  # 100 USDT at 100,000 are 0.001
        ({"min_slice": d("0.01")}, "0.7", False, 10),
        ({"min_slice": d("0.01")}, "0.005", False, 5),  # the whole order is small: it is sent
        ({"min_slice": d("0.0105")}, "0.7", False, 11),
    ],
    ids=["the instrument's", "the style's", "at most the whole order", "rounded up"],
)
def test_the_smallest_slice(changes, quantity, reduces, lots):
    style = Style(name="smart", **changes)
    found = smart.least_lots_of(
        style, btc(), quantity=d(quantity), price=d("100000"), reduces=reduces
    )
    assert found == lots


def test_an_order_that_reduces_is_exempt_from_the_minimum_notional():
    rules = {"quantity": d("0.7"), "price": d(20_000)}
    assert smart.least_lots_of(STYLE, btc(), reduces=False, **rules) == 5
    assert smart.least_lots_of(STYLE, btc(), reduces=True, **rules) == 1
