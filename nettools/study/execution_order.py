"""One smart order against a recorded market, event by event, in whole numbers.

A market, a rule and the line to the venue come in; fills and what became of it go out.
What it does next is decided by ``nettools.smart.decide``, what it is filled by
``nettools.tape.queue``: the functions that trade and replay live. Everything here is plain
Python over whole numbers, which numba compiles as it stands; both give the same.

Two sides are kept apart. The venue's: the one order that rests there, and the request on its
way. The trader's: what he has been told so far, and nothing else is decided on. He asks for
nothing new while an answer is open. Laws, counted where they could break: never more filled
than wanted, never two orders at the venue, nothing left there at the end.
"""

from typing import Any, NamedTuple

from nettools.smart import (
    NOTHING_NEW,
    REFUSED,
    REQUOTE,
    REST,
    STOP,
    TAKE,
    WAIT,
    Rule,
    Seen,
    decide,
)
from nettools.study.execution_market import (
    AFTER,
    ASK,
    ASK_LOTS,
    BID,
    BID_LOTS,
    FIRST_ASK,
    FIRST_BID,
    KIND,
    LOTS,
    PRICE,
    SIDE,
    TIME,
    TRADE,
    Market,
    displayed,
    item_at,
)
from nettools.tape.queue import fill_by_quote, fill_by_trade, queue_after_level


class Line(NamedTuple):
    """The line to the venue, and what goes wrong on it; faults in millionths of requests."""

    order_in_ns: int
    """From sending a request until the venue has it."""
    answer_out_ns: int
    """From anything that happens at the venue until the trader knows."""
    lost_ppm: int = 0
    """Requests that never arrive; a cancel is asked for again, an order was never there."""
    late_ppm: int = 0
    """Requests that take up to ``LATEST_NS`` longer."""
    refused_ppm: int = 0
    """Orders the venue refuses for a reason of its own."""
    unanswered_ppm: int = 0
    """Requests that arrive, but whose answer is lost: it is looked up a while later."""


LATEST_NS = 2_000_000_000
LOOK_UP_NS = 1_000_000_000
"""After so long without an answer the order is looked up."""
NEVER_ARRIVED_NS = 20_000_000_000
"""After so long an order that the venue does not know has never arrived."""
NEVER = 1 << 62
CANCEL = 9
"""A request beside REST and TAKE."""
FARTHEST = 10_000
"""Ticks within which the next quote is looked for behind one that has met ours."""
MOST_FILLS = 4_096
"""Fills of one order; one that needs more is cut."""

# What is kept of one order: places in a row of whole numbers.
(
    NOW, ITEM, DUE, WAKE, DONE,
    QUANTITY, REMAINING, STARTED, ARRIVAL, TOUCHED,
    REST_PRICE, RESTED, QUOTES, REQUOTES, REFUSALS, SWITCHING, TOLD, TAKEN,
    OWN_PRICE, OWN_LOTS, OWN_AHEAD,
    ASKED, ASKED_PRICE, ASKED_LOTS, ARRIVES, KNOWN, IS_REFUSED,
    FILLS, FILLED, SEEN_FILLS, FIRST, ENDED, END, WHY_TAKEN, WHY_STOPPED, NOISE, BROKEN, MET,
) = range(38)  # fmt: skip
PLACES = 38
WORKING, FINISHED, CUT = 0, 1, 2
"""What DONE says; cut: the tape ended first."""
TOO_MUCH, TWO_ORDERS, LEFT_BEHIND = 1, 2, 4
"""What BROKEN counts, as bits; always 0."""
F_TIME, F_PRICE, F_LOTS, F_MID, F_MAKER = 0, 1, 2, 3, 4
"""Columns of a fill; F_MID is bid + ask of its moment: twice the mid."""
_MILLION = 1_000_000
Numbers = Any
"""A row of whole numbers, or a table of them: lists in Python, arrays when compiled."""


def noise(s: Numbers) -> int:
    """Draw a number from 0 to 999,999: the same in Python and compiled."""
    s[NOISE] = (s[NOISE] * 1_103_515_245 + 12_345) & 0x7FFFFFFF
    return int((s[NOISE] >> 8) % _MILLION)


