"""Syncs that fail, files that are taken away, room in the log: no record, no send."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from failing import failing_disk
from journals import Ticking, crashed, intent, opened, records
from lossy import Clock, LossyVenue
from makers import BTC, d

import nettools as nt
from nettools.errors import JournalError
from nettools.journal import DeskState, Reading
from nettools.journal.repair import check
from nettools.journal.store import LOG_ROOM
from nettools.journal.wal import examine

needs_unix = pytest.mark.skipif(os.name == "nt", reason="open files are not removed there")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desk.sqlite"


@pytest.fixture
def disk():
    try:
        with failing_disk() as disk:
            yield disk
    except OSError as error:
        pytest.skip(f"SQLite cannot be reached: {error}")


def _log(path):
    return Path(f"{path}-wal")


# Syncs that fail


def test_one_step_is_one_sync(path, disk):
    with opened(path) as journal:
        for number in range(20):
            before = disk.syncs
            journal.append(intent(number), intent(100 + number), intent(200 + number))
            assert disk.syncs == before + 1


def test_after_a_failed_sync_nothing_is_written_any_more_even_when_the_disk_says_it_works(
    path, disk
):
    journal = opened(path)
    journal.append(intent(1))
    disk.fails = True
    with pytest.raises(JournalError, match=r"disk .* failed .* so nothing may be sent"):
        journal.append(intent(2))
    disk.fails = False
    with pytest.raises(JournalError, match="open the desk again"):
        journal.append(intent(3))
    assert records(journal) == [intent(1)]
    journal.close()
    with opened(path, Ticking()) as again:
        # Whether 2 reached the disk nobody knows: it was not sent, so both are the truth.
        assert records(again) in ([intent(1)], [intent(1), intent(2)])
        again.append(intent(4))
        assert records(again)[-1] == intent(4)


@pytest.mark.usefixtures("no_waiting")
async def test_no_order_leaves_after_a_failed_sync(path, disk):
    venue = LossyVenue(Clock())
    desk = await nt.Desk.open(venue, clock=venue._clock, journal=path)
    desk.set_target("A", BTC, "0.5")
    await desk.tick()
    assert venue.sends == 1
    disk.fails = True
    desk.set_target("A", BTC, "0.8")
    with pytest.raises(JournalError, match="nothing may be sent"):
        await desk.tick()
    assert desk.status.state == "halted"
    disk.fails = False
    desk.resume()
    with pytest.raises(JournalError, match="open the desk again"):
        await desk.tick()
    assert venue.sends == 1
    await desk.close()
    again = await nt.Desk.open(venue, clock=venue._clock, journal=path)
    again.resume()
    # Whether 0.8 reached the disk nobody knows; either way nothing of it was sent.
    assert again.targets.target("A", BTC).quantity in {d("0.5"), d("0.8")}
    again.set_target("A", BTC, "0.8")
    for _ in range(4):  # what was to be sent may be in the journal: it is looked for first
        venue._clock.go_on(10)
        await again.tick()
    assert venue.sends == 2
    assert again.positions() == {BTC: d("0.8")}
    await again.close()


# Files that are taken away


def _look(path):
    """Look at a journal with another program that may write, as people do."""
    program = (
        "import sqlite3, sys; file = sqlite3.connect(sys.argv[1])\n"
        "print(*file.execute('SELECT count(*) FROM entry').fetchone()); file.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@needs_unix
def test_another_program_that_looks_at_a_journal_in_use_takes_nothing_away(path):
    with opened(path) as journal:
        journal.append(intent(1))
        with Reading.open_to_read(path) as past:  # as the desk does to show its past
            assert records(past) == [intent(1)]
        _look(path)
        journal.append(intent(2))
        assert _look(path) == journal.size
        assert records(journal) == [intent(1), intent(2)]


@needs_unix
@pytest.mark.parametrize("ending", ["", "-wal"])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_journal_whose_files_were_taken_away_lets_nothing_be_sent(path, ending, replaced):
    journal = opened(path)
    journal.append(intent(1))
    file = Path(f"{path}{ending}")
    file.rename(f"{path}.aside")
    if replaced:
        file.write_bytes(Path(f"{path}.aside").read_bytes())
    with pytest.raises(JournalError, match=rf"has taken {file} away .* nothing may be sent"):
        journal.append(intent(2))
    with pytest.raises(JournalError, match="open the desk again"):
        journal.append(intent(3))
    journal.close()


# Room in the log


def test_the_log_has_its_room_before_the_first_order_and_keeps_it(path):
    with opened(path) as journal:
        assert _log(path).stat().st_size == LOG_ROOM
        state, number, folds = DeskState(), 0, 0
        while folds < 2:
            number += 1
            journal.append(intent(number))
            before = path.stat().st_size
            journal.tidy(state)
            folds += path.stat().st_size > before
            assert _log(path).stat().st_size == LOG_ROOM
        assert number < 2000
    assert not _log(path).exists()
    with opened(path, Ticking()) as again:
        assert _log(path).stat().st_size == LOG_ROOM
        assert len(records(again)) == number


def test_a_desk_that_died_before_its_first_row_left_room_and_no_damage(path, tmp_path):
    with opened(path) as journal:
        copy = crashed(journal, tmp_path / "copy")
    _log(copy).write_bytes(bytes(LOG_ROOM))
    _log(copy).chmod(0o600)
    assert examine(bytes(LOG_ROOM)).unread == 0
    assert examine(bytes(32) + b"x" * 4120).is_damaged


def test_the_room_behind_the_last_step_says_nothing_whatever_is_in_it(path, tmp_path):
    with opened(path) as journal:
        journal.append(intent(1))
        log = _log(path).read_bytes()
        copy = crashed(journal, tmp_path / "copy")
    written = len(log.rstrip(b"\0"))
    for place in (written + 5_000, written + 9_000, len(log) - 1):
        flipped = bytearray(log)
        flipped[place] ^= 4
        _log(copy).write_bytes(flipped)
        assert not examine(flipped).unread
    assert check(copy) == ()
    with opened(copy, Ticking()) as again:
        assert records(again) == [intent(1)]


def test_without_room_on_the_disk_the_log_stays_short_and_the_journal_works(path, monkeypatch):
    def no_room(_file, data):
        return len(data) // 2

    with monkeypatch.context() as patch:
        patch.setattr("nettools.journal.files.os.write", no_room)
        journal = opened(path)
    assert _log(path).stat().st_size < LOG_ROOM
    journal.append(intent(1))
    assert records(journal) == [intent(1)]
    journal.close()
