"""Halt within reach, resume, and the automatic loop."""

import asyncio
from concurrent.futures import Future

import ipywidgets as ui

from nettools.desk import Desk
from nettools.model import OrderReport
from nettools.texts import count, say, word
from nettools.widgets.frame import View, row
from nettools.widgets.keys import HALT_KEY, HaltKey
from nettools.widgets.markup import field_html, note_html
from nettools.widgets.runner import Command

_RUN = "Again and again, without asking: plan, and send what closes the difference"


def controls_view(desk: Desk) -> View:
    """Show Halt, Resume, and Run or Stop for the automatic loop."""
    view = View("controls of a desk", desk)
    screen, runner = view.screen, view.runner
    said = ui.HTML()
    stop, again, start, end = _commands(view, said)
    key = _halt_key(stop)
    every, wrong = _every_field(view)

    def draw(_: object = None) -> None:
        state = screen.status.state
        label = say("Run: send {style} orders", style=word(screen.style.name))
        runner.set(stop, enabled=state != "closed")
        runner.set(again, enabled=state == "halted")
        runner.set(start, label=label, enabled=state == "idle" and not screen.rhythm.errors)
        runner.set(end, enabled=state == "running")

    screen.observe(draw, "beat")
    screen.style.observe(draw, "name")
    screen.rhythm.observe(draw, "errors")
    draw()
    hint = ui.HTML(note_html(say("{key} halts from anywhere on this page.", key=HALT_KEY)))
    buttons = row(stop.button, again.button, start.button, every, end.button, hint)
    return view.show("", [buttons, key, wrong, said])


def _commands(view: View, said: ui.HTML) -> tuple[Command, ...]:
    desk, screen, runner = view.screen.desk, view.screen, view.runner

    async def resume() -> None:
        desk.resume()
        said.value = note_html(say("Resumed: orders may be sent again."), "status")

    async def run() -> None:
        said.value = ""
        seconds = float(screen.rhythm.every_seconds)
        await asyncio.to_thread(desk.run, seconds, screen.style.style)

    return (
        _halt_command(view, said),
        runner.command(say("Resume"), resume, tooltip=say("Allow sending again after a halt")),
        runner.command(say("Run"), run, busy=say("Starting…"), tooltip=say(_RUN)),
        runner.command(say("Stop"), desk.stop, busy=say("Stopping…"), may_when_locked=True),
    )


def _halt_command(view: View, said: ui.HTML) -> Command:
    desk = view.screen.desk
    asked: list[Future[tuple[OrderReport, ...]]] = []

    def at_once(_: object) -> None:
        """Halt on the thread the click came on, even while the notebook is busy."""
        if desk.status.state != "closed":
            asked.append(desk.halt())

    async def halt() -> None:
        said.value = ""
        halting = asked.pop() if asked else desk.halt()
        asked.clear()
        canceled = await asyncio.wrap_future(halting)
        what = (
            say("; {orders} canceled", orders=count(len(canceled), "own working order"))
            if canceled
            else ""
        )
        said.value = note_html(
            say("Halted: nothing is sent{what}. Positions stay.", what=what), "status"
        )

    command = view.runner.command(
        say("Halt: stop sending, cancel orders"),
        halt,
        busy=say("Halting…"),
        tooltip=f"{HALT_KEY}: "
        + say("Nothing more is sent; own working orders are canceled; positions stay"),
        is_alone=False,
        may_when_locked=True,
    )
    command.button.add_class("nt-halt").on_click(at_once)
    return command


def _halt_key(halt: Command) -> HaltKey:
    """Let the key do what the button does, at once and even while the notebook is busy."""
    key = HaltKey()
    key.on_msg(lambda *_: halt.button.click())
    return key


def _every_field(view: View) -> tuple[ui.Text, ui.HTML]:
    form = view.screen.rhythm
    every = ui.Text(
        str(form.every_seconds),
        description=say("every (s)"),
        continuous_update=False,
        layout=ui.Layout(width="130px"),
        style={"description_width": "initial"},
    ).add_class("nt-every")
    wrong = ui.HTML()

    def entered() -> None:
        form.enter(every.value)
        error = form.error("every_seconds")
        wrong.value = field_html(error, str(form.every_seconds), "")

    every.observe(view.screen.home.bring(entered), "value")
    return every, wrong
