"""Incidents as HTML: one line each; every text in them is escaped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from nettools.render import escape
from nettools.widgets.markup import note_html
from nettools.widgets.words import clock, count

MOST_LINES = 8
"""Open incidents shown one by one; more are counted."""
MOST_OVER = 3
"""Incidents shown that are over, the newest."""


class Told(Protocol):
    """What is told of one incident, however often it came."""

    @property
    def what(self) -> str:
        """What went wrong."""

    @property
    def known(self) -> str:
        """What is known all the same; may be empty."""

    @property
    def unknown(self) -> str:
        """What is not known; may be empty."""

    @property
    def to_do(self) -> str:
        """What to do; may be empty."""

    @property
    def count(self) -> int:
        """How often it came."""

    @property
    def since(self) -> datetime:
        """When it was first seen (UTC)."""

    @property
    def last(self) -> datetime:
        """When it was last seen (UTC)."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""


def incidents_html(incidents: Sequence[Told]) -> str:
    """Draw what is wrong now, a line each, the newest first; then what lately was."""
    open_now = sorted((i for i in incidents if not i.is_over), key=_newest, reverse=True)
    over = sorted((i for i in incidents if i.is_over), key=_newest, reverse=True)
    if open_now:
        lines = "".join(_line(told) for told in open_now[:MOST_LINES])
        more = len(open_now) - MOST_LINES
        said = f'<div role="status">{lines}</div>'
        said += note_html(f"and {count(more, 'more incident')}" if more > 0 else "")
    else:
        said = note_html("Nothing is wrong.", "status")
    return said + "".join(
        note_html(f"over: {told.what} ({_when(told)})") for told in over[:MOST_OVER]
    )


def _newest(told: Told) -> datetime:
    return told.last


def _when(told: Told) -> str:
    since = f"since {clock(told.since)}"
    if told.count == 1:
        return since
    return f"{count(told.count, 'time')} {since}, last {clock(told.last)}"


def _line(told: Told) -> str:
    parts = (("Known", told.known), ("Not known", told.unknown), ("To do", told.to_do))
    rest = "".join(
        f" <b>{name}:</b> {escape(words)}."
        for name, text in parts
        if (words := text.strip().rstrip("."))
    )
    return (
        f'<div class="nt-alert nt-incident"><b>{escape(told.what)}</b> '
        f'<span class="nt-note">({escape(_when(told))})</span>{rest}</div>'
    )
