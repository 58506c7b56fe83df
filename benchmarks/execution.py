"""Resting first over a recorded order book: what it cost, and how fast that is found out.

Run ``python benchmarks/execution.py`` (two minutes; ``--tape FILE`` studies another recording,
``--study`` prints the study only). Without the recording of Binance beside the repository a
simulated market is studied, and the page says so.

The peer is hftbacktest (an environment of its own, installed on the first run): the same
events, constant latency and the risk-averse queue, the same orders one after another, and the
same compiled decision asked whenever the touch has changed; both in one process, in turns. Its
own loop is a compiled strategy around ``wait_next_feed``, as its documentation shows, on its
exchange without partial fills; so the two do not work equally many orders. nettools looks up
in an index what was displayed at a price; the index is made once for a tape, and its time is
shown apart.
"""

# ruff: noqa: FBT003, PLR0917 - the signatures of compiled code, and of the peer
import argparse
import gc
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from measure import Row, compared, interleaved, table
from peers import is_beside, run_beside, versions

from nettools import study
from nettools.smart import REST, STOP, TAKE, WAIT, Grid, Rule, Seen, rule_of
from nettools.study import execution_market as columns
from nettools.study import execution_order as order
from nettools.study.execution_compiled import functions
from nettools.style import Style

REAL = Path(__file__).parents[2] / "shared" / "data" / "binance_usdm_l2"
PEERS = ("hftbacktest==2.4.4", "pandas>=2.2", "plotly>=6", "pyarrow>=17", "pyyaml", "tqdm")
QUANTITY = "0.5"
LATENCY_NS = 20_000_000
STARTS = 1_000
ROUNDS, GOAL = 9, 8
STYLE = Style(name="smart")


def market_of(tape: str) -> study.StudyMarket:
    """Take the tape that is named, the recording beside the repository, or a simulation."""
    found = [Path(tape)] if tape else sorted(REAL.glob("*.gz"))
    if found:
        return study.StudyMarket.recorded(found[0])
    print("no recording here, so a simulated market is studied: it says nothing of real ones")
    return study.StudyMarket.simulated(seed=7, minutes=6)


def studied(market: study.StudyMarket) -> None:
    """Print what resting first cost, in a small grid of styles."""
    styles = study.smart_grid(timeout_seconds=[2, 10, 60], rest_seconds=["0.5", 3])
    began = time.perf_counter()
    found = study.execution(market, styles, quantity=QUANTITY, starts=STARTS)
    spent = time.perf_counter() - began
    print(
        f"{found!r}\n{len(found.starts):,} orders in {spent:.1f} s with the time to compile\n"
    )


# --- both engines, back to back over the whole tape


def rules() -> tuple[Rule, Rule]:
    """Give the rule to buy and the rule to sell."""
    both = (rule_of(STYLE, s, least_lots=1, data_age_seconds=Decimal(5)) for s in (1, -1))
    return next(both), next(both)


def ours(market: study.StudyMarket, lots: int) -> Callable[[], tuple[int, int, int]]:
    """Make our pass: gives (orders, lots filled, lots filled as a maker)."""
    import numba  # noqa: PLC0415 - only where the extra is

    begin, work, item_at = (functions()[name] for name in ("begin", "work", "item_at"))

    @numba.njit
    def through(market, rules, line, lots, start, s, fills):  # noqa: ANN001, ANN202, PLR0913 - compiled
        orders = filled = made = 0
        last = market.items[len(market.items) - 1][0]
        while start < last:
            item = item_at(market, start)
            if market.items[item][2] == 0:  # the book is not known yet
                start = market.items[item + 1][0]
                continue
            rule = rules[orders % 2]
            begin(market, s, start, lots, 1)
            work(market, rule, line, s, fills)
            for n in range(s[order.FILLS]):
                filled += fills[n][2]
                made += fills[n][2] * fills[n][4]
            orders += 1
            start = s[order.ENDED] + 1
        return orders, filled, made

    s = np.zeros(order.PLACES, dtype=np.int64)
    fills = np.zeros((order.MOST_FILLS, 5), dtype=np.int64)
    line, both = order.Line(LATENCY_NS, LATENCY_NS), rules()
    start = int(market.columns.items[0][columns.TIME])
    return lambda: through(market.columns, both, line, lots, start, s, fills)


