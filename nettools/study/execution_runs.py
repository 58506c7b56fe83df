"""Many smart orders over one market: a row of whole numbers for each.

A market, rules and a table of orders come in; a table of results goes out. Plain Python over
whole numbers that numba compiles as it stands, as in ``execution_order``.
"""

from nettools.smart import Rule
from nettools.study import execution_order as order
from nettools.study.execution_market import ASK, BID, TIME, Market, Numbers, item_at
from nettools.study.execution_order import (
    F_LOTS,
    F_MAKER,
    F_MID,
    F_PRICE,
    F_TIME,
    FILLS,
    Line,
    begin,
    work,
)

O_RULE, O_START, O_QUANTITY, O_SEED = range(4)
"""Columns of an order: number of its rule, ns, lots, and what its faults are drawn from."""
COPIED = (
    order.STARTED, order.ENDED, order.DONE, order.BROKEN, order.QUANTITY, order.FILLED,
    order.ARRIVAL, order.FIRST, order.END, order.WHY_TAKEN, order.WHY_STOPPED, order.QUOTES,
    order.REQUOTES, order.REFUSALS,
)  # fmt: skip
(
    STARTED, ENDED, DONE, BROKEN, QUANTITY, FILLED, ARRIVAL, FIRST, END, WHY_TAKEN,
    WHY_STOPPED, QUOTES, REQUOTES, REFUSALS, MADE, PAID, MIDS, MADE_PAID, LAST_FILL,
    GAIN_1, GAIN_5, GAIN_30, MARKED_1, MARKED_5, MARKED_30,
) = range(25)  # fmt: skip
"""Columns of a result. Lots: QUANTITY, FILLED, MADE (as a maker), MARKED (of MADE, whose
markout is known). Lots × ticks: PAID, MADE_PAID (as a maker), GAIN (twice what MARKED had
gained so many seconds later). Ticks: ARRIVAL, FIRST, END, each bid + ask. MIDS is lots × (bid +
ask) at the fills."""
PLACES = 25
HORIZONS = (1_000_000_000, 5_000_000_000, 30_000_000_000)


def sum_up(market: Market, side: int, s: Numbers, fills: Numbers, out: Numbers) -> None:
    """Write the result of an order that is over."""
    for place in range(PLACES):
        out[place] = 0
    for place in range(len(COPIED)):
        out[place] = s[COPIED[place]]
    last = market.items[len(market.items) - 1][TIME]
    for n in range(s[FILLS]):
        time, price, lots = fills[n][F_TIME], fills[n][F_PRICE], fills[n][F_LOTS]
        out[PAID] += lots * price
        out[MIDS] += lots * fills[n][F_MID]
        out[LAST_FILL] = time
        if fills[n][F_MAKER] == 0:
            continue
        out[MADE] += lots
        out[MADE_PAID] += lots * price
        for h in range(len(HORIZONS)):
            if time + HORIZONS[h] <= last:
                row = market.items[item_at(market, time + HORIZONS[h])]
                if row[BID] > 0 and row[ASK] > 0:
                    out[GAIN_1 + h] += side * lots * (row[BID] + row[ASK] - 2 * price)
                    out[MARKED_1 + h] += lots


def work_all(  # noqa: PLR0913, PLR0917 - compiled: everything comes in as a plain argument
    market: Market,
    rules: tuple[Rule, ...],
    line: Line,
    orders: Numbers,
    results: Numbers,
    s: Numbers,
    fills: Numbers,
) -> None:
    """Work every order of the table, each alone on the market; fills the results."""
    for n in range(len(orders)):
        rule = rules[orders[n][O_RULE]]
        begin(market, s, orders[n][O_START], orders[n][O_QUANTITY], orders[n][O_SEED])
        work(market, rule, line, s, fills)
        sum_up(market, rule.side, s, fills, results[n])


STEPS = (sum_up, work_all)
"""Compiled in this order, after those of ``execution_order``."""
