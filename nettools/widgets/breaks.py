"""Breaks: where books and venue differ, and four repairs, each chosen and then confirmed."""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as ui

from nettools.desk import Desk
from nettools.reconcile import Repair
from nettools.texts import ended, say
from nettools.widgets.accounting import (
    breaks_words,
    consequence,
    frozen_words,
    repair_label,
)
from nettools.widgets.books_markup import breaks_html
from nettools.widgets.frame import row
from nettools.widgets.markup import alert_html, note_html
from nettools.widgets.parts import Part
from nettools.widgets.repairs import Repairs
from nettools.widgets.runner import Command

_LABELS = {
    Repair.ADOPT: ("Adopt", "The strategy beside takes the difference over"),
    Repair.ASSIGN: ("Assign to residual", "The residual account keeps it; nobody trades it"),
    Repair.BASELINE: ("Leave as baseline", "Not ours: stays on the account, left alone"),
    Repair.FLATTEN: ("Flatten", "The next plan closes it"),
}
_ASK = "Choose a repair first"


def breaks_view(desk: Desk, *, is_quiet: bool = False, confirm_seconds: float = 30.0) -> Part:
    """Show the breaks and their repairs, and legs that are frozen while they are checked.

    Args:
        desk: an open desk.
        is_quiet: take no room while there is nothing to repair.
        confirm_seconds: how long a chosen repair may be confirmed.
    """
    view = Part("breaks of a desk", desk)
    repairs = Repairs(view.screen, confirm_seconds)
    table, asked = ui.HTML().add_class("nt-breaks"), ui.HTML().add_class("nt-consequence")
    which, who = _Choice(view, say("break on")), _Choice(view, say("strategy"))
    which.heard = repairs.look_at
    who.heard = lambda _: repairs.put_away("")
    draw_buttons, buttons, second = _buttons(view, repairs, who)
    steps = ui.VBox([row(which.field, who.field, *buttons), asked, row(*second)])

    def draw(_: object = None) -> None:
        breaks, frozen = repairs.breaks, frozen_words(desk.frozen, repairs.breaks)
        table.value = _table(repairs, frozen)
        steps.layout.display = None if breaks else "none"
        view.layout.display = None if breaks or frozen or not is_quiet else "none"
        which.offer({str(found.leg): found for found in breaks}, repairs.at)
        which.field.layout.display = None if len(breaks) > 1 else "none"
        who.offer({name: name for name in desk.targets.strategies}, who.field.value)
        asked.value = _asked(repairs, desk)
        draw_buttons()

    repairs.observe(draw, ["breaks", "at", "choice", "note"])
    view.follow(draw)
    return view.show("", [table, steps])


class _Choice:
    """A dropdown that is filled without being heard; only what the user chooses is."""

    def __init__(self, view: Part, label: str) -> None:
        self.field = ui.Dropdown(
            description=label,
            layout=ui.Layout(width="200px"),
            style={"description_width": "initial"},
        )
        self.heard: Callable[[Any], object] = list
        self._is_filling = False
        self._bring = view.screen.home.bring(lambda: self.heard(self.field.value))
        self.field.observe(self._on_value, "value")

    def _on_value(self, _: object) -> None:
        if not self._is_filling:
            self._bring()

    def offer(self, options: Mapping[str, object], value: object) -> None:
        """Bring the options up to date; what was chosen stays if it is still there."""
        self._is_filling = True
        if self.field.options != tuple(options.items()):
            self.field.options = tuple(options.items())
        if options:
            self.field.value = (
                value if value in options.values() else next(iter(options.values()))
            )
        self._is_filling = False


def _buttons(
    view: Part, repairs: Repairs, who: _Choice
) -> tuple[Callable[[], None], list[ui.Button], list[ui.Button]]:
    def choosing(how: Repair) -> Command:
        async def choose() -> None:
            repairs.choose(how, who.field.value or "")

        label, tooltip = _LABELS[how]
        return view.runner.command(say(label), choose, tooltip=say(tooltip), is_alone=False)

    async def put_away() -> None:
        repairs.put_away("")

    chooses = {how: choosing(how) for how in _LABELS}
    confirm = view.runner.command(say(_ASK), repairs.confirm, busy=say("Repairing…"))
    cancel = view.runner.command(say("Cancel"), put_away, is_alone=False)
    confirm.button.add_class("nt-repair").add_class("nt-main")

    def draw() -> None:
        choice = repairs.choice
        view.runner.set(chooses[Repair.ADOPT], enabled=bool(who.field.options))
        label = repair_label(choice.found, choice.how, choice.strategy) if choice else say(_ASK)
        view.runner.set(confirm, label=label, enabled=choice is not None)
        view.runner.set(cancel, enabled=choice is not None)

    return draw, [c.button for c in chooses.values()], [confirm.button, cancel.button]


def _table(repairs: Repairs, frozen: str) -> str:
    if not repairs.breaks and not frozen:
        done = say("Repaired. ") if repairs.note == "repaired" else ""
        return note_html(
            say("{done}No breaks: the books explain every position.", done=done), "status"
        )
    alert = alert_html(breaks_words(repairs.breaks)) if repairs.breaks else ""
    return alert + breaks_html(repairs.breaks) + note_html(frozen, "status")


def _asked(repairs: Repairs, desk: Desk) -> str:
    choice = repairs.choice
    if choice is not None:
        words = consequence(choice.found, choice.how, choice.strategy, desk.targets)
        return f'<div class="nt-ask">{note_html(words, "status")}</div>'
    note = repairs.note
    return note_html(ended(f"{note[:1].upper()}{note[1:]}") if note else "")
