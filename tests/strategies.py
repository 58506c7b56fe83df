"""Hypothesis strategies: quantities, books, instruments, quotes and snapshots that can occur.

Kept wide on purpose: targets off the grid, both modes, maximums small enough to split, tight
limits, opposite working orders. Only what no venue could mean is left out.
"""

from collections.abc import Mapping
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from makers import BTC, ETH, NOW

from nettools.diff import Deadband
from nettools.model import (
    Instrument,
    Leg,
    Order,
    OrderReport,
    OrderState,
    PositionMode,
    PositionSide,
    Quote,
    Side,
    legs_of,
)
from nettools.snapshot import Limits, Snapshot
from nettools.style import Style
from nettools.targets import TargetBook, TargetState

# Two shared cores: a slow example is no failure.
settings.register_profile("nettools", deadline=None)
settings.load_profile("nettools")

SYMBOLS = (BTC, ETH)
NAMES = ("A", "B", "C", "D", "均值", "x y")
STEPS = tuple(map(Decimal, ("0.001", "0.005", "0.03", "1", "10")))
TICKS = tuple(map(Decimal, ("0.01", "0.1", "0.25", "5")))

modes = st.sampled_from(PositionMode)
states = st.sampled_from(
    [TargetState.ACTIVE, TargetState.ACTIVE, TargetState.HOLD, TargetState.FLAT]
)


def decimals(least: str, most: str, places: int) -> st.SearchStrategy[Decimal]:
    """Exact numbers between two, with this many decimal places."""
    return st.decimals(
        min_value=Decimal(least), max_value=Decimal(most), places=places, allow_nan=False
    )


numbers = st.one_of(decimals("-1e12", "1e12", 12), decimals("-2", "2", 4))
"""Anything ``exact`` may give."""
steps = st.one_of(st.sampled_from(STEPS), decimals("1e-12", "1000", 12).filter(bool))
wishes = st.one_of(decimals("-3", "3", 1), decimals("-3", "3", 6))
"""Targets, signed base units."""


def on_grid(step: Decimal, most: int = 300) -> st.SearchStrategy[Decimal]:
    """Signed multiples of a step."""
    return st.integers(-most, most).map(lambda count: count * step)


def near_grid(step: Decimal) -> st.SearchStrategy[Decimal]:
    """Signed multiples of a step, and what lies between them."""
    return st.one_of(on_grid(step), on_grid(step / 100, 30_000))


@st.composite
def books(draw: st.DrawFn, step_sizes: Mapping[str, Decimal] | None = None) -> TargetBook:
    """Books with strategies in every state, some unknown, some removed."""
    by_symbol = (
        dict.fromkeys(SYMBOLS, wishes)
        if step_sizes is None
        else {symbol: near_grid(step) for symbol, step in step_sizes.items()}
    )
    wanted = st.fixed_dictionaries({}, optional=by_symbol)
    book = TargetBook.of(draw(st.dictionaries(st.sampled_from(NAMES), wanted, max_size=5)))
    for strategy in book.strategies:
        book = book.with_state(strategy, draw(states))
        fate = draw(st.sampled_from(["known", "known", "unknown", "removed"]))
        if fate == "unknown":
            book = book.with_unknown(strategy, "it raised")
        elif fate == "removed":
            book = book.remove(strategy)
    return book


@st.composite
def instruments(draw: st.DrawFn, symbol: str = BTC) -> Instrument:
    """Instruments whose maximum is at least twenty smallest orders, as on every venue."""
    step = draw(st.sampled_from(STEPS))
    min_quantity = draw(st.sampled_from([0, 1, 1, 2, 20])) * step
    largest = max(min_quantity, step) * draw(st.integers(20, 100))
    return Instrument(
        symbol=symbol,
        step_size=step,
        tick_size=draw(st.sampled_from(TICKS)),
        min_quantity=min_quantity,
        min_notional=draw(decimals("0", "100", 0)),
        max_quantity=draw(st.sampled_from([None, largest, largest + step / 2])),
        price_band=draw(st.sampled_from([None, Decimal("0.05"), Decimal("0.002")])),
    )


