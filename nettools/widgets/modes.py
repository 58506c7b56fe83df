"""The desk's own target stream through both modes, beside what the desk really does."""

import ipywidgets as ui

from nettools.desk import Desk
from nettools.model import PositionMode
from nettools.study import ModeComparison, SideBySide, Terms
from nettools.targets import TargetBook
from nettools.texts import say, word
from nettools.widgets.frame import View
from nettools.widgets.markup import note_html

_MEANING = (
    "Two accounts that are only computed: each starts flat when this view is made, trades the "
    "targets of every executed plan at the touch, and holds margin for each leg, as the local "
    "testnet does. A real venue may ask less for two legs that hedge each other."
)
_NONE_YET = "Nothing to compare yet: execute a plan, and both modes trade its targets here."


class Follower:
    """Trades the targets of every executed plan of a desk in both modes.

    Args:
        desk: whose plans; what it executed before counts as one plan.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen = TargetBook()
        self._both: SideBySide | None = None

    def follow(self) -> ModeComparison | None:
        """Take over what was executed since the last call; None when that is nothing."""
        now, quotes, rates = self._desk.committed, self._desk.quotes(), self._desk.fee_rates()
        if now == self._seen or set(now.symbols) - quotes.keys():
            return None
        first = self._desk.instruments[now.symbols[0]]
        if self._both is None:
            self._both = SideBySide(
                Terms(
                    instruments=self._desk.instruments,
                    fee_rate=rates[first.symbol].taker,
                    limits=self._desk.limits,
                )
            )
        self._seen = now
        self._both.step(now, quotes)
        return self._both.compare(first)


def modes_view(desk: Desk) -> View:
    """Show what the executed targets cost in one-way and in hedge mode, side by side."""
    view = View("one-way or hedge", desk)
    follower = Follower(desk)
    shown = ui.HTML(note_html(say(_NONE_YET))).add_class("nt-modes")

    def draw(_: object = None) -> None:
        compared = None if view.screen.view is None else follower.follow()
        if compared is not None:
            shown.value = modes_html(compared)

    view.screen.observe(draw, "beat")
    draw()
    words = ui.HTML(note_html(say(_MEANING)) + note_html(mode_sentence(desk.status.mode)))
    return view.show(say("One-way or hedge: the same targets, side by side"), [shown, words])


def modes_html(compared: ModeComparison) -> str:
    """Draw the comparison as a table whose caption is the finding."""
    return f'<div class="nt-scroll" tabindex="0">{compared._repr_html_()}</div>'


def mode_sentence(mode: PositionMode) -> str:
    """Say which mode the desk is in, and how it gets into the other."""
    other = next(another for another in PositionMode if another is not mode)
    return say(
        "This desk is in {mode} mode. To change it, set every target to 0, "
        'execute, close the desk, and open it with mode="{other}" and '
        "switch_mode=True: the account is switched only while it has no "
        "positions and no orders.",
        mode=word(mode.value),
        other=other.value,
    )
