"""The status line: where, in which state, holding what, as of when, and what is wrong."""

from datetime import datetime

import ipywidgets as ui

from nettools.desk import Desk, DeskStatus
from nettools.desk.report import outcome_of
from nettools.render import escape
from nettools.texts import count, retell, say, word
from nettools.widgets.frame import View, row
from nettools.widgets.incidents_markup import untold
from nettools.widgets.markup import alert_html, badge_html, note_html, table_html
from nettools.widgets.screen import Screen
from nettools.widgets.words import age, clock, money, position_words, shown_legs


def status_view(desk: Desk, *, with_problems: bool = True) -> View:
    """Show the status line: venue, mode, state, positions, balance, age of the data, problems.

    While it is on a page the account is read again every other second; the box "live"
    switches that off.

    Args:
        desk: an open desk.
        with_problems: False where the page shows incidents and the journal already.
    """
    view = View("status line of a desk", desk)
    screen = view.screen
    facts = ui.HTML().add_class("nt-status")
    balance = ui.HTML().add_class("nt-grow").add_class("nt-balance")
    data_age = ui.HTML().add_class("nt-age")
    live = ui.Checkbox(
        screen.live, description=say("live"), indent=False, layout=ui.Layout(width="auto")
    )
    live.tooltip = say("Read the account every other second while this is on a page")
    live.observe(screen.home.bring(lambda: setattr(screen, "live", live.value)), "value")
    below = ui.HTML()

    def draw(_: object = None) -> None:
        facts.value = facts_html(screen)
        balance.value = balance_html(screen)
        data_age.value = age_html(screen)
        below.value = below_html(screen, with_problems=with_problems)

    screen.observe(draw, "beat")
    draw()
    return view.show("", [row(facts, balance, data_age, live), below])


def is_old(screen: Screen) -> bool:
    """Say whether the last read of the account is too old to plan on."""
    seconds = screen.status.age_seconds
    return seconds is None or seconds > float(screen.desk.limits.data_age_seconds)


def facts_html(screen: Screen) -> str:
    """Draw what the desk is and holds; only this part is read out by a screen reader."""
    status, view, old = screen.status, screen.view, is_old(screen)
    instruments = screen.desk.instruments
    legs = shown_legs(status, screen.targets.book, view)
    held = [
        f"{escape(leg)} <b>{escape(position_words(leg, view, instruments, is_old=old))}</b>"
        for leg in legs
    ]
    unread = view is None or old
    if not held:
        held = [say("no positions (unknown)") if unread else say("no positions")]
    parts = [badge_html(status.venue), escape(_state_words(status)), *held]
    facts = "".join(f"<span>{part}</span>" for part in parts)
    return f'<div role="status" class="{_kind(screen)}">{facts}</div>'


def balance_html(screen: Screen) -> str:
    """Draw the balance; it moves with the market, so it is not read out whenever it does."""
    if screen.view is None:
        return ""
    balance = screen.view.balance
    wallet, free = (money(n, balance.currency) for n in (balance.wallet, balance.available))
    name, rest = escape(say("balance")), escape(say("available"))
    words = f"{name} <b>{escape(wallet)}</b> ({escape(free)} {rest})"
    return f'<div class="{_kind(screen)}"><span>{words}</span></div>'


def _kind(screen: Screen) -> str:
    return "nt-facts nt-old" if is_old(screen) else "nt-facts"


def _state_words(status: DeskStatus) -> str:
    words = {"running": say("running by itself"), "halted": say("HALTED, sends nothing")}
    return say(", ").join(
        (word(status.mode.value), words.get(status.state, word(status.state)))
    )


def age_html(screen: Screen) -> str:
    """Draw how old the data is; a timer, so that it is not read out every second."""
    status, kind = screen.status, "nt-note nt-old" if is_old(screen) else "nt-note"
    when = "" if status.updated is None else f" ({clock(status.updated)})"
    text = escape(say("read {age}{when}", age=age(status.age_seconds), when=when))
    return f'<span role="timer" class="{kind}">{text}</span>'


def below_html(screen: Screen, *, with_problems: bool) -> str:
    """Draw what is wrong, what is worth knowing, working orders, where all is written."""
    status, parts, notes = screen.status, [], screen.status.notes
    unread = screen.problem
    if not with_problems:
        notes = untold(notes, screen.desk.incidents())
    if with_problems and unread is not None:
        parts.append(alert_html(_since(unread.sentence, unread.since, unread.count)))
    if with_problems and status.problem:
        parts.append(
            alert_html(_since(status.problem, status.problem_since, status.problem_count))
        )
    parts += [note_html(note) for note in notes]
    working = () if screen.view is None else screen.view.working
    if working:
        rows = [(str(report.order.leg), retell(outcome_of(report))) for report in working]
        title = say("{orders}; Halt cancels them", orders=count(len(rows), "working order"))
        parts.append(table_html(title, (say("leg"), title), rows))
    return "".join([*parts, note_html(journal_words(status) if with_problems else "")])


def journal_words(status: DeskStatus) -> str:
    """Say where everything is written, when it last was, and what the opening found there."""
    if status.journal is None:
        return say("No journal: what this desk knows ends with it.")
    synced = status.journal_synced
    written = (
        say("nothing written yet")
        if synced is None
        else say("last written {time}", time=clock(synced))
    )
    size = f"{status.journal_bytes / 1000:,.0f} kB"
    found = (
        say(" Opened again: {recovered}.", recovered=retell(status.recovered))
        if status.recovered
        else ""
    )
    return say(
        "Journal {path} ({size}, {written}).{found}",
        path=status.journal,
        size=size,
        written=written,
        found=found,
    )


def _since(problem: str, since: datetime | None, times: int) -> str:
    when = say(", since {since:%H:%M:%S} UTC", since=since) if since is not None else ""
    return say(
        "{problem} ({times}{when})",
        problem=retell(problem),
        times=count(times, "time"),
        when=when,
    )
