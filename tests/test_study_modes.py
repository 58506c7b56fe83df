"""One-way against hedge: the same targets, the same earnings, other costs."""

from decimal import Decimal

import pandas as pd
import pytest
import strategies as make
from exchange import exchange
from hypothesis import given
from hypothesis import strategies as st
from lossy import Clock
from makers import BTC, btc, d, leg, quote, targets

import nettools as nt
from nettools.model import PositionMode
from nettools.study import SideBySide, Terms, one_way_or_hedge
from nettools.venues import MemoryVenue

ONE_WAY, HEDGE = "one-way", "hedge"
STORY = {"A": ["1.0", "1.0"], "B": ["0.5", "0.5"], "C": ["-0.8", "0"]}
CENT = d("1e-8")
FREE = nt.Limits(order_notional=d("1e9"), symbol_notional=d("1e9"), account_notional=d("1e9"))
STEP = Decimal("0.001")


def _both(result, measure):
    """Give a measure in both modes, in whole units: the touch is a tick from the mid."""
    return tuple(round(amount) for amount in result.summary.loc[measure, [ONE_WAY, HEDGE]])


def test_the_story_costs_one_order_one_way_and_two_hedged():
    first = {name: wishes[:1] for name, wishes in STORY.items()}
    result = one_way_or_hedge(first, ["100000"])
    assert _both(result, "orders") == (1, 2)
    assert _both(result, "fees") == (35, 115)
    assert _both(result, "peak_margin") == (3500, 11500)
    assert result.finding == (
        "Hedge sends 2 orders where one-way sends 1, pays 3.3 × the fees "
        "and holds 3.3 × the margin"
    )


def test_when_c_goes_flat_both_modes_buy_eight_tenths():
    result = one_way_or_hedge(STORY, ["100000", "100000"])
    for mode in (ONE_WAY, HEDGE):
        assert round(result.bars[mode]["traded"][1]) == 80_000
    assert list(result.bars[ONE_WAY]["long"]) == [d("0.7"), d("1.5")]
    assert list(result.bars[HEDGE]["long"]) == [d("1.5"), d("1.5")]
    assert list(result.bars[HEDGE]["short"]) == [d("-0.8"), 0]


def test_funding_nets_out_on_the_hedged_part_and_margin_does_not():
    result = one_way_or_hedge(
        {"A": ["1", "1"], "B": ["-1", "-1"]},
        ["100000", "100000"],
        funding_rates={1: "0.0001"},
    )
    assert _both(result, "funding") == (0, 0)
    assert _both(result, "funding_paid") == (0, 10)
    assert _both(result, "funding_received") == (0, 10)
    assert _both(result, "mean_margin") == (0, 10_000)
    assert _both(result, "fees") == (0, 100)
    assert "100.00 against 0 of the fees" in result.finding


def test_a_flip_that_needs_the_margin_of_its_close_is_done_on_the_same_bar():
    result = one_way_or_hedge({"A": ["1", "-1"]}, ["100000"] * 2, deposit=6_000, limits=FREE)
    assert _both(result, "orders") == (2, 3)
    assert _both(result, "refused") == (0, 0)
    assert list(result.bars[HEDGE]["short"]) == [0, -1]


def test_what_fits_one_way_may_not_fit_hedged():
    result = one_way_or_hedge({"A": ["1.5"], "C": ["-0.8"]}, ["100000"], deposit=8_000)
    assert _both(result, "refused") == (0, 1)
    assert list(result.bars[ONE_WAY]["long"]) == [d("0.7")]
    assert [*result.bars[HEDGE]["long"], *result.bars[HEDGE]["short"]] == [d("1.5"), 0]


streams = st.lists(st.tuples(*[make.on_grid(STEP, 2000)] * 3), min_size=1, max_size=5)
markets = st.lists(st.integers(900_000, 1_100_000), min_size=5, max_size=5)
due = st.lists(st.sampled_from(["0", "0.0001", "-0.0003"]), min_size=5, max_size=5)


def _studied(stream, ticks, rates=("0",) * 5):
    frame = pd.DataFrame(stream, columns=list("ABC"), dtype=object)
    bars = len(frame)
    return one_way_or_hedge(
        frame,
        [str(Decimal(tick) / 10) for tick in ticks[:bars]],
        funding_rates=dict(enumerate(rates[:bars])),
        instrument=btc(min_notional="0"),
        deadband=nt.Deadband(quantity=d(0)),
        deposit="1e9",
        limits=FREE,
    )


@given(stream=streams, ticks=markets, rates=due)
def test_both_modes_earn_the_same_before_costs_and_the_same_funding(stream, ticks, rates):
    result = _studied(stream, ticks, rates)
    one, two = result.bars[ONE_WAY], result.bars[HEDGE]
    assert list(one["pnl"]) == list(two["pnl"])
    assert list(one["long"] + one["short"]) == list(two["long"] + two["short"])
    gap = result.summary.loc["funding", HEDGE] - result.summary.loc["funding", ONE_WAY]
    assert abs(gap) <= CENT * 2 * len(stream)


