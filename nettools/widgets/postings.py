"""One strategy's postings: every cross, fill, funding payment and adjustment, newest first."""

import ipywidgets as ui

from nettools.desk import Desk
from nettools.texts import say
from nettools.widgets.books_markup import postings_html
from nettools.widgets.markup import note_html
from nettools.widgets.parts import Part

MOST_POSTINGS = 50
_FILES = 'All of them: desk.postings("A"). As CSV and Parquet files: desk.export("a folder").'


def postings_view(desk: Desk) -> Part:
    """Show the newest postings of the account that is chosen, or of all."""
    view = Part("postings of a desk", desk)
    choice = ui.Dropdown(
        options=[(say("all accounts"), None)],
        description=say("account"),
        style={"description_width": "initial"},
    ).add_class("nt-account-choice")
    table = ui.HTML().add_class("nt-postings")
    drawn: list[object] = []

    def draw() -> None:
        _, total = desk.newest_postings(most=0)
        now = (total, choice.value, desk.targets.strategies)
        if drawn == [now]:
            return
        drawn[:] = [now]
        names = dict.fromkeys([*desk.targets.strategies, *desk.ledger()["account"]])
        options = ((say("all accounts"), None), *((name, name) for name in names))
        if choice.options != options:
            chosen = choice.value
            choice.options = options
            choice.value = chosen if chosen in names else None
        found = desk.newest_postings(choice.value, MOST_POSTINGS)
        table.value = postings_html(*found, desk.instruments)

    choice.observe(view.screen.home.bring(draw), "value")
    view.follow(draw)
    return view.show("", [choice, table, ui.HTML(note_html(say(_FILES)))])
