"""A past moment of a desk: read from its journal, and drawn as tables nobody can act on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nettools.decimals import signed
from nettools.desk.report import outcome_of
from nettools.errors import JournalError
from nettools.journal import DeskState, Reading, Row
from nettools.journal.words import describe
from nettools.render import escape, html_table
from nettools.texts import account, retell, say, say_each, word
from nettools.widgets.markup import note_html

MOST_ROWS = 40
"""Rows of one table; more would make the page heavy."""
_Rows = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a journal says up to one of its rows."""

    row: Row
    size: int
    """How many rows there are now."""
    state: DeskState


def size_of(journal: Path) -> int:
    """Count a journal's rows; raises JournalError when it cannot be read."""
    with Reading.open_to_read(journal) as reading:
        return reading.size


def read_moment(journal: Path, number: int) -> Moment:
    """Read the desk as it was when a row was written; a desk may be writing meanwhile.

    Raises:
        JournalError: there is no such row, or the journal cannot be read.
    """
    state = DeskState()
    with Reading.open_to_read(journal) as reading:
        row = next(reading.rows(after=number - 1), None)
        if row is None:
            raise JournalError(f"the journal has {reading.size} rows; there is no row {number}")
        reading.restore(state, upto=number)
        return Moment(row=row, size=reading.size, state=state)


def moment_html(moment: Moment) -> str:
    """Draw a moment: first of all that it is past, then what the desk knew and wanted."""
    row, state = moment.row, moment.state
    when = f"{row.time:%Y-%m-%d %H:%M:%S.%f}"[:-3]
    halted = say(" Halted: {why}.", why=retell(state.halted)) if state.halted else ""
    told = say(
        ", row {row:,} of {size:,}: {kind}, {what}.{halted} For looking at only.",
        row=row.id,
        size=moment.size,
        kind=word(row.kind),
        what=retell(describe(row.record)),
        halted=halted,
    )
    banner = (
        f'<div role="status" class="nt-ask nt-past">'
        f"<b>{escape(say('As it was at {when} UTC', when=when))}</b>{escape(told)}</div>"
    )
    tables = (
        _table(
            say("targets"), say_each("strategy", "symbol", "target", "state"), _targets(state)
        ),
        _table(
            say("virtual positions"), say_each("account", "leg", "base units"), _held(state)
        ),
        _table(say("orders that may still execute"), say_each("leg", "order"), _orders(state)),
        _table(say("breaks"), say_each("leg", "what differs"), _breaks(state)),
    )
    return f'{banner}<div class="nt-facts nt-scroll" tabindex="0">{"".join(tables)}</div>'


def _table(name: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return f"<div>{note_html(say('{name}: none', name=name))}</div>"
    shown = html_table(headers, rows[:MOST_ROWS], name)
    hidden = (
        say("Showing {shown} of {total:,}.", shown=MOST_ROWS, total=len(rows))
        if len(rows) > MOST_ROWS
        else ""
    )
    return f"<div>{shown}{note_html(hidden)}</div>"


def _targets(state: DeskState) -> _Rows:
    rows: _Rows = []
    for target in state.book:
        how = target.state.value
        if target.unknown:
            how = say("unknown ({why})", why=retell(target.unknown))
        rows.append((target.strategy, target.symbol, signed(target.wanted), how))
    return rows


def _held(state: DeskState) -> _Rows:
    ours: _Rows = [
        (account(name), str(leg), signed(quantity))
        for leg in state.ledger.legs
        for name, quantity in state.ledger.virtual(leg).items()
    ]
    return [
        *ours,
        *((account("(not ours)"), str(leg), signed(q)) for leg, q in state.baseline.items()),
    ]


def _orders(state: DeskState) -> _Rows:
    return [
        (str(order.report.order.leg), retell(outcome_of(order.report)))
        for order in state.orders.values()
        if not order.is_settled
    ]


def _breaks(state: DeskState) -> _Rows:
    return [(str(leg), retell(str(found))) for leg, found in state.breaks.items()]
