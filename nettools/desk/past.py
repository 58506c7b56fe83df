"""The desk as it was: orders and what became of them, and its state at any moment.

Rows of the journal and states folded from them come in, tables and plain values go out.
Nothing here can be changed or sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from nettools.decimals import ZERO, plain, signed
from nettools.desk.recorder import Recorder
from nettools.desk.tables import ledger_frame
from nettools.journal import DeskState, Row
from nettools.journal.records import Intended, Reported
from nettools.journal.smart import Switched
from nettools.model import Leg, Order, OrderState
from nettools.reconcile import Break
from nettools.render import html_table, text_table
from nettools.targets import TargetBook

if TYPE_CHECKING:
    import pandas as pd

TIMELINE = (
    "time", "client_order_id", "symbol", "position_side", "side", "quantity", "state",
    "filled", "evidence", "message",
)  # fmt: skip
_HEADERS = ("strategy", "leg", "target", "virtual")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A desk as of a moment: what was written until then."""

    moment: datetime
    """The moment that was asked for (UTC)."""
    state: DeskState
    """What the rows until then add up to; not to be changed."""

    @property
    def targets(self) -> TargetBook:
        """What every strategy wanted."""
        return self.state.book

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Differences that were open."""
        return tuple(self.state.breaks.values())

    @property
    def halted(self) -> str:
        """Why nothing was sent; empty when it was allowed."""
        return self.state.halted

    def positions(self) -> dict[Leg, Decimal]:
        """Give the position per leg by our fills, signed base units; flat legs left out."""
        held = {leg: self.state.ledger.position(leg) for leg in self.state.ledger.legs}
        return {leg: quantity for leg, quantity in held.items() if quantity}

    def accounts(self) -> "pd.DataFrame":
        """Give a row per leg and account: what its postings until then add up to."""
        return ledger_frame(self.state.ledger)

    def orders(self) -> "pd.DataFrame":
        """Give a row per order that might still execute, or whose fills were missing."""
        import pandas as pd  # noqa: PLC0415 - on first use

        rows = []
        for known in self.state.orders.values():
            report, order = known.report, known.report.order
            rows.append(
                [
                    known.changed, *_named(order), report.state.value, report.filled, "",
                    report.message,
                ]
            )  # fmt: skip
        return pd.DataFrame(rows, columns=list(TIMELINE), dtype=object)

    def _rows(self) -> list[list[str]]:
        legs = {**self.state.wanted, **self.state.ledger.legs}
        rows = []
        for leg in sorted(legs, key=str):
            wanted, held = self.state.wanted.get(leg, {}), self.state.ledger.virtual(leg)
            rows += [
                [name, str(leg), signed(wanted.get(name, ZERO)), signed(held.get(name, ZERO))]
                for name in {**wanted, **held}
            ]
        return rows

    def _said(self) -> str:
        orders, breaks = len(self.state.orders), len(self.breaks)
        text = f"As it was at {self.moment:%Y-%m-%d %H:%M:%S} UTC: {orders} open orders, "
        return f"{text}{breaks} breaks" + (f"; halted: {self.halted}" if self.halted else "")

    def __repr__(self) -> str:
        return f"{self._said()}\n{text_table(_HEADERS, self._rows())}"

    def _repr_html_(self) -> str:
        return html_table(_HEADERS, self._rows(), self._said())


def timeline(recorder: Recorder, symbol: str | None) -> "pd.DataFrame":
    """Give a row per change of an order's state, oldest first, of the newest rows written."""
    import pandas as pd  # noqa: PLC0415 - on first use

    changes = _changes(recorder, recorder.recent)
    rows = [change for change in changes if symbol in {None, change[2]}]
    return pd.DataFrame(rows, columns=list(TIMELINE), dtype=object)


def _changes(recorder: Recorder, rows: Iterable[Row]) -> list[list[object]]:
    orders: dict[str, Order] = {}
    changes: list[list[object]] = []
    why: dict[str, str] = {}
    for row in rows:
        record = row.record
        if isinstance(record, Switched):
            why[record.child] = f"{record.action}: {record.reason}"
        if isinstance(record, Intended):
            orders[record.key] = record.order
            state, there, evidence = OrderState.INTENT, ZERO, ""
            message = why.pop(record.key, "")
        elif isinstance(record, Reported):
            state, there = record.state, record.filled
            evidence, message = record.evidence, record.message
        else:
            continue
        name = record.key if isinstance(record, Intended) else record.client_order_id
        order = orders.get(name) or _written(recorder, name)
        if order is not None:
            orders[name] = order
            changes.append([row.time, *_named(order), state.value, there, evidence, message])
    return changes


def _written(recorder: Recorder, client_order_id: str) -> Order | None:
    """Look an order up whose intent is older than the newest rows."""
    row = recorder.find(Intended, client_order_id)
    return row.record.order if row and isinstance(row.record, Intended) else None


def _named(order: Order) -> list[object]:
    return [
        order.client_order_id,
        order.symbol,
        order.position_side.value,
        order.side.value,
        Decimal(plain(order.quantity)),
    ]
