"""One journal, one desk: what is written stays, once, for nobody else to read or write."""

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from journals import ACCOUNT, EPOCH, Ticking, a_trading_day, crashed, intent, opened, records
from makers import BTC, NOW

from nettools.errors import DeskLocked, InvalidInput, JournalError
from nettools.journal import DeskState, Reading, store
from nettools.journal.records import Epoch, Filled, Halted, Incident, Intended, Opened, Resumed

needs_rights = pytest.mark.skipif(os.name == "nt", reason="rights are told differently there")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desk.sqlite"


@pytest.fixture
def day(path):
    """Record a short trading day and leave the journal open."""
    journal = opened(path)
    for step in a_trading_day(5):
        journal.append(*step)
    yield journal
    journal.close()


def _filled(day):
    return next(row.record for row in day.rows(kinds=["fill"]))


def test_what_was_recorded_reads_back_equal_after_closing_and_opening(path):
    written = [record for step in a_trading_day(5) for record in step]
    with opened(path) as journal:
        for record in written:
            journal.append(record)
    with opened(path) as journal:
        assert records(journal) == written
        assert repr(records(journal)) == repr(written)
        assert journal.notices == ()


def test_a_reader_sees_what_the_desk_has_just_written(day, path):
    with Reading.open_to_read(path) as reader:
        assert records(reader) == records(day)


def test_a_record_that_counts_once_is_refused_a_second_time_and_nothing_beside_it(day):
    before = day.size
    for again in (intent(3), _filled(day)):
        with pytest.raises(InvalidInput, match="counts once"):
            day.append(Halted(why="never written"), again)
    assert day.size == before
    day.append(Halted(why="written"))
    assert day.size == before + 1


def test_a_testnet_that_was_wiped_may_use_its_trade_ids_again(day):
    fill = _filled(day)
    day.append(
        Epoch(**{name: getattr(EPOCH, name) for name in EPOCH.__slots__} | {"number": 2})
    )
    key = f"{BTC} {fill.fill.fill_id}"
    assert day.find(Filled, key) is None
    day.append(fill)
    assert day.find(Filled, key).record == fill


def test_epochs_follow_each_other(day):
    with pytest.raises(InvalidInput, match="after epoch 1 comes 2, was 4"):
        day.append(Epoch(**{n: getattr(EPOCH, n) for n in EPOCH.__slots__} | {"number": 4}))


def test_an_order_of_long_ago_is_found_by_its_id_also_after_a_restart(path, day):
    assert day.find(Intended, "nt-2").record == intent(2)
    assert day.find(Intended, "nt-99") is None
    day.close()
    with opened(path) as again:
        assert again.find(Intended, "nt-2").record == intent(2)


def test_rows_are_found_by_time_kind_and_number(path):
    clock = Ticking()
    with opened(path, clock) as journal:
        for number in range(1, 2501):
            journal.append(Halted(why=str(number)))
        at = next(row.time for row in journal.rows() if getattr(row.record, "why", "") == "7")
        assert [row.record.why for row in journal.rows(since=at, until=at)] == ["7"]
        later = journal.rows(since=at, until=at + timedelta(milliseconds=3))
        assert [row.record.why for row in later] == ["7", "8", "9", "10"]
        assert [row.kind for row in journal.rows(kinds=["opened"])] == ["opened"]
        assert [row.id for row in journal.rows(after=2499)] == [2500, 2501]
        assert list(journal.rows(since=NOW + timedelta(days=1))) == []
        assert list(journal.rows(until=NOW - timedelta(days=1))) == []
        with pytest.raises(InvalidInput, match="no rows are called 'fills'"):
            list(journal.rows(kinds=["fills"]))


def test_rows_never_go_back_in_time_even_when_the_clock_does(path):
    clock = Ticking()
    with opened(path, clock) as journal:
        journal.append(Halted(why="noon"))
        clock.now -= timedelta(hours=1)
        journal.append(Resumed())
        times = [row.time for row in journal.rows()]
        assert times == sorted(times)


def test_a_second_desk_is_told_who_has_the_journal(path, day):
    with pytest.raises(DeskLocked, match=rf"in use by desk 'desk' \(process {os.getpid()} on"):
        opened(path, owner="second")
    assert day.append(Halted(why="still ours")) == (next(day.rows(after=day.size - 1)),)


def test_a_desk_of_another_program_keeps_us_out_until_it_is_killed(path):
    program = (
        "import sys; sys.path[:0] = ['tests']\n"
        "from journals import opened, intent\n"
        f"journal = opened({str(path)!r}, owner='first'); journal.append(intent(1))\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    with first:
        assert first.stdout.readline() == "ready\n"
        with pytest.raises(DeskLocked, match=f"'first' .process {first.pid} on"):
            opened(path)
        first.kill()
    with opened(path) as journal:
        assert records(journal) == [intent(1)]
        assert "ended without closing it" in journal.notices[0]


def test_a_journal_of_another_account_is_refused_and_stays_as_it_was(path, day):
    day.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match=rf"belongs to the account {ACCOUNT} and"):
        opened(path, account="binance-demo 77aa")
    assert path.read_bytes() == before
    opened(path).close()


def test_a_closed_journal_takes_nothing_and_closing_twice_is_fine(day):
    day.close()
    day.close()
    with pytest.raises(JournalError, match="is closed"):
        day.append(Halted(why="late"))


@needs_rights
def test_a_child_process_cannot_write_its_parents_journal(day):
    def child():
        try:
            day.append(Halted(why="from a child"))
        except JournalError:
            os._exit(7)
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
    assert process.exitcode == 7


