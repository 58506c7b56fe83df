"""The screen's HTML; every text goes through ``render.escape`` on its way in."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from nettools.costs import CostEstimate
from nettools.decimals import plain, signed
from nettools.desk import Activity, Report
from nettools.desk.report import outcome_of
from nettools.plan import Plan, PlanLine
from nettools.render import escape, html_table
from nettools.texts import count, ended, retell, say, say_each, word
from nettools.widgets.words import HERE, headline, money, quantity, quote_unit, venue_words

_NONE = "–"


def alert_html(sentence: str, details: str = "") -> str:
    """Say what went wrong where the user looks; a traceback stays closed until wanted."""
    more = (
        f"<details><summary>{say('Details')}</summary><pre>{escape(details)}</pre></details>"
        if details
        else ""
    )
    said = escape(_as_sentence(retell(sentence)))
    return f'<div role="alert" class="nt-alert">{said}{more}</div>'


def _as_sentence(text: str) -> str:
    return ended(text[:1].upper() + text[1:])


def table_html(
    name: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    strong: Collection[int] = (),
) -> str:
    """Draw a table that scrolls in its own place; a screen reader calls it by its name."""
    table = html_table(headers, rows, strong=strong, name=name)
    return f'<div class="nt-scroll" tabindex="0">{table}</div>'


def field_html(error: str, last_good: str, note: str) -> str:
    """Say beside a field what is wrong with it, or what counts instead of the wish."""
    if error:
        good = say(" Last good: {last_good}.", last_good=last_good) if last_good else ""
        text = escape(_as_sentence(retell(error)) + good)
        return f'<span role="alert" class="nt-field-error">{text}</span>'
    return f'<span class="nt-note">{escape(retell(note))}</span>' if note else ""


def note_html(text: str, role: str = "") -> str:
    """Give a quiet line."""
    attribute = f' role="{escape(role)}"' if role else ""
    return f'<div class="nt-note"{attribute}>{escape(retell(text))}</div>' if text else ""


def title_html(text: str) -> str:
    """Give the title of a part of the screen."""
    return f'<div class="nt-title" role="heading" aria-level="3">{escape(text)}</div>'


def badge_html(venue: str) -> str:
    """Name the venue, in a color and in words."""
    kind = "here" if venue in HERE else "remote"
    return f'<span class="nt-badge nt-badge-{kind}">{escape(venue_words(venue).upper())}</span>'


_PLAN_HEADERS = (
    *("leg", "unit", "target", "position", "working", "diff", "deadband", "rounding"),
    *("order", "limit price"),
)


def plan_html(plan: Plan, venue: str, estimate: Callable[[Plan], CostEstimate]) -> str:
    """Draw a preview: what happens on each leg, what it costs, why, and what is refused."""
    unit = quote_unit(plan)
    parts = [f'<div role="status" class="nt-headline">{escape(headline(plan, venue))}</div>']
    if plan.lines:
        headers = (
            *say_each(*_PLAN_HEADERS),
            say("est. fee ({unit})", unit=unit),
            say("est. spread ({unit})", unit=unit),
        )
        rows = [_plan_row(plan, line, estimate) for line in plan.lines]
        parts.append(table_html(say("Preview"), headers, rows))
    parts += [
        f'<div role="alert" class="nt-alert">{escape(_not_sent(str(refusal)))}</div>'
        for refusal in plan.refusals
    ]
    parts += [_why(line) for line in plan.lines]
    return "".join(parts)


def _not_sent(refusal: str) -> str:
    return say("Not sent: {refusal}", refusal=retell(refusal))


def _plan_row(
    plan: Plan, line: PlanLine, estimate: Callable[[Plan], CostEstimate]
) -> tuple[str, ...]:
    delta = line.delta
    cost = estimate(replace(plan, lines=(line,))) if line.orders else None
    prices = dict.fromkeys(order.limit_price for order in line.orders)
    shown = [_NONE if price is None else plain(price) for price in prices]
    return (
        str(line.leg),
        line.leg.symbol.partition("/")[0],
        *(signed(n) for n in (delta.target, delta.position, delta.working, delta.quantity)),
        plain(delta.deadband),
        signed(line.lost_to_rounding),
        _orders(line),
        say(", ").join(shown) or _NONE,
        _NONE if cost is None else f"{cost.fee:,.2f}",
        _NONE if cost is None else f"{cost.spread:,.2f}",
    )


def _orders(line: PlanLine) -> str:
    if line.cancels:
        return say("cancel {number}", number=len(line.cancels))
    if not line.orders:
        return say("none")
    side = line.orders[0].side.value
    more = say(" in {number} orders", number=len(line.orders)) if len(line.orders) > 1 else ""
    return f"{word(side)} {plain(abs(line.order_quantity))}{more}"


def _why(line: PlanLine) -> str:
    question = say("Why this order?") if line.orders else say("Why no order?")
    summary = f"{question} {line.leg}"
    return (
        f'<details class="nt-why" open><summary>{escape(summary)}</summary>'
        f"{escape(retell(line.why))}</details>"
    )


def report_html(report: Report) -> str:
    """Draw what one execution did: fills, fees, every order's end, the position after it."""
    unit = quote_unit(report.plan)
    fees = " + ".join(f"{fee:,.2f} {name}" for name, fee in report.fees.items()) or say("none")
    is_at_work = any(not order.state.is_final for order in report.orders)
    done = say(
        "{state}: {fills}, {amount} traded, fees {fees}.",
        state=say("At work") if is_at_work else say("Done"),
        fills=count(len(report.fills), "fill"),
        amount=money(report.notional, unit),
        fees=fees,
    )
    found = report.plan.snapshot.instruments
    after = say("; ").join(
        f"{leg} {quantity(held, found[leg.symbol])}" for leg, held in report.positions.items()
    )
    said = escape(
        say("{done} Position now: {after}.", done=done, after=after or say("unknown"))
    )
    parts = [f'<div role="status" class="nt-headline">{said}</div>']
    if report.problem:
        parts.append(
            alert_html(say("Not sent to its end: {problem}", problem=retell(report.problem)))
        )
    if report.orders:
        rows = [(str(order.order.leg), retell(outcome_of(order))) for order in report.orders]
        parts.append(table_html(say("Orders"), (say("leg"), say("order")), rows))
    return "".join(parts)


def progress_html(done: int, total: int) -> str:
    """Draw how far an execution is."""
    if not total:
        return ""
    label = escape(say("orders handed over"))
    return (
        f'<progress max="{total}" value="{done}" aria-label="{label}"></progress> '
        f'<span class="nt-note">{done}/{total}</span>'
    )


def activity_html(activity: Activity, unit: str) -> str:
    """Say what was sent, and what netting made unnecessary."""
    spared = max(activity.strategy_orders - activity.orders_sent, 0)
    rows = (
        (say("orders the strategies alone would have sent"), str(activity.strategy_orders)),
        (say("orders sent"), str(activity.orders_sent)),
        (say("orders that netting made unnecessary"), str(spared)),
        (
            say("met inside and never sent ({unit})", unit=unit),
            _whole(activity.crossed_notional),
        ),
        (say("traded at the venue ({unit})", unit=unit), _whole(activity.traded_notional)),
        (say("fees paid ({unit})", unit=unit), f"{activity.fees:,.2f}"),
        (
            say("taker fee spared by crossing inside, estimated ({unit})", unit=unit),
            f"{activity.fee_spared:,.2f}",
        ),
    )
    return html_table(
        (say("since the desk was opened"), ""), rows, name=say("Since the desk was opened")
    )


def _whole(amount: Decimal) -> str:
    return f"{amount:,.0f}"
