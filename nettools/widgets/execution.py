"""What execution cost: the newest parent orders, each strategy's part, and markouts."""

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any

import ipywidgets as ui
import pandas as pd

from nettools.decimals import plain
from nettools.desk import Desk
from nettools.desk.executions import Executions, costs_frame, markouts_frame
from nettools.render import html_table
from nettools.texts import count, say, word
from nettools.widgets.accounting import cents
from nettools.widgets.markup import note_html, table_html
from nettools.widgets.parts import Part
from nettools.widgets.proof import quote_unit_of
from nettools.widgets.words import clock

FASTEST_SECONDS = 2.0
"""The tables are not made more often than this."""
SHOWN = 20
"""Parent orders shown, newest first."""
_PARTS = ("spread", "fee", "delay", "market_move", "unfilled", "total", "at_once", "gained")
_MEANING = (
    "Beyond the mid at the decision; positive is a cost. market move: what the market did "
    "while we waited. at once: the twin that takes all of it at the decision. gained: at once "
    "− total. unknown: no quote was seen for it, which is not zero."
)


def execution_view(desk: Desk) -> Part:
    """Show what the newest parent orders cost, and whether resting first paid."""
    view = Part("execution costs of a desk", desk)
    headline, tables = ui.HTML().add_class("nt-execution-words"), ui.HTML()
    tables.add_class("nt-execution")
    drawn: list[float] = []

    def draw() -> None:
        now = view.screen.home.loop.time()
        if drawn and now - drawn[-1] < FASTEST_SECONDS:
            return
        drawn[:] = [now]
        found, unit = desk.recent_executions(), quote_unit_of(view.screen)
        headline.value = note_html(execution_words(found, unit), "status")
        tables.value = execution_html(found, unit) if found.parents else ""

    view.follow(draw)
    return view.show("", [headline, tables])


def execution_words(found: Executions, unit: str) -> str:
    """Say in one sentence what execution cost, and what taking at once would have."""
    if not found.parents:
        return say("Nothing was executed yet; what each order cost will be shown here.")
    orders = costs_frame(found, "order")
    known = orders[orders["total"].notna() & orders["at_once"].notna()]
    lost = len(orders) - len(known)
    left = say("; of {lost} it is unknown", lost=count(lost, "order")) if lost else ""
    if known.empty:
        return say("What {orders} cost is not known yet.", orders=count(len(orders), "order"))
    total, at_once = sum(known["total"], Decimal(0)), sum(known["at_once"], Decimal(0))
    return say(
        "{orders} cost {total} {unit}; taking at once would have cost {at_once}{left}.",
        orders=count(len(known), "order"),
        total=cents(total),
        unit=unit,
        at_once=cents(at_once),
        left=left,
    )


def execution_html(found: Executions, unit: str) -> str:
    """Draw the newest orders, the strategies' parts and the markouts; every text is escaped."""
    orders = costs_frame(found, "order").iloc[::-1].head(SHOWN)
    head = (
        say("decided (UTC)"),
        say("leg"),
        say("order"),
        say("style"),
        *_named(_PARTS),
        say("bps"),
        say("maker"),
        say("filled in"),
    )
    rows = [
        (
            clock(row["decided"]),
            " ".join(filter(None, (row["symbol"], _side(row["position_side"])))),
            say(
                "{side} {filled} of {quantity}",
                side=word(row["side"]),
                filled=plain(row["filled"]),
                quantity=plain(row["quantity"]),
            ),
            word(row["style"]),
            *(_money(row[part]) for part in _PARTS),
            _money(row["total_bps"]),
            "–" if row["maker_share"] is None else f"{row['maker_share']:.0%}",
            _seconds(row),
        )
        for row in orders.to_dict("records")
    ]
    said = say(
        "Showing {shown} of {total:,}, newest first, in {unit}.",
        shown=len(rows),
        total=len(found.parents),
        unit=unit,
    )
    table = table_html(say("Execution"), head, rows)
    parts = strategies_html(found) + markouts_html(markouts_frame(found))
    beside = f'<div class="nt-facts nt-scroll" tabindex="0">{parts}</div>'
    return note_html(said) + table + beside + note_html(say(_MEANING))


def strategies_html(found: Executions) -> str:
    """Draw each strategy's part of the cost, by its share of the fills."""
    people = costs_frame(found, "strategy")
    return html_table(
        (say("strategy"), say("orders"), *_named(_PARTS), say("bps")),
        [
            (
                row["strategy"],
                str(row["orders"]),
                *(_money(row[part]) for part in _PARTS),
                _money(row["total_bps"]),
            )
            for row in people.to_dict("records")
        ],
        name=say("strategy"),
    )


def markouts_html(marks: pd.DataFrame) -> str:
    """Draw what fills had gained a little later, with the 95 % range of the mean."""
    rows = [
        (
            say(
                "{liquidity}, {seconds} s later",
                liquidity=word(row["liquidity"]),
                seconds=row["seconds"],
            ),
            str(row["fills"]),
            str(row["unknown"]),
            _bps(row["mean_bps"]),
            say("unknown")
            if pd.isna(row["low_bps"])
            else say("{low} to {high}", low=_bps(row["low_bps"]), high=_bps(row["high_bps"])),
        )
        for row in marks.to_dict("records")
    ]
    return html_table(
        (say("markout (bps)"), say("fills"), say("unknown"), say("mean"), say("95 % range")),
        rows,
        name=say("markout (bps)"),
    )


def _named(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word(column.replace("_", " ")) for column in columns)


def _side(position_side: str) -> str:
    return "" if position_side == "both" else position_side.upper()


def _money(amount: Decimal | None) -> str:
    return say("unknown") if amount is None else cents(amount)


def _bps(mean: float | None) -> str:
    return say("unknown") if mean is None or pd.isna(mean) else f"{mean:+.2f}"


def _seconds(row: Mapping[Hashable, Any]) -> str:
    if row["seconds_to_fill"] is None:
        return "–" if row["done"] else say("at work")
    return f"{row['seconds_to_fill']:.1f} s"
