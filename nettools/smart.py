"""Decides what one smart order does next: wait, rest, re-quote, take, or stop, and why.

A rule (its parameters) and what is seen of the book and the order come in, an action, a price
and a reason go out; all of it in whole numbers: prices in ticks, quantities in lots, times in
nanoseconds, fractions in millionths. So the functions of ``DECISION`` run as they stand, or
compiled, over months of tape, and decide the same. Keeps two laws: on data that is stale,
crossed or missing nothing is taken; and whatever is taken has a reason.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from nettools.decimals import ZERO, round_down, round_toward_zero, round_up
from nettools.model import Instrument, Quote
from nettools.style import Style

# Actions

WAIT = 0
"""Leave everything as it is."""
REST = 1
"""Send a post-only order at the price; nothing rests now."""
REQUOTE = 2
"""Cancel what rests; once it is final and its fills add up, decide again."""
TAKE = 3
"""Trade what remains at once, no worse than the price; cancel first what rests."""
STOP = 4
"""Cancel what rests; what remains returns to the next diff."""

# Reasons

NOTHING_NEW = 0
FIRST_QUOTE = 1
BEST_MOVED = 2
NEXT_QUOTE = 3
TIMEOUT = 4
ADVERSE_MOVE = 5
IMBALANCE = 6
TOO_MANY_REQUOTES = 7
POST_ONLY_REFUSED = 8
TARGET_CHANGED_SIGN = 9
TARGET_CHANGED = 10
BELOW_MINIMUM = 11
NO_GOOD_DATA = 12
FILLED = 13
TAKEN = 14
HALTED = 15
REFUSED = 16
FROZEN = 17
OWN_ORDER = 18
NOT_SENT = 19
CLOSED = 20
POSITION_MOVED = 21

ACTIONS = ("wait", "rest", "re-quote", "take", "stop")
"""What each action is called, by its number."""
REASONS = (
    "nothing new",
    "first quote",
    "best price moved",
    "next quote",
    "timeout",
    "adverse move",
    "book imbalance",
    "too many re-quotes",
    "post-only refused",
    "target changed sign",
    "target changed",
    "remainder below the smallest order",
    "no good data",
    "filled",
    "taken; the rest returns to the next diff",
    "halted",
    "refused by the venue",
    "the leg is frozen",
    "an own order is in the way",
    "nothing could be sent",
    "the desk was closed",
    "the position moved",
)
"""What each reason is called, by its number."""

_MILLION = 1_000_000


class Rule(NamedTuple):
    """The parameters of a smart order, whole numbers."""

    side: int
    """+1 buys, -1 sells."""
    improve_ticks: int
    """How far into the spread it rests, where the spread has room; ticks."""
    rest_ns: int
    """A quote rests at least so long before it is replaced."""
    most_requotes: int
    """So many quotes may be replaced; then it takes."""
    most_refusals: int
    """So many post-only orders may be refused in a row; then it takes."""
    timeout_ns: int
    """After so long it takes."""
    adverse_ppm: int
    """Takes when the mid ran so far away from the arrival, millionths; 0 for never."""
    imbalance_ppm: int
    """Takes when our side of the touch holds this share of both, millionths; 0 for never."""
    slippage_ppm: int
    """How far beyond the touch it may take, millionths."""
    least_lots: int
    """A remainder smaller than this is not sent any more."""
    data_age_ns: int
    """A touch older than this is not good data."""


class Seen(NamedTuple):
    """What a smart order sees at one moment, whole numbers."""

    now_ns: int
    started_ns: int
    """When it began to work."""
    arrival_half_ticks: int
    """Bid + ask when the plan was made: twice the mid, ticks."""
    remaining_lots: int
    """Of the whole order, after every fill that is known."""
    bid: int
    """Ticks; 0 when there is none."""
    ask: int
    """Ticks; 0 when there is none."""
    bid_lots: int
    """On the best bid; -1 when not known."""
    ask_lots: int
    """On the best ask; -1 when not known."""
    touch_ns: int
    """When the touch was told."""
    rest_price: int
    """Of our resting quote, ticks; 0 when nothing rests."""
    rested_ns: int
    """Since when it rests."""
    quotes: int
    """How many were sent."""
    requotes: int
    """How many of them replaced one that was not filled."""
    refusals: int
    """How many post-only orders in a row were refused."""
    switching: int
    """The reason a cancel was asked for, to take once it is final; 0 for none."""
    told: int
    """The reason it was told to stop from outside; 0 for none."""
    taken: int
    """1 once the taker leg was sent."""


def is_good(rule: Rule, seen: Seen) -> bool:
    """Say whether the touch can be decided on: there, not crossed, not stale."""
    age = seen.now_ns - seen.touch_ns
    return 0 < seen.bid < seen.ask and -rule.data_age_ns <= age <= rule.data_age_ns


def is_outbid(rule: Rule, seen: Seen) -> bool:
    """Say whether somebody quotes better than our quote, and it has rested long enough.

    A best price that moved away leaves us first in the queue, which is no reason to move.
    """
    own = seen.bid if rule.side > 0 else seen.ask
    is_behind = (own - seen.rest_price) * rule.side > 0
    return is_behind and seen.now_ns - seen.rested_ns >= rule.rest_ns


def leans_against(rule: Rule, seen: Seen) -> bool:
    """Say whether our side of the touch is so heavy that the price will rather run away."""
    if rule.imbalance_ppm == 0 or seen.bid_lots < 0 or seen.ask_lots < 0:
        return False
    own = seen.bid_lots if rule.side > 0 else seen.ask_lots
    both = seen.bid_lots + seen.ask_lots
    return both > 0 and own * _MILLION >= rule.imbalance_ppm * both


def ran_away(rule: Rule, seen: Seen) -> bool:
    """Say whether the mid has run so far from the arrival price that waiting costs more."""
    moved = (seen.bid + seen.ask - seen.arrival_half_ticks) * rule.side
    limit = rule.adverse_ppm * seen.arrival_half_ticks
    return rule.adverse_ppm > 0 and moved * _MILLION >= limit


def why_give_up(rule: Rule, seen: Seen) -> int:
    """Give the reason to quote no more, 0 for none."""
    if seen.refusals > 0 and seen.refusals >= rule.most_refusals:
        return POST_ONLY_REFUSED
    wants_quote = is_outbid(rule, seen) if seen.rest_price > 0 else seen.quotes > 0
    if wants_quote and seen.requotes >= rule.most_requotes:
        return TOO_MANY_REQUOTES
    has_rested = seen.rest_price > 0 and seen.now_ns - seen.rested_ns >= rule.rest_ns
    return IMBALANCE if has_rested and leans_against(rule, seen) else NOTHING_NEW


def why_take(rule: Rule, seen: Seen) -> int:
    """Give the reason to take now, 0 for none."""
    if seen.switching not in (NOTHING_NEW, BEST_MOVED):
        return seen.switching
    if seen.now_ns - seen.started_ns >= rule.timeout_ns:
        return TIMEOUT
    if ran_away(rule, seen):
        return ADVERSE_MOVE
    return why_give_up(rule, seen)


def price_to_rest(rule: Rule, seen: Seen) -> int:
    """Give where a quote rests, ticks: at the best own-side price, or inside a wide spread.

    After a refusal one tick further back for each in a row.
    """
    own = seen.bid if rule.side > 0 else seen.ask
    room = min(rule.improve_ticks, seen.ask - seen.bid - 1)
    step = room if seen.refusals == 0 else -seen.refusals
    return max(own + rule.side * step, 1)


def price_to_take(rule: Rule, seen: Seen) -> int:
    """Give the worst price the taker leg may trade at, ticks."""
    far = seen.ask if rule.side > 0 else seen.bid
    return max(far + rule.side * (far * rule.slippage_ppm // _MILLION), 1)


def why_rest(seen: Seen) -> int:
    """Give the reason of a new quote."""
    if seen.refusals > 0:
        return POST_ONLY_REFUSED
    if seen.switching > 0:
        return seen.switching
    return FIRST_QUOTE if seen.quotes == 0 else NEXT_QUOTE


def why_stop(rule: Rule, seen: Seen) -> int:
    """Give the reason to trade no more, 0 for none."""
    if seen.remaining_lots <= 0:
        return FILLED
    if seen.told > 0:
        return seen.told
    if seen.taken > 0:
        return TAKEN
    if not is_good(rule, seen):
        return NO_GOOD_DATA
    return NOTHING_NEW


def decide(rule: Rule, seen: Seen) -> tuple[int, int, int]:
    """Decide what to do next: the action, its price in ticks (or 0), and the reason."""
    ended = why_stop(rule, seen)
    if ended > 0:
        return STOP, 0, ended
    is_enough = seen.remaining_lots >= rule.least_lots
    taking = why_take(rule, seen)
    if taking > 0 and is_enough:
        return TAKE, price_to_take(rule, seen), taking
    if seen.rest_price > 0 and taking == 0:
        if is_enough and is_outbid(rule, seen):
            return REQUOTE, price_to_rest(rule, seen), BEST_MOVED
        return WAIT, 0, NOTHING_NEW
    if is_enough:
        return REST, price_to_rest(rule, seen), why_rest(seen)
    return STOP, 0, BELOW_MINIMUM


DECISION = (
    is_good,
    is_outbid,
    leans_against,
    ran_away,
    why_give_up,
    why_take,
    price_to_rest,
    price_to_take,
    why_rest,
    why_stop,
    decide,
)
"""The functions ``decide`` is made of, each after those it calls: compiled in this order, in
one namespace with the numbers of this module, they are the compiled ``decide``."""


# Between Decimals and whole numbers


class Grid(NamedTuple):
    """The grid of one instrument: from exact numbers to whole ticks and lots, and back."""

    tick_size: Decimal
    step_size: Decimal

    @classmethod
    def of(cls, instrument: Instrument) -> "Grid":
        """Take the grid an instrument is traded on."""
        return cls(instrument.tick_size, instrument.step_size)

    def touch(self, quote: Quote) -> tuple[int, int]:
        """Give bid and ask in ticks; off the grid the bid rounds down, the ask up."""
        bid = round_down(quote.bid, self.tick_size)
        ask = round_up(quote.ask, self.tick_size)
        return int(bid / self.tick_size), int(ask / self.tick_size)

    def lots(self, quantity: Decimal) -> int:
        """Give whole lots; what is less than one is left out, toward zero."""
        return int(round_toward_zero(quantity, self.step_size) / self.step_size)

    def price(self, ticks: int) -> Decimal:
        """Give the price of so many ticks, quote units."""
        return ticks * self.tick_size

    def quantity(self, lots: int) -> Decimal:
        """Give the quantity of so many lots, base units."""
        return lots * self.step_size


def reason_of(text: str) -> int:
    """Give the number of a reason by its name; 0 for none, or one of another version."""
    return REASONS.index(text) if text in REASONS else NOTHING_NEW


def nanoseconds(moment: datetime) -> int:
    """Give a time (UTC) in nanoseconds since 1970, exact to the microsecond."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def rule_of(style: Style, side: int, *, least_lots: int, data_age_seconds: Decimal) -> Rule:
    """Write a smart style as whole numbers.

    Args:
        style: its parameters.
        side: +1 buys, -1 sells.
        least_lots: the smallest order worth sending (``least_lots_of``).
        data_age_seconds: a touch older than this is not good data.
    """
    return Rule(
        side=side,
        improve_ticks=style.improve_ticks,
        rest_ns=_scaled(style.rest_seconds, _BILLION),
        most_requotes=style.most_requotes,
        most_refusals=style.most_refusals,
        timeout_ns=_scaled(style.timeout_seconds, _BILLION),
        adverse_ppm=_scaled(style.adverse_bps, 100),
        imbalance_ppm=_scaled(style.imbalance, _MILLION),
        slippage_ppm=_scaled(style.slippage_bps, 100),
        least_lots=least_lots,
        data_age_ns=_scaled(data_age_seconds, _BILLION),
    )


_BILLION = 1_000_000_000


def _scaled(value: Decimal | None, scale: int) -> int:
    return 0 if value is None else int(value * scale)


def least_lots_of(
    style: Style, instrument: Instrument, *, quantity: Decimal, price: Decimal, reduces: bool
) -> int:
    """Give the smallest remainder worth sending, lots; at most the whole order.

    The instrument's minimum quantity, its minimum notional at ``price`` (orders that reduce
    are exempt) and the style's ``min_slice``, the largest of them.
    """
    grid = Grid.of(instrument)
    least = max(instrument.min_quantity, instrument.step_size, style.min_slice or ZERO)
    if not reduces:
        least = max(least, instrument.min_notional / price)
    return min(grid.lots(round_up(least, instrument.step_size)), max(grid.lots(quantity), 1))
