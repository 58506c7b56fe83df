"""A sweep over deadbands to slide along: turnover, fees and tracking error of each setting."""

from typing import Any

import ipywidgets as ui
import pandas as pd
import plotly.graph_objects as go

from nettools.charts.frontier import frontier_figure, recommended
from nettools.charts.look import INK, PALETTE
from nettools.decimals import plain
from nettools.render import html_table
from nettools.texts import say, word
from nettools.widgets.figures import live_figure
from nettools.widgets.frame import row
from nettools.widgets.look import sheet
from nettools.widgets.markup import note_html, title_html

_WAYS = {"to the target": "target", "to the edge": "edge"}
_MEANING = (
    "A larger deadband trades less and strays further. The star is the recommended setting; "
    "full marks are efficient: no other is at once cheaper and nearer."
)


class FrontierView(ui.VBox):  # type: ignore[misc]  # ipywidgets comes without types
    """A slider over the deadbands of a sweep; it computes nothing, the sweep has it all.

    A step of the slider moves one mark and a small table, so it follows the hand; the page
    itself sends a step only when the one before is drawn.

    Args:
        sweep: what ``study.deadband`` gives, of one symbol.
        unit: the quote currency.
    """

    def __init__(self, sweep: pd.DataFrame, unit: str) -> None:
        super().__init__(layout=ui.Layout(width="100%"))
        self.add_class("nettools")
        self._sweep, self._unit = sweep, unit
        self._best = recommended(sweep)
        figure = frontier_figure(sweep, unit=unit)
        figure.add_trace(_mark())
        self._figure, box = live_figure(figure)
        self._words = ui.HTML().add_class("nt-frontier-words")
        self.step = ui.Dropdown(
            options=[(plain(step), step) for step in sorted(set(sweep["step_size"]))],
            value=self._best["step_size"], description=say("step size"),
            style={"description_width": "initial"},
        )  # fmt: skip
        known = [
            (say(name), way) for name, way in _WAYS.items() if way in set(sweep["trade_to"])
        ]
        self.way = ui.ToggleButtons(options=known, value=self._best["trade_to"])
        self.slider = ui.SelectionSlider(
            options=self._deadbands(),
            value=self._best["deadband"],
            description=say("deadband"),
            layout=ui.Layout(width="100%"), style={"description_width": "initial"},
        ).add_class("nt-slider")  # fmt: skip
        for choice in (self.step, self.way):
            choice.observe(self._choose, "value")
        self.slider.observe(self._draw, "value")
        self._draw()
        choices = row(*([self.step] if len(self.step.options) > 1 else []), self.way)
        parts = [choices, self.slider, box, self._words, ui.HTML(note_html(say(_MEANING)))]
        card = ui.VBox([ui.HTML(title_html(say("Choose a deadband"))), *parts]).add_class(
            "nt-card"
        )
        self.children = (sheet(), card)

    def __repr__(self) -> str:
        return f"choose a deadband ({len(self._sweep)} configurations)"

    @property
    def chosen(self) -> "pd.Series[Any]":
        """The row of the sweep that is looked at."""
        rows = self._rows()
        found: pd.Series[Any] = rows[rows["deadband"] == self.slider.value].iloc[0]
        return found

    def _rows(self) -> pd.DataFrame:
        same = self._sweep["step_size"] == self.step.value
        rows: pd.DataFrame = self._sweep[same & (self._sweep["trade_to"] == self.way.value)]
        return rows

    def _deadbands(self) -> list[tuple[str, object]]:
        return [(plain(width), width) for width in sorted(set(self._rows()["deadband"]))]

    def _choose(self, _: object = None) -> None:
        """Keep the deadband when the other setting has it too, else the nearest."""
        before, options = self.slider.value, self._deadbands()
        nearest = min((width for _, width in options), key=lambda width: abs(width - before))
        with self.hold_trait_notifications():
            self.slider.options = options
            self.slider.value = nearest
        self._draw()

    def _draw(self, _: object = None) -> None:
        chosen, mark = self.chosen, self._figure.data[-1]
        with self._figure.batch_update():
            mark.x = [float(chosen["tracking_share"]) * 100]
            mark.y = [float(chosen["cost"])]
        self._words.value = frontier_html(chosen, self._best, self._unit)


def _mark() -> go.Scatter:
    ring = {"symbol": "circle-open", "size": 20, "color": PALETTE[5], "line": {"width": 3}}
    return go.Scatter(x=[0], y=[0], mode="markers", name=say("looked at"), marker=ring,
                      hoverinfo="skip", textfont={"color": INK})  # fmt: skip


def frontier_view(sweep: pd.DataFrame, *, unit: str = "USDT") -> FrontierView:
    """Slide over the deadbands of a sweep; see turnover, fees and tracking error of each.

    Args:
        sweep: what ``study.deadband`` gives, of one symbol.
        unit: the quote currency.

    Raises:
        InvalidInput: the sweep has several symbols.
    """
    return FrontierView(sweep, unit)


def frontier_html(chosen: "pd.Series[Any]", best: "pd.Series[Any]", unit: str) -> str:
    """Say what a setting does, beside the recommended one."""
    names = {
        "trades": say("trades"),
        "turnover": say("turnover ({unit})", unit=unit),
        "fees": say("fees ({unit})", unit=unit),
        "spread": say("spread ({unit})", unit=unit),
        "tracking_error": say("tracking error ({unit} a bar)", unit=unit),
        "tracking_share": say("strays, of the PnL's own swing"),
    }
    rows = [
        (words, *(_shown(name, one[name]) for one in (chosen, best)))
        for name, words in names.items()
    ]
    headers = (
        "",
        *(
            say(
                "{deadband} to the {way}",
                deadband=plain(one["deadband"]),
                way=word(one["trade_to"]),
            )
            for one in (chosen, best)
        ),
    )
    table = html_table(
        headers,
        rows,
        say("looked at, beside the recommended: {reason}", reason=chosen["reason"]),
    )
    return f'<div class="nt-scroll" tabindex="0" aria-live="polite">{table}</div>'


def _shown(name: str, amount: object) -> str:
    number = float(str(amount))
    if name == "tracking_share":
        return f"{number * 100:.2f} %"
    return f"{number:,.0f}" if name == "trades" else f"{number:,.2f}"
