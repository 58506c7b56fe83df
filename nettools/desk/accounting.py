"""Whose is what on a desk: accounts, postings, saving, breaks and their repair, the proof."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nettools.allocate import Posting
from nettools.desk.executions import (
    KINDS,
    By,
    Executions,
    costs_frame,
    executions_in,
    markouts_frame,
)
from nettools.desk.export import export_tables
from nettools.desk.manager import PositionManager
from nettools.desk.parent import AtWork
from nettools.desk.report import View
from nettools.desk.story import smart_frame, story_frame
from nettools.desk.tables import accounts_frame, ledger_frame, newest, postings_frame
from nettools.desk.thread import DeskThread
from nettools.errors import InvalidInput, VenueUnavailable
from nettools.model import Leg, PositionSide
from nettools.reconcile import Break, Proof, Repair
from nettools.shortfall import ParentOrder
from nettools.twin import Saving

if TYPE_CHECKING:
    import pandas as pd


class Accounting:
    """The part of a desk that says whose is what; everything here is as of the last read."""

    def __init__(self, manager: PositionManager, thread: DeskThread) -> None:
        self._manager = manager
        self._thread = thread

    @property
    def view(self) -> View:
        """The account as it was last read; raises VenueUnavailable before the first read."""
        if self._manager.view is None:
            raise VenueUnavailable("the account has not been read yet, so nothing is known")
        return self._manager.view

    def accounts(self) -> "pd.DataFrame":
        """Give a row per strategy and symbol, the residual account's too; exact Decimals.

        strategy, symbol, position_side, target, virtual, pending (signed base units),
        average_price, realized_pnl, unrealized_pnl, fees (positive is paid), funding
        (positive is received), saving (quote units).
        """
        return accounts_frame(self._manager.books, self._manager.book, self.view)

    def postings(self, strategy: str | None = None) -> "pd.DataFrame":
        """Give every posting, or one account's: crosses, fills, funding, adjustments.

        Since the books were begun; on a desk without a journal the newest 5,000 steps.
        """
        rows = self._manager.books.postings
        return postings_frame(p for p in rows if strategy in {None, p.account})

    def newest_postings(
        self, strategy: str | None = None, most: int = 50
    ) -> tuple[tuple[Posting, ...], int]:
        """Give the newest postings first, of all or of one account, and how many there are."""
        books = self._manager.books
        return newest(books.recent, strategy, most), books.posted(strategy)

    def ledger(self) -> "pd.DataFrame":
        """Give what the postings add up to, a row per leg and account; exact Decimals."""
        return ledger_frame(self._manager.books.ledger)

    def history(self) -> "pd.DataFrame":
        """Give what each account had earned at each read, after fees and funding.

        Indexed by time (UTC), a column per strategy, ``(residual)``, ``(not ours)`` if there
        ever was such; then ``(together)``, ``(account)`` by the venue and ``(gap)``; quote
        units since the desk was opened, at common marks. Bounded: older rows are thinned.
        """
        return self._manager.audit.history.frame()

    def export(
        self, folder: str | Path, formats: Iterable[str] = ("csv", "parquet")
    ) -> tuple[Path, ...]:
        """Write the ledger and all postings into a folder; gives the files.

        ``ledger`` and ``postings``, each as CSV and as Parquet; files of these names are
        replaced. A text that a spreadsheet would run as a formula gets an apostrophe.

        Raises:
            InvalidInput: another format, or the folder cannot be written to.
        """
        tables = {"ledger": self.ledger(), "postings": self.postings()}
        return export_tables(tables, folder, formats)

    def saving(self) -> Saving:
        """Give what netting saved since the books were begun, in columns that add up."""
        return self._manager.books.saving(self.view.quotes)

    def saving_by_strategy(
        self, by: Literal["pro_rata", "marginal"] = "pro_rata"
    ) -> dict[str, Decimal]:
        """Share the saving among the strategies, quote units; adds up to it exactly."""
        return self._manager.books.shares_of_saving(self.saving().total, by)

    def parent_orders(self) -> tuple[ParentOrder, ...]:
        """Give what each plan wanted on each leg and what became of it, oldest first.

        ``nettools.shortfall.shortfall_of(parent)`` says what one cost. Since the books were
        begun; on a desk without a journal of its newest 5,000 steps.
        """
        return self._executions().parents

    def execution_costs(self, by: By = "order") -> "pd.DataFrame":
        """Give what execution cost beyond the mid at the decision; exact Decimals.

        In quote units, positive is a cost: spread + fee + delay + market_move + unfilled =
        total. at_once is the twin that takes all at the decision (touch and taker fee), gained
        = at_once − total. None is unknown: no quote was seen. A row per

        - ``"order"``: one plan on one leg, with its maker_share, seconds_to_fill, total_bps of
          its notional, and markouts (what its fills had gained 1, 5 and 30 s later, quote
          units, negative was lost);
        - ``"strategy"``: by everybody's share of the fills;
        - ``"day"``: by the UTC day of the decision.

        In groups, orders that are not fully known are counted (unknown) and left out.

        Raises:
            InvalidInput: another ``by``.
        """
        return costs_frame(self._executions(), by)

    def markouts(self) -> "pd.DataFrame":
        """Give what fills had gained 1, 5 and 30 s later on average, in bps of their notional.

        A row per liquidity and horizon, with the 95 % confidence interval of the mean over
        parent orders (low_bps, high_bps; None for a single order); negative: the market went
        against the fills.
        """
        return markouts_frame(self._executions())

    def recent_executions(self) -> Executions:
        """Give the parent orders among the newest 5,000 rows that were written; cheap."""
        return executions_in(self._manager.recorder.recent, self._manager.watch.quotes())

    def _executions(self) -> Executions:
        recorder = self._manager.recorder
        rows = recorder.rows(KINDS, recorder.state.began)
        return executions_in(rows, self._manager.watch.quotes())

    def smart_orders(self) -> tuple[AtWork, ...]:
        """Give the smart orders at work: where each rests, what it filled, how long it may."""
        return self._manager.minders.at_work()

    def smart_history(self) -> "pd.DataFrame":
        """Give a row per smart order, newest first; ``ended`` says why, empty at work.

        Of the newest 5,000 rows that were written.
        """
        return smart_frame(self._manager.recorder)

    def smart_story(self, client_order_id: str = "") -> "pd.DataFrame":
        """Give what a smart order did, oldest first: quotes, fills, switches, the touch.

        time (UTC), what (touch, rest, take, gone, fill, switch or end), price, bid and ask
        (quote units), quantity (base units), text. The newest order when none is named.
        """
        recorder = self._manager.recorder
        known = smart_frame(recorder)["client_order_id"].tolist()
        parent = client_order_id or (known[0] if known else "")
        return story_frame(recorder, self._manager.watch.touches, parent)

    def breaks(self) -> tuple[Break, ...]:
        """Give the differences between books and venue that own fills cannot explain."""
        return tuple(self._manager.books.breaks.values())

    def baselines(self) -> dict[Leg, Decimal]:
        """Give the positions left alone as not ours, signed base units."""
        return dict(self._manager.books.baseline)

    @property
    def frozen(self) -> dict[Leg, str]:
        """Legs on which nothing is sent now, and why: a break, or a difference in checking."""
        return self._manager.audit.comparer.frozen

    async def repair(
        self, found: Break | Leg | str, how: str | Repair, strategy: str = ""
    ) -> "pd.DataFrame":
        """Close a break in one adjustment; gives its postings.

        Args:
            found: the break, its leg, or in one-way mode its symbol.
            how: "adopt" (into ``strategy``), "assign" (the residual account keeps it),
                "baseline" (left alone, not ours) or "flatten" (the next plan closes it).
            strategy: who adopts it.

        Raises:
            InvalidInput: no such break, repair or strategy; or the break given is not the
                size it was any more.
        """
        leg = found.leg if isinstance(found, Break) else found
        shown = found.difference if isinstance(found, Break) else None
        where = Leg(leg, PositionSide.BOTH) if isinstance(leg, str) else leg
        try:
            wanted = Repair(how)
        except ValueError:
            raise InvalidInput(
                f'how must be "adopt", "assign", "baseline" or "flatten", was {how!r}'
            ) from None
        done = self._manager.repair(where, wanted, strategy, shown)
        return postings_frame(await self._thread.call(done))

    def proofs(self) -> tuple[Proof, ...]:
        """Give the identities as of the last read: positions per leg, and money."""
        return self._manager.audit.proofs