def events_of(market: study.StudyMarket) -> Any:  # noqa: ANN401 - the peer's own array
    """Write the same events as the peer reads them, on its clock: told when they happen."""
    from hftbacktest import (  # noqa: PLC0415 - the peer
        BUY_EVENT,
        DEPTH_EVENT,
        EXCH_EVENT,
        LOCAL_EVENT,
        SELL_EVENT,
        TRADE_EVENT,
    )
    from hftbacktest.types import event_dtype  # noqa: PLC0415 - the peer

    tick, step = float(market.instrument.tick_size), float(market.instrument.step_size)
    sides, rows = {1: BUY_EVENT, -1: SELL_EVENT}, []
    for item in market.columns.items.tolist():
        both = EXCH_EVENT | LOCAL_EVENT
        if item[columns.KIND] == columns.TRADE:
            told = [(TRADE_EVENT, item[6], (item[7], item[8]))]
        else:
            first, middle, after = item[6:9]
            levels = market.columns.rows[first:after].tolist()
            told = [
                (DEPTH_EVENT, 1 if n < middle - first else -1, level)
                for n, level in enumerate(levels)
            ]
        rows += [
            (kind | both | sides[side], item[0], item[0], price * tick, lots * step, 0, 0, 0.0)
            for kind, side, (price, lots) in told
        ]
    return np.array(rows, dtype=event_dtype)


def theirs(market: study.StudyMarket, lots: int) -> Callable[[], tuple[int, int, int]]:
    """Make the peer's pass; loading its data and building it are not measured."""
    from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest  # noqa: PLC0415 - the peer

    events, through = events_of(market), strategy()
    tick, step = float(market.instrument.tick_size), float(market.instrument.step_size)
    both = rules()

    def one_pass() -> tuple[int, int, int]:
        asset = (
            BacktestAsset()
            .data(events)
            .linear_asset(1.0)
            .constant_order_latency(LATENCY_NS, LATENCY_NS)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0002, 0.0005)
            .tick_size(tick)
            .lot_size(step)
        )
        backtest = HashMapMarketDepthBacktest([asset])
        gc.collect()
        began = time.thread_time_ns()
        result = through(backtest, both, lots, tick, step)
        one_pass.spent = time.thread_time_ns() - began  # type: ignore[attr-defined]
        backtest.close()
        return tuple(result)

    return one_pass


