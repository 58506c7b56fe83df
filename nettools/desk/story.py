"""Tells what a smart order did: its child orders, its switches and why, and the book beside.

Rows of the recorder and the lately seen touches come in, tables go out. Nothing here can be
changed or sent.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from nettools.desk.recorder import Recorder
from nettools.desk.touches import Touches
from nettools.journal import Row
from nettools.journal.records import Filled, Intended, Record, Reported
from nettools.journal.smart import SmartBegun, SmartEnded, Switched

if TYPE_CHECKING:
    import pandas as pd

STORY = ("time", "what", "price", "quantity", "bid", "ask", "text")
"""What a row of a story has: ``what`` is touch, rest, take, gone, fill, switch or end."""
SMART = ("time", "client_order_id", "symbol", "position_side", "side", "quantity", "ended")
KINDS = (SmartBegun, Switched, SmartEnded, Intended, Reported, Filled)
"""Records a story is made of."""


def smart_frame(recorder: Recorder) -> "pd.DataFrame":
    """Give a row per smart order, newest first; ``ended`` says why, empty while at work."""
    import pandas as pd  # noqa: PLC0415 - on first use

    ended = {
        row.record.parent: row.record.reason
        for row in recorder.recent
        if isinstance(row.record, SmartEnded)
    }
    rows = [
        [
            row.time, order.client_order_id, order.symbol, order.position_side.value,
            order.side.value, order.quantity, ended.get(order.client_order_id, ""),
        ]
        for row in reversed(recorder.recent)
        if isinstance(row.record, SmartBegun)
        for order in (row.record.order,)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(SMART), dtype=object)


def story_frame(recorder: Recorder, touches: Touches, parent: str) -> "pd.DataFrame":
    """Give what happened to a smart order and at the touch meanwhile, oldest first."""
    import pandas as pd  # noqa: PLC0415 - on first use

    mine = [row for row in recorder.recent if _is_about(row.record, parent)]
    rows = [line for row in mine for line in _lines(row)]
    if mine:
        begun = mine[0].record
        symbol = begun.order.symbol if isinstance(begun, SmartBegun) else ""
        ended = mine[-1].time if isinstance(mine[-1].record, SmartEnded) else None
        rows += _touches(touches, symbol, mine[0].time, ended)
    rows.sort(key=lambda row: row[0])  # type: ignore[arg-type, return-value]  # times
    return pd.DataFrame(rows, columns=list(STORY), dtype=object)


def _is_about(record: Record, parent: str) -> bool:
    if isinstance(record, SmartBegun):
        return record.order.client_order_id == parent
    if isinstance(record, Switched | SmartEnded):
        return record.parent == parent
    child = ""
    if isinstance(record, Intended):
        child = record.order.client_order_id
    elif isinstance(record, Reported):
        child = record.client_order_id
    elif isinstance(record, Filled):
        child = record.fill.client_order_id
    return child.rpartition("-")[0] == parent


def _lines(row: Row) -> list[list[object]]:
    record, time = row.record, row.time
    if isinstance(record, Switched):
        text = f"{record.action}: {record.reason}"
        return [[time, "switch", record.price, None, record.bid, record.ask, text]]
    if isinstance(record, Intended):
        order = record.order
        what = "rest" if order.post_only else "take"
        name = order.client_order_id
        return [[time, what, order.limit_price, order.quantity, None, None, name]]
    if isinstance(record, Reported) and record.state.is_final:
        return [[time, "gone", None, None, None, None, record.client_order_id]]
    if isinstance(record, Filled):
        fill = record.fill
        liquidity = fill.liquidity.value
        return [[fill.time, "fill", fill.price, fill.quantity, None, None, liquidity]]
    if isinstance(record, SmartEnded):
        return [[time, "end", None, record.filled, None, None, record.reason]]
    return []


def _touches(
    touches: Touches, symbol: str, since: datetime, until: datetime | None
) -> Iterable[list[object]]:
    for quote in touches.between(symbol, since, until):
        yield [max(quote.time, since), "touch", None, None, quote.bid, quote.ask, ""]
