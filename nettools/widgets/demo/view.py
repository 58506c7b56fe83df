"""The stakeholder page: a badge, three buttons, large numbers, the flow, a moving picture.

For looking at: the buttons move the demo's own market. When the demo is one that
`nettools demo` runs, every page shows that one, and its owner can unlock a page to set one
strategy's target; without that nothing here can change what is traded.
"""

import os
from collections.abc import Mapping

import ipywidgets as ui

from nettools.desk import Activity
from nettools.render import escape
from nettools.texts import say
from nettools.widgets.demo.drawing import PARTS
from nettools.widgets.demo.host import PORT, TOKEN
from nettools.widgets.demo.look import demo_sheet
from nettools.widgets.demo.owner import owner_panel
from nettools.widgets.demo.pulse import Pulse
from nettools.widgets.demo.run import SPEEDS, DemoRun, is_served
from nettools.widgets.demo.watching import Watching
from nettools.widgets.frame import row
from nettools.widgets.look import sheet
from nettools.widgets.markup import badge_html
from nettools.widgets.runner import Command, Runner


class DemoPage(ui.VBox):  # type: ignore[misc]  # ipywidgets comes without types
    """The page of a demo: what is wanted, what is sent, what netting made unnecessary.

    Args:
        run: what it shows: a run of its own, or one that works elsewhere.
    """

    def __init__(self, run: DemoRun | Watching) -> None:
        super().__init__(layout=ui.Layout(width="100%"))
        self.run = run
        self._runner = Runner()
        self._play = _fill(self, run, self._runner)
        self.add_class("nettools").add_class("nt-demo")

    def __repr__(self) -> str:
        return "stakeholder page of a private local testnet"

    @property
    def activity(self) -> Activity:
        """What was wanted, sent and spared so far; zero for a run elsewhere."""
        return self.run.activity if isinstance(self.run, DemoRun) else Activity()

    def begin(self) -> None:
        """Press Start."""
        self._runner.start(self._play)

    async def rest(self) -> None:
        """Close what runs behind it, unless Voilà serves it: the end of a notebook."""
        if not is_served(os.environ):
            await self.run.close()


async def demo_page(*, seed: int = 7, speed: int = 30) -> DemoPage:
    """Open a demo and give its page: in a notebook rehearsed and at rest, until Start.

    Started by `nettools demo` it shows the one demo that the command runs, whatever the
    arguments; served by Voilà alone it begins a private one by itself, and nobody waits for it.

    Args:
        seed: of the market.
        speed: market seconds per second, one of ``SPEEDS``.

    Raises:
        InvalidInput: a speed that is not offered.
        VenueError: the testnet did not start, or does not answer.
    """
    channel = _channel(os.environ)
    if channel is not None:
        return DemoPage(channel)
    run = DemoRun(seed=seed, speed=speed)
    page = DemoPage(run)
    if is_served(os.environ):
        page.begin()
    else:
        await run.rehearse()
    return page


def _channel(environment: Mapping[str, str]) -> Watching | None:
    if PORT not in environment or not is_served(environment):
        return None
    return Watching(int(environment[PORT]), environment.get(TOKEN, ""))


def _fill(page: DemoPage, run: DemoRun | Watching, runner: Runner) -> Command:
    play, slower, faster = _commands(run, runner)
    pulse, pace = Pulse(), ui.HTML()
    pulse.observe(lambda _: run.seen(), "beat")
    parts = {name: ui.HTML().add_class(f"nt-demo-{name}") for name in PARTS}

    def draw(_: object = None) -> None:
        for name, part in parts.items():
            part.value = run.shown.get(name, "")
        pace.value = run.shown.get("pace", "")

    def tell(_: object = None) -> None:
        pulse.state, pulse.steps = run.state, run.steps

    run.observe(draw, ["shown"])
    run.observe(tell, ["state", "steps"])
    draw()
    tell()
    badge = ui.HTML(f"{badge_html('local')} {escape(say('play money'))}")
    top = row(badge, pulse, play.button, slower.button, faster.button, pace)
    top.add_class("nt-top")
    owner = (owner_panel(run, runner),) if isinstance(run, Watching) else ()
    page.children = (sheet(), demo_sheet(), top, runner.banner, *parts.values(), *owner)
    return play


def _commands(run: DemoRun | Watching, runner: Runner) -> tuple[Command, Command, Command]:
    async def toggle() -> None:
        await (run.pause() if run.state == "running" else run.start())

    own = say("of the demo's own market, for all viewers; sends nothing")
    play = runner.command(
        say("Start"),
        toggle,
        busy=say("One moment…"),
        tooltip=say("Start or pause {own}", own=own),
    )
    slower = runner.command(
        say("Slower"),
        lambda: run.change_speed(-1),
        tooltip=say("Lower the speed {own}", own=own),
    )
    faster = runner.command(
        say("Faster"),
        lambda: run.change_speed(1),
        tooltip=say("Raise the speed {own}", own=own),
    )

    def follow(_: object = None) -> None:
        reached = run.state != "lost"
        label = say("Pause") if run.state == "running" else say("Start")
        runner.set(play, label=label, enabled=reached)
        runner.set(slower, enabled=reached and run.speed > SPEEDS[0])
        runner.set(faster, enabled=reached and run.speed < SPEEDS[-1])

    run.observe(follow, ["state", "speed"])
    follow()
    play.button.add_class("nt-play").add_class("nt-main")
    return play, slower, faster
