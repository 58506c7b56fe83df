"""The net target of a leg in whole grains, ready to be followed by many configurations.

Targets and settings come in as a person writes them; whole numbers of one fine unit go out, so
that comparing with a deadband and rounding to a step are exact in float64 as they are in
Decimals. Targets are read to the last decimal they have, to the twelfth at most (the desk
refuses finer ones), and to fewer where their size leaves no room for twelve.
"""

from collections.abc import Callable
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from nettools.decimals import round_up
from nettools.errors import InvalidInput
from nettools.model import PositionSide
from nettools.study.lanes import Course, Lanes
from nettools.study.panel import Floats, Panel
from nettools.study.side_by_side import Numbers, read_number

FINEST_PLACES = 12
PRICE_PLACES = 8
WIDTHS = "deadbands", "fractions", "notionals"
ROOM = 2.0**51
"""Grains that a net target may have: half of what is exact, so that deltas fit as well."""


class Configuration(NamedTuple):
    """How a net target is followed; the deadband is the widest of the three."""

    deadband: Decimal
    """No trade while |delta| is not more than this, base units."""
    fraction: Decimal
    """Nor while it is not more than this share of the |target|."""
    notional: Decimal
    """Nor while it is not worth more than this, quote units."""
    step_size: Decimal
    """Grid of what is traded, base units."""
    trade_to: str
    """"target" or "edge"."""


class Smallest(NamedTuple):
    """What the venue takes at least."""

    quantity: Decimal
    """Base units; never less than the step size."""
    notional: Decimal
    """Quote units; orders that close a position are exempt."""


class Prepared(NamedTuple):
    """One leg's course, and every configuration as a lane."""

    course: Course
    lanes: Lanes
    grain: Decimal
    """Base units of one grain."""
    tick: Decimal
    """Quote units of one price unit of the course."""
    target_square: float
    """Σ (target · (p[t + 1] − p[t]))², in (grains × price units)²."""
    target_pnl: float
    """Σ target · (p[t + 1] − p[t]), in grains × price units."""


def prepare(
    panel: Panel,
    side: PositionSide,
    configurations: list[Configuration],
    smallest: Smallest,
    progress: Callable[..., Any],
) -> Prepared:
    """Net the leg of a panel, and express it and the configurations in one grain.

    Raises:
        InvalidInput: a target that is no finite number, or too large for the grain.
    """
    lengths = {one.deadband for one in configurations} | {c.step_size for c in configurations}
    needed = max(map(decimal_places, lengths | {smallest.quantity}))
    # A fraction of a target has the decimals of both.
    of_fraction = max(map(decimal_places, {one.fraction for one in configurations}))
    places = max(needed, _places_of(panel) + of_fraction)
    net, left = _net(panel, side, places, progress)
    largest = np.abs(net).max() / 10.0**places
    if left or np.abs(net).max() >= ROOM:
        places = min(FINEST_PLACES, int(np.floor(np.log10(ROOM / largest))))
        if places < needed:
            raise InvalidInput(
                f"net targets of up to {largest:,.0f} are too large beside settings with "
                f"{needed} decimal places; use coarser settings"
            )
        net, _ = _net(panel, side, places, progress)
    prices, price_places = _in_ticks(panel.market.prices)
    course = Course(net, prices, np.diff(prices, append=prices[-1:]))
    earned = course.net * course.steps
    return Prepared(
        course=course,
        lanes=_lanes(configurations, smallest, places, places + price_places),
        grain=Decimal(1).scaleb(-places),
        tick=Decimal(1).scaleb(-price_places),
        target_square=float(earned @ earned),
        target_pnl=float(earned.sum()),
    )


def _lanes(
    configurations: list[Configuration], smallest: Smallest, places: int, worth_places: int
) -> Lanes:
    """Express settings in grains, and what they are worth in grains × price units."""
    steps = [one.step_size for one in configurations]
    least = {step: round_up(max(smallest.quantity, step), step) for step in set(steps)}
    worth = [smallest.notional] * len(configurations)
    return Lanes(
        deadbands=_scaled([one.deadband for one in configurations], places),
        step_sizes=_scaled(steps, places),
        to_edge=np.array([float(one.trade_to == "edge") for one in configurations]),
        smallest=_scaled([least[step] for step in steps], places),
        fractions=_scaled([one.fraction for one in configurations], 0),
        notionals=_scaled([one.notional for one in configurations], worth_places),
        least_notionals=_scaled(worth, worth_places),
    )


