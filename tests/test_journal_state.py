"""Any state is rebuilt from the rows: now, at a past moment, with checkpoints or without."""

from dataclasses import replace
from datetime import timedelta

import pytest
from bookkeeping import RATES, commit, executed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journals import EPOCH, Ticking, a_trading_day, any_of, intent, opened
from makers import BTC, NOW, d, leg, quote, targets

from nettools.allocate import RESIDUAL, allocate_fill
from nettools.desk.books import Books
from nettools.desk.recorder import Recorder
from nettools.errors import InvalidInput, JournalError
from nettools.journal import DeskState, Row
from nettools.journal.records import (
    KINDS,
    Adjusted,
    Banned,
    BreakClosed,
    BreakOpened,
    Filled,
    Halted,
    Reported,
    Resumed,
)
from nettools.journal.state import WATCHED_FOR
from nettools.ledger import post
from nettools.model import Funding, OrderState, PositionMode
from nettools.reconcile import Break, Repair, adjustment

PRICES = {BTC: quote()}
FEES = {BTC: RATES}
_FREE = ("intent", "break", "ban", "halt", "smart")
"""Kinds that may say anything at all: nothing is added up from them."""


@pytest.fixture
def journal(tmp_path):
    journal = opened(tmp_path / "desk.sqlite")
    yield journal
    journal.close()


def _folded(rows):
    state = DeskState()
    for row in rows:
        state.take(row)
    return state


def _now(journal):
    state = DeskState()
    journal.restore(state)
    return state


def _report(number, state, filled="0", venue="7"):
    return Reported(
        client_order_id=f"nt-{number}", state=state, venue_order_id=venue, filled=d(filled)
    )


def _break(found="1.0", price="100"):
    return Break(
        leg=leg(), expected=d(0), found=d(found), cause="by hand", price=d(price), time=NOW
    )


def _adjusted(how, account=""):
    found = _break()
    owner = account or RESIDUAL
    postings = adjustment(found, owner, how, NOW)
    is_outside = how is Repair.BASELINE
    return Adjusted(
        found=found, how=how, account=account,
        postings=() if is_outside else postings, outside=postings if is_outside else (),
    )  # fmt: skip


def test_a_state_is_the_same_with_checkpoints_and_without(journal):
    state = DeskState()
    for number, step in enumerate(a_trading_day(12)):
        journal.append(*step)
        if number % 5 == 0:
            journal.restore(state := DeskState())
            journal.checkpoint(state)
    slow = _folded(journal.rows())
    assert _now(journal) == slow
    assert repr(_now(journal)) == repr(slow)
    assert journal.rows_since_checkpoint < journal.size
    assert slow.plans == 12
    assert slow.orders == {}
    assert slow.committed == slow.book
    assert slow.ledger.position(leg()) == d("0.7") * 12


def test_the_state_of_any_past_moment_is_that_of_the_rows_until_then(journal):
    for number, step in enumerate(a_trading_day(6)):
        journal.append(*step)
        if number == 5:
            journal.checkpoint(_now(journal))
    rows = list(journal.rows())
    for row in rows:
        state = DeskState()
        until = journal.restore(state, at=row.time)
        assert state == _folded(rows[:until])
        assert [r.time <= row.time for r in rows] == [r.id <= until for r in rows]
    state = DeskState()
    assert journal.restore(state, at=rows[0].time - timedelta(seconds=1)) == 0
    assert state == DeskState()


def test_any_row_is_reached_though_others_were_written_at_the_same_moment(journal):
    journal.append(intent(1), intent(2))
    rows = list(journal.rows())
    for row in rows:
        state = DeskState()
        assert journal.restore(state, upto=row.id) == row.id
        assert state == _folded(rows[: row.id])


def test_a_checkpoint_that_cannot_be_read_is_done_without(journal):
    for step in a_trading_day(3):
        journal.append(*step)
    slow = _now(journal)

    class Foreign:
        def dump(self):
            return '{"version":99}'

    journal.checkpoint(Foreign())
    assert _now(journal) == slow
    journal._store._sqlite.execute("UPDATE checkpoint SET body = '{}'")
    assert _now(journal) == slow


