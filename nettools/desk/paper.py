"""The trading report: one HTML file that opens offline, years later, without nettools.

What a desk knows comes in, text goes out. Every text goes through ``render``, which escapes
it; the page has no script and its own policy forbids any, as it forbids every request.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from nettools.decimals import plain, signed
from nettools.desk.incidents import Incident
from nettools.desk.report import ACTIVITY, Activity, DeskStatus, View
from nettools.net import net_target
from nettools.reconcile import Proof
from nettools.render import escape, html_table
from nettools.shortfall import ParentOrder
from nettools.targets import TargetBook, TargetState
from nettools.texts import language, retell, say, say_each, word
from nettools.twin import Saving

if TYPE_CHECKING:
    import pandas as pd

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_LOOK = (
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;"
    "max-width:75rem;padding:0 1rem}h2{margin-top:2rem}div{overflow-x:auto}"
    "td,th{white-space:nowrap}"
)
_LANGUAGES = {"en": "en", "zh": "zh-CN"}
"""Languages of the screen by the name a page has for them."""
_CENT = Decimal("0.01")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a report is made of, all of one moment."""

    status: DeskStatus
    account: str
    """Names the account; holds no key."""
    book: TargetBook
    view: View
    accounts: "pd.DataFrame"
    """As ``Desk.accounts``."""
    parents: tuple[ParentOrder, ...]
    """What plans wanted, and their fills; oldest first."""
    saving: Saving
    proofs: tuple[Proof, ...]
    incidents: tuple[Incident, ...]
    activity: Activity


