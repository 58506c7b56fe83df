"""A recorded order book on the local testnet: how much faster than it happened.

Run ``python benchmarks/replay.py`` (a minute; ``--tape FILE`` plays another recording). The
tape is read from its file, every level is displayed, and every trade meets the orders that
rest: none, 200 around the touch (what Binance allows) and 10,000 in the book. Times are CPU
time. Without the recording of Binance beside the repository a seeded one is played.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median

from measure import Row, circumstances, compared, interleaved, table

from nettools.model import Order, PositionSide, Side
from nettools.testnet.engine import Engine
from nettools.testnet.taped import TapeMarket, open_recording

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from taping import REAL, wild

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
ROUNDS = 5
SEEDED_SECONDS = 300.0
RESTING = (0, 200, 10_000)
GOAL, MOST_SLOWER = 50, 1.5
WITHIN, NEAR, FAR = 200, 900, 25_000
"""So many orders rest up to ``NEAR`` ticks from the touch, the others up to ``FAR``."""


def played(path: Path, orders: int) -> tuple[float, float, int]:
    """Play a tape with orders resting; gives its seconds, CPU seconds, and the fills."""
    recording = open_recording(path)
    engine = Engine([recording.instrument], deposit=Decimal(10**12))
    began = time.process_time()
    market = TapeMarket(engine, recording, NOW)
    spent = time.process_time() - began
    symbol, tick = recording.instrument.symbol, recording.instrument.tick_size
    bid, ask = engine.displayed_touch(symbol) or (Decimal(0), Decimal(0))
    for number in range(orders):
        side = Side.BUY if number % 2 else Side.SELL
        away = number * 7919 % (NEAR if number < WITHIN else FAR)
        price = bid - away * tick if side is Side.BUY else ask + away * tick
        engine.place(
            Order(
                client_order_id=f"rest-{number}",
                symbol=symbol,
                position_side=PositionSide.BOTH,
                side=side,
                quantity=max(recording.instrument.step_size, Decimal("0.01")),
                limit_price=price,
            ),
            NOW,
        )
    began = time.process_time()
    while not market.is_finished:
        market.advance(60, NOW)
    spent += time.process_time() - began
    if market.problem:
        raise SystemExit(f"the tape could not be played to its end: {market.problem}")
    return (market.moment - market.started) / 1e9, spent, len(engine.fills(symbol))


def rows(path: Path, rounds: int) -> list[Row]:
    """Measure each number of resting orders in turn, round by round."""
    facts: dict[int, tuple[float, int]] = {}

    def measure(orders: int) -> Callable[[], float]:
        def once() -> float:
            lasts, spent, fills = played(path, orders)
            facts[orders] = lasts, fills
            return spent

        return once

    series = interleaved(*(measure(orders) for orders in RESTING), rounds=rounds)
    found = []
    for orders, spent in zip(RESTING, series, strict=True):
        lasts, fills = facts[orders]
        speeds = [lasts / one for one in spent]
        ratio, text = compared(spent, series[0])
        least = median(speeds)
        found.append(
            Row(
                what=f"{lasts:.0f} s of tape, {orders:,} orders resting, {fills:,} fills",
                ours=f"{least:.0f}x real time ({min(speeds):.0f}–{max(speeds):.0f})",
                peer="none resting" if orders else "",
                ratio=f"{text} the time" if orders else "",
                goal=f"≥ {GOAL}x" + (f", ≤ {MOST_SLOWER}x the time" if orders > GOAL else ""),
                met=least >= GOAL and (not orders or ratio <= MOST_SLOWER),
            )
        )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tape", type=Path, default=REAL if REAL.exists() else None)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.tape
        if path is None:
            path = wild(7, SEEDED_SECONDS).save(Path(folder) / "seeded.gz")
            print("No recording is here; a seeded one is played instead.")
        print(circumstances())
        print(table(rows(path, chosen.rounds)))


if __name__ == "__main__":
    main()