def test_old_checkpoints_thin_out_and_the_first_and_newest_stay(journal):
    for number in range(1, 80):
        journal.append(Halted(why=str(number)))
        journal.checkpoint(_now(journal))
    kept = [number for number, _ in journal._store.checkpoints(journal.size)]
    assert len(kept) <= 32
    assert kept[0] == journal.size
    assert kept[-1] == 2


def test_a_checkpoint_of_another_version_changes_nothing_in_the_fold():
    state = DeskState(halted="for a reason")
    with pytest.raises(JournalError, match="another version"):
        state.load(DeskState().dump().replace('"version":4', '"version":3'))
    assert state.halted == "for a reason"


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(*(any_of(KINDS[kind]) for kind in _FREE))))
def test_any_state_is_put_down_and_taken_up_to_the_last_digit(records):
    day = [record for step in a_trading_day(2) for record in step]
    state = _folded(Row(number, NOW, record) for number, record in enumerate([*day, *records]))
    again = DeskState()
    again.load(state.dump())
    assert again == state
    assert repr(again) == repr(state)


def test_replaying_the_journal_gives_the_ledger_of_the_desk_to_the_last_digit(journal):
    recorder = Recorder(lambda: NOW, journal)
    recorder.write(EPOCH)
    books = Books(PositionMode.ONE_WAY, recorder)

    def fill(quantity, price):
        books.book_fills([executed(quantity, price, "0.123456789", order="nt-1")], PRICES, FEES)

    commit(books, targets(a="1.0", b="0.5", c="-0.8"), PRICES, "plan 1", NOW)
    fill("0.333", "100000.1")
    fill("0.367", "99999.7")
    commit(books, targets(a="1.0", b="0.5", c="0"), PRICES, "plan 2", NOW)
    fill("0.8", "100001.3")
    commit(books, book := targets(a="-1.0", b="1", c="0.3333"), PRICES, "plan 3", NOW)
    fill("-1.3", "100002")
    settlement = Funding(
        symbol=BTC, rate=d("0.0001"), mark_price=d("100000"), received=d("-1.5"), time=NOW
    )
    books.settle(settlement)
    state = _now(journal)
    assert repr(state) == repr(recorder.state)
    assert state == recorder.state
    assert state.committed == state.book == book
    assert state.twins[leg()].paid > 0


def test_an_order_is_watched_until_it_is_final_and_its_fills_add_up(journal):
    journal.append(EPOCH, intent(1))
    assert _now(journal).orders["nt-1"].report.state is OrderState.INTENT
    journal.append(_report(1, OrderState.ACKED))
    assert _now(journal).orders["nt-1"].report.working_quantity == d("0.7")
    journal.append(_report(1, OrderState.FILLED, "0.7"))
    assert "nt-1" in _now(journal).orders  # its fills are missing
    fill = executed("0.7", order="nt-1")
    journal.append(Filled(fill=fill, postings=allocate_fill(fill, {"A": d(1)})))
    assert _now(journal).orders == {}


def test_a_fill_that_comes_before_the_report_counts_too(journal):
    fill = executed("0.7", order="nt-1")
    journal.append(EPOCH, intent(1), Filled(fill=fill, postings=allocate_fill(fill, {})))
    assert _now(journal).orders["nt-1"].booked == d("0.7")
    journal.append(_report(1, OrderState.FILLED, "0.7"))
    assert _now(journal).orders == {}


def test_an_order_that_never_arrived_is_watched_for_a_day(tmp_path):
    clock = Ticking()
    with opened(tmp_path / "desk.sqlite", clock) as journal:
        journal.append(EPOCH, intent(1), intent(2))
        journal.append(_report(1, OrderState.CANCELED, venue=""))
        journal.append(_report(2, OrderState.REJECTED, venue=""))
        assert _now(journal).orders.keys() == {"nt-1"}
        clock.now += WATCHED_FOR
        journal.append(intent(3), _report(3, OrderState.ACKED))
        assert _now(journal).orders.keys() == {"nt-3"}


