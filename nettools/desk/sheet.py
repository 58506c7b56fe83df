"""Targets as text: CSV for spreadsheets, YAML for people; numbers stay exact both ways.

A book of targets goes out as text, text comes in as entries with the line each stands in.
Law: what is written reads back equal. Nothing in a file is run: YAML is read as plain nodes,
and in CSV a name that a spreadsheet would take for a formula gets an apostrophe, which reading
takes away again.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from nettools.decimals import plain
from nettools.desk.export import harmless
from nettools.errors import InvalidInput
from nettools.targets import TargetBook, TargetState

HEADER = ("strategy", "symbol", "target", "state")
LARGEST = 1_000_000
"""Characters of a file that is read; 100 strategies on 10 symbols are 40,000."""
_CURE = 'write it like "A,BTC/USDT:USDT,-0.8,active"'
_SHAPE = "write the strategy's name, below it targets: and a line per symbol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a file of targets, not checked yet."""

    line: int
    """Where it stands; the first is 1."""
    strategy: str
    symbol: str = ""
    """Empty when the line says a state only."""
    target: str = ""
    """As it was written; signed base units."""
    state: str = ""
    """``active``, ``hold`` or ``flat``; empty when the line says none."""


def format_of(name: str) -> str:
    """Give "csv" or "yaml" by how a file's name ends; raises InvalidInput for another."""
    ending = name.rpartition(".")[2].lower()
    found = {"csv": "csv", "yaml": "yaml", "yml": "yaml"}.get(ending)
    if found is None:
        raise InvalidInput(f"a file of targets ends in .csv or .yaml, was {name[-60:]!r}")
    return found


def write_sheet(book: TargetBook, ending: str) -> str:
    """Write every target, strategies without one too.

    Args:
        book: what everybody wants; removed strategies are left out.
        ending: "csv" or "yaml".
    """
    return _to_csv(book) if ending == "csv" else _to_yaml(book)


def read_sheet(text: str, ending: str) -> tuple[Entry, ...]:
    """Read the entries of a file; whether they can be taken is the desk's to say.

    Raises:
        InvalidInput: it is no such file; names the line and what to write instead.
    """
    if len(text) > LARGEST:
        raise InvalidInput(f"the file has more than {LARGEST:,} characters; split it")
    entries = tuple(_from_csv(text) if ending == "csv" else _from_yaml(text))
    if not entries:
        raise InvalidInput("the file has no targets; save some to see how it looks")
    seen: dict[tuple[str, str], int] = {}
    for entry in entries:
        where = (entry.strategy, entry.symbol)
        if entry.symbol and where in seen:
            raise InvalidInput(
                f"line {entry.line}: the target of {entry.strategy} on {entry.symbol} stands "
                f"in line {seen[where]} already; keep one of them"
            )
        seen[where] = entry.line
    return entries


def _rows(book: TargetBook) -> Iterator[tuple[str, str, str, str]]:
    wanted: dict[str, list[tuple[str, str]]] = {}
    for target in book:
        if target.state is not TargetState.REMOVED:
            shown = (target.symbol, plain(target.wanted))
            wanted.setdefault(target.strategy, []).append(shown)
    for name in book.strategies:
        for symbol, quantity in wanted.get(name, [("", "")]):
            yield name, symbol, quantity, book.state(name).value


def _to_csv(book: TargetBook) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for name, symbol, quantity, state in _rows(book):
        writer.writerow((harmless(name), harmless(symbol), quantity, state))
    return out.getvalue()


def _from_csv(text: str) -> Iterator[Entry]:
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    header = tuple(name.strip().lower() for name in next(lines, []))
    if header not in {HEADER, HEADER[:3]}:
        raise InvalidInput(
            f"line 1 must be {','.join(HEADER)}, was {','.join(header)[:60]!r}; put it first"
        )
    for row in lines:
        if not any(field.strip() for field in row):
            continue
        if len(row) != len(header):
            raise InvalidInput(
                f"line {lines.line_num} has {len(row)} fields instead of {len(header)}; {_CURE}"
            )
        fields = dict(zip(header, (_bare(field) for field in row), strict=True))
        yield Entry(line=lines.line_num, **fields)


def _bare(field: str) -> str:
    text = field.strip()
    return text[1:] if text.startswith("'") and harmless(text[1:]) != text[1:] else text


def _to_yaml(book: TargetBook) -> str:
    told: dict[str, dict[str, object]] = {}
    for name, symbol, quantity, state in _rows(book):
        targets = told.setdefault(name, {"state": state, "targets": {}})["targets"]
        if symbol and isinstance(targets, dict):
            targets[symbol] = quantity
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True)


def _from_yaml(text: str) -> Iterator[Entry]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "the file"
        why = getattr(error, "problem", None) or "nested too deeply"
        raise InvalidInput(f"{where} is not YAML ({why}); {_SHAPE}") from None
    for name, body in [] if root is None else _pairs(root):
        told = _pairs(body)
        yield Entry(line=_line(name), strategy=_scalar(name))
        for key, value in told:
            if _scalar(key) == "state":
                yield Entry(line=_line(key), strategy=_scalar(name), state=_scalar(value))
            elif _scalar(key) == "targets":
                for symbol, target in _pairs(value):
                    shown = (_scalar(symbol), _scalar(target))
                    yield Entry(
                        line=_line(symbol),
                        strategy=_scalar(name),
                        symbol=shown[0],
                        target=shown[1],
                    )
            else:
                raise InvalidInput(
                    f"line {_line(key)} must say state or targets, was {_scalar(key)[:40]!r}; "
                    f"{_SHAPE}"
                )


def _pairs(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise InvalidInput(f"line {_line(node)} must be names with values; {_SHAPE}")
    return list(node.value)


def _scalar(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise InvalidInput(f"line {_line(node)} must be one word or number; {_SHAPE}")
    return str(node.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
