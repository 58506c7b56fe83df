"""What a trader does on the screen, without a browser: find, type, click, read, wait."""

import asyncio
from collections.abc import Callable, Iterator

import ipywidgets as ui
from makers import BTC

from nettools.render import escape
from nettools.widgets.frame import View
from nettools.widgets.grid import Grid

PATIENCE_SECONDS = 10


def every(widget: ui.Widget) -> Iterator[ui.Widget]:
    """Walk through a widget and all it holds, in the order of the page."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


def classed(view: View, name: str) -> ui.Widget:
    """Find a widget by its class."""
    return next(w for w in every(view) if name in getattr(w, "_dom_classes", ()))


def labelled(view: View, label: str) -> ui.Widget:
    """Find a field or a button by the beginning of its label."""
    found = (w for w in every(view) if getattr(w, "description", "").startswith(label))
    return next(found)


def labels(view: View, kind: type) -> list[str]:
    """List the labels of all widgets of a kind, in tab order."""
    return [w.description for w in every(view) if isinstance(w, kind)]


def text(view: View) -> str:
    """Give every text that stands on the screen, markup and all, the style sheet left out."""
    found = (w for w in every(view) if isinstance(w, ui.HTML))
    written = [w.value for w in found if "nt-css" not in w._dom_classes]
    return "\n".join([*written, *(escape(" ".join(shown)) for shown in fields(view).values())])


def grid(view: View) -> Grid:
    """Find the table of targets."""
    return next(w for w in every(view) if isinstance(w, Grid))


def fields(view: View) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Give what stands in the fields of the tables of targets, what is wrong, what counts."""
    tables = (w for w in every(view) if isinstance(w, Grid))
    return {cell: shown for table in tables for cell, shown in table.shown.items()}


def tell(view: View, **message: object) -> None:
    """Do as the page does when something happens in the table of targets."""
    grid(view)._handle_custom_msg(message, [])


def enter(view: View, strategy: str, target: str, symbol: str = BTC) -> None:
    """Type a target and leave its field."""
    tell(view, do="enter", cells=[[strategy, symbol, target]])


async def click(view: View, button: str | ui.Button) -> None:
    """Click a button, named by its label, and wait until its command has ended."""
    (labelled(view, button) if isinstance(button, str) else button).click()
    await settled(view)


async def settled(view: View) -> None:
    """Wait until no command runs and the desk's last change has been taken over."""
    for part in every(view):
        if isinstance(part, View):
            await part.runner.settled()
    for _ in range(3):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Wait until something holds; fails after a while."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.01)
