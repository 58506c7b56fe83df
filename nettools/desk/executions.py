"""Finds the parent orders in what was written, and lays out what each of them cost.

Rows of the recorder come in, oldest first; parent orders and tables go out. Law: the rows are
all there is, so the same journal gives the same costs after any restart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from nettools.allocate import exact_sum, share
from nettools.decimals import ZERO, plain
from nettools.desk.touches import HORIZONS
from nettools.errors import InvalidInput
from nettools.journal import Row
from nettools.journal.records import Filled, Intended, MarkedOut, Planned, Reported
from nettools.journal.smart import SmartBegun, SmartEnded
from nettools.model import Leg, Liquidity, OrderState, Quote
from nettools.shortfall import (
    MetFill,
    ParentOrder,
    Shortfall,
    in_bps,
    markout,
    shortfall_by_account,
    shortfall_of,
    taken_at_once,
)

if TYPE_CHECKING:
    import pandas as pd

    from nettools.study.markouts import MarkedFill

KINDS = (Planned, SmartBegun, SmartEnded, Intended, Reported, Filled, MarkedOut)
"""Records that costs are made of."""
YOUNG = timedelta(seconds=5)
"""A touch older than this says nothing about the moment it was written at."""
COLUMNS = ("spread", "fee", "delay", "market_move", "unfilled", "total", "at_once", "gained")
_OF_ORDER = (
    "decided", "plan_id", "symbol", "position_side", "side", "style", "quantity", "filled",
    "arrival", *COLUMNS, "total_bps", "maker_share", "seconds_to_fill",
    *(f"markout_{seconds}" for seconds in HORIZONS), "done",
)  # fmt: skip
_OF_GROUP = ("orders", "unknown", "filled_notional", *COLUMNS, "total_bps", "maker_share")
_MARKOUTS = ("liquidity", "seconds", "fills", "unknown", "mean_bps", "low_bps", "high_bps")
By = Literal["order", "strategy", "day"]


@dataclass(slots=True)
class _Draft:
    """A parent order while its rows are read."""

    parent: ParentOrder
    working: set[str] = field(default_factory=set)
    fills: list[MetFill] = field(default_factory=list)
    first: Quote | None = None
    is_placed: bool = False
    ended: datetime | None = None
    end: Quote | None = None

    def end_smart(self, name: str, now: datetime) -> None:
        """End a smart order: between two quotes it is at work too."""
        self.working.discard(name)
        self.ended = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Executions:
    """Every parent order that was found, oldest first, and what is known of it later."""

    parents: tuple[ParentOrder, ...] = ()
    mids: Mapping[tuple[str, str], Mapping[int, Decimal | None]] = field(default_factory=dict)
    """By symbol and fill id: seconds after the fill → mid then, quote units."""

    def marked_out(self, parent: ParentOrder, seconds: int) -> Decimal | None:
        """Give what a parent's fills had gained so long after each, quote units.

        Negative was lost; None when one of them is unknown, or there are none.
        """
        gains = [self._gain(met, seconds) for met in parent.fills]
        known = [gain for gain in gains if gain is not None]
        return exact_sum(known) if known and len(known) == len(gains) else None

    def _gain(self, met: MetFill, seconds: int) -> Decimal | None:
        mid = self.mids.get((met.fill.symbol, met.fill.fill_id), {}).get(seconds)
        return None if mid is None else markout(met.fill, mid)

    def marked_fills(self) -> "list[MarkedFill]":
        """Give every fill at every horizon, for statistics; a gain that is None is unknown."""
        from nettools.study.markouts import MarkedFill  # noqa: PLC0415 - on first use

        found = []
        for number, parent in enumerate(self.parents):
            for met in parent.fills:
                for seconds in HORIZONS:
                    gain = self._gain(met, seconds)
                    bps = None if gain is None else float(in_bps(gain, met.fill.notional))
                    found.append(MarkedFill(number, met.fill.liquidity.value, seconds, bps))
        return found


def executions_in(rows: Iterable[Row], quotes: Mapping[str, Quote]) -> Executions:
    """Find the parent orders; ``quotes`` value what still works."""
    drafts: dict[tuple[str, Leg], _Draft] = {}
    plans: dict[str, Planned] = {}
    of_order: dict[str, _Draft] = {}
    mids: dict[tuple[str, str], Mapping[int, Decimal | None]] = {}
    for row in rows:
        record = row.record
        if isinstance(record, Planned):
            plans[record.plan_id] = record
        elif isinstance(record, SmartEnded) and record.parent in of_order:
            of_order[record.parent].end_smart(record.parent, row.time)
        elif isinstance(record, Intended | SmartBegun):
            _intend(record, plans, drafts, of_order)
        elif isinstance(record, Reported) and record.client_order_id in of_order:
            _report(of_order[record.client_order_id], record, row.time)
        elif isinstance(record, Filled) and record.fill.client_order_id in of_order:
            of_order[record.fill.client_order_id].fills.append(_met(record))
        elif isinstance(record, MarkedOut):
            mids[record.symbol, record.fill_id] = dict(record.mids)
    return Executions(
        parents=tuple(_finished(draft, quotes) for draft in drafts.values()), mids=mids
    )


def _intend(
    record: Intended | SmartBegun,
    plans: Mapping[str, Planned],
    drafts: dict[tuple[str, Leg], _Draft],
    of_order: dict[str, _Draft],
) -> None:
    plan, order = plans.get(record.plan_id), record.order
    arrival = next((q for q in plan.quotes if q.symbol == order.symbol), None) if plan else None
    if plan is None or arrival is None:
        return  # its plan is older than the rows
    rates = plan.fee_rates.get(order.symbol)
    is_planned = order.client_order_id in plan.orders
    draft = drafts.get((plan.plan_id, order.leg))
    if draft is None:
        parent = ParentOrder(
            plan_id=plan.plan_id,
            leg=order.leg,
            side=order.side,
            quantity=ZERO,
            style=plan.style.name,
            decided=arrival.time,
            arrival=arrival,
            taker_rate=None if rates is None else rates.taker,
        )
        draft = drafts[plan.plan_id, order.leg] = _Draft(parent)
    if is_planned:
        draft.parent = replace(draft.parent, quantity=draft.parent.quantity + order.quantity)
    draft.working.add(order.client_order_id)
    of_order[order.client_order_id] = draft


def _report(draft: _Draft, record: Reported, now: datetime) -> None:
    young = record.quote and now - record.quote.time <= YOUNG
    if record.state is OrderState.ACKED and not draft.is_placed:
        draft.first, draft.is_placed = record.quote if young else None, True
    if record.state.is_final:
        draft.working.discard(record.client_order_id)
        draft.ended, draft.end = now, record.quote if young else None


def _met(record: Filled) -> MetFill:
    shares: dict[str, tuple[Decimal, Decimal]] = {}
    for posting in record.postings:
        had, paid = shares.get(posting.account, (ZERO, ZERO))
        shares[posting.account] = had + abs(posting.quantity), paid + posting.fee
    return MetFill(fill=record.fill, quote=record.quote, shares=shares)


def _finished(draft: _Draft, quotes: Mapping[str, Quote]) -> ParentOrder:
    """Give the parent with what was read; what took at once met the touch it was sent on."""
    fills = tuple(sorted(draft.fills, key=lambda met: met.fill.time))
    first = draft.first
    if not draft.is_placed and fills:
        first = fills[0].quote
    return replace(
        draft.parent,
        fills=fills,
        first_quote=first,
        ended=None if draft.working else draft.ended,
        end_quote=quotes.get(draft.parent.leg.symbol) if draft.working else draft.end,
    )


def costs_frame(found: Executions, by: By) -> "pd.DataFrame":
    """Give a row per parent order, strategy or day; see ``Accounting.execution_costs``.

    Raises:
        InvalidInput: another ``by``.
    """
    import pandas as pd  # noqa: PLC0415 - on first use

    if by == "order":
        rows = [_tidy(_order_row(found, parent)) for parent in found.parents]
        return pd.DataFrame(rows, columns=list(_OF_ORDER), dtype=object)
    if by not in {"strategy", "day"}:
        raise InvalidInput(f'by must be "order", "strategy" or "day", was {by!r}')
    parts = _by_strategy if by == "strategy" else _by_day
    groups: dict[object, list[_Part]] = {}
    for parent in found.parents:
        for name, part in parts(parent).items():
            groups.setdefault(name, []).append(part)
    rows = [_tidy([name, *_group_row(groups[name])]) for name in sorted(groups, key=str)]
    return pd.DataFrame(rows, columns=[by, *_OF_GROUP], dtype=object)


def _tidy(row: list[object]) -> list[object]:
    """Give equal numbers without trailing zeros, as people write them."""
    return [Decimal(plain(cell)) if isinstance(cell, Decimal) else cell for cell in row]


def _order_row(found: Executions, parent: ParentOrder) -> list[object]:
    cost, twin = shortfall_of(parent), taken_at_once(parent)
    total_bps = None if cost.total is None else in_bps(cost.total, parent.notional)
    return [
        parent.decided, parent.plan_id, parent.leg.symbol, parent.leg.position_side.value,
        parent.side.value, parent.style, parent.quantity, parent.filled, parent.arrival.mid,
        *cost.columns, cost.total, twin.total, _gained(cost, twin), total_bps,
        parent.maker_share, parent.seconds_to_fill,
        *(found.marked_out(parent, seconds) for seconds in HORIZONS),
        parent.ended is not None,
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One parent order's part in a group."""

    cost: Shortfall
    twin: Decimal | None
    """What taking it at once costs, quote units."""
    filled: Decimal
    """Quote units at the decision's mid."""
    made: Decimal
    """Of it as a maker."""
    wanted: Decimal
    """What was to be traded, quote units at the decision's mid."""


