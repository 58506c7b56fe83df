"""How sure it is that an order of ours never arrived, and the watch over those given up.

Answers "no such id" and the time of the send come in; that an order may be given up goes out.
Law: it takes several such answers, the last of them later than the request could still arrive;
whatever failed to answer counts for nothing. What is given up is watched for a day all the
same: evidence that it did arrive always wins.
"""

from datetime import datetime, timedelta

from nettools.journal.state import WATCHED_FOR

NEVER_ARRIVED_AFTER = timedelta(seconds=20)
"""Request time-out + the venue's receive window: later, the request cannot arrive any more."""
NEVER_ARRIVED_ANSWERS = 3
"""How many "no such id" answers it takes, besides the time."""


class Absence:
    """What speaks for orders of one desk never having arrived, by client order id."""

    def __init__(self) -> None:
        self._answers: dict[str, int] = {}
        self._given_up: dict[str, datetime] = {}

    def not_found(self, name: str, *, sent: datetime, now: datetime) -> int:
        """Count an answer "no such id"; gives how many there were, once they are enough."""
        self._answers[name] = answers = self._answers.get(name, 0) + 1
        is_late = now - sent >= NEVER_ARRIVED_AFTER
        return answers if answers >= NEVER_ARRIVED_ANSWERS and is_late else 0

    def found(self, name: str) -> None:
        """Take back what spoke for its absence: the venue has shown it."""
        self._answers.pop(name, None)

    def give_up(self, name: str, now: datetime) -> None:
        """Begin to watch an order that was closed as never arrived (UTC)."""
        self._given_up[name] = now

    def has_given_up(self, name: str) -> bool:
        """Say whether an order was closed as never arrived, however long ago."""
        return name in self._given_up

    def watched(self, now: datetime) -> tuple[str, ...]:
        """Name what was given up and may still turn up, oldest first."""
        given_up = self._given_up.items()
        return tuple(name for name, when in given_up if now - when < WATCHED_FOR)

    def arrived(self, name: str) -> bool:
        """Take note of evidence of an order; say whether it had been given up."""
        return self._given_up.pop(name, None) is not None

    def forget(self, name: str) -> None:
        """Forget an order for good."""
        self.found(name)
        self.arrived(name)

    def clear(self) -> None:
        """Forget every order."""
        self._answers.clear()
        self._given_up.clear()
