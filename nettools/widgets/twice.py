"""A button that must be clicked twice: the first click asks, the second within seconds does."""

import asyncio

from nettools.widgets.frame import View
from nettools.widgets.runner import Command, Work

ARMED_SECONDS = 10.0


class Twice:
    """A command with a question before it.

    Args:
        view: whose button it is.
        label: of the button before it is clicked.
        question: of the button after the first click.
        work: what the second click does.
        options: those of ``Runner.command``.
    """

    def __init__(
        self, view: View, label: str, question: str, work: Work, **options: object
    ) -> None:
        self._view = view
        self._label = label
        self._question = question
        self._work = work
        self._armed: asyncio.TimerHandle | None = None
        self._is_enabled = True
        self.command: Command = view.runner.command(label, self._click, **options)

    def allow(self, *, enabled: bool) -> None:
        """Say whether it may be clicked at all; where it may not, the question is dropped."""
        if enabled is not self._is_enabled:
            self._is_enabled = enabled
            self._disarm()

    async def _click(self) -> None:
        if self._armed is None:
            loop = self._view.screen.home.loop
            self._armed = loop.call_later(ARMED_SECONDS, self._disarm)
            self._view.runner.set(self.command, label=self._question)
            return
        self._disarm()
        await self._work()

    def _disarm(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None
        self._view.runner.set(self.command, label=self._label, enabled=self._is_enabled)