@given(stream=streams, ticks=markets)
def test_hedge_never_trades_less_and_never_holds_less_margin(stream, ticks):
    result = _studied(stream, ticks)
    more = result.summary["hedge − one-way"]
    assert min(more["traded_notional"], more["fees"], more["spread"]) >= 0
    assert min(more["mean_margin"], more["peak_margin"]) >= 0
    assert more["result"] == -more["fees"] - more["spread"]


@given(stream=streams, ticks=markets)
def test_a_hedged_account_holds_the_longs_and_the_shorts_apart(stream, ticks):
    bars = _studied(stream, ticks).bars[HEDGE]
    for number, wanted in enumerate(stream):
        assert bars["long"][number] == sum(w for w in wanted if w > 0)
        assert bars["short"][number] == sum(w for w in wanted if w < 0)


@pytest.mark.parametrize("mode", PositionMode)
@pytest.mark.usefixtures("no_waiting")
async def test_the_study_does_what_the_desk_does(mode):
    """The same stream through a desk on the testnet's engine, to the last digit."""
    clock = Clock()
    venue = MemoryVenue(mode=mode, clock=clock)
    venue.engine = exchange("", "", mode=mode)
    stream = [("1.0", "0.5", "-0.8"), ("1.0", "0.5", "0"), ("-0.6", "0.5", "-0.3"), (0, 0, 0)]
    prices, rate = ["100000", "101000.5", "99000", "100200"], d("0.0001")
    async with await nt.Desk.open(_priced(venue, prices[0]), mode=mode, clock=clock) as desk:
        orders = margin = 0
        for number, wanted in enumerate(stream):
            _priced(venue, prices[number])
            if number == 2:
                venue.engine.settle(BTC, rate, d(prices[number]), clock())
            for name, wish in zip("ABC", wanted, strict=True):
                desk.set_target(name, BTC, wish)
            clock.go_on(60)
            orders += len((await desk.tick()).orders)
            margin = max(margin, venue.engine.account().position_margin)
        after = venue.engine.account()
        fees = sum(fill.fee for fill in venue.engine.fills(BTC))
    result = one_way_or_hedge(
        pd.DataFrame(stream, columns=list("ABC")), prices, funding_rates={2: rate}
    ).summary[mode.value]
    assert (result["orders"], result["fees"]) == (orders, fees)
    assert (result["funding"], result["peak_margin"]) == (after.funding, margin)
    assert result["result"] == after.wallet - 100_000


def _priced(venue, mid):
    """Let makers stand one tick around a price, deep enough for anything."""
    ticks, lots = int(d(mid) * 10), 1_000_000
    venue.engine.set_mark(BTC, d(mid))
    venue.engine.requote(BTC, [(ticks - 1, lots)], [(ticks + 1, lots)], venue._clock())
    return venue


def test_two_accounts_are_stepped_with_the_books_of_several_symbols():
    both = SideBySide(Terms(instruments={BTC: btc()}))
    both.step(targets(a="1", b="-0.4"), {BTC: quote()}, {})
    held = {mode.value: account.positions for mode, account in both.accounts.items()}
    assert held[ONE_WAY] == {leg(): d("0.6")}
    assert held[HEDGE] == {leg("long"): d(1), leg("short"): d("-0.4")}
    for account in both.accounts.values():
        owned = {}
        for accounts in account.ledger.accounts.values():
            for name, sub in accounts.items():
                owned[name] = owned.get(name, 0) + sub.quantity
        assert owned == {"A": d(1), "B": d("-0.4")}


def test_a_missing_target_is_unknown_and_not_zero():
    with pytest.raises(nt.InvalidInput, match="target of A at 1 must be a finite number"):
        one_way_or_hedge({"A": [1.0, float("nan")]}, [100.0, 101.0])


@pytest.mark.parametrize("rates", [None, {7: "0.0001"}])
def test_bars_that_do_not_match_are_refused(rates):
    prices = [100_000] * (2 if rates else 3)
    with pytest.raises(nt.InvalidInput, match="must have the same index; align them first"):
        one_way_or_hedge({"A": ["1", "2"]}, prices, funding_rates=rates)


def test_floats_are_read_through_their_shortest_text():
    result = one_way_or_hedge({"A": [0.1, 0.3]}, [100_000.1, 100_000])
    assert list(result.bars[ONE_WAY]["long"]) == [d("0.1"), d("0.3")]


def test_a_comparison_reads_as_a_table_that_begins_with_the_finding():
    result = one_way_or_hedge(STORY, ["100000", "100000"])
    for page in (result._repr_html_(), repr(result)):
        assert page.index(result.finding) < page.index("initial margin, peak")
        assert "money in USDT" in page
