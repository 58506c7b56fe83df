"""The net target of a symbol in whole grains, ready to be followed by many configurations.

Targets and settings come in as a person writes them; whole numbers of one fine unit go out, so
that comparing with a deadband and rounding to a step are exact in float64 as they are in
Decimals. Targets are read to the last decimal they have, to the twelfth at most (the desk
refuses finer ones), and to fewer where their size leaves no room for twelve.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from nettools.errors import InvalidInput
from nettools.study.lanes import Course, Lanes
from nettools.study.panel import Floats, Panel
from nettools.study.side_by_side import Numbers, read_number

FINEST_PLACES = 12
ROOM = 2.0**51
"""Grains that a net target may have: half of what is exact, so that deltas fit as well."""


class Configuration(NamedTuple):
    """How a net target is followed."""

    deadband: Decimal
    """No trade while |delta| is not more than this, base units."""
    step_size: Decimal
    """Grid of what is traded, base units; also the least that is traded."""
    trade_to: str
    """"target" or "edge"."""


class Prepared(NamedTuple):
    """One symbol's course, and every configuration as a lane."""

    course: Course
    lanes: Lanes
    grain: Decimal
    """Base units of one grain."""
    target_square: float
    """Σ (target · (p[t + 1] − p[t]))², in (grains × price units)²."""
    target_pnl: float
    """Σ target · (p[t + 1] − p[t]), in grains × price units."""


def prepare(
    panel: Panel, configurations: list[Configuration], progress: Callable[..., Any]
) -> Prepared:
    """Net a panel, and express it and the configurations in one grain.

    Raises:
        InvalidInput: a target that is no finite number, or too large for the grain.
    """
    settings = [one.deadband for one in configurations] + [c.step_size for c in configurations]
    needed = max(decimal_places(value) for value in settings)
    places = max(needed, _places_of(panel))
    net, left = _net(panel, places, progress)
    largest = np.abs(net).max() / 10.0**places
    if left or np.abs(net).max() >= ROOM:
        places = min(FINEST_PLACES, int(np.floor(np.log10(ROOM / largest))))
        if places < needed:
            raise InvalidInput(
                f"net targets of up to {largest:,.0f} are too large beside settings with "
                f"{needed} decimal places; use coarser settings"
            )
        net, _ = _net(panel, places, progress)
    market = panel.market
    course = Course(net, market.prices, market.steps())
    earned = course.net * course.steps
    return Prepared(
        course=course,
        lanes=_lanes(configurations, places),
        grain=Decimal(1).scaleb(-places),
        target_square=float(earned @ earned),
        target_pnl=float(earned.sum()),
    )


def _lanes(configurations: list[Configuration], places: int) -> Lanes:
    bands = _grains([one.deadband for one in configurations], places)
    to_edge = np.array([one.trade_to == "edge" for one in configurations])
    return Lanes(
        deadbands=bands,
        edges=np.where(to_edge, bands, 0.0),
        step_sizes=_grains([one.step_size for one in configurations], places),
    )


def _grains(values: list[Decimal], places: int) -> Floats:
    return np.array([float(int(value.scaleb(places))) for value in values])


def _net(panel: Panel, places: int, progress: Callable[..., Any]) -> tuple[Floats, float]:
    """Add the strategies up in grains of so many places; also say what had to be rounded."""
    net = np.empty(panel.market.bars)
    scale, left = 10.0**places, 0.0
    for start, piece in progress(panel):
        if not np.isfinite(piece).all():
            panel.refuse(start, piece)
        grains = np.rint(piece * scale)
        # The nearest float of a decimal number: dividing gives it back to the last bit.
        left += float(np.abs(grains / scale - piece).max(initial=0))
        net[start : start + len(piece)] = grains.sum(axis=1)
    return net, left


def _places_of(panel: Panel) -> int:
    """Guess how many decimals the targets have, from the first piece."""
    _, piece = next(iter(panel.pieces()))
    sample = piece[:64]
    for places in range(FINEST_PLACES):
        if (np.rint(sample * 10.0**places) / 10.0**places == sample).all():
            return places
    return FINEST_PLACES


def decimal_places(value: Decimal) -> int:
    """Count the decimals a number needs."""
    return max(-int(value.normalize().as_tuple().exponent), 0) if value else 0


def read_configurations(
    deadbands: Numbers, step_sizes: Numbers, trade_to: Numbers
) -> list[Configuration]:
    """Combine every deadband with every step size and every ``trade_to``.

    Raises:
        InvalidInput: an empty list, a negative deadband, a step not above zero, or a
            ``trade_to`` that is neither "target" nor "edge".
    """
    ways = [trade_to] if isinstance(trade_to, str) else list(trade_to)
    for way in ways:
        if way not in {"target", "edge"}:
            raise InvalidInput(f'trade_to must be "target" or "edge", was {way!r}')
    bands = [read_number(value, "deadband") for value in deadbands]
    steps = [read_number(value, "step_size") for value in step_sizes]
    for name, values in (("deadbands", bands), ("step_sizes", steps), ("trade_to", ways)):
        if not values:
            raise InvalidInput(f"{name} is empty; give at least one to sweep over")
    if min(bands) < 0:
        raise InvalidInput(f"a deadband must not be negative, was {min(bands)}; use 0 for none")
    if min(steps) <= 0:
        raise InvalidInput(f"a step_size must be above zero, was {min(steps)}")
    # At a band of zero the edge is the target: one row says it.
    return [
        Configuration(band, step, way)
        for step in steps
        for way in ways
        for band in bands
        if way == "target" or band or "target" not in ways
    ]