def begin(market: Market, s: Numbers, start: int, quantity: int, seed: int) -> None:
    """Clear the row for an order that is wanted at a moment (ns); the touch must be known."""
    for place in range(PLACES):
        s[place] = 0
    s[NOW] = s[STARTED] = start
    s[ITEM] = s[ENDED] = item_at(market, start)
    s[QUANTITY] = s[REMAINING] = quantity
    s[ARRIVAL] = market.items[s[ITEM]][BID] + market.items[s[ITEM]][ASK]
    s[TOUCHED] = market.items[s[ITEM]][TIME]
    s[NOISE] = seed & 0x7FFFFFFF
    s[DUE] = s[WAKE] = start


def work(market: Market, rule: Rule, line: Line, s: Numbers, fills: Numbers) -> None:
    """Work one order that has begun until it is finished, or the tape ends."""
    last = len(market.items) - 1
    while s[DONE] == WORKING:
        item = s[ITEM] + 1
        if item > last:
            s[DONE] = CUT
        elif market.items[item][TIME] <= s[DUE]:
            s[ITEM] = item
            s[NOW] = market.items[item][TIME]
            hear(market, rule, line, s, fills)
            s[DUE] = next_due(line, s, fills)
        else:
            s[NOW] = s[DUE]
            happen(market, rule, line, s, fills)
            s[DUE] = next_due(line, s, fills)
    if s[DONE] == FINISHED and s[OWN_LOTS] > 0:
        s[BROKEN] |= LEFT_BEHIND
    s[END] = market.items[s[ITEM]][BID] + market.items[s[ITEM]][ASK]
    s[ENDED] = s[NOW]


def hear(market: Market, rule: Rule, line: Line, s: Numbers, fills: Numbers) -> None:
    """Let one item of the tape meet our order; a new touch is decided on."""
    row = market.items[s[ITEM]]
    if row[KIND] == TRADE:
        if s[OWN_LOTS] > 0:
            trade = (row[SIDE], row[PRICE], row[LOTS])
            s[OWN_AHEAD], got = fill_by_trade(
                rule.side, s[OWN_PRICE], s[OWN_AHEAD], s[OWN_LOTS], trade
            )
            fill(market, s, fills, (s[OWN_PRICE], got, 1))
        return
    s[TOUCHED], s[MET] = s[NOW], 0
    if s[OWN_LOTS] > 0:
        meet_levels(market, rule, s, fills)
    old = market.items[s[ITEM] - 1]
    is_new = old[BID] != row[BID] or old[ASK] != row[ASK]
    is_new = is_new or old[BID_LOTS] != row[BID_LOTS] or old[ASK_LOTS] != row[ASK_LOTS]
    if is_new and s[ASKED] == 0:
        act(market, rule, line, s)


def meet_levels(market: Market, rule: Rule, s: Numbers, fills: Numbers) -> None:
    """Let an update change the queue of our order, or the other side come to its price."""
    row, price = market.items[s[ITEM]], s[OWN_PRICE]
    if row[BID] == 0 and row[ASK] == 0:
        return  # the book is not known: nobody's place has changed
    first, middle, after = row[FIRST_BID], row[FIRST_ASK], row[AFTER]
    own_first, own_after = (first, middle) if rule.side > 0 else (middle, after)
    low, high = own_first, own_after
    while low < high:
        half = (low + high) // 2
        if market.rows[half][0] < price:
            low = half + 1
        else:
            high = half
    if low < own_after and market.rows[low][0] == price:
        s[OWN_AHEAD] = queue_after_level(s[OWN_AHEAD], market.rows[low][1])
    other = row[ASK] if rule.side > 0 else row[BID]
    if other == 0 or (price - other) * rule.side < 0:
        return
    for away in range(after - middle if rule.side > 0 else middle - first):
        if s[OWN_LOTS] > 0:  # the best price meets it first
            n = middle + rule.side * away - (0 if rule.side > 0 else 1)
            level, lots = market.rows[n][0], market.rows[n][1]
            got = fill_by_quote(rule.side, price, s[OWN_LOTS], level, lots)
            s[MET] += got
            fill(market, s, fills, (price, got, 1))


def fill(market: Market, s: Numbers, fills: Numbers, got: tuple[int, int, int]) -> None:
    """Book an execution (ticks, lots, 1 as a maker) at the venue; it is heard of later."""
    price, lots, maker = got
    if lots <= 0:
        return
    if maker > 0:
        s[OWN_LOTS] -= lots
    s[FILLED] += lots
    if s[FILLED] > s[QUANTITY]:
        s[BROKEN] |= TOO_MUCH
    if s[FILLS] == MOST_FILLS:
        s[DONE] = CUT
        return
    row = market.items[s[ITEM]]
    n = s[FILLS]
    fills[n][F_TIME], fills[n][F_PRICE], fills[n][F_LOTS] = s[NOW], price, lots
    fills[n][F_MID], fills[n][F_MAKER] = row[BID] + row[ASK], maker
    s[FILLS] = n + 1


