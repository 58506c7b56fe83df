"""What the trading port needs of a venue's dialect: a request comes in, its answer goes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


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


class Dialect(Protocol):
    """Answers requests the way one venue does; opens nothing and reads no clock."""

    def answer(self, request: ApiRequest, now: datetime) -> ApiReply:
        """Answer one request at the time ``now`` (UTC); errors are answers too."""
        ...
