"""The table of targets as one widget: 100 strategies on 10 symbols are one table in the page.

What stands in the fields goes to the page, what a person types comes back as text; checking
it is the form's. Law: only fields that changed cross the wire, and nothing typed in the page
counts before the form has taken it.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget

from nettools.targets import TargetPosition
from nettools.texts import retell, say, word
from nettools.widgets.state import TargetForm
from nettools.widgets.undo import Cell

Shown = tuple[str, str, str]
"""What stands in a field, what is wrong with it, and what counts instead of it."""
MOST_CELLS = 100_000
"""A message with more entries than this is no paste of a person."""


class Grid(anywidget.AnyWidget):
    """Strategies × symbols, with states; made for a form, whose book it shows.

    Args:
        form: what it shows, and what takes what is entered.
        bring: runs an action on the loop the form lives on.
    """

    _esm = Path(__file__).with_name("grid.js").read_text(encoding="utf-8")

    def __init__(
        self, form: TargetForm, bring: Callable[[Callable[[], object]], Callable[..., None]]
    ) -> None:
        super().__init__()
        self._form, self._bring = form, bring
        self._shape: tuple[object, object] = ((), ())
        self._said = ""
        self._seen: dict[Cell, TargetPosition | None] = {}
        self._marked: set[Cell] = set()
        self.shown: dict[Cell, Shown] = {}
        """What stands in each field of the page."""
        self.states: dict[str, str] = {}
        """Strategy → state, as the page shows it."""
        self.on_msg(self._on_message)
        self.add_class("nt-grid")

    def __repr__(self) -> str:
        rows, columns = len(self._form.book.strategies), len(self._form.symbols)
        return f"Grid({rows} strategies, {columns} symbols)"

    def draw(self, said: str = "") -> None:
        """Bring the page up to date; only what changed is sent.

        Args:
            said: a sentence about what was just done.
        """
        strategies, symbols = self._form.book.strategies, self._form.symbols
        message: dict[str, Any] = {}
        if (strategies, symbols) != self._shape:
            self._shape, self.shown, self.states = (strategies, symbols), {}, {}
            self._seen = {}
            message |= self._layout(strategies, symbols)
        cells = {cell: self._show(cell) for cell in self._touched(strategies, symbols)}
        changed = [[*cell, *new] for cell, new in cells.items() if self.shown.get(cell) != new]
        states = {name: self._form.book.state(name).value for name in strategies}
        news = [[n, state] for n, state in states.items() if self.states.get(n) != state]
        self.shown.update(cells)
        self.states = states
        message |= {"cells": changed} if changed else {}
        message |= {"states": news} if news else {}
        if message or said or said != self._said:
            self._said = said
            steps = self._form.undo
            self.send(message | {"undo": steps.can_undo, "redo": steps.can_redo, "said": said})

    def _touched(self, strategies: Sequence[str], symbols: Sequence[str]) -> list[Cell]:
        """Give the fields that may show something else now: a book shares what is the same."""
        form, book = self._form, self._form.book
        marked = {cell for cell in (*form.drafts, *form.errors) if isinstance(cell, tuple)}
        marked |= form.blank
        odd, self._marked = marked | self._marked, marked
        found = []
        for cell in ((name, symbol) for name in strategies for symbol in symbols):
            target = book.target(*cell)
            is_same = cell in self.shown and self._seen.get(cell) is target
            if not is_same or cell in odd:
                self._seen[cell] = target
                found.append(cell)
        return found

    def _show(self, cell: Cell) -> Shown:
        form = self._form
        error = retell(form.error(cell))
        return form.text(cell), error, form.note(cell)

    def _layout(self, strategies: Sequence[str], symbols: Sequence[str]) -> dict[str, Any]:
        columns = [[symbol, symbol.partition("/")[0]] for symbol in symbols]
        return {"words": _words(), "rows": list(strategies), "columns": columns}

    def _on_message(self, _: object, message: Mapping[str, Any], _buffers: object) -> None:
        """Hear the page, on whatever thread it comes; act on the form's loop."""
        self._bring(lambda: self._hear(message))()

    def _hear(self, message: Mapping[str, Any]) -> None:
        action, form = message.get("do"), self._form
        if action == "all":
            self._shape = ((), ())
            self.draw()
        elif action in {"enter", "paste"}:
            self._enter(message, is_paste=action == "paste")
        elif action == "undo":
            self.draw(say("Undone: nothing was sent.") if form.step_back() else "")
        elif action == "redo":
            self.draw(say("Done again: nothing was sent.") if form.step_again() else "")
        elif action == "state":
            name = str(message.get("strategy"))
            self.states.pop(name, None)  # refused or not, the page learns what it is
            form.set_state(name, str(message.get("state")))
            self.draw()
        elif action == "remove":
            form.remove_strategy(str(message.get("strategy")))

    def _enter(self, message: Mapping[str, Any], *, is_paste: bool) -> None:
        self._form.catch_up()
        rows, symbols = set(self._form.book.strategies), set(self._form.symbols)
        texts: dict[Cell, str] = {}
        for strategy, symbol, text in message.get("cells", [])[:MOST_CELLS]:
            if strategy in rows and symbol in symbols:
                texts[strategy, symbol] = str(text)
                self.shown.pop((strategy, symbol), None)  # the page has its own words there
        good = self._form.enter_all(texts)
        self.draw(_pasted(good, len(texts) - good, message) if is_paste else "")


def _pasted(good: int, bad: int, message: Mapping[str, Any]) -> str:
    said = say("Pasted: {good} set", good=good)
    if bad:
        said += say(", {bad} refused and marked", bad=bad)
    outside = int(message.get("outside", 0))
    if outside:
        said += say(", {outside} beyond the table left out", outside=outside)
    return f"{said}."


def _words() -> dict[str, Any]:
    """Give the words of the table; the page puts names into their places."""
    words: dict[str, Any] = {
        "table": say("targets"),
        "strategy": say("strategy"),
        "state": say("state"),
        "none": say("no target"),
        "target_of": say(
            "target of {strategy} on {symbol}, {unit}",
            strategy="{strategy}",
            symbol="{symbol}",
            unit="{unit}",
        ),
        "state_of": say("state of {name}", name="{name}"),
        "remove": say("Remove"),
        "remove_tip": say(
            "Remove {name}: what it holds is traded out with the next execution", name="{name}"
        ),
        "filter": say("filter strategies or symbols"),
        "undo": say("Undo"),
        "undo_tip": say("Set the targets back by one step (Ctrl+Z); nothing is sent"),
        "redo": say("Redo"),
        "redo_tip": say("Do the undone step again (Ctrl+Shift+Z); nothing is sent"),
        "copy": say("Copy table"),
        "copy_tip": say(
            "Copy the shown targets for a spreadsheet; with Shift and the arrows choose a "
            "block, and Ctrl+C copies it"
        ),
        "copied": say("Copied."),
        "chosen": say("{rows} × {columns} chosen", rows="{rows}", columns="{columns}"),
        "not_copied": say("The browser does not let this page copy; save a file instead."),
        "nothing_found": say("Nothing matches the filter."),
    }
    states = ("active", "hold", "flat")
    return words | {"states": [[state, word(state)] for state in states]}
