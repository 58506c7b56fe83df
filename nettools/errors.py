"""The exceptions nettools raises, and nothing else.

NettoolsError
├─ InvalidInput           (also ValueError) a target, instrument or limit that cannot be right
├─ VenueError
│  ├─ OrderRejected       final: the venue said no
│  ├─ OutcomeUnknown      sent, answer lost: look before anything else
│  └─ VenueUnavailable    nothing was sent, or a read failed
├─ StalePlan              the plan no longer matches what was previewed
├─ DeskHalted             the desk was halted; nothing is sent until it is resumed
├─ LiveTradingRefused     the address is not an allowed testnet
├─ DeskLocked             another desk owns this account or journal
└─ JournalError           nothing may be sent that cannot be recorded

"No" and "don't know" are different families: taking the second for the first doubles an
order. Things a trader expects to read (a refused order, a break) are returned, not raised.
"""

import re

_CELL = re.compile(r"<ipython-input|ipykernel_\d+")
_WHOLE = "(The whole traceback: import traceback; traceback.print_last())"


class NettoolsError(Exception):
    """Whatever nettools raises on purpose; its message is written for the trader."""

    def _render_traceback_(self) -> list[str]:
        """Give IPython what a cell shows: which line of it, and the sentence.

        The message says what is wrong and what to do; our frames above it would hide that.
        """
        lines, step = [], self.__traceback__
        while step is not None:
            if _CELL.search(step.tb_frame.f_code.co_filename):
                lines.append(f"line {step.tb_lineno} of the cell")
            step = step.tb_next
        return [*lines, f"{type(self).__name__}: {self}", _WHOLE]


class InvalidInput(NettoolsError, ValueError):
    """A value that cannot be right; nothing has been changed."""


class VenueError(NettoolsError):
    """Something between us and the venue went wrong."""


class OrderRejected(VenueError):
    """The venue refused, finally; no order exists.

    Attributes:
        reason: our code, for example ``WOULD_TAKE`` or ``INSUFFICIENT_MARGIN``.
        venue_code: the venue's own code as text, for example ``"-2019"``; empty if none.
    """

    def __init__(self, message: str, *, reason: str = "REFUSED", venue_code: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.venue_code = venue_code


class OutcomeUnknown(VenueError):
    """A request was sent and its answer lost; the order may or may not be live."""


class VenueUnavailable(VenueError):
    """The venue could not be reached or understood; nothing was sent by this call.

    A read that raises this means "don't know", never zero and never flat.
    """


class StalePlan(NettoolsError):
    """The plan no longer matches the targets, positions or prices it was made from."""


class DeskHalted(NettoolsError):
    """The desk is halted or closed; nothing is sent until it is resumed or opened again."""


class LiveTradingRefused(NettoolsError):
    """The address is not on the closed list of testnets; the request was not made."""


class DeskLocked(NettoolsError):
    """Another desk owns the account or the journal; the message names it."""


class JournalError(NettoolsError):
    """The journal cannot be read or written; what cannot be recorded may not be sent.

    When an append raises this, none of its records was written.
    """
