"""Parts of a screen that draw only while they can be seen, and tabs made of them.

What is large is drawn a moment later, once for all that happened meanwhile: to write a thousand
rows takes longer than to read the account, and whoever has typed waits for the net.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as ui

from nettools.desk import Desk
from nettools.widgets.frame import View

MOST_AT_ONCE = 200
"""Rows that are drawn at once."""
LARGE_SECONDS = 0.3
"""How long more rows than that wait for what else happens."""


class Part(View):
    """A view that follows the desk while it is awake; asleep it costs nothing.

    Args:
        name: what it is, for example "accounts of a desk".
        desk: the desk it looks at.
    """

    def __init__(self, name: str, desk: Desk) -> None:
        super().__init__(name, desk)
        self.is_awake = True
        self.rows = 0
        """How many it has drawn, where that may be many."""
        self._draw: Callable[[], object] = list
        self._due: asyncio.TimerHandle | None = None

    def show(self, title: str, children: Sequence[ui.Widget]) -> "Part":
        """Fill the part, as any view."""
        super().show(title, children)
        return self

    def follow(self, draw: Callable[[], object]) -> None:
        """Draw now, and again after every look at the desk while awake."""
        self._draw = draw
        self.screen.observe(self._on_look, "beat")
        draw()

    def wake(self) -> None:
        """Draw what was missed, and go on."""
        self.is_awake = True
        self._draw()

    def _on_look(self, _: object) -> None:
        if self.rows <= MOST_AT_ONCE:
            self._draw_awake()
        elif self._due is None:
            self._due = self.screen.home.loop.call_later(LARGE_SECONDS, self._draw_awake)

    def _draw_awake(self) -> None:
        self._due = None
        if self.is_awake:
            self._draw()


class Tabs(ui.Tab):  # type: ignore[misc]  # ipywidgets comes without types
    """Parts behind tabs; each is made when it is first looked at, and draws while it is.

    Args:
        makers: title → how to make the part.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Part]]) -> None:
        self._makers = tuple(makers.values())
        first = self._makers[0]()
        self._parts = {0: first}
        self._later = [ui.VBox() for _ in self._makers]
        children = [first, *self._later[1:]]
        super().__init__(children=children, titles=tuple(makers), selected_index=0)
        self.add_class("nt-tabs")
        self.observe(first.screen.home.bring(self._on_choice), "selected_index")

    def _on_choice(self) -> None:
        index = self.selected_index or 0
        for other, part in self._parts.items():
            part.is_awake = other == index
        if index in self._parts:
            self._parts[index].wake()
            return
        self._parts[index] = self._makers[index]()
        self.children = [self._parts.get(i, box) for i, box in enumerate(self._later)]
