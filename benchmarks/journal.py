"""The journal: what a synced step costs, how fast a long one opens, what stays in memory.

Run ``python benchmarks/journal.py`` (a few minutes; ``--rows N`` for another length). The
peer of a step is one INSERT of the same bytes into a bare SQLite table with the same
settings: the price of the disk, below which nobody gets. A long journal is opened with the
checkpoints a desk leaves, and without any.
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles

import psutil
from measure import ROUNDS, Row, circumstances, compared, interleaved, table

from nettools.allocate import allocate_fill
from nettools.journal import CHECKPOINT_EVERY, DeskState, Journal
from nettools.journal.coding import write
from nettools.journal.records import Filled, Intended, Planned, Record, Reported, TargetsSet
from nettools.model import Fill, Liquidity, Order, OrderState, Side
from nettools.style import Style
from nettools.targets import TargetBook

BTC = "BTC/USDT:USDT"
ROWS = 1_000_000
STEPS = 300
"""Synced steps in one round."""
START = datetime(2025, 6, 2, tzinfo=UTC)
STRATEGIES = [f"strategy {number}" for number in range(100)]
SYMBOLS = [f"C{number}/USDT:USDT" for number in range(20)]


class Clock:
    """Our time, a second later each time it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """Give the next second."""
        self.now += timedelta(seconds=1)
        return self.now


def opened(path: Path) -> Journal:
    """Open the journal of the benchmark."""
    return Journal.open(path, account="local benchmark", owner="benchmark", clock=Clock())


def intent(number: int) -> Intended:
    """Make an order's intent."""
    order = Order(
        client_order_id=f"nt-{number:016x}-1",
        symbol=BTC,
        side=Side.BUY,
        quantity=Decimal("0.7"),
        limit_price=Decimal("100200.1"),
    )
    return Intended(plan_id=f"{number:016x}", order=order)


def step(number: int, book: TargetBook) -> tuple[list[Record], TargetBook]:
    """Make what one tick of a desk writes: targets, plan, intent, report, fill; five rows."""
    after = book.set("A", BTC, str(number % 7)).set("B", BTC, "0.5")
    changed = TargetsSet.between(book, after)
    ours = intent(number)
    name = ours.order.client_order_id
    fill = Fill(
        fill_id=str(number), client_order_id=name, venue_order_id=str(number), symbol=BTC,
        side=Side.BUY, quantity=Decimal("0.7"), price=Decimal("100000.1"),
        fee=Decimal("35.000035"), fee_currency="USDT", liquidity=Liquidity.TAKER, time=START,
    )  # fmt: skip
    needs = {"A": Decimal("0.4"), "B": Decimal("0.5")}
    report = Reported(
        client_order_id=name, state=OrderState.FILLED, venue_order_id=str(number),
        filled=Decimal("0.7"), average_price=Decimal("100000.1"), evidence="reply",
    )  # fmt: skip
    planned = Planned(
        plan_id=ours.plan_id,
        sequence=number,
        style=Style(),
        orders=(name,),
        why=("A wants it",),
    )
    records: list[Record] = [] if changed is None else [changed]
    filled = Filled(fill=fill, postings=allocate_fill(fill, needs))
    return [*records, planned, ours, report, filled], after


def steps_timed(work: Callable[[int], object]) -> Callable[[], float]:
    """Give a measurement: microseconds of wall time of one step, the median of many."""
    counter = iter(range(10**9))

    def measure() -> float:
        spent = []
        for _ in range(STEPS):
            number = next(counter)
            began = time.perf_counter()
            work(number)
            spent.append(time.perf_counter() - began)
        LATEST[:] = spent
        return median(spent) * 1e6

    return measure


LATEST: list[float] = []


