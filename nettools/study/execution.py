"""Rest first, then take? Many smart orders over a tape or a simulated market.

A market and styles come in; what each style would have cost goes out, beside taking at once on
the same starts. The decision and the queue are the very functions that trade and replay live,
so a style that is studied here is the style that runs. Each order is alone: the recorded market
does not react to it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from nettools.decimals import plain, positive
from nettools.errors import InvalidInput
from nettools.model import FeeRates, Instrument
from nettools.smart import Grid, Rule, least_lots_of, rule_of
from nettools.study import execution_order as order
from nettools.study import execution_runs as runs
from nettools.study.execution_compiled import compiled
from nettools.study.execution_market import ASK, BID, TIME, Market, item_at, market_of
from nettools.study.execution_order import Line
from nettools.study.execution_report import starts_frame, table_of
from nettools.study.execution_simulated import INSTRUMENT, simulated_events
from nettools.style import Style
from nettools.tape import TapeReader, label_of

AT_ONCE = "take at once"
"""What all others are compared with: everything is taken on the first look."""
FEES = FeeRates(maker=Decimal("0.0002"), taker=Decimal("0.0005"))
"""Binance USD-M and Bybit linear, an account without a discount (docs)."""
DATA_AGE = Decimal(5)
"""Seconds; as ``Limits.data_age_seconds``."""
_PIECE = 200
"""Orders between two moves of the progress bar."""
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMarket:
    """A market to study execution on."""

    source: str
    """Where it comes from, in a few words."""
    instrument: Instrument
    columns: Market

    @classmethod
    def recorded(cls, path: str | Path) -> "StudyMarket":
        """Read a recording (``nettools record``); some seconds for some minutes of tape.

        Raises:
            InvalidInput: no such file, or not a recording; names the line.
        """
        label = label_of(path)
        symbol = label.name.removesuffix("USDT")
        instrument = Instrument(
            symbol=f"{symbol}/USDT:USDT",
            step_size=label.step_size,
            tick_size=label.tick_size,
            min_quantity=label.step_size,
            min_notional=Decimal(5),
        )
        events = TapeReader(path, label.tick_size, label.step_size)
        return cls(
            source=f"recorded: {Path(path).name}",
            instrument=instrument,
            columns=market_of(events),
        )

    @classmethod
    def simulated(cls, seed: int = 7, minutes: float = 30) -> "StudyMarket":
        """Make one up, the same for the same seed; it says nothing about real markets."""
        columns = market_of(simulated_events(seed, minutes))
        source = f"simulated: seed {seed}, {minutes:g} minutes"
        return cls(source=source, instrument=INSTRUMENT, columns=columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionStudy:
    """What resting first would have cost; nothing in it is a promise."""

    source: str
    """Where the market comes from."""
    quantity: Decimal
    """Of every order, base units."""
    table: pd.DataFrame
    """A row per configuration, ``take at once`` first. In bps of the notional at the start,
    positive is a cost: cost, its standard error over blocks of time, gained against taking at
    once on the same starts, and the parts of the cost. maker_share, unfilled and ``took:
    reason`` are shares; the seconds are means."""
    starts: pd.DataFrame
    """A row per configuration and start, in the same columns."""

    def __repr__(self) -> str:
        return f"{self._said()}\n{self._shown().to_string()}"

    def _repr_html_(self) -> str:
        from nettools.render import html_table  # noqa: PLC0415 - on first use

        shown = self._shown()
        rows = [[str(cell) for cell in row] for row in shown.itertuples()]
        return html_table(["configuration", *shown.columns], rows, self._said())

    def _said(self) -> str:
        counts = self.table["starts"].iloc[0]
        return f"{counts:,} starts of {plain(self.quantity)}, {self.source}"

    def _shown(self) -> pd.DataFrame:
        t = self.table
        shown: dict[str, Sequence[str]] = {
            "cost (bps)": [_with_error(*p) for p in zip(t.cost_bps, t.cost_error, strict=True)],
            "gained (bps)": [
                _with_error(*p) for p in zip(t.gained_bps, t.gained_error, strict=True)
            ],
            "maker": [f"{share:.0%}" for share in t.maker_share],
            "waited": [f"{seconds:.1f} s" for seconds in t.waited_seconds],
            "unfilled": [f"{share:.1%}" for share in t.unfilled],
        }
        return pd.DataFrame(shown, index=t.index)


def _with_error(mean: float, error: float) -> str:
    return f"{mean + 0.0:.2f} ± {error:.2f}"


def smart_grid(base: Style | None = None, **values: Iterable[Any]) -> dict[str, Style]:
    """Give a style for every combination of parameters, named by what differs.

    >>> [*smart_grid(timeout_seconds=[10, 60])]
    ['timeout_seconds 10', 'timeout_seconds 60']

    Raises:
        InvalidInput: a parameter that a smart style does not have, or a value it refuses.
    """
    start = base or Style(name="smart")
    unknown = sorted(set(values) - set(Style.__dataclass_fields__))
    if unknown:
        raise InvalidInput(f"a smart style has no {unknown[0]!r}")
    styles = {}
    for combination in product(*values.values()):
        chosen = dict(zip(values, combination, strict=True))
        name = ", ".join(f"{key} {value}" for key, value in chosen.items())
        styles[name or "smart"] = replace(start, **{k: _exact(k, v) for k, v in chosen.items()})
    return styles


def _exact(name: str, value: Any) -> Any:  # noqa: ANN401 - any parameter's
    is_number = isinstance(value, int | float | str) and not isinstance(value, bool)
    counts = {"improve_ticks", "most_requotes", "most_refusals"}
    return Decimal(str(value)) if is_number and name not in counts else value


def execution(  # noqa: PLR0913 - each is one named choice of the user
    market: StudyMarket | str | Path,
    styles: Mapping[str, Style] | None = None,
    *,
    quantity: str | int | Decimal,
    side: str = "both",
    starts: int = 500,
    seed: int = 7,
    latency: float | tuple[float, float] = 0.02,
    faults: Line | None = None,
    rates: FeeRates = FEES,
    fast: bool | None = None,
    progress: bool = True,
) -> ExecutionStudy:
    """Work many orders at random moments, each alone, in every style and at once.

    Args:
        market: a ``StudyMarket``, or the path of a recording.
        styles: smart styles by name (``smart_grid`` makes many); the default style when left
            out.
        quantity: of every order, base units.
        side: ``"buy"``, ``"sell"``, or ``"both"`` by lot.
        starts: how many moments, drawn evenly over the tape.
        seed: what they are drawn from; the same for every style.
        latency: seconds from sending to the venue and from the venue back.
        faults: what goes wrong on the line, in millionths of requests; its latency counts.
        rates: the account's fees, fractions of notional.
        fast: compile with numba (extra ``fast``), or not; by default if numba is installed.
        progress: show a bar.

    Raises:
        InvalidInput: a style that is not smart, a side, a quantity or a latency that cannot
            be, or a tape that is shorter than the longest order.
    """
    if not isinstance(market, StudyMarket):
        market = StudyMarket.recorded(market)
    chosen = {AT_ONCE: Style(name="smart", timeout_seconds=Decimal(0)), **(styles or _SMART)}
    _check_styles(chosen)
    wanted = positive(quantity, "quantity")
    lots = Grid.of(market.instrument).lots(wanted)
    rules = [rule for style in chosen.values() for rule in _rules(style, market, wanted)]
    line = faults or Line(*_both_ns(latency))
    longest = max(rule.timeout_ns for rule in rules)
    drawn = _draw(market.columns, side, starts, longest, Random(seed))  # noqa: S311 - no secret
    orders = np.array(
        [
            (2 * n + (way < 0), start, lots, noise)
            for n in range(len(chosen))
            for start, way, noise in drawn
        ],
        dtype=np.int64,
    )
    results = run(market.columns, rules, line, orders, fast=fast, progress=progress)
    which, sides = orders[:, runs.O_RULE] // 2, np.where(orders[:, runs.O_RULE] % 2, -1, 1)
    frame = starts_frame([*chosen], sides, which, results, rates)
    block = pd.Timedelta(max(longest, 10 * _SECOND), unit="ns")
    table = table_of(frame, [*chosen], block)
    return ExecutionStudy(source=market.source, quantity=wanted, table=table, starts=frame)


def _check_styles(styles: Mapping[str, Style]) -> None:
    for name, style in styles.items():
        if style.name != "smart":
            raise InvalidInput(f"{name!r} must be a smart style, was {style.name}")


_SMART = {"smart": Style(name="smart")}


def run(  # noqa: PLR0913 - the market, the orders, and how to run them
    market: Market,
    rules: Sequence[Rule],
    line: Line,
    orders: "np.ndarray[Any, np.dtype[np.int64]]",
    *,
    fast: bool | None = None,
    progress: bool = False,
) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Work a table of orders; gives a row of results for each (``execution_runs``).

    Raises:
        InvalidInput: ``fast`` without numba.
    """
    work, is_fast = _worker(fast)
    stretch = market if is_fast else market.as_lists()
    shape = (len(orders), runs.PLACES), (order.PLACES,), (order.MOST_FILLS, 5)
    results, row, fills = (np.zeros(size, dtype=np.int64) for size in shape)
    out: Any = results if is_fast else results.tolist()
    own: Any = (row, fills) if is_fast else (row.tolist(), fills.tolist())
    table: Any = orders if is_fast else orders.tolist()
    for piece in _pieces(len(orders), progress=progress):
        work(stretch, tuple(rules), line, table[piece], out[piece], *own)
    return np.array(out, dtype=np.int64).reshape(shape[0])