def happen(market: Market, rule: Rule, line: Line, s: Numbers, fills: Numbers) -> None:
    """Let what is due now happen: a request arrives, an answer is heard, time is up."""
    if s[ASKED] > 0 and 0 < s[ARRIVES] <= s[NOW]:
        s[ARRIVES] = 0
        arrive(market, rule, s, fills)
    while s[SEEN_FILLS] < s[FILLS]:
        n = s[SEEN_FILLS]
        if fills[n][F_TIME] + line.answer_out_ns > s[NOW]:
            break
        s[REMAINING] -= fills[n][F_LOTS]
        s[SEEN_FILLS] = n + 1
    if s[REMAINING] == 0:
        s[REST_PRICE] = 0
    if s[ASKED] > 0 and s[KNOWN] <= s[NOW]:
        learn(s)
    if s[ASKED] == 0:
        act(market, rule, line, s)


def next_due(line: Line, s: Numbers, fills: Numbers) -> int:
    """Give when something happens that is not on the tape."""
    due = s[WAKE] if s[ASKED] == 0 else s[KNOWN]
    if s[ASKED] > 0 and s[ARRIVES] > 0:
        due = min(due, s[ARRIVES])
    if s[SEEN_FILLS] < s[FILLS]:
        due = min(due, fills[s[SEEN_FILLS]][F_TIME] + line.answer_out_ns)
    return int(due)


def arrive(market: Market, rule: Rule, s: Numbers, fills: Numbers) -> None:
    """Let the venue take the request that has arrived."""
    row, price = market.items[s[ITEM]], s[ASKED_PRICE]
    if s[ASKED] == CANCEL:
        s[OWN_PRICE] = s[OWN_LOTS] = s[OWN_AHEAD] = 0
        return
    if s[OWN_LOTS] > 0:
        s[BROKEN] |= TWO_ORDERS
    if s[FILLED] + s[ASKED_LOTS] > s[QUANTITY]:
        s[BROKEN] |= TOO_MUCH
    if s[TOLD] == REFUSED:
        return
    if s[ASKED] == TAKE:
        sweep(market, rule, s, fills)
        return
    other = row[ASK] if rule.side > 0 else row[BID]
    if other > 0 and (price - other) * rule.side >= 0:
        s[IS_REFUSED] = 1
        return
    s[OWN_PRICE], s[OWN_LOTS] = price, s[ASKED_LOTS]
    s[OWN_AHEAD] = displayed(market, rule.side, price, s[ITEM])
    if s[FIRST] == 0:
        s[FIRST] = row[BID] + row[ASK]


def sweep(market: Market, rule: Rule, s: Numbers, fills: Numbers) -> None:
    """Take what is displayed, best price first, no further than the asked price."""
    row, left = market.items[s[ITEM]], s[ASKED_LOTS]
    price = row[ASK] if rule.side > 0 else row[BID]
    if s[FIRST] == 0:
        s[FIRST] = row[BID] + row[ASK]
    while left > 0 and price > 0 and (s[ASKED_PRICE] - price) * rule.side >= 0:
        got = min(left, displayed(market, -rule.side, price, s[ITEM]))
        fill(market, s, fills, (price, got, 0))
        left -= got
        price += rule.side


def learn(s: Numbers) -> None:
    """Let the trader take the answer in."""
    asked, s[ASKED] = s[ASKED], 0
    if asked == REST and s[IS_REFUSED] > 0:
        s[IS_REFUSED] = 0
        s[REFUSALS] += 1
    elif asked == REST and s[OWN_PRICE] > 0 and s[REMAINING] > 0:
        s[REST_PRICE] = s[ASKED_PRICE]
    elif asked == CANCEL and s[OWN_PRICE] == 0:
        s[REST_PRICE] = s[REFUSALS] = 0