def paper_html(paper: Paper, *, redact: bool = False) -> str:
    """Write the report.

    Args:
        paper: what is known.
        redact: leave out ids, balances and free text, and give strategies letters.
    """
    name = _namer(paper) if redact else str
    parts = [
        ("Period", _period(paper, redact=redact)),
        ("Targets", _targets(paper.book, name)),
        ("Net", _net(paper)),
        ("Plans and orders", _orders(paper.parents, redact=redact)),
        ("Fills", _fills(paper.parents, redact=redact)),
        ("Saving against each strategy alone", _saving(paper.saving)),
        ("PnL per strategy", _accounts(paper.accounts, name)),
        ("Proof", _proof(paper.proofs, redact=redact)),
        ("Incidents", _incidents(paper.incidents, redact=redact)),
        ("Since the desk was opened", _activity(paper.activity)),
    ]
    body = "".join(f"<h2>{escape(say(title))}</h2><div>{html}</div>" for title, html in parts)
    title = say("Trading report, {when}", when=_at(paper.status.time))
    return (
        f'<!doctype html><html lang="{_LANGUAGES[language()]}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        f"<title>{escape(title)}</title><style>{_LOOK}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def _namer(paper: Paper) -> Callable[[str], str]:
    """Give every strategy a letter, in its order; the residual account keeps its name."""
    known = [*paper.book.states, *paper.accounts["strategy"].tolist()]
    names = [name for name in dict.fromkeys(known) if not name.startswith("(")]
    letters = {
        name: say("strategy {letter}", letter=_letters(i)) for i, name in enumerate(names)
    }
    return lambda name: letters.get(name, name)


def _letters(number: int) -> str:
    tail = _LETTERS[number % 26]
    return tail if number < len(_LETTERS) else _letters(number // 26 - 1) + tail


def _period(paper: Paper, *, redact: bool) -> str:
    status, parents = paper.status, paper.parents
    first = _at(parents[0].decided) if parents else say("no plan was executed")
    rows = [
        (say("venue"), status.venue),
        (say("mode"), word(status.mode.value)),
        (say("state"), word(status.state)),
        (say("first plan (UTC)"), first),
        (say("account read (UTC)"), _at(paper.view.time)),
        (say("written (UTC)"), _at(status.time)),
    ]
    if not redact:
        rows += [(say("account"), paper.account), (say("balance"), _balance(paper.view))]
    return html_table(("", ""), rows)


def _balance(view: View) -> str:
    balance = view.balance
    parts = ((say("wallet"), balance.wallet), (say("available"), balance.available))
    return say(", ").join(f"{name} {amount:,.2f} {balance.currency}" for name, amount in parts)


def _activity(activity: Activity) -> str:
    return html_table(say_each(*ACTIVITY), [[say(name), n] for name, n in activity.rows()])


def _targets(book: TargetBook, name: Callable[[str], str]) -> str:
    rows = [
        (name(t.strategy), t.symbol, signed(t.wanted), signed(t.quantity), t.state.value)
        for t in book
        if t.state is not TargetState.REMOVED
    ]
    headers = say_each(
        "strategy", "symbol", "wanted (base units)", "counts (base units)", "state"
    )
    return _table(headers, rows, "No targets.")


def _net(paper: Paper) -> str:
    rows = []
    for symbol in paper.book.symbols:
        net = net_target(paper.book, symbol)
        held = [
            f"{leg} {signed(p.quantity)}"
            for leg, p in paper.view.positions.items()
            if leg.symbol == symbol
        ]
        numbers = (plain(net.long), plain(net.short), signed(net.net), plain(net.offset))
        rows.append((symbol, *numbers, ", ".join(held) or "0"))
    headers = say_each("symbol", "long", "short", "net", "offset", "held at the venue")
    return _table(headers, rows, "No targets.")


def _orders(parents: Sequence[ParentOrder], *, redact: bool) -> str:
    rows = [
        (
            *(() if redact else (order.plan_id,)),
            _at(order.decided),
            str(order.leg),
            word(order.side.value),
            word(order.style),
            plain(order.quantity),
            plain(order.filled),
            str(len(order.fills)),
            say("at work") if order.ended is None else _at(order.ended),
        )
        for order in parents
    ]
    headers = (
        *(() if redact else say_each("plan")),
        *say_each("planned (UTC)", "leg", "side", "style", "quantity (base units)", "filled"),
        *say_each("fills", "ended (UTC)"),
    )
    return _table(headers, rows, "No orders.")


def _fills(parents: Sequence[ParentOrder], *, redact: bool) -> str:
    rows = [
        (
            *(() if redact else (fill.fill_id, fill.client_order_id)),
            _at(fill.time),
            str(order.leg),
            word(order.side.value),
            plain(fill.quantity),
            plain(fill.price),
            word(fill.liquidity.value),
            f"{plain(fill.fee)} {fill.fee_currency}",
        )
        for order in parents
        for fill in (met.fill for met in order.fills)
    ]
    headers = (
        *(() if redact else say_each("fill", "order")),
        *say_each("time (UTC)", "leg", "side", "quantity (base units)", "price", "liquidity"),
        *say_each("fee, positive is paid"),
    )
    return _table(headers, rows, "No fills.")


def _saving(saving: Saving) -> str:
    rows = [
        (word(f.name.replace("_", " ")), _money(getattr(saving, f.name)))
        for f in fields(saving)
    ]
    headers = say_each("positive is saved, negative was lost", "quote units")
    return html_table(
        headers, [*rows, (say("together"), _money(saving.total))], strong=[len(rows)]
    )


def _accounts(frame: "pd.DataFrame", name: Callable[[str], str]) -> str:
    money = ("realized_pnl", "unrealized_pnl", "fees", "funding", "saving")
    rows = [
        (
            name(row["strategy"]),
            row["symbol"],
            word(row["position_side"]),
            signed(row["virtual"]),
            *(
                say("unknown") if row[column] is None else _money(row[column])
                for column in money
            ),
        )
        for row in frame.to_dict("records")
    ]
    titles = (word(column.replace("_", " ")) for column in money)
    headers = (*say_each("strategy", "symbol", "leg", "holds (base units)"), *titles)
    return _table(headers, rows, "No accounts.")


def _proof(proofs: Sequence[Proof], *, redact: bool) -> str:
    rows = [
        (
            retell(proof.name),
            *(() if redact else (signed(proof.expected), signed(proof.found))),
            signed(proof.gap),
            say("the identity holds") if proof.holds else say("does not hold"),
        )
        for proof in proofs
    ]
    numbers = () if redact else ("by the books", "by the venue")
    return _table(
        (*say_each("identity", *numbers, "gap"), ""), rows, "Nothing was compared yet."
    )


def _incidents(incidents: Sequence[Incident], *, redact: bool) -> str:
    rows = [
        (
            word(one.kind),
            *(() if redact else (retell(str(one)),)),
            _at(one.since),
            _at(one.last),
            str(one.count),
            say("over") if one.is_over else say("open"),
        )
        for one in incidents
    ]
    said = () if redact else say_each("what happened")
    ends = say_each("since (UTC)", "last seen (UTC)", "times")
    headers = (*say_each("kind"), *said, *ends, "")
    return _table(headers, rows, "No incidents.")


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> str:
    return html_table(headers, rows) if rows else f"<p>{escape(say(empty))}</p>"


def _money(amount: Decimal) -> str:
    rounded = amount.quantize(_CENT)
    return f"{rounded:+,.2f}" if rounded else "0.00"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
