"""Pages of a list as Bybit gives them: newest first, each with a cursor to the next.

Keys and ways to make a row come in, newest first; the rows of one page go out, and no more is
looked at than that needs. A cursor names the last row shown, so rows that come in between
neither repeat nor hide any.
"""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote, unquote

from nettools.testnet.bybit.errors import invalid
from nettools.testnet.bybit.request import Params
from nettools.testnet.rows import Row

_CURSOR = re.compile(r"\d{1,18}(:\d{1,18})*", re.ASCII)


class Found(NamedTuple):
    """One row that may be shown."""

    key: tuple[int, ...]
    """Its place in the list; larger comes first, and no two are the same."""
    row: Callable[[], Row]
    """Makes it."""


def in_pages(found: Iterable[Found], params: Params, *, default: int, most: int) -> Row:
    """Give the page that ``limit`` and ``cursor`` ask for; raises 10001 for either.

    What is found comes with falling keys.

    A full page has a cursor even when nothing follows; the page it leads to is then empty.
    """
    limit, after = params.limit(default, most), _read_cursor(params)
    rest = (one for one in found if after is None or one.key < after)
    page = list(islice(rest, limit))
    following = ""
    if len(page) == limit:
        # Escaped within the text, as at the venue: clients hand it back escaped once more.
        following = quote(":".join(map(str, page[-1].key)), safe="")
    return {
        "category": "linear",
        "list": [one.row() for one in page],
        "nextPageCursor": following,
    }


def _read_cursor(params: Params) -> tuple[int, ...] | None:
    cursor = params.get("cursor")
    if cursor is None:
        return None
    text = unquote(cursor)
    if _CURSOR.fullmatch(text) is None:
        raise invalid("cursor")
    return tuple(map(int, text.split(":")))
