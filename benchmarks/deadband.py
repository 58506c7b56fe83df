"""The deadband sweep against its peers: time for one bar of one configuration.

Run ``python benchmarks/deadband.py`` (a few minutes; the peers are installed into an
environment of their own the first time). One netted target, many deadbands; trades, turnover,
fees and tracking error of each. CPU time of the process, in turns with each peer; the cores
and the cluster in wall time. Every peer must find the same turnover before a ratio is printed.
"""

import math
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd
from history import REQUIREMENTS
from measure import Row, compared, interleaved, table
from peers import is_beside, run_beside, versions

from nettools.study import deadband
from nettools.study.lanes import Course, Lanes, follow_here, follow_lanes

LONG, BARS, SHORT = 400_000, 100_000, 20_000
"""Bars that all cores share, that one is measured on, that slow peers get."""
CONFIGURATIONS, FEW = 1024, 4
ROUNDS = 5
FEE = 0.0005
STEP = 0.001
Work = Callable[[], object]


def drawn() -> tuple[pd.Series, pd.Series]:
    """Draw a net target in lots of 0.001, flat now and then, and prices in ticks of 0.1."""
    rng = np.random.default_rng(7)
    lots = rng.integers(-20, 21, LONG).cumsum()
    lots[rng.random(LONG) < 0.01] = 0  # noqa: PLR2004 - one bar in a hundred
    ticks = 1_000_000 + np.clip(rng.integers(-50, 51, LONG).cumsum(), -900_000, None)
    return pd.Series(lots / 1000), pd.Series(ticks / 10)


NET, PRICES = drawn()
BANDS = [f"{number / 1000:.3f}" for number in range(CONFIGURATIONS)]


def sweep(bars: int, bands: list[str], engine: str | None = None, **options: object) -> Work:
    """Give the public function on so many bars and bands."""
    return lambda: deadband(
        NET[:bars], PRICES[:bars], deadbands=bands, trade_to="target", fee_rate=str(FEE),
        engine=engine, progress=False, **options,
    )  # fmt: skip


def in_python(bars: int, bands: list[str]) -> list[float]:
    """Write the rule down in plain Python; gives the turnover of each configuration."""
    lots = np.rint(NET[:bars] * 1000).astype(int).tolist()
    closes = PRICES[:bars].tolist()
    found = []
    for band in (round(float(text) * 1000) for text in bands):
        held = trades = 0
        turnover = square = 0.0
        for target, price, later in zip(lots, closes, [*closes[1:], closes[-1]], strict=True):
            delta = target - held
            size = abs(delta)
            if size > band or (not target and delta):
                held = target
                trades += 1
                turnover += size * price
            missed = (held - target) * (later - price)
            square += missed * missed
        math.sqrt(square)
        found.append(turnover * STEP)
    return found


def in_vectorbt(bars: int, bands: list[str]) -> Callable[[], np.ndarray]:
    """Let vectorbt call a compiled function on each bar; gives the turnover of each."""
    import vectorbt as vbt  # noqa: PLC0415 - a peer
    from numba import njit  # noqa: PLC0415 - a peer's
    from vectorbt.portfolio.enums import NoOrder  # noqa: PLC0415 - a peer
    from vectorbt.portfolio.nb import order_nb  # noqa: PLC0415 - a peer

    @njit
    def order(c, lots, widths):  # noqa: ANN001, ANN202 - compiled
        target = lots[c.i]
        delta = target - np.rint(c.position_now * 1000)
        if abs(delta) > widths[c.col] or (target == 0 and delta != 0):
            return order_nb(size=delta / 1000, price=c.close[c.i, c.col], fees=0.0005)
        return NoOrder

    lots = np.rint(NET[:bars].to_numpy() * 1000)
    widths = np.array([round(float(text) * 1000) for text in bands], dtype=np.float64)
    closes = pd.concat([PRICES[:bars]] * len(bands), axis=1, keys=bands)

    def run() -> np.ndarray:
        done = vbt.Portfolio.from_order_func(closes, order, lots, widths, init_cash=1e12)
        orders = done.orders.values  # noqa: PD011 - vectorbt's records
        return np.bincount(orders["col"], orders["size"] * orders["price"], len(bands))

    return run


def nanoseconds(work: Work, cells: int) -> Callable[[], float]:
    """Measure CPU time of the whole process for one bar of one configuration."""

    def measure() -> float:
        began = time.process_time_ns()
        work()
        return (time.process_time_ns() - began) / cells

    return measure


