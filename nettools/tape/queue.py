"""What a recorded market fills of an order that was not there: its place in the queue. Pure.

Whole numbers come in and go out: prices in ticks, quantities in lots, sides as +1 (buy) and -1
(sell), so that ``numba.njit`` compiles these very functions. The rule:

1. An order joins behind all that is displayed at its price, and behind nothing where nothing
   is displayed.
2. A trade at its price, with a taker of the other side, uses up the queue ahead of it first
   and then the order: it gets what the trade has left, never more.
3. A trade *through* its price would have met it first: it gets up to the trade's lots.
4. Where the level shrinks without trades, those behind it are taken to have left: the queue
   ahead is cut only when the level displays less than it. This is the risk-averse model
   (docs of hftbacktest, ``RiskAverseQueueModel``): whoever stands ahead never leaves early.
5. When the other side is displayed at its price or through it, nobody can be ahead of it any
   more, and those quotes would have met it: it gets up to what they display, once for each
   time they are displayed anew.

Law: of one trade, and of one displayed quantity, no more is filled than its lots. Several
orders share a trade best price first, then the one that came first: pass each what the others
left.
"""

BUY, SELL = 1, -1
"""Signs of a side."""


def queue_after_level(ahead: int, displayed: int) -> int:
    """Give the queue ahead after its level displays so many lots: the risk-averse model.

    Args:
        ahead: lots ahead of the order before.
        displayed: lots of the recorded level at the order's price; 0 when it is gone.
    """
    return min(ahead, displayed)


def fill_by_trade(
    side: int, price: int, ahead: int, lots: int, trade: tuple[int, int, int]
) -> tuple[int, int]:
    """Give (queue ahead afterwards, lots filled) when the tape trades.

    Args:
        side: of the resting order, +1 or -1.
        price: of the resting order, ticks.
        ahead: lots ahead of it.
        lots: what is left of it.
        trade: side of the taker (+1 or -1), price in ticks, lots.
    """
    taker, trade_price, trade_lots = trade
    if taker == side:
        return ahead, 0
    through = (price - trade_price) * side
    if through > 0:
        return 0, min(lots, trade_lots)
    if through < 0:
        return ahead, 0
    if trade_lots <= ahead:
        return ahead - trade_lots, 0
    return 0, min(lots, trade_lots - ahead)


def fill_by_quote(side: int, price: int, lots: int, other: int, displayed: int) -> int:
    """Give the lots filled when the other side is displayed at a price; 0 while it is away.

    Args:
        side: of the resting order, +1 or -1.
        price: of the resting order, ticks.
        lots: what is left of it.
        other: the price the other side is displayed at, ticks.
        displayed: lots there that have met nobody since they were displayed.
    """
    if (price - other) * side < 0:
        return 0
    return min(lots, displayed)
