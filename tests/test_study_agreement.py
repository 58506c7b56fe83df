"""Studies agree with the live path: net, diff, plan, crosses, allocation and ledger, exact.

Each history goes bar by bar through an account that trades it with the live code, in Decimals;
the studies must say the same: to the last digit where they are exact, else to 1e-9.
"""

from collections import Counter
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from makers import BTC, btc, d

import nettools as nt
from nettools.model import Leg, PositionMode, PositionSide, Quote, legs_of
from nettools.plan import make_plan
from nettools.snapshot import Snapshot
from nettools.study import ModeAccount, Terms, deadband, netting
from nettools.study.modes import bar_time

NAMES = ["A", "B", "C"]
STEP, TICK = d("0.001"), d("0.1")
FREE = nt.Limits(order_notional=d("1e9"), symbol_notional=d("1e9"), account_notional=d("1e9"))
WHOLE = Leg(BTC, PositionSide.BOTH)
FEE = d("0.0005")


class History(NamedTuple):
    """Targets in lots, closes in ticks, rates by bar."""

    lots: list[tuple[int, int, int]]
    ticks: list[int]
    rates: dict[int, Decimal]

    @property
    def frame(self):
        return pd.DataFrame(self.lots, columns=NAMES)

    @property
    def targets(self):
        return self.frame.map(lambda lots: lots * STEP)

    @property
    def prices(self):
        return pd.Series([ticks * TICK for ticks in self.ticks], dtype=object)

    @property
    def changes(self):
        changed = self.frame.diff().fillna(self.frame)
        rows = [
            (bar, name, self.targets.loc[bar, name])
            for bar in self.frame.index
            for name in NAMES
            if changed.loc[bar, name]
        ]
        return pd.DataFrame(rows, columns=["bar", "strategy", "target"])


@st.composite
def _histories(draw):
    bars = draw(st.integers(1, 6))
    lots = st.one_of(st.just(0), st.integers(-2000, 2000), st.integers(-3, 3))
    rates = st.sampled_from([d("0.0001"), d("-0.0003")])
    return History(
        lots=draw(st.lists(st.tuples(lots, lots, lots), min_size=bars, max_size=bars)),
        ticks=draw(st.lists(st.integers(500_000, 1_500_000), min_size=bars, max_size=bars)),
        rates=draw(st.dictionaries(st.integers(0, bars - 1), rates, max_size=3)),
    )


class _Recorded(ModeAccount):
    """A live account that also notes what each strategy paid in spread."""

    def __init__(self, mode, terms):
        super().__init__(mode, terms)
        self.mid, self.paid = None, Counter()

    def _post(self, postings):
        rows = list(postings)
        for row in rows:
            self.paid[row.account] += row.quantity * (row.price - self.mid)
        super()._post(rows)


def _traded(history, *, mode=PositionMode.ONE_WAY, names=NAMES, band=None, step=STEP):
    """Trade a history bar by bar with the live code."""
    terms = Terms(
        instruments={BTC: btc(step_size=step, min_quantity=step, min_notional=0)},
        fee_rate=FEE,
        deposit=d("1e9"),
        deadbands={BTC: band or nt.Deadband(quantity=d(0))},
        limits=FREE,
    )
    account, book = _Recorded(mode, terms), nt.TargetBook()
    for bar, price in enumerate(history.prices):
        for name in names:
            book = book.set(name, BTC, history.targets.loc[bar, name])
        quote = Quote(
            symbol=BTC, bid=price - TICK, ask=price + TICK, mark_price=price, time=bar_time(bar)
        )
        due = {BTC: history.rates[bar]} if bar in history.rates else {}
        account.mid = price
        account.step(book, {BTC: quote}, due)
    return account


def _sums(account):
    """Give an account's measures at the mid: buys filled a tick above, sells a tick below."""
    bars = account.bars
    beside = TICK * sum(account.positions.values())
    fees = sum(bar.fees for bar in bars) - beside * FEE
    funding = sum(bar.received - bar.paid for bar in bars)
    pnl = bars[-1].pnl
    turnover = sum(bar.traded for bar in bars) - beside
    return [turnover, fees, 0, funding, pnl, pnl - fees + funding]


