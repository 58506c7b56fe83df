"""`nettools journal` as a trader runs it, and the files it writes for other programs."""

import csv
import json

import pytest
from journals import Ticking, a_trading_day, intent, opened, records
from makers import BTC, NOW
from pyarrow import parquet

from nettools.cli import main
from nettools.errors import InvalidInput, JournalError
from nettools.journal import Reading
from nettools.journal.coding import read
from nettools.journal.export import export_rows
from nettools.journal.records import KINDS, Halted, Incident
from nettools.journal.words import describe


@pytest.fixture
def path(tmp_path):
    """Record a day of five orders and close the journal."""
    path = tmp_path / "desk.sqlite"
    with opened(path) as journal:
        for step in a_trading_day(5):
            journal.append(*step)
    return path


@pytest.fixture
def say(capsys):
    """Run a command; give its exit code and the lines it said."""

    def run(*arguments):
        code = main(["journal", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out.splitlines(), said.err

    return run


def _break_row(path, number):
    content = path.read_bytes()
    at = content.index(f'"client_order_id":"nt-{number}","symbol"'.encode())
    path.write_bytes(content[:at] + b"!" + content[at + 1 :])


def test_show_prints_a_line_a_row_in_a_traders_words(say, path):
    code, lines, _ = say("show", path)
    assert code == 0
    assert lines[0].split()[0] == "1"
    assert "opened        local 8f3a by desk 'desk'" in lines[0]
    text = "\n".join(lines)
    assert f"intent        nt-3 buy 0.7 {BTC} at 100000 gtc" in text
    assert f"cross         {BTC} at 100000 (mid): A +1, C -1" in text
    assert f"A wants +1 {BTC}; B wants +0.5 {BTC}" in text
    assert "nt-3 filled, filled 0.7 at 100000 (reply)" in text
    assert "fee 35 USDT, taker: A +0.5263157894" in text


def test_show_gives_the_newest_rows_of_the_wanted_kinds(say, path):
    _, lines, _ = say("show", path, "--limit", 2)
    assert [line.split()[3] for line in lines] == ["fill", "closed"]
    _, lines, _ = say("show", path, "--kind", "intent", "--limit", 2)
    assert [line.split()[4] for line in lines] == ["nt-4", "nt-5"]
    _, lines, _ = say("show", path, "--kind", "intent", "--kind", "fill", "--limit", 0)
    assert len(lines) == 10


def test_show_takes_times_in_utc(say, path):
    _, everything, _ = say("show", path)
    moment = everything[4].split()[1:3]
    time = "T".join(moment)
    _, before, _ = say("show", path, "--until", time)
    _, after, _ = say("show", path, "--since", f"{time}+00:00")
    assert before[-1].split()[1:3] == after[0].split()[1:3] == moment
    assert len(before) + len(after) > len(everything) > len(after)


def test_show_gives_json_that_reads_back(say, path):
    _, lines, _ = say("show", path, "--json", "--kind", "intent")
    rows = [json.loads(line) for line in lines]
    records = [read(json.dumps(row["record"]), KINDS[row["kind"]]) for row in rows]
    assert records == [intent(number) for number in range(1, 6)]


def test_a_name_that_would_steer_the_terminal_does_not(say, tmp_path):
    path = tmp_path / "desk.sqlite"
    hostile = "\x1b[2J\u202eevil\r\n"
    with opened(path) as journal:
        journal.append(Halted(why=hostile))
    _, lines, _ = say("show", path, "--kind", "halt")
    assert lines[0].endswith("halt          \ufffd[2J\ufffdevil\ufffd\ufffd")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "nowhere.sqlite"], "there is no journal nowhere.sqlite"),
        (["check", "nowhere.sqlite"], "there is no journal"),
        (["check", "nowhere.sqlite", "--repair"], "there is no journal"),
        (["show", "{path}", "--kind", "fills"], "no rows are called 'fills'; there is opened"),
        (["export", "{path}", "out.xlsx"], "must end in .csv, .parquet, .jsonl"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_1(say, path, arguments, words):
    code, lines, error = say(*(a.format(path=path) for a in arguments))
    assert (code, lines) == (1, [])
    assert error.startswith("nettools journal: ")
    assert words in error


@pytest.mark.parametrize(
    "arguments",
    [[], ["show"], ["show", "x", "--since", "noon"], ["show", "x", "--limit", "-1"]],
)
def test_a_command_that_means_nothing_shows_its_usage(say, capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        say(*arguments)
    assert ended.value.code == 2
    assert "usage: nettools journal" in capsys.readouterr().err


def test_check_says_that_a_journal_is_sound_also_while_a_desk_writes_it(say, path):
    assert say("check", path)[:2] == (0, [f"the journal {path} is sound"])
    with opened(path):
        assert say("check", path)[0] == 0
        assert say("show", path, "--limit", 1)[1][0].split()[3] == "opened"
        code, _, error = say("check", path, "--repair")
        assert code == 1
        assert "in use by desk" in error


def test_a_damaged_journal_is_found_repaired_and_sound_again(say, path):
    _break_row(path, 3)
    code, lines, _ = say("check", path)
    assert code == 1
    assert lines[-1] == f"To do: nettools journal check --repair {path}"
    code, _, error = say("show", path)
    assert (code, "is damaged" in error) == (1, True)
    code, lines, _ = say("check", path, "--repair")
    assert code == 0
    assert "were kept" in lines[0]
    assert "desk.sqlite.damaged-1" in lines[0]
    assert say("check", path)[0] == 0
    with opened(path, Ticking()) as journal:
        assert intent(2) in records(journal)
        assert intent(3) not in records(journal)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_an_exported_file_holds_every_row_and_reads_back(say, path, tmp_path, ending):
    out = tmp_path / f"rows.{ending}"
    code, lines, _ = say("export", path, out)
    assert (code, lines) == (0, [f"33 rows are in {out}"])
    with Reading.open_to_read(path) as journal:
        rows = list(journal.rows())
    assert len(rows) == 33
    if ending == "csv":
        with out.open(newline="") as file:
            found = [(int(r["row"]), r["kind"], r["record"]) for r in csv.DictReader(file)]
    elif ending == "parquet":
        table = parquet.read_table(out)
        assert table["time"].to_pylist() == [row.time for row in rows]
        found = list(
            zip(*(table[name].to_pylist() for name in ("row", "kind", "record")), strict=True)
        )
    else:
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        found = [(r["row"], r["kind"], json.dumps(r["record"])) for r in lines]
    assert [(n, k, read(text, KINDS[k])) for n, k, text in found] == [
        (row.id, row.kind, row.record) for row in rows
    ]
    assert not list(tmp_path.glob("*.part"))


def test_an_export_of_a_damaged_journal_leaves_no_half_file(path, tmp_path):
    _break_row(path, 3)
    out = tmp_path / "rows.csv"
    with Reading.open_to_read(path) as journal, pytest.raises(JournalError, match="damaged"):
        export_rows(journal.rows(), out, "csv")
    assert not list(tmp_path.glob("rows*"))


def test_an_export_says_what_it_cannot_do(path, tmp_path):
    with Reading.open_to_read(path) as journal:
        with pytest.raises(InvalidInput, match='must be "csv", "parquet" or "jsonl"'):
            export_rows(journal.rows(), tmp_path / "x", "xlsx")
        with pytest.raises(InvalidInput, match="No such file"):
            export_rows(journal.rows(), tmp_path / "no" / "folder.csv", "csv")


def test_a_cell_of_an_export_is_never_a_formula(tmp_path):
    path, out = tmp_path / "desk.sqlite", tmp_path / "rows.csv"
    with opened(path) as journal:
        journal.append(Incident(text='=HYPERLINK("x")', since=NOW))
        export_rows(journal.rows(), out, "csv")
    with out.open(newline="") as file:
        cells = [cell for row in list(csv.reader(file))[1:] for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_an_incident_is_told_with_its_count():
    words = describe(Incident(text="the venue is down", since=NOW, count=12))
    assert words == "the venue is down (12 times since 2025-06-02 12:00:00+00:00)"
