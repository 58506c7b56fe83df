"""A Bybit request: its parameters, and the proof that its sender holds the secret.

Raw bytes of query or body and the headers come in; typed parameters go out, or ``ApiError``
with the code the venue answers. The signature is checked over the bytes as they were sent: a
GET signs its query, a POST its JSON, with or without blanks in it.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from urllib.parse import unquote_plus

from nettools.decimals import ZERO
from nettools.testnet.bybit.errors import PARAMETER, ApiError, invalid, missing
from nettools.testnet.dialect import ApiRequest
from nettools.testnet.rows import LATEST

_DECIMAL = re.compile(r"\d{1,20}(\.\d{1,20})?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_STAMP = re.compile(r"\d{1,15}", re.ASCII)
_DEFAULT_WINDOW = "5000"
_AHEAD = 1_000


class Params:
    """The parameters of a request by name, each asked for by the type it must have.

    A number or a flag is text in a query, and of its own type in JSON; a quantity or a price
    is text in both.
    """

    __slots__ = ("_is_json", "_values")

    def __init__(self, values: Mapping[str, object], *, is_json: bool) -> None:
        self._values = values
        self._is_json = is_json

    def get(self, name: str) -> str | None:
        """Give an optional text; None when it was not sent or is empty."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise invalid(name)
        return value

    def text(self, name: str) -> str:
        """Give a mandatory text; raises 10001 when it is absent or empty."""
        value = self.get(name)
        if value is None:
            raise missing(name)
        return value

    def choice(self, name: str, choices: Collection[str]) -> str:
        """Give a mandatory word out of ``choices``; raises 10001 for any other."""
        value = self.text(name)
        if value not in choices:
            raise invalid(name)
        return value

    def decimal(self, name: str) -> Decimal:
        """Give a mandatory number above zero, sent as text; raises 10001 otherwise."""
        value = self.text(name)
        if _DECIMAL.fullmatch(value) is None or Decimal(value) <= ZERO:
            raise invalid(name)
        return Decimal(value)

    def integer(self, name: str) -> int | None:
        """Give an optional whole number; raises 10001 when it is not one."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        if self._is_json and isinstance(value, int) and not isinstance(value, bool):
            return value
        if not self._is_json and isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value)
        raise invalid(name)

    def stamp(self, name: str) -> int | None:
        """Give an optional time in milliseconds; raises 10001 when out of range."""
        return self._between(name, 0, LATEST)

    def limit(self, default: int, most: int) -> int:
        """Give ``limit``; raises 10001 outside 1 to ``most``."""
        return self._between("limit", 1, most) or default

    def _between(self, name: str, least: int, most: int) -> int | None:
        value = self.integer(name)
        if value is not None and not least <= value <= most:
            raise invalid(name)
        return value

    def flag(self, name: str) -> bool:
        """Give an optional flag, False when it was not sent; raises 10001 for another type."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise invalid(name)
        return value


def read_params(request: ApiRequest) -> Params:
    """Read the parameters: of the query of a GET, of the JSON body of a POST.

    Raises:
        ApiError: 10001 for bytes that are not text, or a body that is not a JSON object.
    """
    if request.method != "POST":
        return Params(_query(request.query), is_json=False)
    try:
        values = json.loads(request.body)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise ApiError(PARAMETER, "params error: the body must be a JSON object")
    return Params(values, is_json=True)


def _query(query: bytes) -> dict[str, str]:
    values: dict[str, str] = {}
    try:
        for piece in query.decode("ascii").split("&"):
            name, _, value = piece.partition("=")
            values.setdefault(unquote_plus(name), unquote_plus(value, errors="strict"))
    except UnicodeDecodeError:
        raise ApiError(PARAMETER, "params error: illegal characters") from None
    return values


def check_sender(request: ApiRequest, key: str, secret: bytes, server_time: int) -> None:
    """Check that a request was signed just now with the account's secret.

    Args:
        request: with the four ``X-BAPI-`` headers; without a window it is 5 seconds.
        key: the account's API key.
        secret: what the time, the key, the window and the raw query or body are signed with.
        server_time: the venue's clock, milliseconds since 1970.

    Raises:
        ApiError: 10001 when a header is absent or malformed, 10002 outside
            ``server_time - window <= timestamp < server_time + 1000`` (docs), 10003 for
            another key, 10004 for a signature that is not the right one.
    """
    headers = request.headers
    claimed = headers.get("x-bapi-api-key", "")
    stamp = headers.get("x-bapi-timestamp", "")
    signature = headers.get("x-bapi-sign", "")
    window = headers.get("x-bapi-recv-window", "") or _DEFAULT_WINDOW
    if not (claimed and signature and _STAMP.fullmatch(stamp) and _STAMP.fullmatch(window)):
        raise ApiError(
            PARAMETER,
            "empty value: apiTimestamp apiKey apiSignature: openapi sign params error!",
        )
    if not server_time - int(window) <= int(stamp) < server_time + _AHEAD:
        raise ApiError(
            10002,
            "invalid request, please check your server timestamp or recv_window param. "
            f"req_timestamp[{stamp}],server_timestamp[{server_time}],recv_window[{window}]",
        )
    if not _is_same(claimed, key):
        raise ApiError(10003, "API key is invalid.")
    payload = request.body if request.method == "POST" else request.query
    signed = f"{stamp}{key}{window}".encode() + payload
    expected = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    if not _is_same(signature, expected):
        raise ApiError(10004, "error sign! please check your signature generation algorithm.")


def _is_same(claimed: str, expected: str) -> bool:
    return hmac.compare_digest(claimed.encode(errors="replace"), expected.encode())