def test_what_is_late_about_a_settled_order_changes_only_the_books(journal):
    journal.append(EPOCH, intent(1), _report(1, OrderState.CANCELED))
    assert _now(journal).orders == {}
    fill = executed("0.1", order="nt-1")
    journal.append(Filled(fill=fill, postings=allocate_fill(fill, {})))
    journal.append(_report(1, OrderState.CANCELED, "0.1"))
    state = _now(journal)
    assert state.orders == {}
    assert state.ledger.position(leg()) == d("0.1")


def test_orders_of_the_last_minute_are_counted_across_a_restart(tmp_path):
    clock = Ticking()
    with opened(tmp_path / "desk.sqlite", clock) as journal:
        journal.append(intent(1))
        clock.now += timedelta(seconds=61)
        journal.append(intent(2))
        journal.append(intent(3))
        assert len(_now(journal).sent) == 2


@pytest.mark.parametrize("how", Repair)
def test_each_repair_closes_its_break_and_keeps_what_it_set_aside(journal, how):
    journal.append(EPOCH, BreakOpened(found=_break()))
    assert _now(journal).breaks == {leg(): _break()}
    account = "A" if how is Repair.ADOPT else ""
    journal.append(_adjusted(how, account))
    state = _now(journal)
    assert state.breaks == {}
    aside = {leg(): d("1.0")}
    assert state.baseline == (aside if how is Repair.BASELINE else {})
    assert state.kept == (aside if how is Repair.ASSIGN else {})
    adopted = state.committed.target("A", BTC)
    assert (adopted and adopted.wanted) == (d("1.0") if how is Repair.ADOPT else None)
    outside = how is Repair.BASELINE
    assert (state.outside if outside else state.ledger).position(leg()) == d("1.0")
    assert (state.ledger if outside else state.outside).position(leg()) == 0


def test_a_break_that_went_away_is_closed(journal):
    journal.append(BreakOpened(found=_break()), BreakClosed(leg=leg(), why="traded back"))
    assert _now(journal).breaks == {}


def test_a_halt_and_a_ban_survive_a_restart(journal):
    journal.append(
        Halted(why="by hand"),
        Banned(until=NOW, why="418"),
    )
    state = _now(journal)
    assert (state.halted, state.banned_until) == ("by hand", NOW)
    journal.append(Resumed())
    assert _now(journal).halted == ""


def test_a_new_epoch_begins_new_books_and_keeps_what_the_strategies_want(journal):
    for step in a_trading_day(3):
        journal.append(*step)
    journal.append(intent(9), BreakOpened(found=_break()), Halted(why="reset"))
    before = _now(journal)
    journal.append(replace(EPOCH, number=2, note="the testnet was wiped"))
    after = _now(journal)
    fresh = DeskState(
        epoch=after.epoch,
        began=after.began,
        book=before.book,
        plans=3,
        sent=before.sent,
        halted="reset",
    )
    assert after == fresh
    assert after.epoch.number == 2
    assert before.ledger.position(leg()) == d("2.1")


def test_the_opening_equity_is_added_to_the_epoch_without_a_new_one(journal):
    journal.append(EPOCH)
    fill = executed("0.7")
    postings = allocate_fill(fill, {})
    journal.append(Filled(fill=fill, postings=postings))
    journal.append(replace(EPOCH, opening_equity=d("100000")))
    state = _now(journal)
    assert state.epoch.opening_equity == d("100000")
    assert state.ledger == post(type(state.ledger)(), postings)


def test_a_report_is_given_back_with_its_own_order_only():
    order = intent(1).order
    report = _report(1, OrderState.PARTIAL, "0.2").about(order)
    assert Reported.of(report) == _report(1, OrderState.PARTIAL, "0.2")
    with pytest.raises(InvalidInput, match="not about nt-2"):
        _report(1, OrderState.PARTIAL).about(intent(2).order)
