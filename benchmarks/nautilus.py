"""One hundred strategy objects over ten thousand bars, against NautilusTrader.

Run ``python benchmarks/nautilus.py`` (a quarter of an hour; the peer is installed into an
environment of its own the first time). Both sides ask each strategy object on each bar for its
target and trade the difference at the close. Ours sends every change through the live ledger:
crosses, one fill, its shares, the postings. The study, which collects the changes and accounts
for them at once, is faster still but stands on numpy and pandas, whose import alone takes more
memory than all of the ledger. NautilusTrader trades every strategy alone. The positions and
the fees of all strategies must be equal before a ratio is printed. Each run is a process of its
own; CPU time of the run without imports, peak memory of it all.
"""

import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from random import Random
from statistics import median
from typing import Any

from measure import Row, compared, table
from peers import ROOT, python_with, versions

PEER = "nautilus_trader==1.221.0"
BARS, STRATEGIES = 10_000, 100
CHANCE = 0.05
"""Of a new target on a bar."""
ROUNDS = 5
LOT, TICK, FEE = Decimal("0.001"), Decimal("0.1"), Decimal("0.0005")
SYMBOL = "BTC/USDT:USDT"


class Scripted:
    """A strategy whose targets were drawn beforehand: both sides run the same."""

    def __init__(self, number: int) -> None:
        random = Random(number)  # noqa: S311 - a workload, not a secret
        self.name = f"s{number:03}"
        self.number = number
        self.lots = [0] * BARS
        held = 0
        for bar in range(BARS):
            if random.random() < CHANCE:
                held = random.randrange(-1000, 1001)
            self.lots[bar] = held
        self.lots[-1] = held or 1  # nobody ends flat: there is a position to compare

    def target(self, bar: int) -> int:
        """Give the wanted position from this bar's close on, lots."""
        return self.lots[bar]


def drawn_ticks() -> list[int]:
    """Draw closes, a walk in ticks."""
    random, price, ticks = Random(8), 1_000_000, []  # noqa: S311 - a workload
    for _ in range(BARS):
        price += random.randrange(-50, 51)
        ticks.append(price)
    return ticks


def changes_of(strategies: list[Scripted]) -> tuple[list[int], list[int], list[int]]:
    """Ask every strategy on every bar; gives the changes: bars, strategies, targets."""
    bars, who, wanted = [], [], []
    held = [0] * len(strategies)
    for bar in range(BARS):
        for strategy in strategies:
            target = strategy.target(bar)
            number = strategy.number
            if target != held[number]:
                held[number] = target
                bars.append(bar)
                who.append(number)
                wanted.append(target)
    return bars, who, wanted


def run_study() -> dict[str, Any]:
    """Ask the strategies, and account for the changes exactly."""
    import numpy as np  # noqa: PLC0415 - not where the peer runs
    import pandas as pd  # noqa: PLC0415 - not where the peer runs

    from nettools.study import netting  # noqa: PLC0415 - not where the peer runs

    strategies, ticks = [Scripted(number) for number in range(STRATEGIES)], drawn_ticks()
    began = time.process_time()
    bars, who, wanted = changes_of(strategies)
    names = pd.Categorical.from_codes(who, [strategy.name for strategy in strategies])
    changes = pd.DataFrame({"bar": bars, "strategy": names, "target": wanted})
    found = netting(changes, np.array(ticks), fee_rate=FEE, progress=False)
    spent = time.process_time() - began
    unit = LOT * TICK
    return {
        "seconds": spent,
        "positions": [str(strategy.lots[-1] * LOT) for strategy in strategies],
        "fees": str(sum(found.strategies["fees"]) * unit),
        "netted": str(found.net["fees"] * unit),
        "gap": str(found.pnl_gap),
    }


