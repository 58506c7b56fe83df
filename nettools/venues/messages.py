"""What the trader reads when a request did not work: one sentence each.

A ``Failure`` comes in; the exception to raise goes out, saying what happened, what is known
and what to do. No address, key or signature is in it: the texts of the venue were cleaned
before they got here.
"""

from nettools.decimals import plain
from nettools.errors import OrderRejected, OutcomeUnknown, VenueError, VenueUnavailable
from nettools.model import Order
from nettools.venues.credentials import VARIABLES
from nettools.venues.guard import LOOPBACK, Address
from nettools.venues.outcomes import ADVICE, Failure, Outcome, Verdict


def order_line(order: Order) -> str:
    """Name an order: ``buy 0.7 BTC/USDT:USDT at 95000 (nt1-1)``."""
    price = "market" if order.limit_price is None else plain(order.limit_price)
    quantity = plain(order.quantity)
    return f"{order.side.value} {quantity} {order.leg} at {price} ({order.client_order_id})"


_STARTS = {"local": "nettools testnet", "local-bybit": "nettools testnet --venue bybit"}
_ALIKE = ("bybit-testnet", "bybit-demo")


class Sentences:
    """Puts a venue's failures into words.

    Args:
        venue: its name, ``"local"`` or ``"binance-demo"``.
        address: where it is.
    """

    __slots__ = ("_address", "_venue")

    def __init__(self, venue: str, address: Address) -> None:
        self._venue = venue
        self._address = address

    @property
    def where(self) -> str:
        """The venue, as the subject of a sentence."""
        if self._address.host == LOOPBACK:
            return f"the local testnet at {self._address.host}:{self._address.port}"
        return f"{self._venue} ({self._address.host})"

    def read_failed(self, what: str, failure: Failure, verdict: Verdict) -> VenueUnavailable:
        """Say that something could not be read; it is unknown now, not zero."""
        if failure.held_back:
            return VenueUnavailable(
                f"{what} could not be read: {failure.text}; it is unknown until a read "
                "succeeds, nothing was sent"
            )
        if verdict.reason == "AUTH":
            return VenueUnavailable(self._wrong_keys(failure))
        if failure.no_connection:
            return VenueUnavailable(f"{self.where} does not answer; {self._start()}")
        return VenueUnavailable(
            f"{what} could not be read: {self._happened(failure)}; "
            "it is unknown until a read succeeds, nothing was sent"
            + (f" ({ADVICE[verdict.reason]})" if verdict.reason in ADVICE else "")
        )

    def send_failed(self, what: str, failure: Failure, verdict: Verdict) -> VenueError:
        """Say what became of a request that was to change something."""
        if verdict.outcome is Outcome.REJECTED:
            advice = ADVICE.get(verdict.reason, "look at the venue's text and change the order")
            return OrderRejected(
                f"{self.where} refused to {what}: {self._happened(failure)}; {advice}",
                reason=verdict.reason,
                venue_code="" if failure.code is None else str(failure.code),
            )
        if verdict.outcome is Outcome.NOT_SENT:
            if failure.held_back:
                return VenueUnavailable(f"the request to {what} was not sent: {failure.text}")
            cure = self._start() if failure.no_connection else f"it said: {failure.text}"
            return VenueUnavailable(
                f"the request to {what} was not sent: {self._gone(failure)}; {cure}"
            )
        return OutcomeUnknown(
            f"the request to {what} was sent and its outcome is not known: "
            f"{self._happened(failure)}; it may have been done, so look it up by its id and "
            "send nothing for it until it is clear"
        )

    def malformed(self, what: str, found: str) -> VenueUnavailable:
        """Say that an answer arrived and cannot be believed."""
        return VenueUnavailable(
            f"{what} could not be read: the answer of {self.where} is of no use ({found}); "
            "it is unknown until a read succeeds, nothing was sent"
        )

    def unbelievable(self, what: str, found: str) -> OutcomeUnknown:
        """Say that the answer to a send arrived and cannot be believed."""
        return OutcomeUnknown(
            f"the request to {what} was sent and the answer of {self.where} is of no use "
            f"({found}); it may have been done, so look it up by its id and send nothing for "
            "it until it is clear"
        )

    def _gone(self, failure: Failure) -> str:
        return f"{self.where} does not answer" if failure.no_connection else "ccxt refused it"

    def _happened(self, failure: Failure) -> str:
        if failure.status is None:
            return "no answer came in time" if failure.timed_out else "the connection broke"
        said = failure.text or "nothing"
        code = f" {failure.code}" if failure.code is not None else f" HTTP {failure.status}"
        later = f", try again after {failure.retry_after} s" if failure.retry_after else ""
        return f"it said {said!r} ({code.strip()}{later})"

    def _start(self) -> str:
        if self._address.host == LOOPBACK:
            start = _STARTS.get(self._venue, "nettools testnet")
            return f"start it with `{start}`, or check the port, then connect again"
        return "check the network, then connect again"

    def _wrong_keys(self, failure: Failure) -> str:
        names = " and ".join(VARIABLES[self._venue])
        alike = "; the keys of " + " and ".join(_ALIKE) + " are not interchangeable"
        return (
            f"{self.where} refused the keys ({failure.code}): they look like another "
            f"environment's; set {names} to keys made there (no other host was tried)"
            + (alike if self._venue in _ALIKE else "")
        )
