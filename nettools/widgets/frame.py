"""What every view is made of: a box with a plain text form, its screen and its runner."""

from collections.abc import Sequence

import ipywidgets as ui

from nettools.desk import Desk
from nettools.widgets.look import sheet
from nettools.widgets.markup import title_html
from nettools.widgets.runner import Runner
from nettools.widgets.screen import Screen, screen_of


class View(ui.VBox):  # type: ignore[misc]  # ipywidgets comes without types
    """A view of a desk; prints as the same words each time, whatever it shows.

    Args:
        name: what it is, for example "targets of a desk".
        desk: the desk it looks at.
    """

    def __init__(self, name: str, desk: Desk) -> None:
        super().__init__(layout=ui.Layout(width="100%"))
        self.view_name = name
        self.screen: Screen = screen_of(desk)
        self.runner = Runner(self.screen.locked)
        self._pages_before = 0
        self.add_class("nettools")
        self._view_count = 0  # not None: the page then tells how often it shows this view
        self.observe(self.screen.home.bring(self._on_pages), "_view_count")

    def __repr__(self) -> str:
        return f"{self.view_name} ({self.screen.desk.status.mode.value})"

    def show(self, title: str, children: Sequence[ui.Widget]) -> "View":
        """Fill the view: a titled card, with the errors of its commands below."""
        parts = [ui.HTML(title_html(title))] if title else []
        card = ui.VBox([*parts, *children, self.runner.banner]).add_class("nt-card")
        self.children = (sheet(), card)
        return self

    def compose(self, rows: Sequence[ui.Widget]) -> "View":
        """Fill the view with other views, one below the other."""
        self.children = (sheet(), *rows)
        return self

    def _on_pages(self) -> None:
        pages = self._view_count or 0
        self.screen.pages += pages - self._pages_before
        self._pages_before = pages


def row(*children: ui.Widget) -> ui.HBox:
    """Put widgets beside each other; they wrap when the page is narrow."""
    return ui.HBox(children).add_class("nt-row")