@settings(max_examples=25, deadline=None)
@given(_histories())
def test_the_net_of_a_study_is_what_the_live_account_did(history):
    found = netting(history.targets, history.prices, funding_rates=history.rates, exact=True)
    account = _traded(history)
    assert list(found.net) == _sums(account)
    assert list(found.hedge) == _sums(_traded(history, mode=PositionMode.HEDGE))
    mark = history.prices.iloc[-1]
    for name in NAMES:
        booked = account.ledger.on(WHOLE, name)
        assert found.strategies.loc[name, "pnl"] == booked.pnl(mark) + account.paid[name]
        assert found.strategies.loc[name, "funding"] == booked.funding
        assert list(found.strategies.loc[name]) == _sums(_traded(history, names=[name]))
    assert found.pnl_gap == 0


def _same(found, exact):
    """Floats agree to 1e-9 of what was traded."""
    for name in found.strategies.index:
        _near(found.strategies.loc[name], exact.strategies.loc[name])
    _near(found.net, exact.net)
    _near(found.hedge, exact.hedge)


def _near(one, other):
    far = abs(one.astype(float) - other.astype(float)).max()
    assert far <= 1e-9 * max(float(other["turnover"]), 1e6)


@settings(max_examples=40, deadline=None)
@given(_histories())
def test_integers_floats_and_lists_of_changes_say_the_same(history):
    rates = history.rates
    exact = netting(history.targets, history.prices, funding_rates=rates, exact=True)
    ticks = pd.Series(history.ticks)
    in_lots = netting(history.frame, ticks, funding_rates=rates)
    assert in_lots.is_exact
    unit = STEP * TICK
    assert [amount * unit for amount in in_lots.net] == list(exact.net)
    assert (in_lots.strategies * unit == exact.strategies).all(axis=None)
    floats = history.targets.astype(float), history.prices.astype(float)
    _same(netting(*floats, funding_rates=rates), exact)
    told = netting(history.changes, history.prices, funding_rates=rates, exact=True)
    assert list(told.net) == list(exact.net)
    assert list(told.hedge) == list(exact.hedge)
    for name in told.strategies.index:
        assert list(told.strategies.loc[name]) == list(exact.strategies.loc[name])
    changes = history.changes.assign(target=history.changes["target"].astype(float))
    _same(netting(changes, floats[1], funding_rates=rates), exact)


def _followed(history, account):
    """What the sweep says of one account: trades, turnover, stray and squared stray."""
    net = history.targets.sum(axis=1)
    steps = [*np.diff(history.prices), d(0)]
    missed = [
        (bar.positions.get(WHOLE, d(0)) - target) * step
        for bar, target, step in zip(account.bars, net, steps, strict=True)
    ]
    return sum(bar.orders for bar in account.bars), sum(m * m for m in missed)


bands = st.sampled_from(["0", "0.001", "0.002", "0.05", "0.5", "1.7"])
grids = st.sampled_from(["0.001", "0.003", "0.01", "0.4"])


@settings(max_examples=30, deadline=None)
@given(_histories(), st.lists(bands, min_size=1, max_size=3, unique=True), grids)
@example(History([(700, 0, 0), (0, 0, 0)], [1_000_000, 1_100_000], {}), ["0.5"], "0.4")
def test_every_configuration_is_traded_as_the_live_desk_would(history, widths, grid):
    found = deadband(
        history.targets, history.prices, deadbands=widths, step_sizes=[grid], progress=False
    )
    in_lots = deadband(
        history.frame,
        history.ticks,
        deadbands=[d(width) / STEP for width in widths],
        step_sizes=[d(grid) / STEP],
        progress=False,
    )
    for row, whole in zip(found.itertuples(), in_lots.itertuples(), strict=True):
        band = nt.Deadband(quantity=row.deadband, trade_to=row.trade_to)
        account = _traded(history, band=band, step=d(grid))
        trades, square = _followed(history, account)
        turnover, fees, _, _, pnl, _ = _sums(account)
        assert row.trades == whole.trades == trades
        assert Decimal(whole.turnover) * STEP * TICK == turnover
        assert Decimal(whole.pnl) * STEP * TICK == pnl
        assert row.turnover == pytest.approx(float(turnover), rel=1e-9)
        assert row.fees == pytest.approx(float(fees), rel=1e-9)
        assert row.pnl == pytest.approx(float(pnl), abs=1e-9 * 1e6)
        error = np.sqrt(float(square) / max(len(history.ticks) - 1, 1))
        assert row.tracking_error == pytest.approx(error, rel=1e-9, abs=1e-9)