def run_ledger() -> dict[str, Any]:
    """Ask the strategies, and send every change through crosses, a fill and the ledger."""
    from nettools.allocate import allocate_fill, book_crosses  # noqa: PLC0415 - not where the peer runs
    from nettools.ledger import Ledger, post  # noqa: PLC0415 - not where the peer runs
    from nettools.model import Fill, Leg, Liquidity, PositionSide, Side  # noqa: PLC0415 - not where the peer runs

    strategies, ticks = [Scripted(number) for number in range(STRATEGIES)], drawn_ticks()
    leg, now = Leg(SYMBOL, PositionSide.BOTH), datetime(2025, 5, 4, tzinfo=UTC)
    began = time.process_time()
    ledger, held, fees = Ledger(), [0] * STRATEGIES, Decimal(0)
    for bar in range(BARS):
        targets = [strategy.target(bar) for strategy in strategies]
        needs = {
            strategy.name: (target - before) * LOT
            for strategy, target, before in zip(strategies, targets, held, strict=True)
            if target != before
        }
        if not needs:
            continue
        held = targets
        price, net = ticks[bar] * TICK, sum(needs.values())
        crosses = book_crosses(leg, needs, price=price, source=str(bar), policy="mid", time=now)
        ledger = post(ledger, crosses)
        if not net:
            continue
        for name, crossed in zip(crosses.accounts, crosses.quantities, strict=True):
            needs[name] -= crossed
        fee = abs(net) * price * FEE
        fees += fee
        fill = Fill(
            fill_id=str(bar), client_order_id="", venue_order_id="", symbol=SYMBOL,
            side=Side.of(net), quantity=abs(net), price=price, fee=fee, fee_currency="USDT",
            liquidity=Liquidity.TAKER, time=now,
        )  # fmt: skip
        ledger = post(ledger, allocate_fill(fill, needs))
    spent = time.process_time() - began
    positions = ledger.virtual(leg)
    return {
        "seconds": spent,
        "positions": [str(positions[strategy.name]) for strategy in strategies],
        "netted": str(fees),
    }


def run_nautilus() -> dict[str, Any]:
    """Let NautilusTrader trade every strategy alone."""
    from nautilus_trader.backtest.engine import (  # noqa: PLC0415 - the peer
        BacktestEngine,
        BacktestEngineConfig,
    )
    from nautilus_trader.config import (  # noqa: PLC0415 - the peer
        LoggingConfig,
        RiskEngineConfig,
        StrategyConfig,
    )
    from nautilus_trader.model.currencies import BTC, USDT  # noqa: PLC0415 - the peer
    from nautilus_trader.model.data import Bar, BarType  # noqa: PLC0415 - the peer
    from nautilus_trader.model.enums import (  # noqa: PLC0415 - the peer
        AccountType,
        OmsType,
        OrderSide,
    )
    from nautilus_trader.model.identifiers import (  # noqa: PLC0415 - the peer
        InstrumentId,
        Symbol,
        Venue,
    )
    from nautilus_trader.model.instruments import CryptoPerpetual  # noqa: PLC0415 - the peer
    from nautilus_trader.model.objects import Money, Price, Quantity  # noqa: PLC0415 - the peer
    from nautilus_trader.trading.strategy import Strategy  # noqa: PLC0415 - the peer

    venue = Venue("BINANCE")
    instrument = CryptoPerpetual(
        instrument_id=InstrumentId(Symbol("BTCUSDT-PERP"), venue), raw_symbol=Symbol("BTCUSDT"),
        base_currency=BTC, quote_currency=USDT, settlement_currency=USDT, is_inverse=False,
        price_precision=1, size_precision=3, price_increment=Price.from_str("0.1"),
        size_increment=Quantity.from_str("0.001"), margin_init=Decimal("0.001"),
        margin_maint=Decimal("0.001"), maker_fee=FEE, taker_fee=FEE, ts_event=0, ts_init=0,
    )  # fmt: skip
    kind = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")

    class Trader(Strategy):
        """Trades the difference to its script at each close."""

        def __init__(self, script: Scripted) -> None:
            super().__init__(StrategyConfig(strategy_id=script.name, order_id_tag=script.name))
            self.script, self.bar, self.held = script, 0, 0

        def on_start(self) -> None:
            """Ask for the bars."""
            self.subscribe_bars(kind)

        def on_bar(self, _: Bar) -> None:
            """Trade to the target."""
            target = self.script.target(self.bar)
            self.bar += 1
            if target != self.held:
                side = OrderSide.BUY if target > self.held else OrderSide.SELL
                lots = abs(target - self.held)
                size = Quantity.from_str(f"{lots * LOT:.3f}")
                self.submit_order(self.order_factory.market(instrument.id, side, size))
                self.held = target

    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=True),
        )
    )
    engine.add_venue(
        venue=venue, oms_type=OmsType.NETTING, account_type=AccountType.MARGIN,
        base_currency=None, starting_balances=[Money(10**7, USDT)],
    )  # fmt: skip
    engine.add_instrument(instrument)
    size = Quantity.from_str("1000000.000")
    bars = []
    for number, tick in enumerate(drawn_ticks(), 1):
        price = Price.from_str(f"{tick * TICK:.1f}")
        moment = number * 60_000_000_000
        bars.append(Bar(kind, price, price, price, price, size, moment, moment))
    engine.add_data(bars)
    scripts = [Scripted(number) for number in range(STRATEGIES)]
    traders = [Trader(script) for script in scripts]
    engine.add_strategies(traders)
    began = time.process_time()
    engine.run()
    spent = time.process_time() - began
    positions = [
        sum((p.signed_decimal_qty() for p in engine.cache.positions_open(strategy_id=t.id)), 0)
        for t in traders
    ]
    orders = engine.cache.orders()
    fees = sum(
        (money.as_decimal() for order in orders for money in order.commissions()), Decimal(0)
    )
    return {
        "seconds": spent,
        "positions": [str(position) for position in positions],
        "fees": str(fees),
        "orders": len(orders),
    }


