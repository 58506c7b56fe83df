"""Smart orders over a tape: what fills them, what they cost, and that both engines agree."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from makers import d

import nettools as nt
from nettools.charts import execution_figure, execution_title
from nettools.errors import InvalidInput
from nettools.model import FeeRates, Fill, Instrument, Leg, Liquidity, PositionSide, Quote, Side
from nettools.shortfall import MetFill, ParentOrder, shortfall_of
from nettools.smart import REASONS, Grid, rule_of
from nettools.study import execution_order as order
from nettools.study import execution_runs as runs
from nettools.study.execution import run
from nettools.study.execution_market import displayed, market_of
from nettools.study.execution_order import Line
from nettools.style import Style
from nettools.tape import Levels, RecordedBook, Trade

SECOND = 1_000_000_000
BTC = Instrument(
    symbol="BTC/USDT:USDT",
    step_size=d("0.001"),
    tick_size=d(1),
    min_quantity=d("0.001"),
    min_notional=d(5),
)
SMART = Style(
    name="smart",
    rest_seconds=d(3),
    timeout_seconds=d(10),
    adverse_bps=None,
    slippage_bps=d(200),
)


@pytest.fixture(scope="module")
def market():
    return nt.study.StudyMarket.simulated(seed=3, minutes=4)


class _Tape:
    """Events written by hand; times in seconds from 1."""

    def __init__(self, bids, asks):
        self.events = [Levels(SECOND, 1, [*bids.items()], [*asks.items()], is_whole=True)]

    def book(self, at, bids=(), asks=()):
        self.events.append(
            Levels(int(at * SECOND), 2, [*dict(bids).items()], [*dict(asks).items()])
        )
        return self

    def trade(self, at, taker, price, lots):
        self.events.append(Trade(int(at * SECOND), taker, price, lots))
        return self

    def work(self, style=SMART, *, lots=10, line=(0, 0)):
        """Work an order to buy, wanted at 1.5 s; gives (its row, its fills)."""
        self.book(60)
        market = market_of(self.events).as_lists()
        rule = rule_of(style, 1, least_lots=1, data_age_seconds=d(100))
        row, fills = [0] * order.PLACES, [[0] * 5 for _ in range(order.MOST_FILLS)]
        order.begin(market, row, int(1.5 * SECOND), lots, 1)
        order.work(market, rule, Line(*line), row, fills)
        assert row[order.BROKEN] == 0
        return row, [tuple(f) for f in fills[: row[order.FILLS]]]


def _tape():
    return _Tape({99: 5, 98: 20}, {101: 4, 102: 50})


def _why(row):
    return REASONS[row[order.WHY_TAKEN]], REASONS[row[order.WHY_STOPPED]]


def test_a_resting_order_waits_for_the_queue_ahead_of_it():
    tape = _tape().trade(2, -1, 99, 4).trade(3, -1, 99, 4).trade(4, -1, 99, 30)
    row, fills = tape.work()
    assert [(t / SECOND, price, lots) for t, price, lots, _, _ in fills] == [
        (3, 99, 3),
        (4, 99, 7),
    ]
    assert _why(row) == ("nothing new", "filled")


def test_a_trade_through_the_price_fills_although_a_queue_was_ahead():
    _, fills = _tape().trade(2, -1, 98, 4).work()
    assert fills[0][:3] == (2 * SECOND, 99, 4)


def test_at_the_timeout_the_exact_rest_is_taken_level_by_level():
    row, fills = _tape().trade(2, -1, 99, 8).work()
    assert [(price, lots, maker) for _, price, lots, _, maker in fills] == [
        (99, 3, 1),
        (101, 4, 0),
        (102, 3, 0),
    ]
    assert fills[1][0] == 11.5 * SECOND
    assert _why(row) == ("timeout", "filled")


def test_it_takes_no_further_than_the_slippage_cap_and_leaves_the_rest():
    style = Style(name="smart", timeout_seconds=d(0), slippage_bps=d(0))
    row, fills = _tape().work(style)
    assert [f[1:3] for f in fills] == [(101, 4)]
    assert (row[order.REMAINING], _why(row)) == (6, ("timeout", REASONS[14]))


def test_it_follows_a_better_price_only_after_it_has_rested_long_enough():
    tape = _tape().book(2, bids={100: 7}).trade(4, -1, 100, 9).trade(6, -1, 100, 9)
    row, fills = tape.work(lots=1, line=(0, 0))
    assert fills == [(6 * SECOND, 100, 1, 201, 1)]  # it went to 100 at 4.5 s, behind 7
    assert (row[order.QUOTES], row[order.REQUOTES]) == (2, 1)


def test_the_price_that_ran_away_is_a_reason_to_take():
    style = Style(name="smart", adverse_bps=d(100))
    row, fills = (
        _tape().book(3, bids={103: 9}, asks={101: 0, 102: 0, 105: 9}).work(style, lots=1)
    )
    assert fills == [(3 * SECOND, 105, 1, 208, 0)]
    assert _why(row) == ("adverse move", "filled")


def test_a_request_takes_its_time_and_the_market_goes_on_meanwhile():
    tape = _tape().trade(1.6, -1, 99, 5).book(1.65, bids={99: 1}).trade(1.9, -1, 99, 3)
    row, fills = tape.work(lots=2, line=(200_000_000, 100_000_000))
    assert fills == [(int(1.9 * SECOND), 99, 2, 200, 1)]  # it came behind 1, not behind 5
    assert row[order.ENDED] == 2 * SECOND


def test_post_only_that_would_take_is_refused_and_goes_a_tick_back():
    tape = _tape().book(1.6, bids={99: 0, 98: 0, 97: 5}, asks={98: 3, 99: 3})
    row, _ = tape.trade(3, -1, 90, 50).work(lots=2, line=(200_000_000, 0))
    assert (row[order.QUOTES], row[order.FILLED]) == (2, 2)
    assert row[order.REFUSALS] == 1


def test_the_other_side_coming_to_our_price_fills_us():
    _, fills = _tape().book(2, bids={99: 0, 98: 0, 97: 3}, asks={98: 3, 99: 4, 100: 9}).work()
    assert [f[:3] for f in fills[:2]] == [(2 * SECOND, 99, 3), (2 * SECOND, 99, 4)]


def test_nothing_is_decided_on_a_book_that_is_not_known():
    tape = _tape()
    tape.events.append(Levels(2 * SECOND, 0, [], [], is_whole=True))
    row, _ = tape.work()
    assert _why(row) == ("nothing new", "no good data")
    assert row[order.OWN_LOTS] == 0


def test_what_was_displayed_at_any_price_at_any_time_is_found_again():
    events = [*nt.study.execution_simulated.simulated_events(3, 0.2)]
    columns, book = market_of(events).as_lists(), RecordedBook()
    for item, event in enumerate(events):
        if isinstance(event, Levels):
            book.apply(event)
            for side in (1, -1):
                best, lots = book.best(side)
                for price in range(best - 15, best + 16):
                    assert displayed(columns, side, price, item) == book.lots_at(side, price)
                row = columns.items[item]
                assert (row[2], row[3]) if side > 0 else (row[4], row[5]) == (best, lots)


FAULTS = Line(
    20_000_000,
    30_000_000,
    lost_ppm=60_000,
    late_ppm=150_000,
    refused_ppm=20_000,
    unanswered_ppm=60_000,
)


def _orders(market, count, seed, rules=2, longest=20):
    first, last = market.columns.items[0][0], market.columns.items[-1][0]
    draw = np.random.default_rng(seed)
    table = np.empty((count, 4), dtype=np.int64)
    table[:, 0] = draw.integers(rules, size=count)
    table[:, 1] = draw.integers(first, last - longest * SECOND, size=count)
    table[:, 2] = draw.integers(1, 2_000, size=count)
    table[:, 3] = draw.integers(1 << 31, size=count)
    return table


def _rules(**parameters):
    style = Style(name="smart", timeout_seconds=d(6), rest_seconds=d("0.5"), **parameters)
    return [rule_of(style, side, least_lots=1, data_age_seconds=d(5)) for side in (1, -1)]


def test_in_ten_thousand_starts_with_faults_nothing_is_overfilled_doubled_or_left(market):
    rules = [*_rules(), *_rules(improve_ticks=1, imbalance=d("0.8"), adverse_bps=d(2))]
    orders = _orders(market, 10_000, seed=11, rules=4)
    results = run(market.columns, rules, FAULTS, orders, fast=True)
    assert not results[:, runs.BROKEN].any()
    assert (results[:, runs.FILLED] <= orders[:, 2]).all()
    done = results[results[:, runs.DONE] == order.FINISHED]
    assert len(done) > 9_000
    stopped = {REASONS[n] for n in set(done[:, runs.WHY_STOPPED].tolist())}
    taken = {REASONS[n] for n in set(done[:, runs.WHY_TAKEN].tolist())}
    assert {"filled", "refused by the venue"} <= stopped
    assert {"timeout", "adverse move", "book imbalance"} <= taken


def test_plain_python_and_compiled_code_give_the_same_to_the_last_integer(market):
    rules = [*_rules(), *_rules(improve_ticks=1, imbalance=d("0.7"), most_requotes=2)]
    for line in (Line(20_000_000, 20_000_000), FAULTS, Line(0, 0)):
        orders = _orders(market, 60, seed=5, rules=4)
        plain, fast = (run(market.columns, rules, line, orders, fast=f) for f in (False, True))
        assert (plain == fast).all()
        assert plain[:, runs.FILLED].any()


def test_an_engine_that_takes_a_cancel_request_for_a_cancel_is_caught(market, monkeypatch):
    honest = order.learn

    def gullible(row):
        asked = row[order.ASKED]
        honest(row)
        if asked == order.CANCEL:
            row[order.REST_PRICE] = 0

    monkeypatch.setattr(order, "learn", gullible)
    results = run(market.columns, _rules(), FAULTS, _orders(market, 300, seed=5), fast=False)
    assert results[:, runs.BROKEN].any()


@pytest.fixture(scope="module")
def study(market):
    styles = nt.study.smart_grid(timeout_seconds=[2, 20])
    return nt.study.execution(market, styles, quantity="0.4", starts=120, progress=False)


def test_the_parts_of_every_start_add_up_to_its_cost(study):
    parts = study.starts[
        [f"{p}_bps" for p in ("spread", "fee", "delay", "market_move", "unfilled")]
    ]
    assert np.allclose(parts.sum(axis=1), study.starts["cost_bps"], atol=1e-9)
    means = study.table[list(parts.columns)]
    assert np.allclose(means.sum(axis=1), study.table["cost_bps"])


def test_everybody_starts_at_the_same_moments_and_is_compared_with_taking_at_once(study):
    apart = [
        f.reset_index(drop=True) for _, f in study.starts.groupby("configuration", sort=False)
    ]
    assert all((f["start"] == apart[0]["start"]).all() for f in apart)
    assert all((f["side"] == apart[0]["side"]).all() for f in apart)
    assert [*study.table.index] == ["take at once", "timeout_seconds 2", "timeout_seconds 20"]
    base = study.table.iloc[0]
    assert (base["gained_bps"], base["maker_share"], base["took: timeout"]) == (0, 0, 1)
    assert np.allclose(study.table["gained_bps"] + study.table["cost_bps"], base["cost_bps"])


def test_the_same_seed_gives_the_same_study_and_another_another(market, study):
    again = nt.study.execution(
        market,
        nt.study.smart_grid(timeout_seconds=[2, 20]),
        quantity=d("0.4"),
        starts=120,
        progress=False,
        fast=False,
    )
    pd.testing.assert_frame_equal(again.table, study.table)
    other = nt.study.execution(market, quantity="0.4", starts=120, seed=8, progress=False)
    assert set(other.starts["start"]) != set(study.starts["start"])


def test_the_study_costs_an_order_as_the_desk_does(market):
    """The same fills, costed exactly by the desk's rule and in floats by the study's."""
    rules, grid = _rules(), Grid.of(market.instrument)
    columns = market.columns.as_lists()
    rates = FeeRates(maker=d("0.0002"), taker=d("0.0005"))
    for wanted in _orders(market, 12, seed=2).tolist():
        row, fills = [0] * order.PLACES, [[0] * 5 for _ in range(order.MOST_FILLS)]
        order.begin(columns, row, *wanted[1:])
        order.work(columns, rules[wanted[0]], Line(20_000_000, 20_000_000), row, fills)
        result = [0] * runs.PLACES
        runs.sum_up(columns, rules[wanted[0]].side, row, fills, result)
        parent = _as_parent(rules[wanted[0]].side, row, fills[: row[order.FILLS]], grid, rates)
        exact = shortfall_of(parent)
        frame = nt.study.execution_report.starts_frame(
            ["smart"],
            np.array([rules[wanted[0]].side]),
            np.array([0]),
            np.array([result]),
            rates,
        )
        bps = exact.in_bps(parent.notional)
        for name in ("spread", "fee", "delay", "market_move", "unfilled"):
            assert frame[f"{name}_bps"][0] == pytest.approx(float(getattr(bps, name)), abs=1e-9)
        assert frame["cost_bps"][0] == pytest.approx(float(bps.total), abs=1e-9)


def _as_parent(sign, row, fills, grid, rates):
    side = Side.BUY if sign > 0 else Side.SELL
    when = pd.Timestamp(row[order.STARTED], tz="UTC").to_pydatetime(warn=False)

    def touch(half):
        mid = Decimal(half) / 2 * grid.tick_size
        return Quote(symbol=BTC.symbol, bid=mid - d("0.5"), ask=mid + d("0.5"), time=when)

    mets = []
    for number, (_, ticks, lots, mid, maker) in enumerate(fills):
        price, quantity = grid.price(ticks), grid.quantity(lots)
        rate = rates.maker if maker else rates.taker
        fill = Fill(
            fill_id=str(number),
            client_order_id="nt-1",
            venue_order_id="1",
            symbol=BTC.symbol,
            side=side,
            quantity=quantity,
            price=price,
            fee=quantity * price * rate,
            fee_currency="USDT",
            liquidity=Liquidity.MAKER if maker else Liquidity.TAKER,
            time=when,
        )
        mets.append(MetFill(fill=fill, quote=touch(mid)))
    return ParentOrder(
        plan_id="p",
        leg=Leg(BTC.symbol, PositionSide.BOTH),
        side=side,
        quantity=grid.quantity(row[order.QUANTITY]),
        decided=when,
        arrival=touch(row[order.ARRIVAL]),
        first_quote=touch(row[order.FIRST]) if row[order.FIRST] else None,
        fills=tuple(mets),
        end_quote=touch(row[order.END]),
    )


def test_a_figure_shows_every_configuration_with_its_error_and_says_what_was_found(study):
    figure = execution_figure(study.table)
    assert list(figure.data[0].text) == [*study.table.index]
    assert (np.array(figure.data[0].error_y.array) >= 0).all()
    assert "Resting first gained" in figure.layout.title.text
    table = study.table.copy()
    table["gained_bps"] = [0.0, -1.0, -2.0]
    assert execution_title(table).startswith("Resting first lost in every style, up to 2.00")
    table["gained_error"] = 5.0
    assert "more than chance" in execution_title(table)
    hostile = study.table.rename(index={"timeout_seconds 2": "<img src=x>"})
    assert "<img" not in execution_figure(hostile, "<b>x</b>").to_json()
    assert "<img" not in study._repr_html_()


def test_what_cannot_be_is_refused(market, tmp_path):
    def study(**more):
        return nt.study.execution(market, **{"quantity": "1", "progress": False, **more})

    for wrong, said in (
        ({"side": "long"}, "side must be"),
        ({"starts": 0}, "starts must be"),
        ({"latency": -1}, "latency must be"),
        ({"quantity": "0"}, "quantity must be"),
        ({"styles": {"a": Style()}}, "must be a smart style"),
        (
            {"styles": nt.study.smart_grid(timeout_seconds=[3600])},
            "not longer than the timeout",
        ),
    ):
        with pytest.raises(InvalidInput, match=said):
            study(**wrong)
    with pytest.raises(InvalidInput, match="no 'patience'"):
        nt.study.smart_grid(patience=[1])
    with pytest.raises(InvalidInput, match="there is no file"):
        nt.study.execution(tmp_path / "none.gz", quantity="1")
    with pytest.raises(InvalidInput, match="minutes must be"):
        nt.study.StudyMarket.simulated(minutes=0)
