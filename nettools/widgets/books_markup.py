"""The books as HTML: postings, saving, breaks, proof; every text is escaped by ``render``."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from nettools.allocate import Posting, exact_sum
from nettools.decimals import signed
from nettools.model import Instrument
from nettools.reconcile import Break, Proof
from nettools.render import escape, html_table
from nettools.texts import account, retell, say, say_each, word
from nettools.twin import Saving
from nettools.widgets.accounting import (
    PARTS,
    cents,
    failure_words,
    price_words,
    proof_words,
    unit_of,
)
from nettools.widgets.markup import note_html, table_html
from nettools.widgets.words import clock


def postings_html(
    postings: Sequence[Posting], total: int, instruments: Mapping[str, Instrument]
) -> str:
    """Draw postings, newest first, and say how many there are."""
    if not postings:
        return note_html(
            say("No postings yet: a cross, a fill or a funding payment makes some.")
        )
    headers = (
        *say_each("time (UTC)", "account", "leg", "cause"),
        *say_each("quantity", "price", "fee", "funding"),
        *say_each("source", "note"),
    )
    rows = [
        (
            f"{p.time:%m-%d %H:%M:%S}",
            account(p.account),
            str(p.leg),
            word(p.cause.value),
            f"{signed(p.quantity)} {unit_of(p.leg)}" if p.quantity else "–",
            price_words(p.price, instruments.get(p.leg.symbol)),
            f"{cents(p.fee, sign=False)} {p.fee_currency}" if p.fee else "–",
            cents(p.funding) if p.funding else "–",
            p.source,
            p.note or "–",
        )
        for p in postings
    ]
    said = note_html(
        say("Showing {shown} of {total:,}, newest first.", shown=len(rows), total=total)
    )
    return said + table_html(say("Postings"), headers, rows)


def saving_html(
    saving: Saving, shares: Mapping[str, tuple[Decimal, Decimal]], unit: str
) -> str:
    """Draw the columns of the saving, and each strategy's share of it in both ways."""
    rows = [(word(words), cents(getattr(saving, name))) for name, words in PARTS.items()]
    columns = html_table(
        (say("against each strategy alone"), unit),
        [*rows, (say("together"), cents(saving.total))],
        strong=[len(rows)],
        name=say("Saving"),
    )
    people = [(name, cents(one), cents(two)) for name, (one, two) in shares.items()]
    sums = (cents(exact_sum(pair[i] for pair in shares.values())) for i in (0, 1))
    each = html_table(
        (
            say("strategy"),
            say("pro rata ({unit})", unit=unit),
            say("marginal ({unit})", unit=unit),
        ),
        [*people, (say("together"), *sums)],
        strong=[len(people)],
        name=say("strategy"),
    )
    return f'<div class="nt-facts nt-scroll" tabindex="0">{columns}{each}</div>'


def breaks_html(breaks: Sequence[Break]) -> str:
    """Draw the breaks: where, how much, since when, and the likely cause."""
    rows = [
        (
            str(found.leg),
            unit_of(found.leg),
            signed(found.expected),
            signed(found.found),
            signed(found.difference),
            clock(found.time),
            retell(found.cause),
        )
        for found in breaks
    ]
    headers = (
        say("leg"),
        say("unit"),
        say("books"),
        say("venue"),
        say("difference"),
        say("since"),
        say("likely cause"),
    )
    return table_html(say("breaks"), headers, rows) if rows else ""


def proof_html(proofs: Sequence[Proof], breaks: Sequence[Break], unit: str) -> str:
    """Draw the proof: green and worded, or red with what fails, by how much, since when."""
    if not proofs:
        return note_html(say("Not proved yet: the account has not been read."))
    good = proof_words(proofs, breaks)
    if good:
        text = f"<b>{escape(say('Books prove:'))}</b> {escape(good)}"
        return f'<div role="status" class="nt-proof nt-proof-good">{text}</div>'
    failed = say("; ").join(failure_words(proof, unit) for proof in proofs if not proof.holds)
    text = f"<b>{escape(say('Books do NOT prove:'))}</b> {escape(failed)}."
    return f'<div role="alert" class="nt-proof nt-proof-bad">{text}</div>'
