"""What netting saved, whether the books prove it, and the other mode: numbers in, HTML out.

Every text from elsewhere goes through ``escape``; colors say nothing that words do not say.
"""

from collections.abc import Sequence
from decimal import Decimal

from nettools.desk import Activity
from nettools.model import Leg, PositionMode
from nettools.reconcile import Break, Proof
from nettools.render import escape
from nettools.texts import say, word
from nettools.twin import Saving
from nettools.widgets.accounting import cents
from nettools.widgets.books_markup import proof_html
from nettools.widgets.demo.parts import minus
from nettools.widgets.demo.scene import Scene
from nettools.widgets.words import quantity

_NOTICE = (
    "Strategies often want opposites. What meets inside is never sent: no fee, no spread.",
    "The un-netted twin trades each strategy's changes alone, at the prices of that moment.",
    "In the picture the dark line (net target) stays inside its grey shadow (position).",
    "The proof line: after every read, all accounts add up to what the exchange holds.",
    "After about an hour the demo begins again with a new market, and counts from zero.",
)
_COMPUTED = (
    "Two accounts that are only computed, from the same targets and touches; the account above "
    "is one-way. Hedge keeps longs and shorts apart, so it trades and holds both."
)


def saved_html(saving: Saving, activity: Activity, unit: str) -> str:
    """Draw the fee that netting saved, in large digits, and the whole balance beside it."""
    fee, spread = saving.fee_on_crossed, saving.spread_on_crossed
    rest = saving.total - fee - spread
    unit = escape(unit)
    against = say(
        "{unit} fees saved against the un-netted twin; {paid} really paid",
        unit=unit,
        paid=_shown(activity.fees, sign=False),
    )
    parts = say(
        "fees {fees}, spread {spread}, the rest {rest} (what prices did between decision and "
        "fill, deadband, funding; may be negative).",
        fees=_shown(fee),
        spread=_shown(spread),
        rest=_shown(rest),
    )
    return (
        '<div class="nt-saved"><div class="nt-saved-fee">'
        f"<b>{_shown(fee, sign=False)}</b> <span>{against}</span></div>"
        f"<div class='nt-saved-all'>{escape(say('In all'))} "
        f"<b>{_shown(saving.total)} {unit}</b> = {parts}</div></div>"
    )


def _shown(amount: Decimal, *, sign: bool = True) -> str:
    return escape(minus(cents(amount, sign=sign)))


def proved_html(proofs: Sequence[Proof], breaks: Sequence[Break], unit: str) -> str:
    """Draw the proof line, green and in words, or red with what fails."""
    return proof_html(proofs, breaks, unit)


def both_html(scene: Scene, unit: str) -> str:
    """Draw the same targets in one-way and in hedge mode, side by side."""
    if not scene.both:
        return ""
    modes = tuple(PositionMode)
    body = "".join(
        f'<tr><th scope="row">{escape(words)}</th>'
        f"{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for words, cells in _mode_rows(scene, modes, unit)
    )
    title = escape(say("One-way or hedge: the same targets in both modes"))
    meaning = escape(say(_COMPUTED))
    heads = "".join(f'<th scope="col">{escape(word(mode.value))}</th>' for mode in modes)
    return (
        f'<section class="nt-step nt-both"><h2>{title}</h2><table><tr><td></td>{heads}</tr>'
        f"{body}</table><small>{meaning}</small></section>"
    )


def _mode_rows(
    scene: Scene, modes: tuple[PositionMode, ...], unit: str
) -> list[tuple[str, list[str]]]:
    return [
        (say("orders sent"), [str(scene.both[mode].orders) for mode in modes]),
        (
            say("fees paid, {unit}", unit=unit),
            [_plain(scene.both[mode].fees) for mode in modes],
        ),
        (
            say("spread paid, {unit}", unit=unit),
            [_plain(scene.both[mode].spread) for mode in modes],
        ),
        (
            say("initial margin now, {unit}", unit=unit),
            [_plain(scene.both[mode].margin) for mode in modes],
        ),
        *(
            (
                say("holds now, {base}", base=one.instrument.base),
                [_held(scene, mode, one.net.symbol) for mode in modes],
            )
            for one in scene.symbols
        ),
    ]


def _plain(amount: Decimal) -> str:
    return minus(cents(amount, sign=False))


def _held(scene: Scene, mode: PositionMode, symbol: str) -> str:
    instrument = next(one.instrument for one in scene.symbols if one.net.symbol == symbol)
    held = {
        leg: amount
        for leg, amount in scene.both[mode].positions.items()
        if leg.symbol == symbol
    }
    words = [f"{_leg(leg)}{quantity(held[leg], instrument)}" for leg in sorted(held, key=str)]
    return minus(say(", ").join(words).replace(f" {instrument.base}", "")) or "0"


def _leg(leg: Leg) -> str:
    side = leg.position_side.value
    return "" if side == "both" else f"{word(side)} "


def legend_html() -> str:
    """Say in a few lines what to notice."""
    lines = "".join(f"<li>{escape(say(line))}</li>" for line in _NOTICE)
    title = escape(say("What to notice"))
    return f'<section class="nt-step nt-notice"><h2>{title}</h2><ul>{lines}</ul></section>'
