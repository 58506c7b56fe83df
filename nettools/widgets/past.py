"""The desk as it was: a slider over the rows of its journal. Looks only, changes nothing."""

import asyncio
from pathlib import Path

import ipywidgets as ui

from nettools.desk import Desk
from nettools.errors import JournalError
from nettools.texts import say
from nettools.widgets.frame import row
from nettools.widgets.markup import alert_html, note_html
from nettools.widgets.parts import Part
from nettools.widgets.past_markup import moment_html, read_moment, size_of
from nettools.widgets.runner import Work
from nettools.widgets.slide import Slide

_NO_JOURNAL = "This desk was opened without a journal, so its past is not kept."
_NOW = "This is the end of the journal: now. Move the slider back to see the desk as it was."
_MEANING = (
    "Every step of the journal is one position of the slider; the arrow keys go one row back "
    "or on, Page Up and Page Down further, Home and End to the first and the last."
)


def past_view(desk: Desk) -> Part:
    """Show the desk as it was at any moment of its journal; nothing can be done there."""
    view = Part("past of a desk", desk)
    shown = ui.HTML().add_class("nt-moment")
    path = desk.status.journal
    if path is None:
        shown.value = note_html(say(_NO_JOURNAL))
        return view.show("", [shown])
    try:
        last = size_of(path)
    except JournalError as error:
        shown.value = alert_html(str(error))
        return view.show("", [shown])
    slider = Slide(min=1, max=last, value=last, description=say("row of the journal"))
    slider.add_class("nt-slider")
    travel = _Travel(view, path, slider, shown)
    view.follow(travel.follow)
    buttons = [
        view.runner.command(
            say(label), travel.going(way), tooltip=say(tip), may_when_locked=True
        ).button
        for label, way, tip in _STEPS
    ]
    return view.show("", [slider, row(*buttons), shown, ui.HTML(note_html(say(_MEANING)))])


_STEPS = (
    ("Earlier", -1, "One row back"),
    ("Later", 1, "One row on"),
    ("Now", 0, "To the end, and along with what is written"),
)


class _Travel:
    """Where the slider stands; it goes along while it stands at the end."""

    def __init__(self, view: Part, path: Path, slider: Slide, shown: ui.HTML) -> None:
        self._view, self._home = view, view.screen.home
        self._path = path
        self._slider = slider
        self._shown = shown
        self._is_at_end = True
        self._tasks: set[asyncio.Task[None]] = set()
        slider.observe(self._home.bring(self._moved), "value")

    def follow(self) -> None:
        """Take in how long the journal is now; the end of it is what the desk shows."""
        if self._view.screen.status.state == "closed":
            return  # nothing is written any more, and the file may be gone
        along = self._is_at_end
        try:
            self._slider.max = size_of(self._path)
        except JournalError as error:
            self._shown.value = alert_html(str(error))
            return
        if along:
            self._slider.value = self._slider.max
            self._say_now()

    def going(self, way: int) -> Work:
        """Give the work of a button: so many rows on, or to the end."""

        async def go() -> None:
            goal = self._slider.value + way if way else self._slider.max
            self._slider.value = min(max(goal, 1), self._slider.max)

        return go

    def _moved(self) -> None:
        self._is_at_end = self._slider.value == self._slider.max
        if self._is_at_end:
            self._say_now()
        else:
            task = self._home.loop.create_task(self._show(int(self._slider.value)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _say_now(self) -> None:
        self._shown.value = note_html(
            say("{now} It has {rows:,.0f} rows.", now=say(_NOW), rows=self._slider.max),
            "status",
        )

    async def _show(self, number: int) -> None:
        """Read on a thread of its own: folding a long journal takes a moment."""
        try:
            text = moment_html(await asyncio.to_thread(read_moment, self._path, number))
        except JournalError as error:
            text = alert_html(str(error))
        if number == self._slider.value and not self._is_at_end:  # else it has moved on
            self._shown.value = text
