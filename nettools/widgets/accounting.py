"""The sentences about the books: values come in, plain text goes out; no markup here."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal

from nettools.decimals import ZERO, plain, signed
from nettools.model import Instrument, Leg
from nettools.reconcile import Break, Proof, Repair
from nettools.targets import TargetBook
from nettools.texts import count, say, word
from nettools.twin import Saving
from nettools.widgets.words import clock, money

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
    return say(
        "strategies + residual{open_breaks} = venue on {legs}, exactly; PnL − "
        "fees + funding = account, gap {gap}.",
        open_breaks=open_breaks,
        legs=legs,
        gap=gap,
    )


def failure_words(proof: Proof, unit: str) -> str:
    """Say which identity fails, by how much and since when."""
    _, _, leg = proof.name.partition("position on ")
    unit = leg.partition("/")[0] if leg else unit
    numbers = say(
        "books {expected}, venue {found}",
        expected=signed(proof.expected),
        found=signed(proof.found),
    )
    off = say(
        "{name} is off by {gap} {unit} ({numbers})",
        name=proof.name,
        gap=signed(proof.gap),
        unit=unit,
        numbers=numbers,
    )
    return say("{off}, since {since}", off=off, since=clock(proof.since))


def saving_title(saving: Saving, unit: str) -> str:
    """Say in a few words whether netting saved or cost money."""
    total = saving.total
    amount = money(abs(total), unit)
    if total.quantize(_CENT) < 0:
        return say("Netting cost {amount} so far", amount=amount)
    return say("Netting saved {amount} so far", amount=amount)


def saving_words(saving: Saving, unit: str) -> str:
    """Say whether netting saved or cost money, and what did most of it."""
    total = saving.total
    parts = {word(words): getattr(saving, name) for name, words in PARTS.items()}
    if not any(part.quantize(_CENT) for part in parts.values()):
        return say("Netting has saved nothing and cost nothing so far.")
    by_size = sorted(parts, key=lambda name: parts[name])
    helped, hurt = by_size[-1], by_size[0]
    up, down = (f"{name} {cents(parts[name])}" for name in (helped, hurt))
    if total.quantize(_CENT) < 0:
        more = say(", although {up}", up=up) if parts[helped].quantize(_CENT) > 0 else ""
        return say(
            "{title}: mostly {parts}{more}.",
            title=saving_title(saving, unit),
            parts=down,
            more=more,
        )
    less = say(", less {down}", down=down) if parts[hurt].quantize(_CENT) < 0 else ""
    return say(
        "{title}: mostly {parts}{more}.", title=saving_title(saving, unit), parts=up, more=less
    )


def breaks_words(breaks: Sequence[Break]) -> str:
    """Say what broke and what follows; a position from before is asked about."""
    legs = say(", ").join(str(found.leg) for found in breaks)
    if all(found.expected == ZERO and not found.fills for found in breaks):
        return say(
            "The account holds what this desk did not trade ({legs}). Whose is it? "
            "Nothing is sent there before you choose.",
            legs=legs,
        )
    return say(
        "{breaks}: books and venue differ on {legs}. Nothing is sent there "
        "before you choose a repair.",
        breaks=count(len(breaks), "break"),
        legs=legs,
    )


def _size(found: Break) -> str:
    unit = unit_of(found.leg)
    if not found.difference:  # bought and sold again: no position is left, but fees were paid
        return say("trades that leave 0 {unit}", unit=unit)
    return f"{signed(found.difference)} {unit}"


def repair_label(found: Break, how: Repair, strategy: str) -> str:
    """Name on the button what it does, and to how much."""
    size = _size(found)
    return {
        Repair.ADOPT: say("Confirm: {strategy} adopts {size}", strategy=strategy, size=size),
        Repair.ASSIGN: say("Confirm: the residual account keeps {size}", size=size),
        Repair.BASELINE: say("Confirm: leave {size} alone as not ours", size=size),
        Repair.FLATTEN: say("Confirm: take {size} over and flatten it", size=size),
    }[how]


def consequence(found: Break, how: Repair, strategy: str, book: TargetBook) -> str:
    """Say what a repair leads to."""
    unit, size = unit_of(found.leg), _size(found)
    if how is Repair.ADOPT:
        target = book.target(strategy, found.leg.symbol)
        before = target.wanted if target else ZERO
        after = signed(before + found.difference)
        return say(
            "{strategy} takes over {size} with its price and fee; its target goes "
            "from {before} to {after} {unit}. Nothing is sent.",
            strategy=strategy,
            size=size,
            before=signed(before),
            after=after,
            unit=unit,
        )
    if how is Repair.ASSIGN:
        return say(
            "The residual account takes over {size} and keeps it: the desk neither "
            "closes it nor adds to it. Nothing is sent.",
            size=size,
        )
    if how is Repair.BASELINE:
        return say(
            "{size} stays on the account, outside the books: not ours, left alone. "
            "Nothing is sent.",
            size=size,
        )
    if not found.difference:
        return say(
            "The residual account takes over {size}; there is nothing left to close.", size=size
        )
    return _flatten_words(found, size)


def _flatten_words(found: Break, size: str) -> str:
    values = {
        "size": size,
        "amount": plain(abs(found.difference)),
        "unit": unit_of(found.leg),
        "worth": money(abs(found.difference) * found.price, say("in quote units")),
    }
    if found.difference > 0:
        return say(
            "The residual account takes over {size}, and the next plan sells {amount} {unit} "
            "(about {worth}) to close it.",
            **values,
        )
    return say(
        "The residual account takes over {size}, and the next plan buys {amount} {unit} "
        "(about {worth}) to close it.",
        **values,
    )


def frozen_words(frozen: Mapping[Leg, str], breaks: Sequence[Break]) -> str:
    """Name the legs that are only being checked; empty when there are none."""
    broken = {found.leg for found in breaks}
    checking = [f"{leg}: {why}" for leg, why in frozen.items() if leg not in broken]
    return (
        say("Frozen for a moment. {checking}.", checking=say("; ").join(checking))
        if checking
        else ""
    )
