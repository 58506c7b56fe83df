"""How orders are executed: the style and its parameters, as fields."""

from functools import partial

import ipywidgets as ui

from nettools.texts import say, word
from nettools.widgets.frame import View
from nettools.widgets.markup import field_html
from nettools.widgets.state import StyleForm

_FIELDS = {
    "slippage_bps": ("at most past the touch (bps)", ("market", "smart")),
    "offset_bps": ("behind the best price (bps)", ("limit",)),
    "timeout_seconds": ("takes after (s)", ("smart",)),
    "adverse_bps": ("takes when the price ran away (bps, empty: never)", ("smart",)),
    "rest_seconds": ("rests at least (s)", ("smart",)),
    "most_requotes": ("re-quotes at most", ("smart",)),
    "improve_ticks": ("into the spread (ticks)", ("smart",)),
    "imbalance": ("takes when our side of the touch holds (0.5–1, empty: never)", ("smart",)),
    "min_slice": ("smallest slice (base units, empty: the venue's)", ("smart",)),
}
"""Field → what it is called, with its unit, and the styles that have it."""


def style_fields(view: View) -> tuple[ui.Widget, list[ui.Widget], ui.HTML]:
    """Give the choice of style, the fields of its parameters, and the place for refusals."""
    form = view.screen.style
    kind = ui.Dropdown(
        options=[(word(name), name) for name in ("market", "limit", "smart")],
        value=form.name,
        description=say("style"),
        layout=ui.Layout(width="130px"),
        style={"description_width": "initial"},
    )
    fields = {name: _field(form, name, say(label)) for name, (label, _) in _FIELDS.items()}
    wrong = ui.HTML()

    def draw(_: object = None) -> None:
        shown = [name for name, (_, styles) in _FIELDS.items() if form.name in styles]
        for name, field in fields.items():
            field.layout.display = None if name in shown else "none"
        refused = [name for name in shown if form.error(name)]
        last = "" if not refused else _text(form, refused[0])
        said = _in_words(form.error(refused[0]), refused[0]) if refused else ""
        wrong.value = field_html(said, last, "")

    home = view.screen.home.bring
    for name, field in fields.items():
        field.observe(home(partial(_enter, form, name, field)), "value")
    kind.observe(home(lambda: setattr(form, "name", kind.value)), "value")
    form.observe(draw, ["name", "errors"])
    draw()
    return kind, list(fields.values()), wrong


def _enter(form: StyleForm, name: str, field: ui.Text) -> None:
    form.enter(name, field.value)


def _in_words(error: str, name: str) -> str:
    """Name the field as the screen does, where the sentence begins with its own name."""
    label = f'"{say(_FIELDS[name][0])}"'
    for own in (name, name.replace("_", " ")):
        if error.startswith(own):
            error = label + error.removeprefix(own)
    return error.removesuffix("; None for never")


def _text(form: StyleForm, name: str) -> str:
    value = getattr(form, name)
    return "" if value is None else str(value)


def _field(form: StyleForm, name: str, label: str) -> ui.Text:
    return ui.Text(
        _text(form, name),
        description=label,
        continuous_update=False,
        layout=ui.Layout(width="auto"),
        style={"description_width": "initial"},
    ).add_class("nt-parameter")
