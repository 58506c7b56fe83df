"""What a user waits for: one target update, its growth, and the way to an accepted order.

Run ``python benchmarks/tick.py`` (under a minute; ``--quick`` leaves the exchange out). Every
ratio is the median of interleaved rounds, with the least and the most beside it.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from statistics import median
from typing import Any

from measure import ROUNDS, Measure, Row, circumstances, compared, cpu_time, interleaved, table

import nettools as nt
from nettools.decimals import ZERO
from nettools.diff import quantity_to_trade
from nettools.net import net_target
from nettools.plan import make_plan
from nettools.snapshot import Snapshot

CHANGES = 5_000
"""Target updates in one measurement."""
DEADBAND = Decimal("0.001")


class Work:
    """The same strategies, symbols, targets and changes for every way of doing it.

    Args:
        strategies: how many; every one has a target on every symbol.
        symbols: how many.
    """

    def __init__(self, strategies: int, symbols: int) -> None:
        random = Random(7)  # noqa: S311 - a workload, not a secret
        self.strategies = [f"strategy {number}" for number in range(strategies)]
        self.symbols = [f"C{number}/USDT:USDT" for number in range(symbols)]
        self.targets = [
            (strategy, symbol, random.randrange(-3_000, 3_001))
            for symbol in self.symbols
            for strategy in self.strategies
        ]
        """Strategy, symbol, thousandths of a coin."""
        self.changes = [
            (
                random.choice(self.strategies),
                random.choice(self.symbols),
                random.randrange(-3_000, 3_001),
            )
            for _ in range(CHANGES)
        ]

    def in_coins(self, rows: list[tuple[str, str, int]]) -> list[tuple[str, str, Decimal]]:
        """Give targets or changes as exact coins, each a number of its own."""
        return [(strategy, symbol, coins(lots)) for strategy, symbol, lots in rows]


def coins(thousandths: int) -> Decimal:
    """Write thousandths as exact coins."""
    return Decimal(thousandths).scaleb(-3)


# One target update -> net -> diff -> decision


def with_public_api(work: Work) -> Measure:
    """RunningNet.set and quantity_to_trade: checked, exact Decimals."""
    running = nt.RunningNet()
    for strategy, symbol, wanted in work.in_coins(work.targets):
        running.set(strategy, symbol, wanted)
    positions = {symbol: coins(700) for symbol in work.symbols}
    changes = work.in_coins(work.changes)

    def update_all() -> int:
        trades = 0
        for strategy, symbol, wanted in changes:
            net = running.set(strategy, symbol, wanted)
            if quantity_to_trade(net, positions[symbol], DEADBAND):
                trades += 1
        return trades

    return cpu_time(update_all, CHANGES)


def with_inlined_integers(work: Work) -> Measure:
    """Do it by hand: integer lots, no call, no check, everything in one loop."""
    targets: dict[str, dict[str, int]] = {symbol: {} for symbol in work.symbols}
    for strategy, symbol, lots in work.targets:
        targets[symbol][strategy] = lots
    nets = {symbol: sum(targets[symbol].values()) for symbol in work.symbols}
    positions = dict.fromkeys(work.symbols, 700)

    def update_all() -> int:
        trades = 0
        for strategy, symbol, wanted in work.changes:
            mine = targets[symbol]
            net = nets[symbol] + wanted - mine[strategy]
            mine[strategy] = wanted
            nets[symbol] = net
            delta = net - positions[symbol]
            if delta > 1 or -delta > 1:
                trades += 1
        return trades

    return cpu_time(update_all, CHANGES)


class DictNet:
    """What most people would write: a method, two dictionaries, Decimals, no check."""

    def __init__(self) -> None:
        self.targets: dict[tuple[str, str], Decimal] = {}
        self.nets: dict[str, Decimal] = {}

    def update(self, strategy: str, symbol: str, wanted: Decimal, there: Decimal) -> Decimal:
        """Take a target and give what is to be traded, signed base units."""
        key = (strategy, symbol)
        net = self.nets.get(symbol, ZERO) + wanted - self.targets.get(key, ZERO)
        self.targets[key] = wanted
        self.nets[symbol] = net
        delta = net - there
        return delta if abs(delta) > DEADBAND else ZERO


def with_dict_of_decimals(work: Work) -> Measure:
    """DictNet on the same changes."""
    running = DictNet()
    for strategy, symbol, wanted in work.in_coins(work.targets):
        running.update(strategy, symbol, wanted, ZERO)
    positions = {symbol: coins(700) for symbol in work.symbols}
    changes = work.in_coins(work.changes)

    def update_all() -> int:
        trades = 0
        for strategy, symbol, wanted in changes:
            if running.update(strategy, symbol, wanted, positions[symbol]):
                trades += 1
        return trades

    return cpu_time(update_all, CHANGES)


def with_naive_sums(work: Work) -> Measure:
    """Add everything up again after each update."""
    targets: dict[str, dict[str, Decimal]] = {symbol: {} for symbol in work.symbols}
    for strategy, symbol, wanted in work.in_coins(work.targets):
        targets[symbol][strategy] = wanted
    positions = {symbol: coins(700) for symbol in work.symbols}
    changes = work.in_coins(work.changes[:20])

    def update_all() -> int:
        trades = 0
        for strategy, symbol, wanted in changes:
            targets[symbol][strategy] = wanted
            for each, there in positions.items():
                net = sum(targets[each].values(), ZERO)
                trades += abs(net - there) > DEADBAND
        return trades

    return cpu_time(update_all, len(changes))


def update_rows() -> list[Row]:
    """Against the floor, a dict method, and the naive re-sum."""
    work = Work(100, 100)
    ways = (with_public_api, with_inlined_integers, with_dict_of_decimals, with_naive_sums)
    ours, floor, by_dict, naive = interleaved(*(way(work) for way in ways))
    to_floor, floor_text = compared(ours, floor)
    _, dict_text = compared(ours, by_dict)
    cheaper, naive_text = compared(naive, ours, places=0)
    mine = f"{median(ours):.0f} ns"
    return [
        Row(
            what="one target update to a decision, 100×100",
            ours=mine,
            peer=f"inlined integer floor {median(floor):.0f} ns",
            ratio=floor_text,
            goal="≤ 5x",
            met=to_floor <= 5,  # noqa: PLR2004 - the goal
        ),
        Row(
            what="",
            ours=mine,
            peer=f"dict method, Decimal {median(by_dict):.0f} ns",
            ratio=dict_text,
        ),
        Row(
            what="",
            ours=mine,
            peer=f"naive re-sum {median(naive) / 1000:,.0f} µs",
            ratio=f"{naive_text} cheaper",
            goal="≥ 1,000x",
            met=cheaper >= 1_000,  # noqa: PLR2004 - the goal
        ),
    ]


def growth_rows() -> list[Row]:
    """The same update among more strategies and symbols."""
    sizes = ((10, 1), (100, 100), (1_000, 500))
    small, medium, large = interleaved(*(with_public_api(Work(*size)) for size in sizes))
    rows = []
    for what, series, goal in (("100×100", medium, 1.4), ("1000×500", large, 3.0)):
        ratio, text = compared(series, small)
        rows.append(
            Row(
                what=f"the same at {what}",
                ours=f"{median(series):.0f} ns",
                peer=f"itself at 10×1 {median(small):.0f} ns",
                ratio=text,
                goal=f"≤ {goal:g}x",
                met=ratio <= goal,
            )
        )
    return rows


# For information: a whole preview in memory


def one_preview(work: Work) -> Callable[[], object]:
    """TargetBook.set, net_target and make_plan: what one edit costs before the exchange."""
    book = nt.TargetBook()
    for strategy, symbol, wanted in work.in_coins(work.targets):
        book = book.set(strategy, symbol, wanted)
    now = datetime(2025, 6, 2, tzinfo=UTC)
    rules: dict[str, Any] = {
        name: Decimal(text)
        for name, text in {
            "step_size": "0.001",
            "tick_size": "0.1",
            "min_quantity": "0.001",
            "min_notional": "5",
        }.items()
    }
    touch: dict[str, Any] = {"bid": Decimal("99.9"), "ask": Decimal(100), "time": now}
    instruments = {s: nt.Instrument(symbol=s, **rules) for s in work.symbols}
    quotes = {s: nt.Quote(symbol=s, **touch) for s in work.symbols}
    lots = iter(range(10**9))

    def edit() -> object:
        changed = book.set(work.strategies[0], work.symbols[0], coins(next(lots)))
        net_target(changed, work.symbols[0])
        snapshot = Snapshot(
            desk="benchmark",
            sequence=0,
            mode=nt.PositionMode.ONE_WAY,
            book=changed,
            positions={},
            instruments=instruments,
            quotes=quotes,
            available=Decimal(1_000_000),
            time=now,
        )
        return make_plan(snapshot, nt.Style())

    return edit


def preview_rows() -> list[Row]:
    """Information only: no goal of its own."""
    rows = []
    for size in ((3, 1), (100, 20)):
        edit = one_preview(Work(*size))
        (series,) = interleaved(cpu_time(lambda edit=edit: [edit() for _ in range(20)], 20))
        what = f"set, net and plan every symbol, {size[0]}×{size[1]}"
        rows.append(Row(what=what, ours=f"{median(series) / 1000:,.0f} µs"))
    return rows


def main() -> None:
    """Measure and print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--quick", action="store_true", help="leave the exchange out")
    quick = options.parse_args().quick
    began = time.perf_counter()
    print(circumstances("ccxt", "aiohttp"))
    rows = [*update_rows(), *growth_rows(), *preview_rows()]
    if not quick:
        from exchange import exchange_rows  # noqa: PLC0415 - --quick does without a testnet

        rows += asyncio.run(exchange_rows())
    print(table(rows))
    print(
        f"{ROUNDS} interleaved rounds, the exchange 5; CPU time above, wall time on the "
        f"exchange, the journal synced before each order; {time.perf_counter() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
