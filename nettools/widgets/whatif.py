"""What-if: slide targets up and down and see what would change; nothing does before Commit."""

from decimal import Decimal

import ipywidgets as ui

from nettools.decimals import plain, signed
from nettools.desk import Desk
from nettools.texts import say, say_each
from nettools.widgets.accounting import cents
from nettools.widgets.frame import View, row
from nettools.widgets.markup import field_html, note_html, table_html
from nettools.widgets.scaling import WHOLE, WouldBe, scaled, with_targets, would_be
from nettools.widgets.slide import Slide
from nettools.widgets.state import TOGETHER
from nettools.widgets.undo import Cell, Wishes

MOST_PERCENT = 200


def whatif_view(desk: Desk) -> View:
    """Show a slider that scales targets, and what that would do to net, diff and saving.

    Everything is computed on what is known already; the venue is not asked. Commit sets the
    targets as one step that can be undone, and sends nothing; Cancel forgets.
    """
    return _WhatIf(desk)


class _WhatIf(View):
    def __init__(self, desk: Desk) -> None:
        super().__init__("what-if of a desk", desk)
        bring, form = self.screen.home.bring, self.screen.targets
        shape = {"style": {"description_width": "initial"}, "layout": {"width": "auto"}}
        self._whose = ui.Dropdown(description=say("strategy"), **shape)
        self._where = ui.Dropdown(description=say("symbol"), **shape)
        self._slide = Slide(
            description=say("of the target"),
            unit="%",
            max=float(MOST_PERCENT),
            value=100.0,
            continuous_update=True,
        ).add_class("nt-whatif")
        self._told = ui.HTML().add_class("nt-whatif-told")
        self._commit = self.runner.command(say("Commit"), self._on_commit, is_enabled=False)
        self._cancel = self.runner.command(say("Cancel"), self._on_cancel, is_enabled=False)
        self._commit.button.tooltip = say("Set these targets; nothing is sent")
        for part in (self._whose, self._where, self._slide):
            part.observe(bring(self._draw), "value")
        form.observe(bring(self._follow), ["book", "chosen"])
        self._follow()
        chosen = row(self._whose, self._where)
        buttons = row(self._commit.button, self._cancel.button)
        self.show(say("What if"), [chosen, self._slide, buttons, self._told])

    def _follow(self) -> None:
        """Offer the strategies and symbols there are; a choice that is still there stays."""
        book = self.screen.targets.book
        for field, everything, names in (
            (self._whose, say("all strategies"), book.strategies),
            (self._where, say("all symbols"), book.symbols),
        ):
            options = ((everything, ""), *((name, name) for name in names))
            if field.options != options:
                chosen = field.value
                field.options = options
                field.value = chosen if chosen in {"", *names} and chosen else ""
        self._draw()

    def _wanted(self) -> dict[Cell, Decimal]:
        percent = Decimal(repr(float(self._slide.value)))
        book = self.screen.targets.book
        return scaled(book, percent, self._whose.value or "", self._where.value or "")

    def _draw(self) -> None:
        targets = self._wanted()
        self.runner.set(self._commit, enabled=bool(targets))
        self.runner.set(self._cancel, enabled=float(self._slide.value) != 100.0)  # noqa: PLR2004 - a percentage
        if not targets:
            self._told.value = note_html(self._why_nothing())
            return
        screen, book = self.screen, self.screen.targets.book
        seen = screen.view
        rows = would_be(
            book,
            with_targets(book, targets),
            held=None if seen is None else {g: p.quantity for g, p in seen.positions.items()},
            quotes={} if seen is None else seen.quotes,
            rates=screen.desk.fee_rates(),
            mode=screen.status.mode,
        )
        self._told.value = _html(rows)

    def _why_nothing(self) -> str:
        if float(self._slide.value) == WHOLE:
            return say("Slide to see what would change; nothing does yet.")
        return say("A target of zero stays zero: type another into the table first.")

    async def _on_commit(self) -> None:
        form = self.screen.targets
        if form.take(Wishes(targets=self._wanted())):
            self._slide.value = 100.0
            self._told.value = note_html(
                say("Committed as targets: nothing is sent before you preview."), "status"
            )
        else:
            self._told.value = field_html(form.error(TOGETHER), "", "")

    async def _on_cancel(self) -> None:
        self._slide.value = 100.0


def _html(rows: tuple[WouldBe, ...]) -> str:
    headers = say_each(
        "symbol",
        "net now",
        "net then",
        "diff to the position",
        "crossed inside",
        "fee spared, estimated (quote units)",
    )
    cells = [
        (
            one.symbol,
            signed(one.now),
            signed(one.then),
            "–" if one.diff is None else signed(one.diff),
            plain(one.crossed),
            cents(one.spared, sign=False),
        )
        for one in rows
    ]
    said = note_html(say("Nothing is changed yet: Commit sets these targets."))
    return said + table_html(say("What if"), headers, cells)
