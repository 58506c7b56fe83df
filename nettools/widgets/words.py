"""The sentences of the screen: values come in, plain text goes out; nothing here is markup."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.desk import DeskStatus, View
from nettools.model import Instrument, Leg, legs_of
from nettools.plan import Plan
from nettools.targets import TargetBook
from nettools.texts import count, retell, say

_NAMES = {
    "local": "LOCAL testnet",
    "local-bybit": "LOCAL BYBIT testnet",
    "memory": "IN-MEMORY testnet",
    "binance-demo": "BINANCE DEMO",
    "bybit-testnet": "BYBIT TESTNET",
    "bybit-demo": "BYBIT DEMO",
}
HERE = frozenset({"local", "local-bybit", "memory"})
"""Venues on this machine: nobody else's account is behind them."""
UNKNOWN = "unknown"


def venue_words(venue: str) -> str:
    """Name the venue so that nobody takes it for a live one."""
    return say(_NAMES[venue]) if venue in _NAMES else say("{name} testnet", name=venue.upper())


def money(amount: Decimal, unit: str) -> str:
    """Write an amount of quote currency: thousands apart, cents below a thousand."""
    digits = 0 if abs(amount) >= 1000 else 2  # noqa: PLR2004 - where cents stop mattering
    return f"{amount:,.{digits}f} {unit}"


def quantity(amount: Decimal, instrument: Instrument) -> str:
    """Write a position on the venue's own grid, with its sign: ``+0.700 BTC``."""
    shown = amount if amount % instrument.step_size else amount.quantize(instrument.step_size)
    sign = "+" if shown > 0 else ""
    return f"{sign}{shown:f} {instrument.base}"


def clock(moment: datetime | None) -> str:
    """Write a time of day (UTC)."""
    return say("never") if moment is None else f"{moment:%H:%M:%S} UTC"


def age(seconds: float | None) -> str:
    """Say how old data is."""
    return (
        say("not read yet")
        if seconds is None
        else say("{seconds:.0f} s ago", seconds=max(seconds, 0.0))
    )


def shown_legs(status: DeskStatus, book: TargetBook, view: View | None) -> tuple[Leg, ...]:
    """Give the legs worth showing: those with targets, and those that are held."""
    held = () if view is None else tuple(view.positions)
    wanted = tuple(leg for symbol in book.symbols for leg in legs_of(symbol, status.mode))
    return tuple(dict.fromkeys((*wanted, *held)))


def position_words(
    leg: Leg, view: View | None, instruments: Mapping[str, Instrument], *, is_old: bool
) -> str:
    """Say what is held on a leg; what was not read lately is unknown, never zero."""
    instrument = instruments.get(leg.symbol)
    if view is None:
        return say(UNKNOWN)
    held = view.position(leg)
    if instrument is None:
        shown = f"{held:+f}"
    else:
        shown = quantity(held, instrument) if held else f"0 {instrument.base}"
    return say("unknown (was {shown})", shown=shown) if is_old else shown


def quote_unit(plan: Plan) -> str:
    """Give the currency of a plan's notional; several are named together."""
    found = plan.snapshot.instruments
    units = dict.fromkeys(found[line.leg.symbol].quote for line in plan.lines)
    return "+".join(units) or "USDT"


def confirm_label(plan: Plan, venue: str) -> str:
    """Name on the button what it sends: how many orders, how much, where."""
    where = venue_words(venue)
    sends = say(
        "{orders}, {amount},",
        orders=count(len(plan.orders), "order"),
        amount=money(plan.notional, quote_unit(plan)),
    )
    cancels = count(len(plan.cancels), "working order")
    if not plan.cancels:
        return say("Send {sends} to {where}", sends=sends, where=where)
    if not plan.orders:
        return say("Cancel {cancels} on {where}", cancels=cancels, where=where)
    return say(
        "Cancel {cancels}, then send {sends} to {where}",
        cancels=cancels,
        sends=sends,
        where=where,
    )


def headline(plan: Plan, venue: str) -> str:
    """Say in one sentence what a plan does."""
    where = venue_words(venue)
    if not plan.lines:
        return say("Nothing to plan yet: add a strategy, give it a target, then preview.")
    if plan.orders or plan.cancels:
        parts = [retell(line.outcome) for line in plan.lines if line.orders or line.cancels]
        ahead = say(" After the cancel, preview again.") if not plan.orders else ""
        return say(
            "On {where}: {what}.{ahead}", where=where, what=say("; ").join(parts), ahead=ahead
        )
    if plan.refusals:
        return say(
            "Nothing can be sent: {refusals}, see below.",
            refusals=count(len(plan.refusals), "refusal"),
        )
    if all(line.delta.quantity == ZERO for line in plan.lines):
        return say("Nothing to send: already there.")
    return say("Nothing to send: every difference is inside the deadband.")
