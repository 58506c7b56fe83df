"""What netting saved: a waterfall of its columns, and every strategy's share in two ways."""

from decimal import Decimal

import ipywidgets as ui
import plotly.graph_objects as go

from nettools.charts import saving_figure
from nettools.decimals import ZERO
from nettools.desk import Desk
from nettools.texts import say
from nettools.twin import Saving
from nettools.widgets.accounting import PARTS, saving_title, saving_words
from nettools.widgets.books_markup import saving_html
from nettools.widgets.figures import live_figure
from nettools.widgets.markup import note_html
from nettools.widgets.parts import Part
from nettools.widgets.proof import quote_unit_of

_MEANING = (
    "Compared with an un-netted twin: the same changes of targets, each sent alone as a taker "
    "at the touch with the account's own fee rate. A column below zero cost money. pro rata: "
    "by turnover. marginal: by how much each shrank what had to be sent."
)


def saving_view(desk: Desk) -> Part:
    """Show the columns of the saving, which can be negative, and the strategies' shares."""
    view = Part("saving of a desk", desk)
    headline, tables = ui.HTML().add_class("nt-saving-words"), ui.HTML()
    figure, picture = live_figure(_figure(Saving(), quote_unit_of(view.screen)))

    def draw() -> None:
        if view.screen.view is None:
            headline.value = note_html(
                say("Nothing is known yet: the account has not been read.")
            )
            return
        saving, unit = desk.saving(), quote_unit_of(view.screen)
        _redraw(figure, _figure(saving, unit))
        headline.value = f'<div role="status">{note_html(saving_words(saving, unit))}</div>'
        tables.value = saving_html(saving, _shares(desk), unit) + note_html(say(_MEANING))

    view.follow(draw)
    return view.show("", [headline, picture, tables])


def _figure(saving: Saving, unit: str) -> go.Figure:
    parts = {words: getattr(saving, name) for name, words in PARTS.items()}
    return saving_figure(parts, unit, saving_title(saving, unit))


def _redraw(figure: go.FigureWidget, new: go.Figure) -> None:
    bars, fresh = figure.data[0], new.data[0]
    with figure.batch_update():
        bars.x, bars.y, bars.text = fresh.x, fresh.y, fresh.text
        bars.measure, bars.hovertext = fresh.measure, fresh.hovertext
        figure.layout.title.text = new.layout.title.text


def _shares(desk: Desk) -> dict[str, tuple[Decimal, Decimal]]:
    by_turnover, by_change = (desk.saving_by_strategy(by) for by in ("pro_rata", "marginal"))
    return {
        name: (by_turnover.get(name, ZERO), by_change.get(name, ZERO))
        for name in sorted({**by_turnover, **by_change})
    }
