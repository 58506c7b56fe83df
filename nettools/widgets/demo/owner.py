"""The owner's corner of a page: a code unlocks it, then one strategy's target can be set.

Shut, it shows a field for the code and nothing else. What it sends is judged where the demo
runs: a page that only pretends to be unlocked is refused there.
"""

from decimal import Decimal

import ipywidgets as ui

from nettools.texts import say
from nettools.widgets.demo.run import MOST_STEERED, STEERED, STEERED_STEP
from nettools.widgets.demo.watching import Watching
from nettools.widgets.frame import row
from nettools.widgets.markup import note_html
from nettools.widgets.runner import Runner
from nettools.widgets.slide import Slide

_SHUT = (
    "For the owner: the code that stands in the terminal of `nettools demo` unlocks this page, "
    "once. Everybody else can look, start, pause and change the speed."
)
_OPEN = (
    "Unlocked until this page is loaded again. The target you set replaces the hedge's own on "
    "this symbol, is netted like any other, and every viewer sees it."
)


def owner_panel(run: Watching, runner: Runner) -> ui.VBox:
    """Make the corner; its errors stand in the runner's banner."""
    code = ui.Password(description=say("Owner's code"), layout=ui.Layout(width="240px"))
    code.style.description_width = "auto"
    slide = Slide(
        description=say("Hedge's target"),
        unit=STEERED.partition("/")[0],
        min=-float(MOST_STEERED),
        max=float(MOST_STEERED),
        step=float(STEERED_STEP),
    )
    note = ui.HTML()

    async def unlock() -> None:
        given, code.value = code.value, ""
        await run.unlock(given)

    async def take() -> None:
        await run.take(str(Decimal(str(slide.value)).quantize(STEERED_STEP)))

    opener = runner.command(say("Unlock"), unlock, tooltip=say("Use the code up on this page"))
    taker = runner.command(
        say("Set target"), take, tooltip=say("Replace the hedge's own target")
    )
    giver = runner.command(
        say("Give it back"), run.give_back, tooltip=say("Let the hedge decide again")
    )
    corner = ui.VBox().add_class("nt-owner").add_class("nt-card")
    shut, unlocked = row(code, opener.button), row(slide, taker.button, giver.button)

    def draw(_: object = None) -> None:
        note.value = note_html(say(_OPEN) if run.unlocked else say(_SHUT))
        corner.children = (note, unlocked if run.unlocked else shut)

    run.observe(draw, ["unlocked"])
    draw()
    return corner
