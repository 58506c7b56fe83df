"""The table of targets: a row per strategy, a column per symbol, one field per cell."""

from collections.abc import Callable, Mapping

import ipywidgets as ui

from nettools.desk import Desk
from nettools.texts import say
from nettools.widgets.frame import View, row
from nettools.widgets.grid import Grid
from nettools.widgets.markup import field_html, note_html
from nettools.widgets.state import NEW_STRATEGY, NEW_SYMBOL, TOGETHER, TargetForm

MOST_TOLD = 3
"""Refused fields that are told in a sentence; all of them are marked."""
_MEANING = (
    "active: the target counts · hold: what counts stays where it is · flat: counts zero. "
    "Nothing is sent before you preview and confirm."
)


def targets_view(desk: Desk) -> View:
    """Show the targets, each in a field; a bad entry says so beside it and changes nothing."""
    view = View("targets of a desk", desk)
    form = view.screen.targets
    grid = Grid(form, view.screen.home.bring)
    empty, wrong = ui.HTML(), ui.HTML()

    def draw(_: object = None) -> None:
        grid.draw()
        empty.value = note_html(_what_next(form))
        wrong.value = _wrong_html(form)

    form.observe(draw, ["book", "changes", "chosen"])
    draw()
    children = [grid, wrong, empty, _add_row(view), ui.HTML(note_html(say(_MEANING)))]
    return view.show(say("Targets: what each strategy wants to hold"), children)


def _wrong_html(form: TargetForm) -> str:
    """Say what is wrong with each marked field; of many, with the first few."""
    cells = [cell for cell in form.drafts if form.error(cell)]
    lines = [field_html(form.error(cell), form.good_text(cell), "") for cell in cells]
    if len(lines) > MOST_TOLD:
        more = len(lines) - MOST_TOLD
        lines = [*lines[:MOST_TOLD], note_html(say("{more} more are marked.", more=more))]
    others = [form.error(key) for key in (TOGETHER, *form.book.strategies)]
    lines += [field_html(error, "", "") for error in others if error]
    return "".join(lines)


def _what_next(form: TargetForm) -> str:
    if not form.book.strategies:
        return say(
            "No strategies yet: write a name below, for instance A, and press Add strategy."
        )
    if not form.symbols:
        return say("No symbols yet: choose one below and press Add symbol; then type targets.")
    return ""


def _add_row(view: View) -> ui.HBox:
    form = view.screen.targets
    shape = {"continuous_update": False, "layout": ui.Layout(width="118px")}
    name = ui.Text(description=say(NEW_STRATEGY), placeholder=say(NEW_STRATEGY), **shape)
    symbol = ui.Combobox(
        description=say(NEW_SYMBOL),
        placeholder=say(NEW_SYMBOL),
        options=sorted(view.screen.desk.instruments),
        **shape,
    )
    return row(
        _adder(view, name, NEW_STRATEGY, form.add_strategy),
        _adder(view, symbol, NEW_SYMBOL, form.add_symbol),
    )


_ADD = {NEW_STRATEGY: "Add strategy", NEW_SYMBOL: "Add symbol"}


def _adder(view: View, field: ui.Text, key: str, add: Callable[[str], bool]) -> ui.VBox:
    """Give a field with its button; Enter in the field does the same as the button."""
    wrong = ui.HTML()

    async def enter() -> None:
        if add(field.value):
            field.value = ""
        wrong.value = field_html(view.screen.targets.error(key), "", "")

    command = view.runner.command(say(_ADD[key]), enter, is_alone=False)
    start = view.screen.home.bring(lambda: view.runner.start(command))

    def heard(_: object, message: Mapping[str, object], _buffers: object) -> None:
        if message.get("event") == "submit":
            start()

    field.on_msg(heard)
    return ui.VBox([row(field.add_class("nt-quiet-label"), command.button), wrong])
