"""Tables and records as HTML, the one place where text becomes markup and is escaped.

Rows of text come in; a small table in the notebook's own theme colors goes out. Cells that
read as numbers are right-aligned with tabular digits.
"""

import html
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum

_NUMBER = re.compile(r"[+\-−]?[\d,]*\.?\d+( ?[A-Z%]{1,6})?|unknown|–")
_TABLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums;"
    "color:var(--jp-ui-font-color1, inherit)"
)
_CELL = "padding:2px 10px;border-bottom:1px solid var(--jp-border-color2, #8884)"

_STRONG = ' style="font-weight:600"'


def escape(text: object) -> str:
    """Make any text harmless inside HTML, attributes included."""
    return html.escape(str(text), quote=True)


def html_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    caption: str = "",
    strong: Collection[int] = (),
    *,
    name: str = "",
) -> str:
    """Draw a table from plain text; nothing in it is taken as markup.

    Args:
        headers: one per column.
        rows: each as long as ``headers``.
        caption: a sentence above the table, may be empty.
        strong: numbers of the rows that stand out, such as totals; the first is 0.
        name: what a screen reader calls a table without a caption.
    """
    head = "".join(_cell("th", text) for text in headers)
    body = "".join(
        f"<tr{_STRONG if number in strong else ''}>"
        + "".join(_cell("td", text) for text in row)
        + "</tr>"
        for number, row in enumerate(rows)
    )
    title = (
        f'<caption style="text-align:left;padding:2px 10px">{escape(caption)}</caption>'
        if caption
        else ""
    )
    called = f' aria-label="{escape(name)}"' if name and not caption else ""
    return (
        f'<table{called} style="{_TABLE}">{title}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _cell(tag: str, text: str) -> str:
    align = "right" if tag == "td" and _NUMBER.fullmatch(text) else "left"
    scope = ' scope="col"' if tag == "th" else ""
    return f'<{tag}{scope} style="{_CELL};text-align:{align}">{escape(text)}</{tag}>'


def text_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay the same table out in plain text, for consoles and screen readers."""
    grid = [list(headers), *[list(row) for row in rows]]
    widths = [max(len(row[i]) for row in grid) for i in range(len(headers))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in grid
    )


class Shown:
    """Lets a notebook show a record as a table, a line a field; its ``repr`` stays plain.

    Fields keep their own units and signs, which stand in their class's documentation.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Draw the record; what is empty or None is a dash."""
        return html_record(self)


def html_record(record: object) -> str:
    """Draw a dataclass or a named tuple as a table, a line a field."""
    return html_table((type(record).__name__, "value"), _lines(record))


def _lines(record: object, before: str = "") -> Iterable[tuple[str, str]]:
    """Give the fields of a record as text; those of a record inside it follow its name."""
    names = (
        [field.name for field in fields(record)]
        if is_dataclass(record)
        else getattr(record, "_fields", ())
    )
    for field in names:
        name, value = before + field.replace("_", " "), getattr(record, field)
        if is_dataclass(value):
            yield from _lines(value, f"{name}: ")
        else:
            yield name, _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if type(value) is tuple:
        value = "; ".join(map(str, value))
    return "–" if value is None or value == "" else str(value)
