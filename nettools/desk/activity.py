"""Counts what the desk did, beside what the strategies would have done alone.

Pure: an Activity and what happened come in, a new Activity goes out.
"""

from collections.abc import Mapping
from dataclasses import replace

from nettools.costs import fee_spared
from nettools.decimals import ZERO
from nettools.desk.report import Activity
from nettools.model import FeeRates, Fill, legs_of
from nettools.net import internal_crossing
from nettools.snapshot import Snapshot
from nettools.targets import TargetBook


def committed(
    activity: Activity, before: TargetBook, now: Snapshot, rates: Mapping[str, FeeRates]
) -> Activity:
    """Count a commit of targets: the orders each strategy would have sent, what crossed."""
    legs = [leg for symbol in now.quotes for leg in legs_of(symbol, now.mode)]
    for symbol, side in legs:
        quote = now.quotes[symbol]
        crossing = internal_crossing(before, now.book, symbol, side)
        if crossing.changes:
            activity = replace(
                activity,
                strategy_orders=activity.strategy_orders + crossing.changes,
                strategy_notional=activity.strategy_notional + crossing.turnover * quote.mid,
                crossed_notional=activity.crossed_notional + 2 * crossing.crossed * quote.mid,
                fee_spared=activity.fee_spared + fee_spared(crossing, quote, rates[symbol]),
            )
    return activity


def with_fills(activity: Activity, fills: tuple[Fill, ...], orders: int) -> Activity:
    """Count what was really sent and paid; fees in a currency not the quote's stay out."""
    return replace(
        activity,
        orders_sent=activity.orders_sent + orders,
        traded_notional=activity.traded_notional + sum((f.notional for f in fills), ZERO),
        fees=activity.fees
        + sum((f.fee for f in fills if f"/{f.fee_currency}" in f.symbol), ZERO),
    )
