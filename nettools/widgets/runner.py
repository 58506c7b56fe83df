"""One way to run what is behind a button.

Disabled and relabelled while it runs, never twice at once; the task's reference is kept; the
error stands in a banner under the view; everything is as before in the end. A click that
comes when the button is off, or from a page that may not trade, is refused here, not only in
the page. What the page said just before a click may arrive just after it, for it travels on
another thread: so each command waits a moment first.
"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import ipywidgets as ui

from nettools.errors import NettoolsError
from nettools.texts import retell, say
from nettools.widgets.home import Home
from nettools.widgets.markup import alert_html

MOMENT_SECONDS = 0.05
"""An entry that a click took the focus from has arrived after this."""
Work = Callable[[], Awaitable[object]]


@dataclass(slots=True, kw_only=True, eq=False)
class Command:
    """A button, what it does, and how it should look when nothing runs."""

    button: ui.Button
    work: Work
    label: str
    busy: str
    """Its label while it runs."""
    is_enabled: bool = True
    is_alone: bool = True
    """Not together with another such command of the same view."""
    may_when_locked: bool = False
    """Allowed on a page that is for looking at only."""
    is_running: bool = field(default=False, init=False)


class Runner:
    """The commands of one view, and the banner their errors stand in."""

    def __init__(self, locked: str = "") -> None:
        self.banner = ui.HTML().add_class("nt-banner")
        self._locked = locked
        self._home = Home()
        self._commands: list[Command] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def command(self, label: str, work: Work, **options: object) -> Command:
        """Make a button; options are those of ``Command``, and ``tooltip``."""
        tooltip = str(options.pop("tooltip", ""))
        button = ui.Button(tooltip=tooltip, layout=ui.Layout(width="auto"))
        options.setdefault("busy", f"{label}…")
        command = Command(button=button, work=work, label=label, **options)  # type: ignore[arg-type]  # Command's own fields
        button.on_click(self._home.bring(lambda: self.start(command)))
        self._commands.append(command)
        self._show()
        return command

    def set(self, command: Command, *, label: str | None = None, enabled: bool = True) -> None:
        """Say how a button should look when nothing runs."""
        command.label = command.label if label is None else label
        command.is_enabled = enabled
        self._show()

    def start(self, command: Command) -> None:
        """Run a command, unless it may not run now; then say why."""
        if command.is_running:
            return  # the second half of a double click
        if self._locked and not command.may_when_locked:
            self.banner.value = alert_html(self._locked)
            return
        if self._is_off(command):
            self.banner.value = alert_html(
                say('"{label}" is not possible now', label=command.label)
            )
            return
        self.banner.value = ""
        command.is_running = True
        self._show()
        task = asyncio.ensure_future(self._run(command))
        self._tasks.add(task)  # else it could be collected while it runs
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until nothing runs; for cells and tests that click by themselves."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def _run(self, command: Command) -> None:
        try:
            await asyncio.sleep(MOMENT_SECONDS)
            await command.work()
        except NettoolsError as error:
            self.banner.value = alert_html(str(error))
        except Exception as error:  # noqa: BLE001 - the one place that shows what nobody expected
            sentence = say(
                "Unexpected {kind}: {error}. Look at the status line",
                kind=type(error).__name__,
                error=retell(str(error)),
            )
            self.banner.value = alert_html(sentence, traceback.format_exc())
        finally:
            command.is_running = False
            self._show()

    def _is_off(self, command: Command) -> bool:
        others = any(c.is_running and c.is_alone for c in self._commands if c is not command)
        blocked = command.is_alone and others
        return command.is_running or blocked or not command.is_enabled

    def _show(self) -> None:
        for command in self._commands:
            command.button.description = command.busy if command.is_running else command.label
            command.button.disabled = self._is_off(command)