def strategy() -> Any:  # noqa: ANN401, C901, PLR0915 - one compiled function
    """Write the smart order as a strategy of the peer, around our compiled decision."""
    import numba  # noqa: PLC0415 - the peer
    from hftbacktest import GTC, GTX, LIMIT, NEW  # noqa: PLC0415 - the peer
    from hftbacktest.order import IOC, PARTIALLY_FILLED  # noqa: PLC0415 - the peer

    decide = functions()["decide"]
    del GTC
    never = 1 << 60

    @numba.njit
    def through(hbt, rules, lots, tick, step):  # noqa: ANN001, ANN202, C901, PLR0912, PLR0915 - compiled
        orders = filled = made = number = 0
        ended = False
        depth = hbt.depth(0)
        while not ended:
            ended = hbt.wait_next_feed(False, never) == 1
            if not 0 < depth.best_bid_tick < depth.best_ask_tick < never:
                continue
            rule = rules[orders % 2]
            started, base = hbt.current_timestamp, round(hbt.position(0) / step)
            arrival = depth.best_bid_tick + depth.best_ask_tick
            rest = rested = quotes = requotes = refusals = switching = taken = left = 0
            while not ended:
                now = hbt.current_timestamp
                left = lots - rule.side * (round(hbt.position(0) / step) - base)
                if left == 0:
                    rest = 0
                bid, ask = depth.best_bid_tick, depth.best_ask_tick
                seen = Seen(
                    now, started, arrival, left, bid, ask,
                    round(depth.best_bid_qty / step), round(depth.best_ask_qty / step), now,
                    rest, rested, quotes, requotes, refusals, switching, 0, taken,
                )  # fmt: skip
                action, price, reason = decide(rule, seen)
                if action == WAIT:
                    wake = started + rule.timeout_ns
                    if rest > 0 and rested + rule.rest_ns > now:
                        wake = min(wake, rested + rule.rest_ns)
                    while True:
                        why = hbt.wait_next_feed(True, max(wake - hbt.current_timestamp, 0))
                        ended = why == 1
                        is_new = bid != depth.best_bid_tick or ask != depth.best_ask_tick
                        if ended or is_new or why in (0, 3):
                            break
                elif rest > 0:
                    ended = hbt.cancel(0, number, True) == 1
                    while not ended:  # any answer ends the wait, a fill as well
                        live = hbt.orders(0).get(number)
                        if live.status not in (NEW, PARTIALLY_FILLED):
                            break
                        ended = hbt.wait_order_response(0, number, never) == 1
                    rest = refusals = 0
                    if action == STOP:
                        break
                    switching = reason
                elif action == STOP:
                    break
                else:
                    number += 1
                    kind = GTX if action == REST else IOC
                    size, at = left * step, price * tick
                    if rule.side > 0:
                        ended = (
                            hbt.submit_buy_order(0, number, at, size, kind, LIMIT, True) == 1
                        )
                    else:
                        ended = (
                            hbt.submit_sell_order(0, number, at, size, kind, LIMIT, True) == 1
                        )
                    if action == TAKE:
                        taken = 1
                        made += lots - left
                        continue
                    requotes += 1 if quotes > 0 else 0
                    quotes, switching, rested = quotes + 1, 0, now
                    sent = hbt.orders(0).get(number)
                    if sent.status in (NEW, PARTIALLY_FILLED):
                        rest = price
                    elif sent.leaves_qty > 0:
                        refusals += 1
            left = lots - rule.side * (round(hbt.position(0) / step) - base)
            filled += lots - left
            made += 0 if taken else lots - left
            orders += 1
            hbt.clear_inactive_orders(0)
        return orders, filled, made

    return through


def measured(market: study.StudyMarket) -> None:
    """Measure both in turns, and print the table."""
    lots = Grid.of(market.instrument).lots(Decimal(QUANTITY))
    own, peer = ours(market, lots), theirs(market, lots)
    ran = own()
    print(
        f"nettools: {ran[0]} orders, {ran[2] / max(ran[1], 1):.0%} filled as a maker",
        flush=True,
    )
    beside = peer()
    share = beside[2] / max(beside[1], 1)
    print(f"hftbacktest: {beside[0]} orders, {share:.0%} filled as a maker", flush=True)

    def time_own() -> float:
        gc.collect()
        began = time.thread_time_ns()
        own()
        return float(time.thread_time_ns() - began)

    def time_peer() -> float:
        peer()
        return float(peer.spent)  # type: ignore[attr-defined]

    fast, slow = interleaved(time_own, time_peer, rounds=ROUNDS)
    middle, told = compared(slow, fast, 1)
    events = market.columns.events
    each = [f"{sorted(s)[ROUNDS // 2] / events:.1f} ns" for s in (fast, slow)]
    what = f"an event of {events:,} (levels and trades), order after order"
    print(table([Row(what=what, ours=each[0], peer=each[1], ratio=told, goal=f"≥ {GOAL}x",
                     met=middle >= GOAL)]))  # fmt: skip


def main() -> None:
    """Print the study, then the speed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tape", default="", help="a recording to study instead")
    parser.add_argument("--study", action="store_true", help="print the study only")
    chosen = parser.parse_args()
    began = time.perf_counter()
    market = market_of(chosen.tape)
    spent = time.perf_counter() - began
    if is_beside():
        print(versions("nettools", "hftbacktest", "numba"))
        measured(market)
        print(f"once for the tape: {spent:.1f} s to read it and make the index")
        return
    studied(market)
    if not chosen.study:
        print(run_beside(__file__, PEERS, *(["--tape", chosen.tape] if chosen.tape else [])))


if __name__ == "__main__":
    sys.exit(main())