def _scaled(values: list[Decimal], places: int) -> Floats:
    scaled = {value: float(value.scaleb(places)) for value in set(values)}
    return np.array([scaled[value] for value in values])


def _in_ticks(prices: Floats) -> tuple[Floats, int]:
    """Give prices as whole numbers of their last decimal, where they have few; and how many."""
    for places in range(PRICE_PLACES + 1):
        if _have_places(prices[:64], places) and _have_places(prices, places):
            return np.rint(prices * 10.0**places), places
    return prices, 0


def _have_places(values: Floats, places: int) -> bool:
    """Say whether no value has more decimals."""
    scale = 10.0**places
    # The nearest float of a decimal number: dividing gives it back to the last bit.
    return bool((np.rint(values * scale) / scale == values).all())


def _net(
    panel: Panel, side: PositionSide, places: int, progress: Callable[..., Any]
) -> tuple[Floats, float]:
    """Add the strategies up in grains of so many places; also say what had to be rounded."""
    net = np.empty(panel.market.bars)
    scale, left = 10.0**places, 0.0
    for start, piece in progress(panel):
        if not np.isfinite(piece).all():
            panel.refuse(start, piece)
        grains = np.rint(piece * scale)
        left += float(np.abs(grains / scale - piece).max(initial=0))
        if side is PositionSide.LONG:
            grains = np.maximum(grains, 0)
        elif side is PositionSide.SHORT:
            grains = np.minimum(grains, 0)
        net[start : start + len(piece)] = grains.sum(axis=1)
    return net, left


def _places_of(panel: Panel) -> int:
    """Guess how many decimals the targets have, from the first piece."""
    _, piece = next(iter(panel.pieces()))
    sample = piece[:64]
    for places in range(FINEST_PLACES):
        if _have_places(sample, places):
            return places
    return FINEST_PLACES


def decimal_places(value: Decimal) -> int:
    """Count the decimals a number needs."""
    return max(-int(value.normalize().as_tuple().exponent), 0) if value else 0


def read_smallest(*, min_quantity: Numbers, min_notional: Numbers) -> Smallest:
    """Read what the venue takes at least; raises InvalidInput for what is negative."""
    least = Smallest(
        read_number(min_quantity, "min_quantity"), read_number(min_notional, "min_notional")
    )
    if min(least) < 0:
        raise InvalidInput(
            f"min_quantity and min_notional must not be negative, were {least.quantity} and "
            f"{least.notional}; use 0 for none"
        )
    return least


def read_configurations(
    *, step_sizes: Numbers, trade_to: Numbers, **bands: Numbers
) -> list[Configuration]:
    """Combine every deadband with every step size and every ``trade_to``.

    Args:
        step_sizes: grids of what is traded.
        trade_to: "target", "edge" or both.
        bands: ``deadbands``, ``fractions`` and ``notionals``, combined with each other too.

    Raises:
        InvalidInput: an empty list, a negative deadband, a step not above zero, or a
            ``trade_to`` that is neither "target" nor "edge".
    """
    ways = [trade_to] if isinstance(trade_to, str) else list(trade_to)
    for way in ways:
        if way not in {"target", "edge"}:
            raise InvalidInput(f'trade_to must be "target" or "edge", was {way!r}')
    widths = {name: [read_number(value, name[:-1]) for value in bands[name]] for name in WIDTHS}
    steps = [read_number(value, "step_size") for value in step_sizes]
    for name, values in (*widths.items(), ("step_sizes", steps), ("trade_to", ways)):
        if not values:
            raise InvalidInput(f"{name} is empty; give at least one to sweep over")
    for name, values in widths.items():
        if min(values) < 0:
            raise InvalidInput(
                f"a {name[:-1]} must not be negative, was {min(values)}; use 0 for none"
            )
    if min(steps) <= 0:
        raise InvalidInput(f"a step_size must be above zero, was {min(steps)}")
    # At a band of zero the edge is the target: one row says it.
    return [
        Configuration(band, fraction, notional, step, way)
        for step in steps
        for way in ways
        for band, fraction, notional in product(*widths.values())
        if way == "target" or band or fraction or notional or "target" not in ways
    ]