def against(  # noqa: PLR0913, PLR0917 - a line of the table
    what: str, ours: Work, cells: int, peer: Work, peer_cells: int, name: str, goal: float
) -> Row:
    """Measure in turns with a peer; a row with its ratio."""
    ours()
    mine, theirs = interleaved(
        nanoseconds(ours, cells), nanoseconds(peer, peer_cells), rounds=ROUNDS
    )
    ratio, text = compared(theirs, mine, places=1)
    return Row(
        what=what,
        ours=f"{median(mine):.2f} ns",
        peer=f"{name} {median(theirs):,.0f} ns",
        ratio=text,
        goal=f"≥ {goal:g}x",
        met=ratio >= goal,
    )


def peer_rows() -> list[Row]:
    """Compare with plain Python and with vectorbt."""
    vectorbt = in_vectorbt(SHORT, BANDS[:32])
    ours = sweep(SHORT, BANDS[:32])()
    for name, turnover in (("Python", in_python(SHORT, BANDS[:32])), ("vectorbt", vectorbt())):
        if not np.allclose(turnover, ours["turnover"], rtol=1e-9):
            raise SystemExit(f"{name} finds another turnover; no ratio is printed")
    whole, cells = sweep(BARS, BANDS, "numba"), BARS * CONFIGURATIONS
    python = (lambda: in_python(SHORT, BANDS[:FEW])), SHORT * FEW, "plain Python"
    return [
        against("numba, per core", whole, cells, *python, 300),
        against("numba, per core", whole, cells, vectorbt, SHORT * 32, "vectorbt", 300),
        against(
            "numpy", sweep(SHORT, BANDS, "numpy"), SHORT * CONFIGURATIONS, *python, 3
        ),
    ]  # fmt: skip


def course_and_lanes(copies: int) -> tuple[Course, Lanes]:
    """Give the same work without the frame around it, many times the configurations."""
    lots, closes = np.rint(NET.to_numpy() * 1000), PRICES.to_numpy()
    bands = np.tile(np.arange(CONFIGURATIONS, dtype=np.float64), copies)
    return Course(lots, closes, np.diff(closes, append=closes[-1])), Lanes.of(bands)


def cores_row() -> Row:
    """Compare both cores with one, wall time."""
    course, lanes = course_and_lanes(4)

    def one() -> None:
        for start in range(0, len(lanes.deadbands), 256):
            follow_lanes(course, lanes.part(start, start + 256), "numba")

    both = lambda: follow_here(course, lanes, "numba", lambda _: None)  # noqa: E731 - once
    both()
    alone, together = interleaved(wall(one), wall(both), rounds=ROUNDS)
    ratio, text = compared(alone, together)
    return Row(
        what="numba, two cores",
        ours=f"{median(together) * 1000:,.0f} ms",
        peer=f"itself on one {median(alone) * 1000:,.0f} ms",
        ratio=text,
        goal="≥ 1.8x",
        met=ratio >= 1.8,  # noqa: PLR2004 - the goal
    )


def wall(work: Work) -> Callable[[], float]:
    """Measure wall time, seconds."""

    def measure() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return measure


def cluster_row() -> Row:
    """Compare a cluster of two processes with a cluster of one; rows must be equal."""
    from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra

    found, frames = [], []
    bands = [f"{number / 4000:.6f}" for number in range(4 * CONFIGURATIONS)]
    for workers in (1, 2):
        with (
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
            ) as cluster,
            Client(cluster) as client,
        ):
            run = sweep(LONG, bands, "numba", client=client)
            frames.append(run())
            measure = wall(run)
            found.append([measure() for _ in range(ROUNDS)])
    frames.append(sweep(LONG, bands, "numba")())
    if not all(frames[0].equals(other) for other in frames[1:]):
        raise SystemExit("the cluster's rows are not those of this process")
    ratio, text = compared([seconds / 2 for seconds in found[0]], found[1])
    return Row(
        what="Dask, two workers, share of linear",
        ours=f"{median(found[1]) * 1000:,.0f} ms",
        peer=f"one worker {median(found[0]) * 1000:,.0f} ms",
        ratio=text,
        goal="≥ 0.9x",
        met=ratio >= 0.9,  # noqa: PLR2004 - the goal
    )


def main() -> None:
    """Print the table."""
    if not is_beside():
        run_beside(__file__, (*REQUIREMENTS, "distributed"))
        return
    print(versions("nettools", "numpy", "numba", "vectorbt", "distributed"), flush=True)
    began = time.perf_counter()
    print(table([*peer_rows(), cores_row(), cluster_row()]))
    spent = time.perf_counter() - began
    print(
        f"one bar of one configuration; {ROUNDS} interleaved rounds (the clusters one after "
        f"the other), turnover equal to every peer's; {spent:.0f} s"
    )


if __name__ == "__main__":
    main()