@st.composite
def quotes(draw: st.DrawFn, instrument: Instrument) -> Quote:
    """Touches on the tick, at prices where a quarter of the maximum is worth the minimum."""
    tick = instrument.tick_size
    least = 1
    if instrument.max_quantity is not None:
        least = int(4 * instrument.min_notional / instrument.max_quantity / tick) + 1
    bid = draw(st.integers(least, least + 1_000_000)) * tick
    ask = bid + draw(st.integers(1, 20)) * tick
    return Quote(symbol=instrument.symbol, bid=bid, ask=ask, mark_price=bid, time=NOW)


deadbands = st.builds(
    Deadband,
    quantity=st.none() | decimals("0", "0.5", 3),
    notional=decimals("0", "1000", 0),
    fraction=decimals("0", "0.2", 2),
    trade_to=st.sampled_from(["target", "edge"]),
)
styles = st.one_of(
    st.builds(Style, slippage_bps=decimals("0", "50", 1)),
    st.builds(
        Style,
        name=st.just("limit"),
        offset_bps=decimals("-10", "100", 1),
        post_only=st.booleans(),
    ),
)
_WIDE = Limits(
    order_notional=Decimal("1e12"),
    symbol_notional=Decimal("1e12"),
    account_notional=Decimal("1e12"),
)
limits = st.sampled_from(
    [
        _WIDE,
        _WIDE,
        Limits(),
        Limits(orders_per_minute=2),
        Limits(order_notional=Decimal(0), symbol_notional=Decimal(0)),
    ]
)


@st.composite
def positions(draw: st.DrawFn, leg: Leg, step: Decimal) -> Decimal:
    """Positions a leg can hold: on the grid, and of the leg's own sign."""
    quantity = draw(on_grid(step))
    if leg.position_side is PositionSide.LONG:
        return abs(quantity)
    return -abs(quantity) if leg.position_side is PositionSide.SHORT else quantity


@st.composite
def own_orders(draw: st.DrawFn, leg: Leg, step: Decimal, number: int) -> OrderReport:
    """Own orders in the book, of either side, filled in part or of unknown outcome."""
    quantity = draw(on_grid(step).filter(bool))
    order = Order(
        client_order_id=f"nt-old-{number}",
        symbol=leg.symbol,
        position_side=leg.position_side,
        side=Side.of(quantity),
        quantity=abs(quantity),
        limit_price=Decimal(100),
    )
    state = draw(st.sampled_from([OrderState.ACKED, OrderState.PARTIAL, OrderState.UNKNOWN]))
    return OrderReport(order=order, state=state)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """What a desk may read at one moment, in either mode."""
    mode = draw(modes)
    rules = {symbol: draw(instruments(symbol)) for symbol in SYMBOLS}
    step_sizes = {symbol: rules[symbol].step_size for symbol in SYMBOLS}
    legs = [(leg, step_sizes[symbol]) for symbol in SYMBOLS for leg in legs_of(symbol, mode)]
    working = [
        draw(own_orders(leg, step, number))
        for number, (leg, step) in enumerate(legs)
        if draw(st.integers(0, 3)) == 0
    ]
    return Snapshot(
        desk="desk",
        sequence=draw(st.integers(0, 5)),
        mode=mode,
        book=draw(books(step_sizes)),
        positions={
            leg: draw(positions(leg, step)) for leg, step in legs if draw(st.booleans())
        },
        working=tuple(working),
        instruments=rules,
        quotes={symbol: draw(quotes(rules[symbol])) for symbol in SYMBOLS},
        available=draw(st.sampled_from([Decimal("1e12"), Decimal(1000), Decimal(0)])),
        deadbands={symbol: draw(deadbands) for symbol in SYMBOLS if draw(st.booleans())},
        limits=draw(limits),
        time=NOW,
    )
