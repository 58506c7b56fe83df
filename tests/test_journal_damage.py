"""Cut, flipped or killed anywhere: what is believed is a prefix of the truth."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from journals import Ticking, a_trading_day, crashed, intent, opened, records

from nettools.errors import DeskLocked, JournalError
from nettools.journal import Reading, failures
from nettools.journal.records import Cut, Halted
from nettools.journal.repair import check, repair
from nettools.journal.wal import examine

ROOT = Path(__file__).parents[1]
FRAME = 24 + 4096
needs_rights = pytest.mark.skipif(os.name == "nt", reason="rights are told differently there")


@pytest.fixture
def steps():
    """Give a day of steps, each of which is one append and one sync."""
    return a_trading_day(4)


@pytest.fixture
def journal(tmp_path, steps):
    """Record the day; nothing is folded into the file yet."""
    journal = opened(tmp_path / "desk.sqlite")
    for step in steps:
        journal.append(*step)
    yield journal
    journal.close()


def _prefixes(steps):
    """Give what the journal may say: the records of the first n steps, for every n."""
    return [[record for step in steps[:n] for record in step] for n in range(len(steps) + 1)]


def _written(journal):
    """Give what was written of the log, without the room behind it."""
    log = Path(f"{journal.path}-wal").read_bytes()
    return log[: _ends(log)[-1]]


def _ends(log):
    """Give the byte after each finished transaction of a log, and of its header."""
    ends = [32]
    ends += [
        at + FRAME
        for at in range(32, len(log) - FRAME + 1, FRAME)
        if log[at + 4 : at + 8] != bytes(4)
    ]
    return ends


def _reopen(path):
    """Give what a desk would believe, and what it would be told."""
    with opened(path, Ticking()) as journal:
        return records(journal), " ".join(journal.notices)


def _reopen_or_stop(path):
    """Give what a desk would believe, or None, and the sentence."""
    try:
        return _reopen(path)
    except JournalError as error:
        return None, str(error)


# The log, cut


def test_a_log_cut_at_any_byte_holds_every_step_that_ends_before_the_cut(journal):
    log = _written(journal)
    ends = _ends(log)
    whole = examine(log)
    assert (whole.transactions, whole.lost, whole.unread) == (len(ends) - 1, 0, 0)
    for cut in range(ends[2] + 1):
        found = examine(log[:cut])
        before = [end for end in ends if end <= cut]
        assert found.transactions == max(len(before) - 1, 0)
        assert found.lost == 0
        assert found.unread == (cut - before[-1] if before else cut)


def test_a_torn_tail_is_cut_and_told_and_the_desk_goes_on(journal, steps, tmp_path):
    log = _written(journal)
    ends, truths = _ends(log), _prefixes(steps)
    cuts = {end + off for end in ends[4:] for off in (-4097, -1, 0, 1, 15, 24, 300)}
    for number, cut in enumerate(sorted(at for at in cuts if at <= len(log))):
        copy = crashed(journal, tmp_path / f"cut {number}")
        os.truncate(f"{copy}-wal", cut)
        kept = sum(end <= cut for end in ends)
        believed, told = _reopen(copy)
        assert believed == truths[kept - len(ends) + len(steps)]
        assert ("unfinished record" in told) == (cut not in ends)
        assert check(copy) == ()
        with opened(copy) as again:
            again.append(Halted(why="goes on"))
            assert records(again) == [*believed, Halted(why="goes on")]


# The log, flipped


def test_a_flipped_bit_is_never_believed(journal, steps, tmp_path):
    log = _written(journal)
    ends, truths = _ends(log), _prefixes(steps)
    draw = random.Random(7)  # noqa: S311 - repeatable
    heads = [start + at for start in range(ends[-4], len(log), FRAME) for at in range(0, 24, 3)]
    places = [*range(0, 32, 5), *heads, *draw.sample(range(ends[-4], len(log)), 60)]
    folder = tmp_path / "flipped"
    outcomes = set()
    for place in places:
        copy = crashed(journal, folder)
        flipped = bytearray(log)
        flipped[place] ^= 1 << draw.randrange(8)
        Path(f"{copy}-wal").write_bytes(flipped)
        # A flip there makes two steps look like one, or one like two.
        hides_an_end = (place - 32) % FRAME in range(4, 8)
        believed, told = _reopen_or_stop(copy)
        if believed is None:
            assert f"nettools journal check --repair {copy}" in told
            assert Path(f"{copy}-wal").read_bytes() == flipped  # nothing was thrown away
            assert place < ends[-2] or hides_an_end
            outcomes.add("stopped")
        else:
            assert believed in truths[-3 if hides_an_end else -2 :]
            assert believed == truths[-1] or "was cut" in told
            outcomes.add("cut" if "cut" in told else "untouched")
        shutil.rmtree(folder)
    assert outcomes >= {"stopped", "cut"}


def test_a_damaged_log_is_repaired_to_the_steps_before_the_damage(journal, steps, tmp_path):
    log = bytearray(_written(journal))
    ends = _ends(log)
    log[ends[-4] + 200] ^= 1
    copy = crashed(journal, tmp_path / "copy")
    Path(f"{copy}-wal").write_bytes(log)
    assert "3 finished steps cannot be read" in check(copy)[0]
    told = repair(copy, Ticking())
    assert "3 finished steps in its log" in told
    believed, _ = _reopen(copy)
    assert believed == _prefixes(steps)[-4]
    aside = copy.with_name("desk.sqlite.damaged-1")
    assert aside.exists()
    assert Path(f"{aside}-wal").read_bytes() == log
    assert check(copy) == ()


# The file


def _flip(path, row, column="body"):
    """Flip one bit of one row, where it lies in the file."""
    with sqlite3.connect(path) as file:
        file.execute("DROP TRIGGER no_change")
        columns = ("id", "time", "kind", "key", "body", "checksum")
        found = file.execute("SELECT * FROM entry WHERE id = ?", (row,)).fetchone()
        body = found[columns.index(column)]
        raw = body.encode() if isinstance(body, str) else body
        changed = bytes([raw[0] ^ 4, *raw[1:]])
        kept = changed.decode() if isinstance(body, str) else changed
        file.execute(f"UPDATE entry SET {column} = ? WHERE id = ?", (kept, row))  # noqa: S608 - a column of our own
    file.close()


def test_a_damaged_row_in_the_middle_stops_with_the_command_that_repairs(journal):
    path, size = journal.path, journal.size
    written = records(journal)
    journal.close()
    _flip(path, 9)
    with pytest.raises(JournalError, match=f"row 9 .* check --repair {path}"):
        opened(path)
    with Reading.open_to_read(path) as reader, pytest.raises(JournalError, match="row 9"):
        list(reader.rows())
    assert any("row 9" in text for text in check(path))
    told = repair(path, Ticking())
    assert "rows 1 to 8" in told
    assert f"up to {size + 1 - 8} rows" in told
    believed, _ = _reopen(path)
    assert believed == written[:7]  # row 1 is the opening
    with Reading.open_to_read(path) as reader:
        [cut] = reader.rows(kinds=["cut"])
    assert cut.record.text in told


@pytest.mark.parametrize("column", ["body", "kind", "checksum"])
def test_damaged_rows_at_the_very_end_are_cut_and_told(journal, column):
    path, size = journal.path, journal.size
    written = records(journal)
    journal.close()  # its row is the last one
    _flip(path, size + 1, column)
    believed, told = _reopen(path)
    assert believed == written
    assert f"from row {size + 1}" in told
    assert check(path) == ()


def test_a_row_put_in_or_taken_out_by_another_program_is_found(journal):
    path = journal.path
    journal.close()
    with sqlite3.connect(path) as file:
        file.execute("DROP TRIGGER no_removal")
        file.execute("DELETE FROM entry WHERE id = 5")
    file.close()
    with pytest.raises(JournalError, match="row 5"):
        opened(path)


def test_a_file_cut_short_or_overwritten_is_never_half_believed(journal, tmp_path):
    path, written = journal.path, records(journal)
    journal.close()
    content = path.read_bytes()
    draw = random.Random(11)  # noqa: S311 - repeatable
    folder = tmp_path / "broken"
    folder.mkdir(mode=0o700)
    broken = folder / "desk.sqlite"
    for number in range(120):
        damaged = bytearray(content)
        if number % 2:
            del damaged[draw.randrange(1, len(damaged)) :]
        else:
            damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        broken.write_bytes(damaged)
        broken.chmod(0o600)
        believed, _ = _reopen_or_stop(broken)
        assert believed is None or believed == written[: len(believed)]
        for file in folder.iterdir():
            file.unlink()


def test_a_file_of_which_nothing_is_left_is_kept_as_it_is(journal):
    path = journal.path
    journal.close()
    content = bytes(100) + path.read_bytes()[100:]
    path.write_bytes(content)
    with pytest.raises(JournalError, match="is no journal"):
        repair(path, Ticking())
    assert path.read_bytes() == content
    assert not list(path.parent.glob("*.repaired*"))
    assert not list(path.parent.glob(".repair-*"))


def test_a_sound_journal_is_not_repaired_and_one_in_use_neither(journal):
    with pytest.raises(DeskLocked):
        repair(journal.path, Ticking())
    journal.close()
    before = journal.path.read_bytes()
    assert "is sound; nothing was done" in repair(journal.path, Ticking())
    assert journal.path.read_bytes() == before
    assert list(journal.path.parent.glob("*damaged*")) == []


def test_an_interrupted_repair_is_not_taken_for_an_empty_account(journal):
    path = journal.path
    journal.close()
    path.rename(f"{path}.repaired")
    with pytest.raises(JournalError, match=r"is gone but desk.sqlite.repaired is still there"):
        opened(path)


def test_shares_that_do_not_add_up_are_found_by_the_check(tmp_path, steps):
    path = tmp_path / "desk.sqlite"
    fill = steps[2][1]
    with opened(path) as journal:
        journal.append(type(fill)(fill=fill.fill, postings=fill.postings[:1]))
    assert check(path) == ("row 2: the shares of a fill do not add up to it",)


# Killed

KILLED = """
import os, signal, sys
sys.path[:0] = ["tests"]
from contextlib import contextmanager
from journals import opened, intent
from nettools.journal.store import Store
where, nth = sys.argv[2], int(sys.argv[3])
count = 0
class Dying:
    def __init__(self, real): self.real = real
    def __getattr__(self, name): return getattr(self.real, name)
    def execute(self, text, *rest):
        if where == "before " + text: self.die()
        found = self.real.execute(text, *rest)
        if where == "after " + text: self.die()
        return found
    def die(self):
        global count
        count += 1
        if count == nth: os.kill(os.getpid(), signal.SIGKILL)
