"""Binance's listen key: the ticket to the account's stream, good for an hour at a time.

Requests with the API key and the time come in; the key, or ``ApiError`` -1125, goes out. There
is one key at a time, as at the venue: asking again gives the same one, with a new hour.
"""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from nettools.testnet.binance.errors import ApiError

LIFE = timedelta(minutes=60)
"""How long a key lives after it was made or kept alive (docs)."""
NO_SUCH_KEY = (-1125, "This listenKey does not exist.")
_KEY_BYTES = 32


class ListenKeys:
    """The account's listen key, if it has one.

    Args:
        make: gives a new key that nobody can guess.
    """

    def __init__(self, make: Callable[[], str] = lambda: secrets.token_hex(_KEY_BYTES)) -> None:
        self._make = make
        self._key = ""
        self._until: datetime | None = None

    def create(self, now: datetime) -> str:
        """Give the key that lives, or a new one; its hour begins anew."""
        if not self._lives(now):
            self._key = self._make()
        self._until = now + LIFE
        return self._key

    def keep(self, now: datetime) -> str:
        """Let the hour of the key begin anew; raises ApiError -1125 when there is none."""
        if not self._lives(now):
            raise ApiError(*NO_SUCH_KEY)
        self._until = now + LIFE
        return self._key

    def drop(self) -> None:
        """Forget the key; what listens with it is closed."""
        self._key, self._until = "", None

    def is_live(self, key: str, now: datetime) -> bool:
        """Say whether a key opens the account's stream now."""
        return self._lives(now) and self.is_known(key)

    def is_known(self, key: str) -> bool:
        """Say whether a key is the account's newest, expired or not."""
        claimed = key.encode("utf-8", "surrogatepass")
        return bool(self._key) and hmac.compare_digest(claimed, self._key.encode())

    def _lives(self, now: datetime) -> bool:
        return self._until is not None and now < self._until