def _worker(fast: bool | None) -> tuple[Any, bool]:  # noqa: FBT001 - passed on
    if fast is False:
        return runs.work_all, False
    try:
        return compiled(), True
    except ImportError:
        if fast:
            raise InvalidInput(
                'fast=True needs numba; install it with: pip install "nettools[fast]"'
            ) from None
        return runs.work_all, False


def _pieces(count: int, *, progress: bool) -> Iterator[slice]:
    bar = tqdm(total=count, unit="orders", disable=not progress, leave=False, delay=0.5)
    with bar:
        for first in range(0, count, _PIECE):
            yield slice(first, min(first + _PIECE, count))
            bar.update(min(_PIECE, count - first))


def _rules(style: Style, market: StudyMarket, quantity: Decimal) -> list[Rule]:
    """Give the rule to buy and the rule to sell."""
    first = market.columns.items[0]
    price = Grid.of(market.instrument).price(int(first[BID] or first[ASK] or 1))
    least = least_lots_of(
        style, market.instrument, quantity=quantity, price=price, reduces=False
    )
    return [
        rule_of(style, side, least_lots=least, data_age_seconds=DATA_AGE) for side in (1, -1)
    ]


def _both_ns(latency: float | tuple[float, float]) -> tuple[int, int]:
    both = latency if isinstance(latency, tuple) else (latency, latency)
    if not all(0 <= seconds < 60 for seconds in both):  # noqa: PLR2004 - a minute
        raise InvalidInput(f"latency must be from 0 to below 60 seconds, was {latency}")
    return round(both[0] * _SECOND), round(both[1] * _SECOND)


def _draw(
    market: Market, side: str, starts: int, longest: int, random: Random
) -> list[tuple[int, int, int]]:
    """Draw (start in ns, side, seed of its faults) for so many orders, the book being known."""
    ways = {"buy": (1,), "sell": (-1,), "both": (1, -1)}.get(side)
    if ways is None:
        raise InvalidInput(f'side must be "buy", "sell" or "both", was {side!r}')
    if starts < 1:
        raise InvalidInput(f"starts must be at least 1, was {starts}")
    first, last = int(market.items[0][TIME]), int(market.items[-1][TIME]) - longest
    if last <= first:
        raise InvalidInput(
            f"the market lasts {market.seconds:.0f} s, which is not longer than the timeout of "
            f"{longest / _SECOND:.0f} s; lower it or take a longer recording"
        )
    drawn: list[tuple[int, int, int]] = []
    for _ in range(100 * starts):
        start, way = random.randint(first, last), random.choice(ways)
        row = market.items[item_at(market, start)]
        if row[BID] > 0 and row[ASK] > 0:
            drawn.append((start, way, random.getrandbits(31)))
        if len(drawn) == starts:
            return drawn
    raise InvalidInput("the book of this tape is hardly ever known; record it again")
