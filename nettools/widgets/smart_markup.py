"""Smart orders in words: a line each, and their switches as a table; every text is escaped."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nettools.decimals import plain
from nettools.desk.parent import AtWork
from nettools.texts import retell, say, say_each, word
from nettools.widgets.markup import note_html, table_html

if TYPE_CHECKING:
    import pandas as pd

MOST_SWITCHES = 60
"""Rows of the table, the newest."""
_LINE = ("order", "rests at", "queue ahead", "filled", "re-quotes", "time", "last switch")
_STORY = ("time (UTC)", "what and why", "price", "bid", "ask")


def at_work_html(orders: Iterable[AtWork]) -> str:
    """Draw a line for each smart order at work."""
    rows = [_line(order) for order in orders]
    if not rows:
        return note_html(say("None: execute a plan in the smart style, and it is minded here."))
    return table_html(say("Smart orders at work"), say_each(*_LINE), rows)


def _line(order: AtWork) -> tuple[str, ...]:
    resting = say("nothing rests") if order.resting_at is None else plain(order.resting_at)
    return (
        f"{word(order.side.value)} {plain(order.quantity)} {order.leg}",
        resting,
        "–" if order.resting_at is None else say("unknown"),
        f"{plain(order.filled)}/{plain(order.quantity)}",
        f"{order.requotes}/{order.most_requotes}",
        say(
            "{elapsed:.0f} s of {timeout} s",
            elapsed=order.elapsed_seconds,
            timeout=plain(order.timeout_seconds),
        ),
        retell(order.doing),
    )


def story_html(story: "pd.DataFrame") -> str:
    """Draw the switches of a smart order, newest first, with the touch each saw.

    Args:
        story: as ``Desk.smart_story()`` gives it.
    """
    if story.empty:
        return note_html(say("No smart order yet: execute a plan in the smart style."))
    told = story[story["what"].isin(["switch", "end"])]
    rows = told.iloc[: -MOST_SWITCHES - 1 : -1].to_dict("records")
    return table_html(say("Smart orders"), say_each(*_STORY), [_row(row) for row in rows])


def _row(row: dict[Any, Any]) -> tuple[str, ...]:
    prices = (row["price"], row["bid"], row["ask"])
    what = (
        say("ended: {why}", why=retell(row["text"]))
        if row["what"] == "end"
        else retell(str(row["text"]))
    )
    return (
        f"{row['time']:%m-%d %H:%M:%S.%f}"[:-3],
        what,
        *("–" if price is None else plain(price) for price in prices),
    )
