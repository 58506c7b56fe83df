"""What a desk is opened with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nettools.diff import Deadband
from nettools.errors import InvalidInput
from nettools.model import PositionMode
from nettools.snapshot import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a desk is opened with."""

    name: str
    """Goes into every order id, so that two desks never share one."""
    mode: PositionMode = PositionMode.ONE_WAY
    switch_mode: bool = False
    """A flat account on a real testnet may be switched to the mode at the opening."""
    limits: Limits = field(default_factory=Limits)
    deadbands: Mapping[str, Deadband] = field(default_factory=dict)
    leverage: Decimal = Decimal(20)
    """Notional per unit of margin, to estimate what fits; the venue has the last word."""
    cross_at: str = "mid"
    """The price strategies cross at inside: "mid", "mark" or "last"."""

    streams: bool = True
    """Whether the desk also listens to what the venue tells; it reads either way."""

    def __post_init__(self) -> None:
        """Refuse a price nobody could cross at."""
        if self.cross_at not in {"mid", "mark", "last"}:
            raise InvalidInput(
                f'cross_at must be "mid", "mark" or "last", was {self.cross_at!r}'
            )
