"""The laws of accounts: allocate, ledger, twin, reconcile, for whatever may happen to a desk.

The reference is slow and obvious: fractions, every event kept, everything added up again.
"""

from fractions import Fraction as F
from itertools import pairwise
from random import Random

import strategies as make
from bookkeeping import RATES, SlowAccount, executed, total
from exchange import buy, exchange, sell
from hypothesis import given
from hypothesis import strategies as st
from makers import BTC, NOW, d, leg

from nettools import twin
from nettools.allocate import (
    RESIDUAL,
    allocate_fill,
    book_crosses,
    crossed_shares,
    share,
    share_funding,
)
from nettools.errors import OrderRejected
from nettools.ledger import Ledger, post
from nettools.model import Fill, Leg, PositionSide, Quote, legs_of
from nettools.twin import Twin

GRAIN = F(1, 10**12)
names = st.sampled_from(("A", "B", "C", "D", "E"))
fine = make.decimals("-1e12", "1e12", 12)
amounts = st.one_of(make.decimals("-5", "5", 3), fine)
weights = st.dictionaries(
    st.text(max_size=3),
    st.one_of(make.decimals("0.001", "5", 3), make.decimals("1e-12", "1e12", 12)),
    min_size=1,
    max_size=12,
)
needs = st.dictionaries(names, amounts, max_size=5)
prices = st.one_of(make.decimals("90", "110", 1), make.decimals("1e-12", "1e12", 12))
fees = st.one_of(make.decimals("-0.1", "0.3", 8), fine)


fills = st.builds(executed, amounts.filter(bool), prices, fees)


# Law 4: allocate


@given(amount=amounts, weights=weights)
def test_shares_sum_exactly_and_none_is_a_grain_from_pro_rata(amount, weights):
    shares, whole = share(amount, weights), total(weights.values())
    assert list(shares) == list(weights)
    assert total(shares.values()) == F(amount)
    for name, part in shares.items():
        assert abs(F(part) - F(amount) * F(weights[name]) / whole) < GRAIN
        assert part * amount >= 0


@given(amount=make.decimals("-1", "1", 20), weights=weights)
def test_an_amount_finer_than_the_grid_is_shared_exactly_too(amount, weights):
    assert total(share(amount, weights).values()) == F(amount)


@given(needs=needs)
def test_crosses_sum_to_zero_fill_the_lighter_side_and_overfill_nobody(needs):
    crossed = crossed_shares(needs)
    bought = total(need for need in needs.values() if need > 0)
    sold = -total(need for need in needs.values() if need < 0)
    assert total(crossed.values()) == 0
    assert total(part for part in crossed.values() if part > 0) == min(bought, sold)
    for name, part in crossed.items():
        assert part * needs[name] >= 0
        assert abs(part) <= abs(needs[name])


@given(fill=fills, needs=needs)
def test_a_fill_is_shared_exactly_and_nobody_gets_the_wrong_sign_or_more_than_it_needs(
    fill, needs
):
    postings = allocate_fill(fill, needs)
    assert total(p.quantity for p in postings) == F(fill.signed_quantity)
    assert total(p.fee for p in postings) == F(fill.fee)
    assert total(p.cash for p in postings) == -F(fill.signed_quantity) * F(fill.price)
    for posting in postings:
        assert posting.quantity * fill.side.sign > 0
        assert posting.fee * fill.fee >= 0
        if posting.account != RESIDUAL:
            assert abs(posting.quantity) <= needs[posting.account] * fill.side.sign
    wanted = total(n for n in needs.values() if n * fill.side.sign > 0)
    residual = total(p.quantity for p in postings if p.account == RESIDUAL)
    assert abs(residual) == max(F(0), F(fill.quantity) - abs(wanted))


@given(virtual=needs, paid=amounts, rate=make.decimals("-0.01", "0.01", 8), mark=prices)
def test_internal_longs_pay_internal_shorts_also_when_the_venue_sees_nothing(
    virtual, paid, rate, mark
):
    if paid > 0:  # net flat: the venue books nothing
        virtual, paid = {**virtual, "Z": -sum(virtual.values())}, d(0)
    postings = share_funding(
        leg(), virtual, paid=paid, rate=rate, mark_price=mark, source="8h", time=NOW
    )
    assert total(p.funding for p in postings) == F(paid)
    got = {p.account: F(p.funding) for p in postings}
    for name, quantity in virtual.items():
        assert abs(got.get(name, 0) + F(quantity) * F(mark) * F(rate)) < GRAIN


