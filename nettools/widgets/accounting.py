"""The sentences about the books: values come in, plain text goes out; no markup here."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal

from nettools.decimals import ZERO, plain, signed
from nettools.model import Instrument, Leg
from nettools.reconcile import Break, Proof, Repair
from nettools.targets import TargetBook
from nettools.twin import Saving
from nettools.widgets.words import clock, count, money

PARTS = {field.name: field.name.replace("_", " ") for field in fields(Saving)}
"""Columns of the saving in the words of the screen."""
_CENT = Decimal("0.01")


def cents(amount: Decimal | None, *, sign: bool = True) -> str:
    """Write money in a table: two decimals, thousands apart; ``–`` when it is not known."""
    if amount is None:
        return "–"
    rounded = amount.quantize(_CENT)
    shown = f"{rounded:+,.2f}" if sign else f"{rounded:,.2f}"
    return shown if rounded else "0.00"


def price_words(price: Decimal | None, instrument: Instrument | None) -> str:
    """Write a price on the venue's own grid; ``–`` when there is none."""
    if price is None:
        return "–"
    grid = _CENT if instrument is None else min(instrument.tick_size, _CENT)
    return f"{price.quantize(grid):,f}"


def unit_of(leg: Leg) -> str:
    """Give the currency positions on a leg are counted in."""
    return leg.symbol.partition("/")[0]


def proof_words(proofs: Sequence[Proof], breaks: Sequence[Break]) -> str:
    """Say what the books prove; empty when an identity fails or nothing was read."""
    if not proofs or not all(proof.holds for proof in proofs):
        return ""
    legs = count(len(proofs) - 1, "leg")
    open_breaks = f" + {count(len(breaks), 'open break')}" if breaks else ""
    gap = next(plain(proof.gap) for proof in proofs if proof.name == "money")
    return (
        f"strategies + residual{open_breaks} = venue on {legs}, exactly; "
        f"PnL − fees + funding = account, gap {gap}."
    )


def failure_words(proof: Proof, unit: str) -> str:
    """Say which identity fails, by how much and since when."""
    _, _, leg = proof.name.partition("position on ")
    unit = leg.partition("/")[0] if leg else unit
    numbers = f"books {signed(proof.expected)}, venue {signed(proof.found)}"
    off = f"{proof.name} is off by {signed(proof.gap)} {unit} ({numbers})"
    return f"{off}, since {clock(proof.since)}"


def saving_title(saving: Saving, unit: str) -> str:
    """Say in a few words whether netting saved or cost money."""
    total = saving.total
    verb = "cost" if total.quantize(_CENT) < 0 else "saved"
    return f"Netting {verb} {money(abs(total), unit)} so far"


def saving_words(saving: Saving, unit: str) -> str:
    """Say whether netting saved or cost money, and what did most of it."""
    total = saving.total
    parts = {words: getattr(saving, name) for name, words in PARTS.items()}
    if not any(part.quantize(_CENT) for part in parts.values()):
        return "Netting has saved nothing and cost nothing so far."
    by_size = sorted(parts, key=lambda name: parts[name])
    helped, hurt = by_size[-1], by_size[0]
    up, down = (f"{name} {cents(parts[name])}" for name in (helped, hurt))
    if total.quantize(_CENT) < 0:
        more = f", although {up}" if parts[helped].quantize(_CENT) > 0 else ""
        return f"{saving_title(saving, unit)}: mostly {down}{more}."
    less = f", less {down}" if parts[hurt].quantize(_CENT) < 0 else ""
    return f"{saving_title(saving, unit)}: mostly {up}{less}."


def breaks_words(breaks: Sequence[Break]) -> str:
    """Say what broke and what follows; a position from before is asked about."""
    legs = ", ".join(str(found.leg) for found in breaks)
    if all(found.expected == ZERO and not found.fills for found in breaks):
        return (
            f"The account holds what this desk did not trade ({legs}). Whose is it? "
            "Nothing is sent there before you choose."
        )
    return (
        f"{count(len(breaks), 'break')}: books and venue differ on {legs}. "
        "Nothing is sent there before you choose a repair."
    )


def _size(found: Break) -> str:
    unit = unit_of(found.leg)
    if not found.difference:  # bought and sold again: no position is left, but fees were paid
        return f"trades that leave 0 {unit}"
    return f"{signed(found.difference)} {unit}"


def repair_label(found: Break, how: Repair, strategy: str) -> str:
    """Name on the button what it does, and to how much."""
    size = _size(found)
    return {
        Repair.ADOPT: f"Confirm: {strategy} adopts {size}",
        Repair.ASSIGN: f"Confirm: the residual account keeps {size}",
        Repair.BASELINE: f"Confirm: leave {size} alone as not ours",
        Repair.FLATTEN: f"Confirm: take {size} over and flatten it",
    }[how]


def consequence(found: Break, how: Repair, strategy: str, book: TargetBook) -> str:
    """Say what a repair leads to."""
    unit, size = unit_of(found.leg), _size(found)
    if how is Repair.ADOPT:
        target = book.target(strategy, found.leg.symbol)
        before = target.wanted if target else ZERO
        after = signed(before + found.difference)
        return (
            f"{strategy} takes over {size} with its price and fee; its target goes from "
            f"{signed(before)} to {after} {unit}. Nothing is sent."
        )
    if how is Repair.ASSIGN:
        return (
            f"The residual account takes over {size} and keeps it: the desk neither "
            "closes it nor adds to it. Nothing is sent."
        )
    if how is Repair.BASELINE:
        return (
            f"{size} stays on the account, outside the books: not ours, left alone. "
            "Nothing is sent."
        )
    if not found.difference:
        return f"The residual account takes over {size}; there is nothing left to close."
    side = "sells" if found.difference > 0 else "buys"
    worth = money(abs(found.difference) * found.price, "in quote units")
    return (
        f"The residual account takes over {size}, and the next plan {side} "
        f"{plain(abs(found.difference))} {unit} (about {worth}) to close it."
    )


def frozen_words(frozen: Mapping[Leg, str], breaks: Sequence[Break]) -> str:
    """Name the legs that are only being checked; empty when there are none."""
    broken = {found.leg for found in breaks}
    checking = [f"{leg}: {why}" for leg, why in frozen.items() if leg not in broken]
    return f"Frozen for a moment. {'; '.join(checking)}." if checking else ""
