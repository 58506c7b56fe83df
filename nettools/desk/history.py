"""Remembers what every account earned, read by read: PnL linear in the accounts, live.

Views of the account and the books come in; a bounded number of moments goes out, thinned
evenly over the desk's life, the newest always among them. Keeps law 5: at every moment all
accounts together earned what the account did, to the venue's own rounding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from nettools.allocate import EXACT, RESIDUAL, exact_sum
from nettools.decimals import ZERO
from nettools.desk.books import Books
from nettools.desk.proof import OUTSIDE, earned, equity
from nettools.desk.report import View

if TYPE_CHECKING:
    import pandas as pd

MOST = 480
"""Moments kept: enough for a line across a page, cheap for a hundred strategies."""
TOGETHER, ACCOUNT, GAP = "(together)", "(account)", "(gap)"
"""Columns that are no account's; brackets, because no strategy can be named like them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What had been earned since the opening, at one read."""

    time: datetime
    """Of the read (UTC)."""
    earned: Mapping[str, Decimal]
    """Per account, after fees and funding, at the marks of the read, quote units."""
    account: Decimal
    """Change of the account's equity by the venue, quote units."""


class History:
    """A bounded memory of what every account earned."""

    def __init__(self, most: int = MOST) -> None:
        self.moments: tuple[Moment, ...] = ()
        self._most = most
        self._apart = timedelta(0)

    def note(self, books: Books, view: View, opening: Decimal) -> None:
        """Remember one read; too many moments become half as many, twice as far apart."""
        moment = Moment(
            time=view.time,
            earned=earned(books, view),
            account=EXACT.subtract(equity(view), opening),
        )
        kept = self.moments
        if len(kept) > 1 and kept[-1].time - kept[-2].time < self._apart:
            kept = kept[:-1]  # the newest stands in until it is far enough from the one before
        kept = (*kept, moment)
        if len(kept) > self._most:
            self._apart = (moment.time - kept[0].time) / (self._most // 2)
            kept = (*kept[:-1:2], moment)
        self.moments = kept

    def frame(self) -> "pd.DataFrame":
        """Give a row per moment, indexed by time, a column per account; exact quote units.

        Strategies in the order they first traded, the residual account, what is not ours if
        there ever was any; then all together, the account by the venue, and the gap.
        """
        import pandas as pd  # noqa: PLC0415 - on first use

        moments = self.moments
        seen = dict.fromkeys(name for moment in moments for name in moment.earned)
        last = [RESIDUAL, *([OUTSIDE] if OUTSIDE in seen else [])]
        names = [*(name for name in seen if name not in {RESIDUAL, OUTSIDE}), *last]
        rows = [_row(moment, names) for moment in moments]
        index = pd.DatetimeIndex([moment.time for moment in moments], name="time", tz="UTC")
        columns = [*names, TOGETHER, ACCOUNT, GAP]
        return pd.DataFrame(rows, index=index, columns=columns, dtype=object)


def _row(moment: Moment, names: list[str]) -> list[Decimal]:
    together = exact_sum(moment.earned.values())
    gap = EXACT.subtract(moment.account, together)
    return [*(moment.earned.get(name, ZERO) for name in names), together, moment.account, gap]
