"""Keys from the environment, and the care that keeps them out of everything we show.

Environment variables come in; ``Credentials`` go out, whose text, pickle and ``vars`` hold
nothing. ``Redactor`` cleans any text that crosses our boundary: keys, signatures, signed
addresses. Nothing here reads a key from a notebook cell or writes one anywhere.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, final

from nettools.errors import InvalidInput, VenueUnavailable

MASK = "***"

VARIABLES = {
    "local": ("NETTOOLS_LOCAL_API_KEY", "NETTOOLS_LOCAL_SECRET"),
    "local-bybit": ("NETTOOLS_LOCAL_API_KEY", "NETTOOLS_LOCAL_SECRET"),
    "binance-demo": ("NETTOOLS_BINANCE_DEMO_API_KEY", "NETTOOLS_BINANCE_DEMO_SECRET"),
    "bybit-testnet": ("NETTOOLS_BYBIT_TESTNET_API_KEY", "NETTOOLS_BYBIT_TESTNET_SECRET"),
    "bybit-demo": ("NETTOOLS_BYBIT_DEMO_API_KEY", "NETTOOLS_BYBIT_DEMO_SECRET"),
}
"""Where the key and the secret of each venue are read from; nowhere else is looked."""

_SIGNED = re.compile(
    r"(?i)\b(signature|sign|x-mbx-apikey|x-bapi-api-key|x-bapi-sign|api_?key|secret)['\"]?\s*[=:]\s*\S+"
)
_ADDRESS = re.compile(r"(?i)\bwss?://\S+|\bhttps?://\S+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")
_LONGEST = 200
_SHORTEST_KEY = 8
"""Letters; a shorter key would be a piece of ordinary words, and no venue gives one."""


@final
class Secret:
    """A text that shows itself as ``***`` everywhere except through ``reveal``."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Give the text itself, to sign with; never to print, store or log."""
        return self.__text

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        """Mask f-strings as well, whatever the format."""
        return MASK

    def __reduce__(self) -> NoReturn:
        """Refuse pickle and copy."""
        raise TypeError("a secret is not pickled or copied; read it again from the environment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What signs the requests of one venue."""

    api_key: Secret
    """Names the account."""
    secret: Secret
    """Signs for it."""


def read_credentials(venue: str, environment: Mapping[str, str]) -> Credentials:
    """Read a venue's keys from the environment.

    Args:
        venue: a name of ``VARIABLES``, for example ``"binance-demo"``.
        environment: usually ``os.environ``.

    Raises:
        VenueUnavailable: a variable is missing or blank; names it and says what to do.
    """
    names = VARIABLES[venue]
    texts = [environment.get(name, "").strip() for name in names]
    missing = [name for name, text in zip(names, texts, strict=True) if not text]
    if missing:
        raise VenueUnavailable(
            f"{venue} needs the variables {' and '.join(names)}, but "
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set; "
            "set them in the shell that starts Jupyter, never in a cell"
        )
    return credentials(*texts)


def credentials(api_key: str, secret: str) -> Credentials:
    """Wrap a key and a secret that some code already holds, such as a testnet's handle.

    Raises:
        InvalidInput: empty, or holding blanks or line breaks (a broken copy and paste).
    """
    for name, text in (("API key", api_key), ("secret", secret)):
        if not text or not text.isascii() or len(text.split()) != 1 or text != text.strip():
            raise InvalidInput(
                f"the {name} must be one word of plain characters without blanks, "
                "but it was not (it is not shown here); copy it again"
            )
    return Credentials(api_key=Secret(api_key), secret=Secret(secret))


class Redactor:
    """Cleans text of everything that must not be shown.

    Args:
        held: the credentials whose very text must not appear.
    """

    __slots__ = ("_held", "_written")

    def __init__(self, held: Credentials) -> None:
        self._held = (held.api_key, held.secret)
        keys = [key for one in self._held if len(key := one.reveal()) >= _SHORTEST_KEY]
        forms = dict.fromkeys(form for key in keys for form in (key, json.dumps(key)[1:-1]))
        self._written = tuple(map(Secret, forms))

    def mask(self, text: str) -> str:
        """Mask the keys in a text that must otherwise stay as it is, JSON for example."""
        for form in self._written:
            text = text.replace(form.reveal(), MASK)
        return text

    def clean(self, text: str, longest: int = _LONGEST) -> str:
        """Mask keys, signatures and addresses; drop control characters; cut to ``longest``.

        Text of a venue or a library goes through here before it is part of a message.
        """
        for secret in self._held:
            text = text.replace(secret.reveal(), MASK)
        text = _ADDRESS.sub("(address)", text)
        text = _SIGNED.sub(MASK, text)
        text = _CONTROL.sub(" ", text).strip()
        return text if len(text) <= longest else text[: longest - 1] + "…"


class QuietLog(logging.Filter):
    """Lets ccxt's warnings through, cleaned, and nothing below.

    At DEBUG ccxt writes headers with the key and addresses with the signature, even when it
    is told not to be verbose (measured).
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the record, or clean its text in place."""
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = self._redactor.clean(record.getMessage()), ()
        record.exc_info = record.exc_text = None
        return True


def quiet_logger(redactor: Redactor) -> logging.Logger:
    """Make the logger of one ccxt client; its own, and no level opens it."""
    logger = logging.Logger("nettools.venues.ccxt")  # noqa: LOG001 - not shared: one per key
    logger.parent = logging.getLogger("nettools.venues")
    logger.addFilter(QuietLog(redactor))
    return logger