journal = opened(sys.argv[1])
journal._store._sqlite = Dying(journal._store._sqlite)
for number in range(1, 9):
    journal.append(intent(number), intent(100 + number))
    os.write(1, f"{number}\\n".encode())
"""


@needs_rights
@pytest.mark.parametrize("nth", [1, 4, 8])
@pytest.mark.parametrize("where", ["before COMMIT", "after COMMIT", "after BEGIN IMMEDIATE"])
def test_kill_9_loses_nothing_that_was_written_and_halves_nothing(tmp_path, where, nth):
    path = tmp_path / "desk.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, path, where, str(nth)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    returned = len(done.stdout.split())
    believed, told = _reopen(path)
    steps = nth if where == "after COMMIT" else nth - 1
    assert returned == nth - 1
    assert believed == [r for n in range(1, steps + 1) for r in (intent(n), intent(100 + n))]
    assert "without closing" in told


@needs_rights
def test_kill_9_at_any_moment_loses_nothing_that_was_written(tmp_path):
    program = (
        "import os, sys; sys.path[:0] = ['tests']\nfrom journals import opened, intent\n"
        "journal = opened(sys.argv[1]); number = 0\n"
        "while True:\n    number += 1; journal.append(intent(number))\n"
        "    os.write(1, b'%d\\n' % number)"
    )
    for number in range(6):
        path = tmp_path / f"{number}.sqlite"
        arguments = [sys.executable, "-c", program, path]
        with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as process:
            for _ in range(3 + 17 * number):
                process.stdout.readline()
            process.kill()
            rest = process.stdout.read().split()
        last = int(rest[-1]) if rest else 3 + 17 * number
        believed, _ = _reopen(path)
        assert believed in (
            [intent(n) for n in range(1, most + 1)] for most in (last, last + 1)
        )


# The disk

FULL = """
import resource, signal, sys
sys.path[:0] = ["tests"]
from journals import opened, intent
from nettools.errors import JournalError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = opened(sys.argv[1])
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
written = []
for number in range(1, 60):
    try:
        journal.append(intent(number), intent(1000 + number))
    except JournalError as error:
        print(number, error)
        break