def test_nothing_in_the_file_can_be_changed_or_removed_by_mistake(path, day):
    day.close()
    with sqlite3.connect(path) as other:
        for statement in ("UPDATE entry SET body = ''", "DELETE FROM entry WHERE id = 2"):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                other.execute(statement)
    other.close()


# Who may read it


@needs_rights
def test_nobody_else_may_read_what_lies_beside_a_journal_either(tmp_path):
    path = tmp_path / "new" / "folder" / "desk.sqlite"
    before = os.umask(0)
    try:
        with opened(path) as journal:
            journal.append(intent(1))
            files = list(path.parent.iterdir())
            assert {file.name for file in files} == {
                "desk.sqlite", "desk.sqlite-wal", "desk.sqlite-shm", "desk.sqlite.lock",
            }  # fmt: skip
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)


@needs_rights
@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal", ".lock"])
def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path, ending):
    target = tmp_path / "precious"
    target.write_text("precious")
    target.chmod(0o600)
    path = tmp_path / "desk.sqlite"
    (tmp_path / f"desk.sqlite{ending}").symlink_to(target)
    with pytest.raises(JournalError, match="is a link"):
        opened(path)
    assert target.read_text() == "precious"


@needs_rights
def test_a_journal_that_others_may_read_is_refused_with_the_cure(path, day):
    day.close()
    path.chmod(0o644)
    with pytest.raises(JournalError, match=f"chmod 600 {path}"):
        opened(path)
    with pytest.raises(JournalError, match="mode 644"):
        Reading.open_to_read(path)


@needs_rights
def test_a_folder_where_everybody_may_replace_files_is_refused(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(JournalError, match="everybody may replace files"):
        opened(folder / "desk.sqlite")


@needs_rights
@pytest.mark.skipif(os.name != "nt" and os.geteuid() != 0, reason="needs another user's file")
def test_another_users_journal_is_refused(path, day):
    day.close()
    os.chown(path, 12345, -1)
    with pytest.raises(JournalError, match="another user"):
        opened(path)


def test_a_log_without_its_journal_is_not_taken_for_a_new_one(day, tmp_path):
    copy = crashed(day, tmp_path / "copy")
    copy.unlink()
    with pytest.raises(JournalError, match=r"desk.sqlite-wal is still there"):
        opened(copy)


def test_there_is_nothing_to_read_where_there_is_no_journal(path):
    with pytest.raises(JournalError, match="there is no journal"):
        Reading.open_to_read(path)
    assert not path.exists()


def test_what_must_never_be_written_is_masked_wherever_it_turns_up(path):
    def redact(text):
        return text.replace("SENTINEL", "***")

    with opened(path, redact=redact) as journal:
        journal.append(Incident(text='{"key": "SENTINEL"}', since=NOW), Halted(why="SENTINEL"))
        state = DeskState(halted="SENTINEL")
        journal.checkpoint(state)
        assert records(journal)[1] == Halted(why="***")
        for file in path.parent.iterdir():
            assert b"SENTINEL" not in file.read_bytes()


# Versions


def test_a_journal_of_a_newer_version_is_not_touched(path, day):
    day.close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version=9")
    other.close()
    for open_it in (opened, Reading.open_to_read):
        with pytest.raises(JournalError, match="has version 9 and this nettools knows 1"):
            open_it(path)


def test_an_older_journal_is_brought_up_to_date_with_all_its_rows(path, day, monkeypatch):
    written = records(day)
    day.close()
    newer = (*store.MIGRATIONS, ("ALTER TABLE checkpoint ADD COLUMN note TEXT",))
    monkeypatch.setattr(store, "MIGRATIONS", newer)
    with pytest.raises(JournalError, match="open a desk with it once"):
        Reading.open_to_read(path)
    with opened(path) as journal:
        assert records(journal) == written
    with opened(path) as journal, sqlite3.connect(path) as other:
        assert records(journal) == written
        assert other.execute("PRAGMA user_version").fetchone() == (2,)
        assert other.execute("SELECT note FROM checkpoint").fetchall() == []
    other.close()


def test_a_migration_that_fails_leaves_the_old_version(path, day, monkeypatch):
    written = records(day)
    day.close()
    broken = ("ALTER TABLE checkpoint ADD COLUMN note TEXT", "ALTER TABLE nothing ADD x")
    with monkeypatch.context() as patched:
        patched.setattr(store, "MIGRATIONS", (*store.MIGRATIONS, broken))
        with pytest.raises(JournalError):
            opened(path)
    with opened(path) as journal:
        assert records(journal) == written


@pytest.mark.parametrize("content", [b"not a database" * 99, b"x"])
def test_a_file_of_another_kind_is_not_taken_for_a_journal(path, content):
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(JournalError, match="is no journal"):
        opened(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    path.chmod(0o600)
    with pytest.raises(JournalError, match="no journal of nettools"):
        opened(path)


# Size


def test_memory_stays_flat_while_two_hundred_thousand_rows_are_read(path):
    row = ("halt", None, '{"why":"' + "x" * 200 + '"}')
    with opened(path) as journal:
        journal.append(Opened(account=ACCOUNT, owner=journal.owner))
        for _ in range(40):
            journal._store.append([row] * 5000, journal._store.last.time)
        this = psutil.Process()
        before = most = this.memory_info().rss
        for count, _ in enumerate(journal.rows(), 1):
            if count % 20_000 == 0:
                most = max(most, this.memory_info().rss)
        assert count == 200_002
        assert path.stat().st_size + 4_000_000 > 50_000_000
        assert most - before < 12_000_000


def test_every_step_is_synced_before_it_counts(day):
    ask = day._store._sqlite.execute
    assert ask("PRAGMA journal_mode").fetchone() == (b"wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)  # FULL
