"""The fields of the targets table: one per strategy and symbol, and a line per strategy."""

import ipywidgets as ui

from nettools.render import escape
from nettools.texts import say
from nettools.widgets.frame import View
from nettools.widgets.markup import field_html
from nettools.widgets.state import Cell, TargetForm

_STATES = ("active", "hold", "flat")


class Grid:
    """The fields of the table; those that stay keep their widgets, so focus is not lost."""

    def __init__(self, view: View) -> None:
        self.box = ui.GridBox().add_class("nt-grid")
        self._view = view
        self._form = view.screen.targets
        self._cells: dict[Cell, _Field] = {}
        self._rows: dict[str, _Row] = {}
        self._shape: tuple[object, ...] = ()

    def draw(self) -> None:
        """Bring every field up to date; lay the table out again when its shape changed."""
        strategies, symbols = self._form.book.strategies, self._form.symbols
        if (strategies, symbols) != self._shape:
            self._shape = (strategies, symbols)
            self._lay_out(strategies, symbols)
        for name in strategies:
            self._rows[name].draw()
            for symbol in symbols:
                self._cells[name, symbol].draw()

    def _lay_out(self, strategies: tuple[str, ...], symbols: tuple[str, ...]) -> None:
        for name in strategies:
            self._rows.setdefault(name, _Row(self._view, name))
            for symbol in symbols:
                self._cells.setdefault((name, symbol), _Field(self._view, (name, symbol)))
        units = [f"{symbol} ({symbol.partition('/')[0]})" for symbol in symbols]
        children = [_head(text) for text in ("strategy", *units, "state", "")]
        for name in strategies:
            line = self._rows[name]
            fields = [self._cells[name, symbol].box for symbol in symbols]
            children += [line.name, *fields, line.state, line.remove]
        columns = f"minmax(60px,max-content) repeat({len(symbols)},minmax(130px,1fr)) 90px 84px"
        if not symbols:
            columns = "minmax(60px,max-content) 90px 84px"
        self.box.layout.grid_template_columns = columns
        self.box.children = children if strategies else []


def _head(text: str) -> ui.HTML:
    return ui.HTML(f'<span class="nt-head">{escape(text)}</span>')


class _Field:
    """One cell: the text field, and what is to be said about it."""

    def __init__(self, view: View, cell: Cell) -> None:
        self._form, self._cell = view.screen.targets, cell
        strategy, symbol = cell
        unit = symbol.partition("/")[0]
        self._text = ui.Text(
            description=say(
                "target of {strategy} on {symbol}, {unit}",
                strategy=strategy,
                symbol=symbol,
                unit=unit,
            ),
            placeholder=say("no target"),
            continuous_update=False,
            layout=ui.Layout(width="100%"),
        )
        self._text.add_class("nt-quiet-label").add_class("nt-cell")
        self._note = ui.HTML()
        self.box = ui.VBox([self._text, self._note])
        self._text.observe(view.screen.home.bring(self._entered), "value")

    def draw(self) -> None:
        """Show the draft or the last good target, and what is wrong or what counts."""
        form, cell = self._form, self._cell
        error = form.error(cell)
        (self._text.add_class if error else self._text.remove_class)("nt-field-bad")
        self._text.value = form.text(cell)
        self._note.value = field_html(error, form.good_text(cell), form.note(cell))

    def _entered(self) -> None:
        if self._text.value != self._form.text(self._cell):
            self._form.enter(self._cell, self._text.value)


class _Row:
    """A strategy's name, its state and its removal."""

    def __init__(self, view: View, name: str) -> None:
        self._form: TargetForm = view.screen.targets
        self._strategy = name
        self.name = ui.HTML(f'<span class="nt-name">{escape(name)}</span>')
        self.state = ui.Dropdown(
            options=_STATES,
            description=say("state of {name}", name=name),
            layout=ui.Layout(width="88px"),
        ).add_class("nt-quiet-label")
        self.state.observe(view.screen.home.bring(self._chosen), "value")
        self.remove = view.runner.command(
            say("Remove"),
            self._remove,
            tooltip=say(
                "Remove {name}: what it holds is traded out with the next execution", name=name
            ),
            is_alone=False,
        ).button

    async def _remove(self) -> None:
        self._form.remove_strategy(self._strategy)

    def draw(self) -> None:
        """Show the state the book has."""
        self.state.value = self._form.book.state(self._strategy).value

    def _chosen(self) -> None:
        if self.state.value != self._form.book.state(self._strategy).value:
            self._form.set_state(self._strategy, self.state.value)
            self.draw()