class Venue(NamedTuple):
    """A deadband of every kind, on an instrument with its least orders."""

    band: nt.Deadband
    step: Decimal
    min_quantity: Decimal
    min_notional: Decimal


@st.composite
def _venues(draw):
    def one_of(*texts):
        return d(draw(st.sampled_from(texts)))

    return Venue(
        nt.Deadband(
            quantity=one_of("0", "0.002", "0.5"),
            notional=one_of("0", "40", "55000", "123456.7"),
            fraction=one_of("0", "0.05", "0.333"),
            trade_to=draw(st.sampled_from(["target", "edge"])),
        ),
        step := one_of("0.001", "0.003", "0.4"),
        step * one_of("0", "1", "2", "100"),
        one_of("0", "5", "100", "60000"),
    )


def _planned(history, venue, mode):
    """Trade each bar's plan at the close; gives trades, turnover, pnl, Σ missed² by leg."""
    instrument = btc(
        step_size=venue.step, min_quantity=venue.min_quantity, min_notional=venue.min_notional
    )
    measured = {leg: [0, d(0), d(0), d(0)] for leg in legs_of(BTC, mode)}
    held = dict.fromkeys(measured, d(0))
    steps = [*np.diff(history.prices), d(0)]
    for bar, (price, step) in enumerate(zip(history.prices, steps, strict=True)):
        wanted = {name: {BTC: history.targets.loc[bar, name]} for name in NAMES}
        now = bar_time(bar)
        quote = Quote(
            symbol=BTC, bid=price - TICK, ask=price + TICK, mark_price=price, time=now
        )
        snapshot = Snapshot(
            desk="d", sequence=bar, mode=mode, book=nt.TargetBook.of(wanted), positions=held,
            instruments={BTC: instrument}, quotes={BTC: quote}, available=d("1e9"),
            leverage=d(1), deadbands={BTC: venue.band}, limits=FREE, time=now,
        )  # fmt: skip
        plan = make_plan(snapshot, nt.Style(name="limit", limit_price=price))
        for line in plan.lines:
            traded, sums = line.order_quantity, measured[line.leg]
            held[line.leg] += traded
            sums[0] += bool(traded)
            sums[1] += abs(traded) * price
            sums[2] += held[line.leg] * step
            sums[3] += ((held[line.leg] - line.delta.target) * step) ** 2
    return measured


@settings(max_examples=50, deadline=None)
@given(_histories(), _venues(), st.sampled_from(PositionMode))
def test_every_kind_of_deadband_and_least_order_is_planned_as_on_the_live_desk(
    history, venue, mode
):
    terms = {
        "fractions": [venue.band.fraction],
        "trade_to": venue.band.trade_to,
        "mode": mode,
        "progress": False,
    }
    found = deadband(
        history.targets, history.prices, **terms, deadbands=[venue.band.quantity],
        notionals=[venue.band.notional], step_sizes=[venue.step],
        min_quantity=venue.min_quantity, min_notional=venue.min_notional,
    )  # fmt: skip
    in_lots = deadband(
        history.frame, history.ticks, **terms, deadbands=[venue.band.quantity / STEP],
        notionals=[venue.band.notional / STEP / TICK], step_sizes=[venue.step / STEP],
        min_quantity=venue.min_quantity / STEP, min_notional=venue.min_notional / STEP / TICK,
    )  # fmt: skip
    planned = _planned(history, venue, mode)
    assert list(found.get("leg", ["BOTH"])) == [leg.position_side.name for leg in planned]
    bars = max(len(history.ticks) - 1, 1)
    for row, whole, sums in zip(
        found.itertuples(), in_lots.itertuples(), planned.values(), strict=True
    ):
        trades, turnover, pnl, square = sums
        assert row.trades == whole.trades == trades
        assert Decimal(whole.turnover) * STEP * TICK == turnover
        assert Decimal(whole.pnl) * STEP * TICK == pnl
        assert row.turnover == pytest.approx(float(turnover), rel=1e-9)
        assert row.pnl == pytest.approx(float(pnl), abs=1e-9 * 1e6)
        error = np.sqrt(float(square) / bars)
        assert row.tracking_error == pytest.approx(error, rel=1e-9, abs=1e-9)