RUNS = {"study": run_study, "ledger": run_ledger, "nautilus": run_nautilus}


def in_process(name: str, python: str) -> dict[str, Any]:
    """Run one side in a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own file
        [python, __file__, name],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check_equal(study: dict[str, Any], ledger: dict[str, Any], peer: dict[str, Any]) -> None:
    """Stop unless all three hold the same, and the same was paid."""
    held = [[Decimal(text) for text in one["positions"]] for one in (study, ledger, peer)]
    if not all(one == other for one, other in pairwise(held)):
        raise SystemExit("the strategies' positions differ; no ratio is printed")
    if Decimal(study["netted"]) != Decimal(ledger["netted"]) or Decimal(study["gap"]):
        raise SystemExit("the study and the ledger differ; no ratio is printed")
    # The peer rounds each fee to 1e-8.
    if abs(Decimal(study["fees"]) - Decimal(peer["fees"])) > Decimal("1e-8") * peer["orders"]:
        raise SystemExit("the fees of the strategies alone differ; no ratio is printed")


def rows(found: dict[str, list[dict[str, Any]]]) -> list[Row]:
    """Show time and memory."""
    seconds = {name: [one["seconds"] for one in runs] for name, runs in found.items()}
    peak = {name: median(one["peak"] for one in runs) for name, runs in found.items()}
    lines = []
    for name, what, goal in (
        ("ledger", "every change through the live ledger", 150),
        ("study", "exact accounts of all changes, by the study", None),
    ):
        ratio, text = compared(seconds["nautilus"], seconds[name], places=0)
        lines.append(
            Row(
                what=what,
                ours=f"{median(seconds[name]):.2f} s",
                peer=f"NautilusTrader {median(seconds['nautilus']):.1f} s",
                ratio=text,
                goal="" if goal is None else f"≥ {goal}x",
                met=None if goal is None else ratio >= goal,
            )
        )
    for name, what, goal in (("ledger", "live ledger", 1 / 6), ("study", "the study", None)):
        share = peak[name] / peak["nautilus"]
        lines.append(
            Row(
                what=f"peak memory of the process, {what}",
                ours=f"{peak[name]:.0f} MB",
                peer=f"NautilusTrader {peak['nautilus']:.0f} MB",
                ratio=f"{share:.2f}x",
                goal="" if goal is None else f"≤ {goal:.2f}x",
                met=None if goal is None else share <= goal,
            )
        )
    return lines


def main() -> None:
    """Print the table, or run one side."""
    if len(sys.argv) > 1:
        found = RUNS[sys.argv[1]]()
        # On Linux in kB; the unit cancels in the ratio elsewhere.
        found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(json.dumps(found))
        return
    pythons = {"nautilus": str(python_with([PEER]))}
    found = {name: [] for name in RUNS}
    began = time.perf_counter()
    for _ in range(ROUNDS):
        for name, runs in found.items():
            runs.append(in_process(name, pythons.get(name, sys.executable)))
        check_equal(*(runs[-1] for runs in found.values()))
    print(versions("nettools", "numpy", "pandas"), f"peer {PEER}", sep=", ")
    print(table(rows(found)))
    study = found["study"][0]
    alone, netted = (f"{Decimal(study[name]):,.2f}" for name in ("fees", "netted"))
    orders = found["nautilus"][0]["orders"]
    spent = time.perf_counter() - began
    print(
        f"{STRATEGIES} strategies × {BARS:,} bars, {orders:,} orders of the peer; positions "
        f"equal; fees alone {alone}, equal; netted {netted}; {ROUNDS} rounds in turns, CPU "
        f"time; {spent:.0f} s"
    )


if __name__ == "__main__":
    main()
