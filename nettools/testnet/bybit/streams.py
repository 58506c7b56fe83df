"""Bybit's WebSocket streams, which this server does not offer yet: every upgrade is refused.

Addresses come in; the venue's answer to an unknown one goes out.
"""

import json
from datetime import datetime

from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.lines import Line


class BybitStreams:
    """The streams of Bybit: none yet."""

    def admit(self, request: ApiRequest, _line: Line, _now: datetime) -> ApiReply | None:
        """Refuse every connection (404)."""
        said = {"retCode": 10017, "retMsg": f"Route {request.path} not found."}
        return ApiReply(status=404, body=json.dumps(said).encode())

    def hear(self, line: Line, text: str, now: datetime) -> None:
        """Take a message of a reader; nobody was let in."""

    def leave(self, line: Line) -> None:
        """Forget a connection; nobody was let in."""

    def beat(self, now: datetime) -> None:
        """Tell nobody."""
