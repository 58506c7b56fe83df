"""Incidents as HTML: one line each; every text in them is escaped."""

from collections.abc import Sequence
from datetime import datetime

from nettools.desk.incidents import Incident
from nettools.render import escape
from nettools.texts import count, ended, retell, say
from nettools.widgets.markup import note_html
from nettools.widgets.words import clock

MOST_LINES = 8
"""Open incidents shown one by one; more are counted."""
MOST_OVER = 20
"""Incidents shown that are over, the newest."""


def incidents_html(incidents: Sequence[Incident], *, with_past: bool = True) -> str:
    """Draw what is wrong now, a line each, the newest first; then what lately was."""
    open_now = sorted((i for i in incidents if not i.is_over), key=_newest, reverse=True)
    over = sorted((i for i in incidents if i.is_over), key=_newest, reverse=True)
    shown = over[:MOST_OVER] if with_past else []
    if open_now:
        lines = "".join(_line(told) for told in open_now[:MOST_LINES])
        more = len(open_now) - MOST_LINES
        several = (
            say("{number} incidents, the newest first:", number=len(open_now))
            if len(open_now) > 1
            else ""
        )
        said = note_html(several) + lines
        said += note_html(
            say("and {more}", more=count(more, "more incident")) if more > 0 else ""
        )
    else:
        said = note_html(say("Nothing is wrong."))
    return said + "".join(
        note_html(
            say("over: {what} ({when})", what=_begun(retell(told.what)), when=_when(told))
        )
        for told in shown
    )


def heard_html(incidents: Sequence[Incident]) -> str:
    """Give what a screen reader says by itself: what is wrong, without counts and times.

    It changes when an incident begins or ends, not each time something is tried again.
    """
    open_now = sorted((i for i in incidents if not i.is_over), key=_begin, reverse=True)
    said = " ".join(ended(_begun(retell(told.what))) for told in open_now[:MOST_LINES])
    return f'<div role="status">{escape(said or say("Nothing is wrong."))}</div>'


def _begin(told: Incident) -> datetime:
    return told.since


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _newest(told: Incident) -> datetime:
    return told.last


def _when(told: Incident) -> str:
    since = say("since {since}", since=clock(told.since))
    if told.count == 1:
        return since
    return say(
        "{times} {since}, last {last}",
        times=count(told.count, "time"),
        since=since,
        last=clock(told.last),
    )


def _line(told: Incident) -> str:
    parts = (
        (say("Known"), told.known),
        (say("Not known"), told.unknown),
        (say("To do"), told.to_do),
    )
    rest = "".join(
        f" <b>{name}{say(':')}</b> {escape(ended(retell(words)))}"
        for name, text in parts
        if (words := text.strip().rstrip("."))
    )
    return (
        f'<div class="nt-alert nt-incident"><b>{escape(_begun(retell(told.what)))}</b> '
        f'<span class="nt-note">({escape(_when(told))})</span>{rest}</div>'
    )


def untold(notes: Sequence[str], incidents: Sequence[Incident]) -> tuple[str, ...]:
    """Leave out the notes that an open incident tells already."""
    beginnings = ["the stream is down"]
    for told in incidents:
        if told.subject and not told.is_over:
            beginnings += [f"{told.subject} on ", f"order {told.subject} "]
    return tuple(note for note in notes if not note.startswith(tuple(beginnings)))