else:
    sys.exit("never full")
for number in (500, 501):
    try:
        journal.append(intent(number))
        print("wrote", number)
    except JournalError:
        pass
"""


@needs_rights
@pytest.mark.parametrize("room", [40_000, 41_500, 50_001, 57_680, 90_123, 120_000])
def test_a_disk_that_takes_no_more_means_no_record_and_no_send(tmp_path, room):
    path = tmp_path / "desk.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", FULL, path, str(room)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    failed, _, sentence = done.stdout.partition(" ")
    assert "nothing was written, so nothing may be sent" in sentence
    assert "wrote" not in sentence
    believed, _ = _reopen(path)
    whole = [r for n in range(1, int(failed)) for r in (intent(n), intent(1000 + n))]
    assert believed == whole


def _fill_up(path):
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))


def _append_until_full(journal):
    """Append intents; give the number of the one there was no room for."""
    for number in range(1, 10_000):
        try:
            journal.append(intent(number))
        except JournalError as error:
            assert "is full: nothing was written" in str(error)  # noqa: PT017 - the first one
            return number
    return 0


@needs_rights
def test_a_full_disk_is_said_and_writing_goes_on_when_there_is_room_again(tmp_path):
    small = tmp_path / "small"
    small.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k,mode=700", "none", str(small)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        journal = opened(small / "desk.sqlite")
        ballast = small / "ballast"
        _fill_up(ballast)
        number = _append_until_full(journal)
        ballast.unlink()
        journal.append(intent(number))
        assert records(journal) == [intent(n) for n in range(1, number + 1)]
        journal.close()
        assert _reopen(small / "desk.sqlite")[0] == [intent(n) for n in range(1, number + 1)]
    finally:
        subprocess.run(["umount", str(small)], check=True)  # noqa: S607 - wherever it is


@needs_rights
def test_a_folder_without_the_right_to_write_is_one_sentence():
    folder = Path(tempfile.mkdtemp())  # where other users can look, too
    program = (
        "import os, sys; sys.path[:0] = ['tests']\nfrom journals import opened\n"
        "from nettools.errors import JournalError\n"
        "os.geteuid() or os.seteuid(65534)\n"
        "try: opened(sys.argv[1])\nexcept JournalError as error: print(error)"
    )
    folder.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", program, folder / "desk.sqlite"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    folder.rmdir()
    assert "cannot be used (Permission denied); nothing may be sent" in done.stdout


def test_another_program_that_holds_the_file_means_no_send(journal):
    journal._store._sqlite.execute("PRAGMA busy_timeout=20")
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another program holds the journal"):
        journal.append(Halted(why="not written"))
    other.execute("ROLLBACK")
    other.close()
    journal.append(Halted(why="written"))
    assert records(journal)[-1] == Halted(why="written")


def test_rows_of_another_program_stop_the_desk(journal):
    other = sqlite3.connect(journal.path)
    row = (journal.size + 1, 0, "halt", None, "{}", b"")
    other.execute("INSERT INTO entry VALUES (?,?,?,?,?,?)", row)
    other.commit()
    other.close()
    with pytest.raises(JournalError, match="another program has written"):
        journal.append(Halted(why="not written"))


def test_a_cut_is_itself_recorded(journal, tmp_path):
    copy = crashed(journal, tmp_path / "copy")
    os.truncate(f"{copy}-wal", len(_written(journal)) - 5)
    with opened(copy) as again:
        cuts = [row.record for row in again.rows(kinds=["cut"])]
        assert cuts == [Cut(text=again.notices[0])]


def test_every_sentence_about_the_file_says_what_it_means_for_orders_or_what_to_run():
    for sentence in failures.SENTENCES.values():
        assert "{path}" in sentence
        assert any(word in sentence for word in ("nothing may be sent", "run:", "check its"))
