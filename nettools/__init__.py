"""Net the targets of many strategies into one exchange account.

The public names, in the order of the flow. ``Desk``, ``fetch_candles``, ``testnet`` and
``study`` load on first use: importing nettools itself needs the standard library only and
opens nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nettools.diff import Deadband, Delta, diff_position
from nettools.errors import (
    DeskHalted,
    DeskLocked,
    InvalidInput,
    JournalError,
    LiveTradingRefused,
    NettoolsError,
    OrderRejected,
    OutcomeUnknown,
    StalePlan,
    VenueError,
    VenueUnavailable,
)
from nettools.model import (
    FeeRates,
    Fill,
    Instrument,
    Order,
    Position,
    PositionMode,
    PositionSide,
    Quote,
)
from nettools.net import NetTarget, RunningNet, internal_crossing, net_targets
from nettools.orders import Refusal
from nettools.plan import Plan
from nettools.snapshot import Limits
from nettools.style import Style
from nettools.targets import TargetBook, TargetPosition, TargetState

if TYPE_CHECKING:
    from nettools import study, testnet
    from nettools.desk import Desk
    from nettools.venues.candles import fetch_candles

__all__ = [
    "Deadband",
    "Delta",
    "Desk",
    "DeskHalted",
    "DeskLocked",
    "FeeRates",
    "Fill",
    "Instrument",
    "InvalidInput",
    "JournalError",
    "Limits",
    "LiveTradingRefused",
    "NetTarget",
    "NettoolsError",
    "Order",
    "OrderRejected",
    "OutcomeUnknown",
    "Plan",
    "Position",
    "PositionMode",
    "PositionSide",
    "Quote",
    "Refusal",
    "RunningNet",
    "StalePlan",
    "Style",
    "TargetBook",
    "TargetPosition",
    "TargetState",
    "VenueError",
    "VenueUnavailable",
    "diff_position",
    "fetch_candles",
    "internal_crossing",
    "net_targets",
    "study",
    "testnet",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module or a class, by name
    if name == "Desk":
        return import_module("nettools.desk").Desk
    if name == "fetch_candles":
        return import_module("nettools.venues.candles").fetch_candles
    if name in {"study", "testnet"}:
        return import_module(f"nettools.{name}")
    raise AttributeError(f"module 'nettools' has no attribute {name!r}")
