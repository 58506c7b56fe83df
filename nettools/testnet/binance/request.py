"""A Binance request: its parameters, and the proof that its sender holds the secret.

Raw bytes of query and body come in; typed parameters go out, or ``ApiError`` with the code
the venue answers. The signature is checked over the bytes as they were sent:
other clients put POST parameters in the query, or DELETE parameters in the body.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import unquote_plus

from nettools.testnet.binance.errors import ApiError, invalid, missing
from nettools.testnet.dialect import ApiRequest
from nettools.testnet.rows import LATEST

_DECIMAL = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9]{1,128}", re.ASCII)
_DEFAULT_WINDOW = 5_000
_LARGEST_WINDOW = 60_000
_AHEAD = 1_000


class Params:
    """The parameters of a request by name, each asked for by the type it must have."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str) -> str | None:
        """Give the text of an optional parameter, None when it was not sent."""
        return self._values.get(name)

    def text(self, name: str) -> str:
        """Give the text of a mandatory parameter; raises -1102 when absent or empty."""
        value = self._values.get(name)
        if not value:
            raise missing(name)
        return value

    def decimal(self, name: str) -> Decimal:
        """Give a mandatory number; raises -1102 when absent or not plain digits."""
        value = self.text(name)
        if _DECIMAL.fullmatch(value) is None:
            raise missing(name)
        return Decimal(value)

    def integer(self, name: str) -> int | None:
        """Give an optional whole number; raises -1102 when it is not one."""
        value = self._values.get(name)
        if value is None:
            return None
        if _INTEGER.fullmatch(value) is None:
            raise missing(name)
        return int(value)

    def stamp(self, name: str) -> int | None:
        """Give an optional time in milliseconds; raises -1102, or -1130 when out of range."""
        value = self.integer(name)
        if value is not None and not 0 <= value <= LATEST:
            raise invalid(name)
        return value

    def limit(self, default: int, most: int) -> int:
        """Give ``limit``; more than ``most`` counts as ``most``, below 1 raises -1130."""
        value = self.integer("limit")
        if value is None:
            return default
        if value < 1:
            raise invalid("limit")
        return min(value, most)

    def flag(self, name: str) -> bool | None:
        """Give an optional ``true`` or ``false``, in any case; raises -1102 otherwise."""
        value = self._values.get(name)
        if value is None:
            return None
        lowered = value.lower()
        if lowered not in {"true", "false"}:
            raise missing(name)
        return lowered == "true"

    def choice(self, name: str, choices: frozenset[str], error: tuple[int, str]) -> str:
        """Give a mandatory word out of ``choices``; raises ``error`` for any other."""
        value = self.text(name)
        if value not in choices:
            raise ApiError(*error)
        return value


def read_params(request: ApiRequest) -> Params:
    """Read the parameters of query and body together.

    Raises:
        ApiError: -1101 when a parameter comes twice; -1100 for bytes that are not text.
    """
    values: dict[str, str] = {}
    kind = request.headers.get("content-type", "")
    is_form = kind.startswith("application/x-www-form-urlencoded")  # it reads no other kind
    parts = (request.query, request.body if is_form else b"")
    try:
        for part in parts:
            for piece in part.decode("ascii").split("&"):
                if not piece:
                    continue
                name, _, value = piece.partition("=")
                if "%" in piece or "+" in piece:
                    name = unquote_plus(name, errors="strict")
                    value = unquote_plus(value, errors="strict")
                if name in values:
                    raise ApiError(-1101, "Duplicate values for a parameter detected.")
                values[name] = value
    except UnicodeDecodeError:
        raise ApiError(-1100, "Illegal characters found in a parameter.") from None
    return Params(values)


def check_key(request: ApiRequest, key: str) -> None:
    """Check the API key of a request.

    Raises:
        ApiError: -2014 when there is none, -2015 when it is not this account's (both 401).
    """
    claimed = request.headers.get("x-mbx-apikey", "")
    if _KEY.fullmatch(claimed) is None:
        raise ApiError(-2014, "API-key format invalid.", status=401)
    if not hmac.compare_digest(claimed.encode(), key.encode()):
        raise ApiError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


def check_signature(request: ApiRequest, params: Params, secret: bytes) -> None:
    """Check that the raw query and body were signed with the account's secret.

    Raises:
        ApiError: -1102 without a signature, -1022 when it is not the right one.
    """
    claimed = params.text("signature").lower()
    signed = _without_signature(request.query) + _without_signature(request.body)
    expected = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(claimed.encode(), expected.encode()):
        raise ApiError(-1022, "Signature for this request is not valid.")


def _without_signature(part: bytes) -> bytes:
    if b"signature=" not in part:
        return part
    return b"&".join(piece for piece in part.split(b"&") if not piece.startswith(b"signature="))


def check_time(params: Params, server_time: int) -> None:
    """Check that a request was signed just now.

    Args:
        params: with ``timestamp`` and perhaps ``recvWindow``, milliseconds.
        server_time: the venue's clock, milliseconds since 1970.

    Raises:
        ApiError: -1102 without a timestamp, -1131 for a window above a minute, -1021 when
            it lies more than a second ahead or further back than its window.
    """
    stamp = params.integer("timestamp")
    if stamp is None:
        raise missing("timestamp")
    window = params.integer("recvWindow")
    if window is None:
        window = _DEFAULT_WINDOW
    if not 0 < window <= _LARGEST_WINDOW:
        raise ApiError(-1131, f"recvWindow must be less than {_LARGEST_WINDOW}.")
    if stamp > server_time + _AHEAD:
        raise ApiError(
            -1021, "Timestamp for this request was 1000ms ahead of the server's time."
        )
    if stamp < server_time - window:
        raise ApiError(-1021, "Timestamp for this request is outside of the recvWindow.")