def touch_of(market: Market, side: int, s: Numbers) -> tuple[int, int, int, int]:
    """Give the touch everybody sees: bid, its lots, ask, its lots.

    A quote of ours that is alone in front is the best price, with nothing displayed beside it.
    What it has met of the other side is gone, until the next update tells of it anew.
    """
    row, own = market.items[s[ITEM]], s[OWN_PRICE]
    best, lots, other, others = row[BID], row[BID_LOTS], row[ASK], row[ASK_LOTS]
    if side < 0:
        best, lots, other, others = other, others, best, lots
    met = s[MET]
    if other > 0 and (met > 0 or (s[OWN_LOTS] > 0 and (own - other) * side >= 0)):
        for _ in range(FARTHEST):
            is_gone = s[OWN_LOTS] > 0 and (own - other) * side >= 0
            if not is_gone and others > met:
                break
            met = max(met - others, 0)
            other += side
            others = displayed(market, -side, other, s[ITEM])
        others -= met
    if s[OWN_LOTS] > 0 and (best == 0 or (own - best) * side > 0):
        best, lots = own, 0
    if side < 0:
        return other, others, best, lots
    return best, lots, other, others


def act(market: Market, rule: Rule, line: Line, s: Numbers) -> None:
    """Decide on what is seen now, and do it."""
    bid, bid_lots, ask, ask_lots = touch_of(market, rule.side, s)
    seen = Seen(
        s[NOW], s[STARTED], s[ARRIVAL], s[REMAINING],
        bid, ask, bid_lots, ask_lots, s[TOUCHED],
        s[REST_PRICE], s[RESTED], s[QUOTES], s[REQUOTES], s[REFUSALS],
        s[SWITCHING], s[TOLD], s[TAKEN],
    )  # fmt: skip
    todo(rule, line, s, decide(rule, seen))


def todo(rule: Rule, line: Line, s: Numbers, decision: tuple[int, int, int]) -> None:
    """Do what was decided."""
    action, price, reason = decision
    if action == WAIT:
        s[WAKE] = next_wake(rule, s)
    elif action == STOP and s[REST_PRICE] == 0:
        s[DONE], s[WHY_STOPPED] = FINISHED, reason
    elif action == REST:
        s[REQUOTES] += 1 if s[QUOTES] > 0 else 0
        s[QUOTES] += 1
        s[SWITCHING], s[RESTED] = NOTHING_NEW, s[NOW]
        ask(line, s, REST, price)
    elif action == TAKE and s[REST_PRICE] == 0:
        s[TAKEN], s[WHY_TAKEN] = 1, reason
        ask(line, s, TAKE, price)
    else:  # what rests goes first
        if action == STOP:
            s[TOLD] = reason
        else:
            s[SWITCHING] = reason if action in (TAKE, REQUOTE) else s[SWITCHING]
        ask(line, s, CANCEL, 0)


def next_wake(rule: Rule, s: Numbers) -> int:
    """Give when to decide again though nothing new is seen."""
    wake = NEVER
    if s[STARTED] + rule.timeout_ns > s[NOW]:
        wake = s[STARTED] + rule.timeout_ns
    if s[REST_PRICE] > 0 and s[RESTED] + rule.rest_ns > s[NOW]:
        wake = min(wake, s[RESTED] + rule.rest_ns)
    if s[TOUCHED] + rule.data_age_ns + 1 > s[NOW]:
        wake = min(wake, s[TOUCHED] + rule.data_age_ns + 1)
    return int(wake)


def ask(line: Line, s: Numbers, what: int, price: int) -> None:
    """Send a request; what can go wrong with it is drawn now."""
    s[ASKED], s[ASKED_PRICE], s[ASKED_LOTS] = what, price, s[REMAINING]
    s[ARRIVES] = s[NOW] + line.order_in_ns
    if line.late_ppm > 0 and noise(s) < line.late_ppm:
        s[ARRIVES] += noise(s) * (LATEST_NS // _MILLION)
    s[KNOWN] = s[ARRIVES] + line.answer_out_ns
    if line.unanswered_ppm > 0 and noise(s) < line.unanswered_ppm:
        s[KNOWN] += LOOK_UP_NS
    if line.lost_ppm > 0 and noise(s) < line.lost_ppm:
        s[ARRIVES] = 0
        s[KNOWN] = s[NOW] + (LOOK_UP_NS if what == CANCEL else NEVER_ARRIVED_NS)
    elif line.refused_ppm > 0 and what != CANCEL and noise(s) < line.refused_ppm:
        s[TOLD] = REFUSED


STEPS = (
    *(noise, begin, next_due, next_wake, ask, fill, sweep, arrive, learn, todo, touch_of),
    *(act, meet_levels, hear, happen, work),
)
"""The functions ``work`` is made of, each after those it calls: compiled in this order."""
