"""Netting of history against its peers: the same sums, the time and the memory they take.

Run ``python benchmarks/history.py`` (about five minutes; ``limits``, ``changes``, ``files`` or
``peers`` behind it measures that part alone; the peers are installed into an
environment of their own the first time). One hundred strategies, per strategy and netted:
turnover, fees, PnL. Everything is measured through the public ``study.netting``, in turns
with each peer in one process, in CPU time of all its threads: other work on the machine
disturbs it less than wall time. The memory read limit is the time one thread needs to look at
every number of the panel once (``panel.max()`` of 8-byte numbers; panels of 400 and 800 MB,
far larger than any cache). Rows named *floor* are the least that could be done: for numpy
|diff| and one BLAS product alone; for numba the loop of the kernel alone, without the frame
around it; for a list of changes the same call with a single change, and a bare loop which
touches each change once, at one place of what is held.
Every peer's fees must equal ours before a ratio is printed.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from floors import changes_floor, numba_floor, numpy_floor
from measure import Row, compared, interleaved, table
from peers import cache_folder, is_beside, run_beside, versions

from nettools.study import netting

REQUIREMENTS = (
    *("vectorbt==1.2.0", "polars==2.1.0", "duckdb==2.0.0", "numba==0.68.1"),
    *("pandas==3.1.1", "pyarrow", "tqdm"),
)
BARS, STRATEGIES, FEE = 100_000, 100, 0.0005
LONG, WIDE = 500_000, 1000
STREAMED = 1_000_000
ROUNDS = 5
NAMES = [f"s{number}" for number in range(STRATEGIES)]
Panel = np.ndarray
Work = Callable[[], object]


def drawn_panel(bars: int, strategies: int, density: float = 1.0) -> Panel:
    """Draw targets in lots of 0.001, a new one on each bar with this chance."""
    rng = np.random.default_rng(7)
    panel = rng.integers(-1000, 1001, (bars, strategies)).astype(np.float64) / 1000
    if density < 1:
        changes = rng.random((bars, strategies)) < density
        changes[0] = True
        last = np.maximum.accumulate(np.where(changes, np.arange(bars)[:, None], 0))
        panel = np.take_along_axis(panel, last, axis=0)
    return panel


def drawn_prices(bars: int) -> Panel:
    """Draw a walk in ticks of 0.1."""
    steps = np.random.default_rng(8).integers(-50, 51, bars)
    return (1_000_000 + np.clip(steps.cumsum(), -900_000, None)) / 10


def seconds(work: Work) -> Callable[[], float]:
    """Measure CPU time of the process."""

    def measure() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    work()  # warm up
    return measure


def against(what: str, ours: Work, peer: Work, name: str, goal: float | None = None) -> Row:
    """Measure in turns with a peer; a row with its ratio."""
    mine, theirs = interleaved(seconds(ours), seconds(peer), rounds=ROUNDS)
    return ratio_row(what, mine, theirs, name, goal)


def ratio_row(
    what: str, mine: list[float], theirs: list[float], name: str, goal: float | None
) -> Row:
    """Show two series."""
    ratio, text = compared(theirs, mine, places=1)
    return Row(
        what=what,
        ours=shown(mine),
        peer=f"{name} {shown(theirs)}",
        ratio=text,
        goal="" if goal is None else f"≥ {goal:g}x",
        met=None if goal is None else ratio >= goal,
    )


def shown(series: list[float]) -> str:
    """Give the median in milliseconds."""
    return f"{median(series) * 1000:,.1f} ms"


def limit(what: str, panel: Panel, work: Work, goal: float | None) -> Row:
    """Compare with reading the panel once."""
    mine, reads = interleaved(seconds(work), seconds(panel.max), rounds=ROUNDS)
    share, text = compared(reads, mine)
    return Row(
        what=what,
        ours=shown(mine),
        peer=f"reading it {shown(reads)}",
        ratio=text,
        goal="" if goal is None else f"≥ {goal:.2f}x",
        met=None if goal is None else share >= goal,
    )


def naive_numpy(panel: Panel, prices: Panel) -> Panel:
    """Write the formulas down as they are; gives the fees of the strategies and of the net."""
    with_net = np.column_stack([panel, panel.sum(axis=1)])
    traded = np.abs(np.diff(with_net, axis=0, prepend=0)) * prices[:, None]
    earned = with_net[:-1] * np.diff(prices)[:, None]
    earned.sum(axis=0)
    return traded.sum(axis=0) * FEE


def with_pandas(frame: pd.DataFrame, prices: pd.Series) -> Panel:
    """Do it as a pandas user would."""
    with_net = frame.assign(net=frame.sum(axis=1))
    traded = with_net.diff().fillna(with_net).abs().mul(prices, axis=0).sum()
    with_net.mul(prices.shift(-1) - prices, axis=0).sum()
    return traded.to_numpy() * FEE


def with_polars(frame: object) -> Panel:
    """Do it lazily in polars; a LazyFrame or a path comes in, with a column ``price``."""
    import polars as pl  # noqa: PLC0415 - a peer

    lazy = pl.scan_ipc(frame) if isinstance(frame, Path) else frame.lazy()
    lazy = lazy.with_columns(net=pl.sum_horizontal(NAMES))
    price, step = pl.col("price"), pl.col("price").shift(-1) - pl.col("price")
    columns = [*NAMES, "net"]
    traded = [(pl.col(c).diff().fill_null(pl.col(c)).abs() * price).sum() for c in columns]
    earned = [(pl.col(c) * step).sum().alias(f"pnl {c}") for c in columns]
    found = lazy.select(traded + earned).collect(engine="streaming")
    return found.row(0)[: len(columns)] * np.array(FEE)


def with_duckdb(path: Path) -> Panel:
    """Do it in SQL over the file."""
    import duckdb  # noqa: PLC0415 - a peer
    import pyarrow.dataset as arrow  # noqa: PLC0415 - only here

    columns = [*NAMES, "net"]
    lags = ", ".join(f"lag({c}, 1, 0) OVER w AS was_{c}" for c in columns)
    sums = ", ".join(
        f"sum(abs({c} - was_{c}) * price), sum({c} * (later - price))" for c in columns
    )
    panel = arrow.dataset(path, format="feather")  # noqa: F841 - duckdb finds it by its name
    query = (
        f"SELECT {sums} FROM (SELECT *, {lags}, lead(price) OVER w AS later FROM "  # noqa: S608 - our own columns
        f"(SELECT *, {' + '.join(NAMES)} AS net FROM panel) WINDOW w AS (ORDER BY time))"
    )
    return np.array(duckdb.sql(query).fetchall()[0][::2]) * FEE


def with_vectorbt(frame: pd.DataFrame, prices: pd.Series) -> Panel:
    """Let vectorbt trade each strategy alone; gives the fees of each."""
    import vectorbt as vbt  # noqa: PLC0415 - a peer

    done = vbt.Portfolio.from_orders(
        prices, size=frame, size_type="targetamount", fees=FEE, init_cash=1e12
    )
    orders = done.orders.values  # noqa: PD011 - vectorbt's records
    done.final_value()
    return np.bincount(orders["col"], orders["fees"], frame.shape[1])


def check_equal(name: str, fees: Panel, ours: Panel) -> None:
    """Stop unless a peer found the same fees."""
    if not np.allclose(fees, ours[: len(fees)], rtol=1e-9):
        raise SystemExit(f"{name} finds other fees than nettools; no ratio is printed")


def peer_rows() -> list[Row]:
    """Compare with every peer on one panel in memory."""
    import polars as pl  # noqa: PLC0415 - a peer

    panel, prices = drawn_panel(BARS, STRATEGIES), drawn_prices(BARS)
    frame, series = pd.DataFrame(panel, columns=NAMES), pd.Series(prices)
    rows_frame = pl.DataFrame(frame).with_columns(price=pl.Series(prices))
    whole = netting(frame, series, fee_rate=str(FEE))
    fees = np.append(whole.strategies["fees"], whole.net["fees"])
    peers: list[tuple[str, Callable[[], Panel], float | None, float | None]] = [
        ("pandas", lambda: with_pandas(frame, series), 7, None),
        ("polars", lambda: with_polars(rows_frame), 3, None),
        ("naive numpy", lambda: naive_numpy(panel, prices), None, None),
        ("vectorbt", lambda: with_vectorbt(frame, series), 150, 300),
    ]
    rows = []
    for name, peer, goal, compiled in peers:
        check_equal(name, np.asarray(peer()), fees)
        ours = [
            seconds(lambda engine=engine: netting(panel, series, engine=engine, progress=False))
            for engine in ("numpy", "numba")
        ]
        *mine, theirs = interleaved(*ours, seconds(peer), rounds=ROUNDS)
        rows += [
            ratio_row(f"{BARS:,} × {STRATEGIES}, {engine}", found, theirs, name, wanted)
            for engine, found, wanted in zip(
                ("numpy", "numba"), mine, (goal, compiled), strict=True
            )
        ]
    return rows


def limit_rows() -> list[Row]:
    """Compare with the memory read limit, and measure what is needed beside the panel."""
    rows = []
    for bars, strategies, goals in (
        (LONG, STRATEGIES, {"numpy": 0.4, "numba": 0.6}),
        (BARS, WIDE, {"numba": 0.75}),
    ):
        panel, prices = drawn_panel(bars, strategies), pd.Series(drawn_prices(bars))
        for engine, goal in goals.items():
            rows.append(
                limit(
                    f"{bars:,} × {strategies}, {engine}",
                    panel,
                    lambda p=panel, s=prices, e=engine: netting(p, s, engine=e, progress=False),
                    goal,
                )
            )
        closes = prices.to_numpy()
        floor = f"floor of numba: {bars:,} × {strategies}, its loop alone"
        rows.append(limit(floor, panel, numba_floor(panel, closes), None))
        if strategies == STRATEGIES:
            floor = f"floor of numpy: {bars:,} × {strategies}, |diff|, one product"
            rows.append(limit(floor, panel, lambda p=panel, c=closes: numpy_floor(p, c), None))
            rows += [*exact_rows(panel, prices), memory_row(panel, prices)]
    return rows


def exact_rows(panel: Panel, prices: pd.Series) -> list[Row]:
    """Do the same in whole lots and ticks, exact to the last digit."""
    lots = np.rint(panel * 1000).astype(np.int64)
    ticks = (prices * 10).round().astype(np.int64)
    if netting(lots, ticks, engine="numba").pnl_gap != 0:
        raise SystemExit("the strategies' PnL is not the net's to the last digit")
    what = f"{len(lots):,} × {STRATEGIES}, exact integers"
    return [
        limit(
            f"{what}, {engine}",
            lots,
            lambda e=engine: netting(lots, ticks, engine=e, progress=False),
            goal,
        )
        for engine, goal in (("numba", 0.5), ("numpy", None))
    ]


def memory_row(panel: Panel, prices: pd.Series) -> Row:
    """Measure the peak of what is allocated beside the panel."""
    netting(panel[:1000], prices[:1000])
    tracemalloc.start()
    netting(panel, prices, engine="numpy", progress=False)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    allowed = 0.02 * panel.nbytes + 8e6
    return Row(
        what=f"extra memory, panel of {panel.nbytes / 1e6:,.0f} MB",
        ours=f"{peak / 1e6:.1f} MB",
        goal=f"≤ {allowed / 1e6:.0f} MB",
        met=peak <= allowed,
    )


def change_rows() -> list[Row]:
    """Compare a list of changes with the dense panel of the same targets, exact integers."""
    rows = []
    for density, goal in ((0.01, 6), (0.001, 30)):
        panel = np.rint(drawn_panel(LONG, STRATEGIES, density) * 1000).astype(np.int64)
        ticks = pd.Series(np.rint(drawn_prices(LONG) * 10).astype(np.int64))
        bars, columns = np.nonzero(np.diff(panel, axis=0, prepend=0))
        names = pd.Categorical.from_codes(columns, NAMES)
        changes = pd.DataFrame({"bar": bars, "strategy": names, "target": panel[bars, columns]})
        told, dense = netting(changes, ticks), netting(panel, ticks)
        if not (told.net == dense.net).all():
            raise SystemExit("a list of changes gives another net than its panel")
        rows.append(
            against(
                f"list of {len(changes):,} changes, {density:.1%} of the cells",
                lambda c=changes, t=ticks: netting(c, t, engine="numba", progress=False),
                lambda p=panel, t=ticks: netting(p, t, engine="numba", progress=False),
                "the dense panel, numba",
                goal,
            )
        )
        rows.append(
            against(
                "floor: each change touched once, no more",
                changes_floor(changes, ticks.to_numpy()),
                lambda p=panel, t=ticks: netting(p, t, engine="numba", progress=False),
                "the dense panel, numba",
            )
        )
        rows.append(
            against(
                "floor: one change, 1,000 bars",
                lambda c=changes[:1], t=ticks[:1000]: netting(
                    c, t, engine="numba", progress=False
                ),
                lambda p=panel, t=ticks: netting(p, t, engine="numba", progress=False),
                "the dense panel, numba",
            )
        )
    return rows


def written_panel() -> Path:
    """Write the file to be streamed, once: a column of prices and one a strategy."""
    import pyarrow as pa  # noqa: PLC0415 - only here

    path = cache_folder() / f"panel-{STREAMED}-{STRATEGIES}.feather"
    if not path.exists():
        panel, prices = drawn_panel(STREAMED, STRATEGIES), drawn_prices(STREAMED)
        times = pd.date_range("2024-01-01", periods=STREAMED, freq="min", tz="UTC")
        columns = {"time": times, "price": prices} | dict(zip(NAMES, panel.T, strict=True))
        whole = pa.table(columns)
        part = path.with_suffix(".part")
        with pa.OSFile(str(part), "wb") as file, pa.ipc.new_file(file, whole.schema) as out:
            out.write_table(whole, max_chunksize=65_536)
        part.replace(path)
    return path


def stream_rows() -> list[Row]:
    """Stream a file, in turns with polars and duckdb; memory in a process of its own."""
    path = written_panel()

    def ours() -> object:
        return netting(path, "price", progress=False)

    whole = netting(path, "price", progress=False)
    fees = np.append(whole.strategies["fees"], whole.net["fees"])
    peers = (("polars", with_polars, 3), ("duckdb", with_duckdb, 15))
    what = f"{STREAMED:,} × {STRATEGIES} streamed, {path.stat().st_size / 1e6:,.0f} MB"
    rows = []
    for name, peer, goal in peers:
        check_equal(name, np.asarray(peer(path)), fees)
        rows.append(against(what, ours, lambda p=peer: p(path), name, goal))
    peak = float(run_beside(__file__, REQUIREMENTS, "--peak", str(path), keep=True))
    return [
        *rows,
        Row(
            what="the same, peak memory of the whole process",
            ours=f"{peak:.0f} MB",
            goal="≤ 250 MB",
            met=peak <= 250,  # noqa: PLR2004 - the goal
        ),
    ]


def print_peak(path: str) -> None:
    """Stream a file and print this process's peak memory, MB."""
    netting(path, "price", progress=False)
    # Not ru_maxrss: it begins with what the process that started this one had.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    print(next(int(line.split()[1]) / 1000 for line in status if line.startswith("VmHWM")))


PARTS = {
    "limits": limit_rows,
    "changes": change_rows,
    "files": stream_rows,
    "peers": peer_rows,
}


def main() -> None:
    """Print the table."""
    if "--peak" in sys.argv:
        print_peak(sys.argv[-1])
        return
    if not is_beside():
        run_beside(__file__, REQUIREMENTS, *sys.argv[1:])
        return
    names = ("numpy", "numba", "pandas", "polars", "duckdb", "vectorbt")
    print(versions("nettools", *names), flush=True)
    began = time.perf_counter()
    for name, rows in PARTS.items():
        if name in sys.argv[1:] or len(sys.argv) == 1:
            print(table(rows()), flush=True)
    spent = time.perf_counter() - began
    print(f"{ROUNDS} interleaved rounds, CPU time, fees equal to every peer's; {spent:.0f} s")


if __name__ == "__main__":
    main()
