"""Rows in a trader's words, one line each."""

from collections.abc import Callable, Mapping
from typing import Any

from nettools.allocate import Posting
from nettools.decimals import plain, signed
from nettools.journal.records import (
    Adjusted,
    Banned,
    BreakClosed,
    BreakOpened,
    Closed,
    Crossed,
    Cut,
    Epoch,
    Filled,
    FundingSettled,
    Halted,
    Incident,
    Intended,
    MarkedOut,
    Opened,
    Planned,
    Record,
    Reported,
    Resumed,
    TargetsSet,
)
from nettools.journal.smart import SmartBegun, SmartEnded, Switched
from nettools.model import Order


def describe(record: Record) -> str:
    """Say in one line what a record says; nothing in it can steer a terminal."""
    text = _WORDS[type(record)](record)
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _targets(record: TargetsSet) -> str:
    parts = [f"{strategy} is {state.value}" for strategy, state in record.states]
    parts += [
        f"{t.strategy} wants {signed(t.wanted)} {t.symbol}"
        + (f" ({t.state.value}: {signed(t.quantity)} counts)" if t.wanted != t.quantity else "")
        + (f" (unknown: {t.unknown})" if t.unknown else "")
        for t in record.targets
    ]
    return "; ".join([*parts, *(f"{symbol} taken in" for symbol in record.symbols)])


def _plan(record: Planned) -> str:
    sent = f"{len(record.orders)} orders, {len(record.cancels)} cancels"
    return "; ".join([f"plan {record.plan_id}, {record.style.name} style: {sent}", *record.why])


def _order(order: Order) -> str:
    price = "market" if order.limit_price is None else plain(order.limit_price)
    marks = [name for name in ("post_only", "reduce_only") if getattr(order, name)]
    return " ".join(
        [
            order.client_order_id,
            order.side.value,
            plain(order.quantity),
            str(order.leg),
            f"at {price} {order.time_in_force.value}",
            *marks,
        ]
    )


def _smart(record: SmartBegun) -> str:
    order = record.order
    text = f"{order.client_order_id} {order.side.value} {plain(order.quantity)} {order.leg}"
    return f"{text}, taking at once: {record.taking}" if record.taking else text


def _switch(record: Switched) -> str:
    price = "" if record.price is None else f" at {plain(record.price)}"
    touch = (
        "none"
        if record.bid is None
        else f"{plain(record.bid)} / {plain(record.ask or record.bid)}"
    )
    return (
        f"{record.parent} {record.action}{price} ({record.reason}); touch {touch}, after "
        f"{record.elapsed.total_seconds():.1f} s, filled {plain(record.filled)}, "
        f"{record.requotes} re-quotes, {record.refusals} refusals"
    )


def _report(record: Reported) -> str:
    text = f"{record.client_order_id} {record.state.value}, filled {plain(record.filled)}"
    if record.average_price is not None:
        text += f" at {plain(record.average_price)}"
    notes = [note for note in (record.message, record.evidence) if note]
    return f"{text} ({'; '.join(notes)})" if notes else text


def _fill(record: Filled) -> str:
    fill = record.fill
    return (
        f"{fill.fill_id} of {fill.client_order_id}: {fill.side.value} {plain(fill.quantity)} "
        f"{fill.symbol} at {plain(fill.price)}, fee {plain(fill.fee)} {fill.fee_currency}, "
        f"{fill.liquidity.value}: {_shares(record.postings)}"
    )


def _markout(record: MarkedOut) -> str:
    mids = (
        f"{'unknown' if mid is None else plain(mid)} after {seconds} s"
        for seconds, mid in record.mids
    )
    return f"{record.fill_id} {record.symbol}: mid {', '.join(mids)}"


def _shares(postings: tuple[Posting, ...]) -> str:
    return ", ".join(f"{p.account} {signed(p.quantity)}" for p in postings) or "nobody"


def _cross(record: Crossed) -> str:
    prices = {f"{p.leg} at {plain(p.price)} ({p.note})" for p in record.postings}
    return f"{', '.join(sorted(prices))}: {_shares(record.postings)}"


def _funding(record: FundingSettled) -> str:
    funding = record.funding
    shares = ", ".join(f"{p.account} {signed(p.funding)}" for p in record.postings)
    return (
        f"{funding.symbol} rate {funding.rate}, {signed(funding.received)} received: "
        f"{shares or 'nobody'}"
    )


def _adjustment(record: Adjusted) -> str:
    return f"{record.how.value} {record.account}".rstrip() + f": {record.found}"


def _epoch(record: Epoch) -> str:
    text = f"{record.number} of {record.account} on {record.venue}, {record.mode.value} mode"
    return f"{text}, desk {record.desk} ({record.note})" if record.note else text


_WORDS: Mapping[type, Callable[[Any], str]] = {
    Opened: lambda record: f"{record.account} by {record.owner}",
    Closed: lambda record: f"by {record.owner}",
    Cut: lambda record: record.text,
    Epoch: _epoch,
    TargetsSet: _targets,
    Planned: _plan,
    SmartBegun: _smart,
    Switched: _switch,
    SmartEnded: lambda record: (
        f"{record.parent} ended ({record.reason}), filled {plain(record.filled)}"
    ),
    Intended: lambda record: _order(record.order),
    Reported: _report,
    Filled: _fill,
    Crossed: _cross,
    FundingSettled: _funding,
    Adjusted: _adjustment,
    BreakOpened: lambda record: str(record.found),
    BreakClosed: lambda record: f"{record.leg}: {record.why}",
    Halted: lambda record: record.why,
    Resumed: lambda record: record.why,
    Incident: lambda record: f"{record.text} ({record.count} times since {record.since})",
    Banned: lambda record: f"until {record.until}: {record.why}",
    MarkedOut: _markout,
}
