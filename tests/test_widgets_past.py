"""The desk as it was: every row of the journal is a moment that can be looked at."""

import pytest
from journals import a_trading_day, intent, opened
from makers import BTC, d
from onscreen import classed, click, settled, until

import nettools as nt
from nettools.errors import JournalError
from nettools.journal.records import Halted, TargetsSet
from nettools.targets import TargetPosition
from nettools.widgets import past_markup
from nettools.widgets.past import past_view
from nettools.widgets.past_markup import moment_html, read_moment, size_of


@pytest.fixture
def path(tmp_path):
    """Write a day of two orders: row 1 opens, 2 begins the books, 3 to 6 plan, 7 and 8 fill."""
    file = tmp_path / "desk.sqlite"
    with opened(file) as journal:
        for step in a_trading_day(2):
            journal.append(*step)
    return file


def test_before_anything_happened_there_is_nothing(path):
    shown = moment_html(read_moment(path, 1))
    for name in ("targets", "virtual positions", "orders that may still execute", "breaks"):
        assert f"{name}: none" in shown


def test_a_moment_says_that_it_is_past_and_what_was_written(path):
    shown = moment_html(read_moment(path, 7))
    assert "<b>As it was at 2025-06-02 12:00:00.00" in shown
    assert f"row 7 of {size_of(path)}: report, nt-1 filled" in shown
    assert "For looking at only." in shown


def test_rows_written_together_are_looked_at_one_by_one(path):
    planned, intended = (moment_html(read_moment(path, number)) for number in (5, 6))
    assert "orders that may still execute: none" in planned
    assert "buy 0.7 BTC: intent, filled 0" in intended


def test_after_the_fill_the_order_is_gone_and_the_position_there(path):
    shown = moment_html(read_moment(path, 8))
    assert "orders that may still execute: none" in shown
    assert "virtual positions" in shown
    assert "+1" in shown


def test_a_halt_of_that_moment_is_said(tmp_path):
    with opened(tmp_path / "desk.sqlite") as journal:
        journal.append(Halted(why="by hand"))
    assert "Halted: by hand." in moment_html(read_moment(tmp_path / "desk.sqlite", 2))


def test_a_row_that_is_not_there_is_named(path):
    with pytest.raises(JournalError, match="there is no row 999"):
        read_moment(path, 999)


def test_a_long_table_is_cut_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(past_markup, "MOST_ROWS", 2)
    with opened(tmp_path / "desk.sqlite") as journal:
        journal.append(*[intent(number) for number in range(5)])
    shown = moment_html(read_moment(tmp_path / "desk.sqlite", 6))
    assert "Showing 2 of 5." in shown


def test_what_was_written_is_text_and_never_markup(tmp_path):
    hostile = "<img src=x onerror=alert(1)>"
    wish = TargetPosition(strategy="A", symbol=hostile, wanted=d(1), quantity=d(1))
    with opened(tmp_path / "desk.sqlite") as journal:
        journal.append(Halted(why=hostile), TargetsSet(targets=(wish,)))
    shown = moment_html(read_moment(tmp_path / "desk.sqlite", 3))
    assert "<img" not in shown
    assert "&lt;img" in shown


@pytest.fixture
async def kept(venue, no_waiting, tmp_path):  # noqa: ARG001 - it works by being there
    """Open a desk that writes a journal, and trade once."""
    desk = await nt.Desk.open(venue, clock=venue._clock, journal=tmp_path / "desk.sqlite")
    async with desk:
        venue._clock.go_on(1)
        desk.set_target("A", BTC, "1")
        await desk.tick()
        yield desk


def _moment(view):
    return classed(view, "nt-moment").value


async def test_the_slider_stands_at_the_end_which_is_now_and_goes_along(kept):
    view = past_view(kept)
    slider = classed(view, "nt-slider")
    last = size_of(kept.status.journal)
    assert (slider.min, slider.value, slider.max) == (1, last, last)
    assert f"It has {last} rows." in _moment(view)
    kept.set_target("A", BTC, "2")
    await kept.tick()
    await settled(view)
    assert slider.value == slider.max == size_of(kept.status.journal) > last
    assert f"It has {slider.max:.0f} rows." in _moment(view)


async def test_moved_back_it_shows_the_desk_as_it_was_and_stays_there(kept):
    view = past_view(kept)
    slider = classed(view, "nt-slider")
    slider.value = 1
    await until(lambda: "row 1 of" in _moment(view))
    assert "targets: none" in _moment(view)
    kept.set_target("A", BTC, "2")
    await kept.tick()
    await settled(view)
    assert slider.value == 1
    assert "targets: none" in _moment(view)
    await click(view, "Now")
    assert slider.value == slider.max
    assert "This is the end of the journal: now." in _moment(view)


async def test_buttons_go_row_by_row_and_stop_at_the_ends(kept):
    view = past_view(kept)
    slider = classed(view, "nt-slider")
    await click(view, "Earlier")
    assert slider.value == slider.max - 1
    await click(view, "Later")
    await click(view, "Later")
    assert slider.value == slider.max
    slider.value = 1
    await click(view, "Earlier")
    assert slider.value == 1


async def test_looking_back_changes_nothing(kept):
    before, targets = size_of(kept.status.journal), kept.targets
    view = past_view(kept)
    classed(view, "nt-slider").value = 2
    await until(lambda: "row 2 of" in _moment(view))
    assert size_of(kept.status.journal) == before
    assert kept.targets == targets


async def test_a_journal_that_cannot_be_read_says_so(kept, monkeypatch):
    view = past_view(kept)
    monkeypatch.setattr("nettools.widgets.past.read_moment", _fail)
    classed(view, "nt-slider").value = 1
    await until(lambda: "The file is gone." in _moment(view))


async def test_a_journal_that_is_gone_says_so_and_the_desk_goes_on(kept, monkeypatch):
    view = past_view(kept)
    monkeypatch.setattr("nettools.widgets.past.size_of", _fail)
    await kept.refresh()
    await settled(view)
    assert "The file is gone." in _moment(view)
    monkeypatch.undo()
    await kept.refresh()
    await settled(view)
    assert "This is the end of the journal: now." in _moment(view)


def _fail(*_):
    raise JournalError("the file is gone")


async def test_without_a_journal_there_is_no_past_to_look_at(desk):
    view = past_view(desk)
    assert "opened without a journal" in _moment(view)
