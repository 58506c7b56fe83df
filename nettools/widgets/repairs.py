"""Choose, then confirm: the two steps between a break and its repair.

Breaks come in from the desk; the one that is looked at, what was chosen for it, and whether
it may be confirmed go out. Whatever changes the break takes the second step away.
"""

import asyncio
from dataclasses import dataclass

from traitlets import Any as AnyTrait
from traitlets import HasTraits, Tuple, Unicode

from nettools.errors import InvalidInput
from nettools.reconcile import Break, Repair
from nettools.texts import say
from nettools.widgets.screen import Screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A repair that waits for its confirmation."""

    found: Break
    how: Repair
    strategy: str = ""
    """Who adopts; empty for the other repairs."""


class Repairs(HasTraits):
    """The open breaks, the one that is looked at, and what was chosen for it."""

    breaks: tuple[Break, ...] = Tuple()  # type: ignore[assignment]  # a trait holds it
    at: Break | None = AnyTrait(None)  # type: ignore[assignment]  # a trait holds it
    """The break that is looked at; None when there is none."""
    choice: Choice | None = AnyTrait(None)  # type: ignore[assignment]  # a trait holds it
    note = Unicode()
    """Why a choice was put away, or what was done; may be empty."""

    def __init__(self, screen: Screen, seconds: float = 30.0) -> None:
        super().__init__()
        self.seconds = seconds
        """How long a choice may be confirmed."""
        self._screen = screen
        self._expiry: asyncio.TimerHandle | None = None
        screen.observe(self._on_look, "beat")
        self._on_look()

    def look_at(self, found: Break | None) -> None:
        """Turn to another break; a choice made for the one before is put away."""
        if found != self.at:
            self.put_away("")
            self.at = found

    def choose(self, how: Repair, strategy: str = "") -> None:
        """Take the first step; changes nothing on the desk.

        Raises:
            InvalidInput: there is no break, or nobody to adopt it.
        """
        self._screen.look()
        if self.at is None:
            raise InvalidInput(say("there is no break to repair"))
        if how is Repair.ADOPT and strategy not in self._screen.desk.targets.strategies:
            raise InvalidInput(say("choose the strategy that adopts it first, or add one"))
        self.put_away("")
        owner = strategy if how is Repair.ADOPT else ""
        self.choice = Choice(found=self.at, how=how, strategy=owner)
        self._expiry = self._screen.home.loop.call_later(self.seconds, self._expire)

    async def confirm(self) -> None:
        """Take the second step: close the break as it was chosen.

        Raises:
            InvalidInput: nothing is chosen, or the break is not what it was.
            VenueUnavailable: repaired, but the account could not be read after it.
        """
        self._screen.look()
        choice = self.choice
        if choice is None:
            raise InvalidInput(
                say(
                    "{note}; choose a repair first",
                    note=self.note or say("nothing is chosen yet"),
                )
            )
        self.put_away("")
        async with self._screen.turn:
            await self._screen.desk.repair(choice.found, choice.how, choice.strategy)
        self._screen.look()
        self.note = "repaired"

    def put_away(self, why: str) -> None:
        """Take the second step away, and say why."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        self.choice = None
        self.note = why

    def _expire(self) -> None:
        self.put_away(say("the choice is older than {seconds:.0f} s", seconds=self.seconds))

    def _on_look(self, _: object = None) -> None:
        self.breaks = self._screen.desk.breaks()
        same = [found for found in self.breaks if self.at and found.leg == self.at.leg]
        self.at = next(iter(same or self.breaks), None)
        if self.choice is not None and self.choice.found not in self.breaks:
            self.put_away(say("the break changed"))