# Laws 5 and 6: PnL, ledger


@given(fills=st.lists(fills, max_size=12), mark=prices)
def test_with_one_strategy_its_account_is_the_accounts_own(fills, mark):
    ledger, slow, wanted = Ledger(), SlowAccount(), sum(f.signed_quantity for f in fills)
    for execution in fills:
        # A target beyond every fill, so that all of it is the strategy's.
        postings = allocate_fill(execution, {"A": execution.signed_quantity})
        ledger = post(ledger, postings)
        slow.book(execution)
    sub = ledger.on(leg(), "A")
    assert sub.quantity == wanted
    assert F(sub.fees.get("USDT", d(0))) == slow.fee
    assert abs(F(sub.realized_pnl) - slow.realized) <= len(fills) * GRAIN
    assert abs(F(sub.open_cost) - slow.quantity * slow.average) <= len(fills) * GRAIN
    assert F(sub.pnl(mark)) == F(sub.realized_pnl) + F(sub.unrealized_pnl(mark))
    cash = -total(F(f.signed_quantity) * F(f.price) for f in fills)
    assert F(sub.pnl(mark)) == cash + F(wanted) * F(mark)


@given(trades=st.lists(st.tuples(fills, needs), max_size=6))
def test_a_fill_can_be_posted_whole_or_posting_by_posting(trades):
    whole = one_by_one = Ledger()
    rows = []
    for execution, wants in trades:
        postings = allocate_fill(execution, wants)
        whole = post(whole, postings)
        for posting in postings:
            one_by_one = post(one_by_one, [posting])
        rows += postings
    assert whole == one_by_one == post(Ledger(), rows)
    for on in whole.accounts:
        subs = whole.accounts[on].values()
        assert F(whole.position(on)) == total(sub.quantity for sub in subs)
        assert F(whole.cash()) == total(sub.cash for sub in subs)