def bare_table(path: Path) -> Callable[[int], None]:
    """Make the peer: the same bytes into a plain table, synced."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("PRAGMA synchronous=FULL")
    other.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)")

    def insert(number: int) -> None:
        other.execute("INSERT INTO t (body) VALUES (?)", (write(intent(number)),))

    return insert


def steps(folder: Path) -> Iterator[Row]:
    """Measure synced steps: one intent, and a whole tick of 2,000 changed targets."""
    journal = opened(folder / "steps.sqlite")
    ours = steps_timed(lambda number: journal.append(intent(number)))
    peer = steps_timed(bare_table(folder / "bare.sqlite"))
    own, bare = interleaved(ours, peer)
    ratio, text = compared(own, bare)
    ours()
    p99 = quantiles(LATEST, n=100)[98] * 1e6
    yield Row(
        what="one intent, synced", ours=f"{median(own):.0f} µs (p99 {p99:.0f})",
        peer=f"{median(bare):.0f} µs", ratio=text, goal="≤ 2x", met=ratio <= 2,  # noqa: PLR2004 - the goal
    )  # fmt: skip
    book = TargetBook.of({name: dict.fromkeys(SYMBOLS, "1") for name in STRATEGIES})
    after = TargetBook.of({name: dict.fromkeys(SYMBOLS, "2") for name in STRATEGIES})
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        changed = TargetsSet.between(book, after)
        if changed is not None:
            journal.append(changed)
        spent.append((time.perf_counter() - began) * 1e3)
    journal.close()
    yield Row(what="2,000 changed targets, one row, synced", ours=f"{median(spent):.1f} ms")


def filled_journal(path: Path, rows: int) -> float:
    """Record days of trading in a journal, five rows a step; give growth of memory in MB."""
    journal, state, book = opened(path), DeskState(), TargetBook()
    journal.restore(state)
    this, early = psutil.Process(), 0
    for number in range(1, 10**9):
        # Many steps in one sync: a day is recorded in a minute.
        batch: list[Record] = []
        for part in range(20):
            records, book = step(number * 20 + part, book)
            batch += records
        for row in journal.append(*batch):
            state.take(row)
        if journal.rows_since_checkpoint >= CHECKPOINT_EVERY:
            journal.checkpoint(state)
        if not early and journal.size > rows // 10:
            early = this.memory_info().rss
        if journal.size >= rows and journal.rows_since_checkpoint > CHECKPOINT_EVERY * 0.95:
            break  # as far from a checkpoint as it ever is
    grown = (this.memory_info().rss - early) / 1e6
    journal.close()
    return grown


def opening(folder: Path, rows: int) -> Iterator[Row]:
    """Measure how long a desk waits for a long journal."""
    path = folder / "long.sqlite"
    grown = filled_journal(path, rows)
    yield Row(
        what=f"memory grown while recording the last nine tenths of {rows:,} rows",
        ours=f"{grown:.1f} MB", goal="≤ 10 MB", met=grown <= 10,  # noqa: PLR2004 - the goal
    )  # fmt: skip
    spent = []
    for _ in range(5):
        began = time.perf_counter()
        journal = opened(path)
        journal.restore(DeskState())
        spent.append(time.perf_counter() - began)
        journal.close()
    slowest = max(spent)
    yield Row(
        what=f"open {rows:,} rows and restore the state", ours=f"{slowest:.2f} s at most",
        peer=f"file of {path.stat().st_size / 1e6:,.0f} MB", goal="≤ 5 s", met=slowest <= 5,  # noqa: PLR2004 - the goal
    )  # fmt: skip
    with sqlite3.connect(path) as other:
        other.execute("DELETE FROM checkpoint")
    other.close()
    began = time.perf_counter()
    journal = opened(path)
    yield Row(
        what="… without any checkpoint: open", ours=f"{time.perf_counter() - began:.2f} s"
    )
    journal.restore(DeskState())
    yield Row(
        what="… and restore it from all rows", ours=f"{time.perf_counter() - began:.1f} s"
    )
    journal.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [*steps(folder), *opening(folder, rows)]
    print(table(lines))
    print(circumstances() + f", SQLite {sqlite3.sqlite_version}")


if __name__ == "__main__":
    main()