def _by_day(parent: ParentOrder) -> dict[object, _Part]:
    return {
        parent.decided.date(): _Part(
            cost=shortfall_of(parent),
            twin=taken_at_once(parent).total,
            filled=parent.filled * parent.arrival.mid,
            made=_made(parent),
            wanted=parent.notional,
        )
    }


def _by_strategy(parent: ParentOrder) -> dict[object, _Part]:
    costs = shortfall_by_account(parent)
    got = {
        name: exact_sum(m.shares[name][0] for m in parent.fills if name in m.shares)
        for name in costs
    }
    twin = taken_at_once(parent).total
    weights = got if any(got.values()) else dict.fromkeys(costs, Decimal(1))
    twins: Mapping[str, Decimal | None] = (
        dict.fromkeys(costs) if twin is None else share(twin, weights)
    )
    wanted = share(parent.notional, weights)
    return {
        name: _Part(
            cost=cost,
            twin=twins[name],
            filled=got[name] * parent.arrival.mid,
            made=_made(parent, name),
            wanted=wanted[name],
        )
        for name, cost in costs.items()
    }


def _made(parent: ParentOrder, account: str | None = None) -> Decimal:
    """Give what was filled as a maker, all of it or one account's part, quote units."""
    rested = [met for met in parent.fills if met.fill.liquidity is Liquidity.MAKER]
    if account is None:
        return exact_sum(met.fill.quantity for met in rested) * parent.arrival.mid
    parts = (met.shares[account][0] for met in rested if account in met.shares)
    return exact_sum(parts) * parent.arrival.mid


