"""The stakeholder page: a badge, three buttons, large numbers, the flow, a moving picture.

For looking at only: nothing here sends an order. The buttons move the page's own market.
"""

import os
from collections.abc import Callable

import ipywidgets as ui

from nettools.desk import Activity
from nettools.widgets.demo.chart import picture_html
from nettools.widgets.demo.look import demo_sheet
from nettools.widgets.demo.parts import (
    counters_html,
    flow_html,
    meeting_html,
    pace_html,
    waiting_html,
)
from nettools.widgets.demo.pulse import Pulse
from nettools.widgets.demo.run import SPEEDS, DemoRun, is_served
from nettools.widgets.frame import row
from nettools.widgets.look import sheet
from nettools.widgets.markup import alert_html, badge_html, note_html
from nettools.widgets.runner import Command, Runner

UNIT = "USDT"


class DemoPage(ui.VBox):  # type: ignore[misc]  # ipywidgets comes without types
    """The page of a demo: what is wanted, what is sent, what netting made unnecessary.

    Args:
        run: what runs behind it.
    """

    def __init__(self, run: DemoRun) -> None:
        super().__init__(layout=ui.Layout(width="100%"))
        self.run = run
        self._runner = Runner()
        self._play = _fill(self, run, self._runner)
        self.add_class("nettools").add_class("nt-demo")

    def __repr__(self) -> str:
        return "stakeholder page of a private local testnet"

    @property
    def activity(self) -> Activity:
        """What was wanted, sent and spared so far; prints as a table."""
        return self.run.activity

    def begin(self) -> None:
        """Press Start."""
        self._runner.start(self._play)

    async def rest(self) -> None:
        """Close what runs behind it, unless Voilà serves it: the end of a notebook."""
        if not is_served(os.environ):
            await self.run.close()


async def demo_page(*, seed: int = 7, speed: int = 30) -> DemoPage:
    """Open a demo and give its page: in a notebook rehearsed and at rest, until Start.

    Served by Voilà it begins by itself, and nobody waits for it: the page is there first.

    Args:
        seed: of the market.
        speed: market seconds per second, one of ``SPEEDS``.

    Raises:
        InvalidInput: a speed that is not offered.
        VenueError: the testnet did not start, or does not answer.
    """
    page = DemoPage(DemoRun(seed=seed, speed=speed))
    if is_served(os.environ):
        page.begin()
    else:
        await page.run.rehearse()
    return page


_DRAW: dict[str, Callable[[DemoRun], str]] = {
    "counters": lambda run: counters_html(run.scene.activity, UNIT) if run.scene else "",
    "flow": lambda run: flow_html(run.scene) if run.scene else waiting_html(run.state),
    "meeting": lambda run: meeting_html(run.scene.meeting) if run.scene else "",
    "picture": lambda run: picture_html(run.scene) if run.scene else "",
}
"""The parts of the page from top to bottom, each drawn from the run alone."""


def _fill(page: DemoPage, run: DemoRun, runner: Runner) -> Command:
    play, slower, faster = _commands(run, runner)
    pulse, pace, error = Pulse(), ui.HTML(), ui.HTML()
    pulse.observe(lambda _: run.seen(), "beat")
    parts = {name: ui.HTML().add_class(f"nt-demo-{name}") for name in _DRAW}

    def draw(_: object = None) -> None:
        for name, html in _DRAW.items():
            parts[name].value = html(run)
        pace.value = pace_html(run.scene, run.speed)
        error.value = problems_html(run)

    def tell(_: object = None) -> None:
        pulse.state, pulse.steps = run.state, run.steps

    run.observe(draw, ["scene", "state", "speed", "problem"])
    run.observe(tell, ["state", "steps"])
    draw()
    tell()
    badge = ui.HTML(f"{badge_html('local')} play money")
    top = row(badge, pulse, play.button, slower.button, faster.button, pace)
    top.add_class("nt-top")
    page.children = (sheet(), demo_sheet(), top, error, runner.banner, *parts.values())
    return play


def problems_html(run: DemoRun) -> str:
    """Say what is wrong, and what was refused or is unknown, one sentence each."""
    notes = () if run.scene is None else run.scene.notes
    problem = alert_html(run.problem) if run.problem else ""
    return problem + "".join(note_html(note) for note in notes)


def _commands(run: DemoRun, runner: Runner) -> tuple[Command, Command, Command]:
    async def toggle() -> None:
        await (run.pause() if run.state == "running" else run.start())

    own = "of this page's own market; sends nothing"
    play = runner.command("Start", toggle, busy="One moment…", tooltip=f"Start or pause {own}")
    slower = runner.command(
        "Slower", lambda: run.change_speed(-1), tooltip=f"Lower the speed {own}"
    )
    faster = runner.command(
        "Faster", lambda: run.change_speed(1), tooltip=f"Raise the speed {own}"
    )

    def label(_: object = None) -> None:
        runner.set(play, label="Pause" if run.state == "running" else "Start")
        runner.set(slower, enabled=run.speed > SPEEDS[0])
        runner.set(faster, enabled=run.speed < SPEEDS[-1])

    run.observe(label, ["state", "speed"])
    label()
    play.button.add_class("nt-play").add_class("nt-main")
    return play, slower, faster
