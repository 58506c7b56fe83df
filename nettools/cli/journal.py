"""`nettools journal show|check|export`: what was recorded, is it sound, give it to a program.

The path of a journal comes in; lines go out. ``show`` and ``export`` may run while a desk
writes the journal; ``check --repair`` may not.
"""

import argparse
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from nettools.errors import InvalidInput

FORMS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl"}
"""By the ending of the file."""
_SHOWN = 50


def add_journal(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its options."""
    journal = commands.add_parser("journal", help="show, check, repair or export a journal")
    actions = journal.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="print its rows, a line each")
    export = actions.add_parser("export", help="write its rows to a file")
    check = actions.add_parser("check", help="read all of it; exit code 1 if it is damaged")
    for action in (show, export, check):
        action.add_argument("file", type=Path, metavar="FILE", help="the journal")
    export.add_argument("to", type=Path, metavar="TO", help="ends in .csv, .parquet or .jsonl")
    show.add_argument(
        "--limit", type=_limit, default=_SHOWN, metavar="N",
        help=f"only the newest N of them (default: {_SHOWN}); 0 for all",
    )  # fmt: skip
    show.add_argument("--json", action="store_true", help="a JSON object a line")
    for action in (show, export):
        action.add_argument(
            "--kind", action="append", default=[], metavar="K",
            help="only this kind, for example fill; may be given again",
        )  # fmt: skip
        when = "2025-06-02T12:00, UTC unless it says otherwise"
        action.add_argument("--since", type=_time, metavar="T", help=f"for example {when}")
        action.add_argument("--until", type=_time, metavar="T", help="recorded by then")
    check.add_argument(
        "--repair", action="store_true",
        help="keep what is sound under the same name, the damaged file under another",
    )  # fmt: skip


def run_journal(options: argparse.Namespace) -> int:
    """Run one action; gives 0, or 1 when the journal is damaged and still is.

    Raises:
        JournalError: there is no such journal, or it cannot be read.
        DeskLocked: it is to be repaired and a desk is using it.
        InvalidInput: an option means nothing.
    """
    action = {"show": _show, "check": _check, "export": _export}[options.action]
    return action(options)


def _show(options: argparse.Namespace) -> int:
    from nettools.journal import Reading  # noqa: PLC0415 - only what this action needs
    from nettools.journal.export import line_of  # noqa: PLC0415 - only what this action needs
    from nettools.journal.words import describe  # noqa: PLC0415 - only what this action needs

    with Reading.open_to_read(options.file) as journal:
        newest = max(journal.size - options.limit, 0) if options.limit else 0
        # Without a filter the newest rows are found by their number; else all are looked at.
        after = 0 if options.kind or options.until else newest
        rows = journal.rows(
            since=options.since, until=options.until, kinds=options.kind, after=after
        )
        for row in deque(rows, maxlen=options.limit) if options.limit else rows:
            words = f"{row.time:%Y-%m-%d %H:%M:%S.%f}  {row.kind:12}  {describe(row.record)}"
            line = line_of(row) if options.json else f"{row.id:>7}  {words}"
            sys.stdout.write(f"{line}\n")
    return 0


def _check(options: argparse.Namespace) -> int:
    from nettools.journal.repair import check, repair  # noqa: PLC0415 - only what is needed

    if options.repair:
        sys.stdout.write(f"{repair(options.file, _now)}\n")
        return 0
    problems = check(options.file)
    if not problems:
        sys.stdout.write(f"the journal {options.file} is sound\n")
        return 0
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"To do: nettools journal check --repair {options.file}\n")
    return 1


def _export(options: argparse.Namespace) -> int:
    from nettools.journal import Reading  # noqa: PLC0415 - only what this action needs
    from nettools.journal.export import export_rows  # noqa: PLC0415 - only what is needed

    form = FORMS.get(options.to.suffix)
    if form is None:
        raise InvalidInput(f"{options.to} must end in {', '.join(FORMS)}; rename it")
    with Reading.open_to_read(options.file) as journal:
        rows = journal.rows(since=options.since, until=options.until, kinds=options.kind)
        count = export_rows(rows, options.to, form)
    sys.stdout.write(f"{count} rows are in {options.to}\n")
    return 0


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the command reads the clock and passes it on


def _limit(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a limit is a number of rows, was {text!r}")
    return int(text)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"a time is written like 2025-06-02T12:00, was {text!r}"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
