"""Drills as buttons: each makes one thing go wrong on the local testnet, and tells the end."""

import ipywidgets as ui

from nettools.desk import Desk
from nettools.errors import InvalidInput
from nettools.render import escape
from nettools.testnet import Testnet
from nettools.texts import say
from nettools.widgets.frame import row
from nettools.widgets.markup import note_html
from nettools.widgets.parts import Part
from nettools.widgets.rehearsal import DRILLS, LATE_SECONDS, STRATEGY, Drill, Rehearsal
from nettools.widgets.runner import Command
from nettools.widgets.twice import Twice
from nettools.widgets.words import HERE

_MEANING = (
    "Each drill trades a little on a strategy of its own, named {strategy}, while all other "
    "targets count as they stand. What it says in the end is compared with what the exchange "
    "itself has."
)
_KILL = (
    "The kernel ends at once, while the exchange has an order whose answer is still on its "
    "way. Start it again, run all cells, and read what the desk resolved; the exchange goes on."
)
_NO_RETURN = (
    "To be killed the desk needs an exchange that goes on without this notebook (nettools lab, "
    "or nt.testnet.connect())."
)


def drills_view(desk: Desk, testnet: Testnet) -> Part:
    """Show a button for each drill: what it does, what to look for, and what came of it.

    Args:
        desk: an open desk on a local testnet.
        testnet: the handle of that testnet.

    Raises:
        InvalidInput: the desk trades elsewhere; drills are for a testnet on this machine.
    """
    if desk.status.venue not in HERE:
        raise InvalidInput(
            f"drills are for a local testnet, and this desk trades on {desk.status.venue}; "
            "open one on nt.testnet.start()"
        )
    view = Part("drills of a desk", desk)
    rehearsal = Rehearsal(view.screen, testnet)
    said = ui.HTML(note_html(say("No drill was run yet."))).add_class("nt-outcome")
    lines = [_line(view, rehearsal, drill, said) for drill in DRILLS]

    async def clear() -> None:
        count = await rehearsal.ask(testnet.clear_faults)
        said.value = note_html(
            say("The exchange is well again; {count} faults were set.", count=count), "status"
        )

    well = view.runner.command(say("Clear all faults"), clear, busy=say("Clearing…"))
    killing = _kill_line(view, rehearsal)
    return view.show(
        "",
        [
            ui.HTML(note_html(say(_MEANING, strategy=STRATEGY))),
            *lines,
            killing,
            row(well.button),
            said,
        ],
    )


def _line(view: Part, rehearsal: Rehearsal, drill: Drill, said: ui.HTML) -> ui.HBox:
    async def run() -> None:
        said.value = note_html(say("{drill}: running…", drill=say(drill.name)), "status")
        try:
            outcome = await drill.run(rehearsal)
        except BaseException:
            said.value = note_html(
                say("{drill} did not end as it should.", drill=say(drill.name)), "status"
            )
            await rehearsal.ask(rehearsal.testnet.clear_faults)  # none waits for a real order
            raise
        said.value = (
            f'<div role="status" class="nt-ask"><b>{escape(say(drill.name))}.</b> '
            f"{escape(outcome)}</div>"
        )

    does = say(drill.does, seconds=f"{LATE_SECONDS:.0f}")
    command = view.runner.command(say(drill.name), run, busy=say("Running…"), tooltip=does)
    return _described(
        command, say("{does} Look for {look_for}.", does=does, look_for=say(drill.look_for))
    )


def _kill_line(view: Part, rehearsal: Rehearsal) -> ui.HBox:
    can = rehearsal.testnet.goes_on
    kill = Twice(
        view,
        say("Kill the kernel"),
        say("Confirm: kill it now"),
        rehearsal.kill,
        busy=say("Killing…"),
    )
    kill.command.button.add_class("nt-kill")
    kill.allow(enabled=can)
    return _described(kill.command, say(_KILL) if can else say(_NO_RETURN))


def _described(command: Command, words: str) -> ui.HBox:
    command.button.layout.width = "170px"
    return row(command.button, ui.HTML(note_html(words)).add_class("nt-grow"))
