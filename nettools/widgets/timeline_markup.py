"""The changes of orders as a table, newest first; every text is escaped by ``render``."""

from typing import TYPE_CHECKING, Any

from nettools.decimals import plain
from nettools.texts import retell, say, say_each, word
from nettools.widgets.markup import note_html, table_html

if TYPE_CHECKING:
    import pandas as pd

MOST_CHANGES = 60
"""Rows of the table; ``desk.timeline()`` has all."""
_HEADERS = ("time (UTC)", "leg", "order", "state", "filled", "known from", "says")


def timeline_html(changes: "pd.DataFrame") -> str:
    """Draw the newest changes of state, what each is known from and what the venue said.

    Args:
        changes: as ``Desk.timeline()`` gives it, oldest first.
    """
    if changes.empty:
        return note_html(say("No orders yet: execute a plan, and each of its orders is here."))
    newest = changes.iloc[: -MOST_CHANGES - 1 : -1].to_dict("records")
    table = table_html(say("Orders"), say_each(*_HEADERS), [_row(one) for one in newest])
    total = len(changes)
    said = say(
        "Showing {shown} of {total:,} changes, newest first.", shown=len(newest), total=total
    )
    return note_html(said) + table


def _row(change: dict[Any, Any]) -> tuple[str, ...]:
    side = str(change["position_side"])
    leg = str(change["symbol"]) + ("" if side == "both" else f" {side.upper()}")
    return (
        f"{change['time']:%m-%d %H:%M:%S.%f}"[:-3],
        leg,
        f"{word(change['side'])} {plain(change['quantity'])} ({change['client_order_id']})",
        word(str(change["state"])),
        plain(change["filled"]),
        retell(str(change["evidence"])) or "–",
        retell(str(change["message"])) or "–",
    )