def _group_row(parts: list[_Part]) -> list[object]:
    """Add up the parts that are fully known; the others are counted and left out."""
    known = [part for part in parts if part.cost.is_known and part.cost.total is not None]
    filled = exact_sum(part.filled for part in parts)
    maker = exact_sum(part.made for part in parts) / filled if filled else None
    if not known:
        nothing = [None] * (len(COLUMNS) + 1)
        return [len(parts), len(parts), filled, *nothing, maker]
    cost = Shortfall()
    for part in known:
        cost += part.cost
    twins = [part.twin for part in known if part.twin is not None]
    twin = exact_sum(twins) if len(twins) == len(known) else None
    at_once = Shortfall(spread=None, total=twin)
    wanted = exact_sum(part.wanted for part in known)
    bps = None if cost.total is None else in_bps(cost.total, wanted)
    gained = _gained(cost, at_once)
    lost = len(parts) - len(known)
    return [len(parts), lost, filled, *cost.columns, cost.total, twin, gained, bps, maker]


def _gained(cost: Shortfall, twin: Shortfall) -> Decimal | None:
    if cost.total is None or twin.total is None:
        return None
    return exact_sum((twin.total, -cost.total))


def markouts_frame(found: Executions) -> "pd.DataFrame":
    """Give a row per liquidity and horizon; see ``Accounting.markouts``."""
    import pandas as pd  # noqa: PLC0415 - on first use

    from nettools.study.markouts import markout_rows  # noqa: PLC0415 - on first use

    return pd.DataFrame(markout_rows(found.marked_fills()), columns=list(_MARKOUTS))