@given(
    targets=st.dictionaries(names, make.wishes, min_size=1, max_size=5),
    cuts=st.lists(make.decimals("0", "3", 6), max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_fills_does_not_change_what_anybody_holds_in_the_end(targets, cuts, order):
    net = sum(targets.values())
    edges = sorted({d(0), abs(net), *(cut for cut in cuts if cut < abs(net))})
    parts = [upper - lower for lower, upper in pairwise(edges)]
    ends = []
    for _ in range(2):
        order.shuffle(parts)
        crosses = book_crosses(leg(), targets, price=d(100), source="p", policy="mid", time=NOW)
        ledger = post(Ledger(), crosses)
        for part in parts:
            needs = {a: t - ledger.on(leg(), a).quantity for a, t in targets.items()}
            ledger = post(
                ledger, allocate_fill(executed(part if net > 0 else -part, "9"), needs)
            )
        ends.append({name: ledger.on(leg(), name).quantity for name in (*targets, RESIDUAL)})
    assert ends[0] == ends[1] == {**targets, RESIDUAL: 0}


@given(
    orders=st.lists(
        st.tuples(st.booleans(), st.integers(1, 3000), st.sampled_from(("long", "short"))),
        max_size=12,
    ),
    mode=make.modes,
    wants=needs,
    mark=st.integers(99_000, 101_000),
)
def test_the_accounts_add_up_to_the_exchanges_own_account(orders, mode, wants, mark):
    levels = [f"0.7@{99999 - n}.9" for n in range(9)], [f"0.4@{100000 + n}.1" for n in range(9)]
    engine = exchange(" ".join(levels[0]), " ".join(levels[1]), mode=mode)
    deposit = engine.account().wallet
    for is_buy, lots, side in orders:
        on = "both" if len(legs_of(BTC, mode)) == 1 else side
        try:
            engine.place((buy if is_buy else sell)(str(d(lots) / 1000), leg=on), NOW)
        except OrderRejected:
            continue
    engine.set_mark(BTC, d(mark))
    ledger = Ledger()
    for each in engine.fills(BTC):
        on = Leg(BTC, each.position_side)
        open_needs = {name: want - ledger.on(on, name).quantity for name, want in wants.items()}
        ledger = post(ledger, allocate_fill(each, open_needs))
    subs = [sub for accounts in ledger.accounts.values() for sub in accounts.values()]
    for on in legs_of(BTC, mode):
        assert ledger.position(on) == engine.position(on).quantity
    paid = total(sub.fees.get("USDT", d(0)) for sub in subs)
    state = engine.account()
    earned = total(sub.pnl(d(mark)) for sub in subs)
    assert F(state.margin_balance) == F(deposit) + earned - paid
    if not wants:  # all of it is the residual account's, so it averages as the venue does
        realized = total(sub.realized_pnl for sub in subs)
        assert abs(F(state.wallet) - F(deposit) - realized + paid) < F(1, 10**7)


def test_a_hundred_strategies_on_ten_symbols_stay_exact_over_ten_thousand_events():
    random = Random(3)  # noqa: S311 - a workload, not a secret
    legs = [Leg(f"C{n}/USDT:USDT", PositionSide.BOTH) for n in range(10)]
    wanted = {on: {f"S{n}": d(0) for n in range(100)} for on in legs}
    held, cash = dict.fromkeys(legs, F(0)), dict.fromkeys(legs, F(0))
    ledger, fees = Ledger(), F(0)
    for number in range(10_000):
        on, price = random.choice(legs), d(random.randrange(9_000, 11_000)) / 100
        wanted[on][f"S{random.randrange(100)}"] = d(random.randrange(-3_000, 3_000)) / 1000
        needs = {name: w - ledger.on(on, name).quantity for name, w in wanted[on].items()}
        ledger = post(
            ledger, book_crosses(on, needs, price=price, source="p", policy="mid", time=NOW)
        )
        needs = {name: w - ledger.on(on, name).quantity for name, w in wanted[on].items()}
        quantity = d(random.randrange(-2_000, 2_000) or 1) / 1000
        each = executed(
            quantity, price, (abs(quantity) * price / 3000).quantize(d("1e-8")), on=on
        )
        ledger = post(ledger, allocate_fill(each, needs))
        held[on] += F(quantity)
        cash[on] -= F(quantity) * F(price)
        fees += F(each.fee)
        if number % 1000 == 999:
            assert {leg: tuple(map(F, ledger.totals(leg))) for leg in legs} == {
                leg: (held[leg], cash[leg]) for leg in legs
            }
    subs = [sub for accounts in ledger.accounts.values() for sub in accounts.values()]
    assert total(sub.fees.get("USDT", d(0)) for sub in subs) == fees


# The twin


changes = st.tuples(
    st.dictionaries(names, amounts, max_size=4), prices, make.decimals("0.1", "9", 1)
)
executions = st.tuples(fills, prices, make.decimals("0.1", "9", 1))


@given(events=st.lists(st.one_of(changes, executions), max_size=12), mark=prices)
def test_the_columns_of_the_saving_add_up_to_real_equity_less_the_twins(events, mark):
    beside, rate = Twin(), RATES.taker
    real = other = due = F(0)
    for event, bid, width in events:
        touch = Quote(symbol=BTC, bid=bid, ask=bid + width, time=NOW)
        if isinstance(event, Fill):
            traded = event.signed_quantity
            beside = twin.fill(
                beside, traded, event.price, fee=event.fee, quote=touch, taker_rate=rate
            )
            real += F(traded) * (F(mark) - F(event.price)) - F(event.fee)
            due -= F(traded)
            continue
        beside = twin.commit(beside, event, touch, rate)
        for delta in map(F, event.values()):
            price = F(touch.ask if delta > 0 else touch.bid)
            other += delta * (F(mark) - price) - abs(delta) * price * F(rate)
            due += delta
    saving = beside.saving(mark)
    assert F(beside.due) == due
    assert F(saving.total) == real - other
    assert saving.fee_on_crossed >= 0
    assert saving.spread_on_crossed >= 0
    assert min(beside.credit.values(), default=0) >= 0
