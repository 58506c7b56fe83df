"""What the trading port needs of a venue's dialect: a request comes in, its answer goes out.

Its streams are the other half: a reader comes in, and is told what happens from then on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from nettools.testnet.lines import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """One HTTP request as it arrived."""

    method: str
    """Upper case."""
    path: str
    """Without the query, for example ``/fapi/v1/order``."""
    query: bytes = b""
    """As sent, without the question mark."""
    body: bytes = b""
    """As sent."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By lower-case name; of one sent twice, the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiReply:
    """One HTTP answer."""

    status: int
    body: bytes
    """JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)


class Streams(Protocol):
    """The streams of one venue: who may listen, what he may ask, what he is told."""

    def admit(self, request: ApiRequest, line: Line, now: datetime) -> ApiReply | None:
        """Let a new connection in (None), or answer why not."""
        ...

    def hear(self, line: Line, text: str, now: datetime) -> None:
        """Take a message of a reader; whatever it is, the answer is a frame."""
        ...

    def leave(self, line: Line) -> None:
        """Forget a connection."""
        ...

    def beat(self, now: datetime) -> None:
        """Tell what changed since the last beat, and end what has lasted long enough."""
        ...


class Dialect(Protocol):
    """Answers requests the way one venue does; opens nothing and reads no clock."""

    @property
    def streams(self) -> Streams:
        """What the venue tells over WebSockets."""
        ...

    @property
    def next_due(self) -> datetime | None:
        """When something acknowledged earlier will be done (UTC); None when nothing waits."""
        ...

    def catch_up(self, now: datetime) -> None:
        """Do what was acknowledged earlier and is due at ``now`` (UTC)."""
        ...

    def answer(self, request: ApiRequest, now: datetime) -> ApiReply:
        """Answer one request at the time ``now`` (UTC); errors are answers too."""
        ...
