"""The owner's lock: a code that counts once, and few tries.

A code typed on a page comes in; it opens or it is refused. Law: after five wrong codes nothing
opens any more until the command is started again, so nobody can guess.
"""

import hmac
import secrets
from collections.abc import Callable

from nettools.errors import InvalidInput

TRIES = 5
"""Wrong codes, of all pages together."""
DIGITS = 8


class Lock:
    """Opens for whoever knows the code that the owner was told.

    Args:
        tell: told each new code; where only the owner reads it.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._left = TRIES
        self._code = ""
        self._renew()

    def open(self, code: str) -> None:
        """Use up the code; the owner is told a new one.

        Raises:
            InvalidInput: it is another one, or no tries are left.
        """
        if not self._left:
            raise InvalidInput(
                f"the lock stays shut after {TRIES} wrong codes; end `nettools demo` and start "
                "it again for a new one"
            )
        given = "".join(code.split()).encode()
        if not hmac.compare_digest(given, self._code.encode()):
            self._left -= 1
            left = f"{self._left} more tries" if self._left != 1 else "1 more try"
            raise InvalidInput(
                "that is not the code that stands in the terminal of `nettools demo`; "
                f"{left if self._left else 'no more tries'}"
            )
        self._renew()

    def _renew(self) -> None:
        self._code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        self._tell(self._code)
