"""The words and numbers of the page: a scene comes in, HTML goes out.

Every text from elsewhere goes through ``escape``; colors say nothing that words do not say.
"""

from decimal import Decimal

from nettools.charts import strategy_colors
from nettools.decimals import ZERO, plain
from nettools.desk import Activity
from nettools.desk.report import outcome_of
from nettools.model import Instrument, OrderReport, OrderState
from nettools.render import escape
from nettools.texts import count, retell, say
from nettools.widgets.demo.scene import Meeting, Scene, Sent, SymbolScene
from nettools.widgets.words import quantity

STORIES = {
    "Mean reversion": "sells highs, buys lows",
    "Breakout": "goes with a strong move",
    "Hedge": "protects coins held elsewhere",
}
"""What each strategy does, in plain words; one without a story has none."""


def waiting_html(state: str) -> str:
    """Say what to do, or to wait for, while there is nothing to show."""
    if state == "opening":
        words = escape(say("Opening a market on this computer…"))
        return f'<div class="nt-wait">{words}</div>'
    words = say(
        "Nothing has happened yet. Press {start}: a market opens on this computer, and "
        "the three strategies begin.",
        start=f"<b>{say('Start')}</b>",
    )
    return f'<div class="nt-wait">{words}</div>'


def counters_html(activity: Activity, unit: str) -> str:
    """Draw what netting made unnecessary, in large numbers."""
    wanted, spared = activity.strategy_orders, activity.orders_spared
    share = f" ({100 * spared // wanted} %)" if wanted else ""
    filled = min(100 * activity.orders_sent // wanted, 100) if wanted else 0
    bar = f'<div class="nt-meter" aria-hidden="true"><i style="width:{filled}%"></i></div>'
    tiles = (
        ("wanted", str(wanted), say("orders the strategies wanted"), ""),
        ("sent", str(activity.orders_sent), say("orders really sent"), bar),
        ("spared", f"{spared}{share}", say("orders netting made unnecessary"), ""),
        (
            "crossed",
            _short(activity.crossed_notional),
            say("{unit} met inside, never sent", unit=escape(unit)),
            "",
        ),
    )
    return '<div class="nt-tiles">{}</div>'.format(
        "".join(
            f'<div class="nt-tile nt-{name}"><b>{number}</b><span>{words}</span>{more}</div>'
            for name, number, words, more in tiles
        )
    )


def _short(amount: Decimal) -> str:
    million, thousand = Decimal(1_000_000), Decimal(1_000)
    if amount >= million:
        return f"{amount / million:,.2f} M"
    return f"{amount / thousand:,.0f} k" if amount >= thousand else f"{amount:,.0f}"


def flow_html(scene: Scene) -> str:
    """Draw the way from wishes to orders in three steps."""
    steps = (
        ("1", say("Each strategy says what it wants to hold"), _wishes(scene)),
        (
            "2",
            say("nettools adds the wishes up"),
            "".join(_sum(scene, one) for one in scene.symbols),
        ),
        ("3", say("The exchange sees one account"), _account(scene)),
    )
    arrow = '<div class="nt-arrow" aria-hidden="true">➜</div>'
    return '<div class="nt-flow">{}</div>'.format(
        arrow.join(
            f'<section class="nt-step"><h2><i>{number}</i> {title}</h2>{body}</section>'
            for number, title, body in steps
        )
    )


def _wishes(scene: Scene) -> str:
    colors = strategy_colors(scene.book.strategies)
    heads = "".join(f"<th>{escape(one.instrument.base)}</th>" for one in scene.symbols)
    rows = []
    stories = {say(strategy): say(story) for strategy, story in STORIES.items()}
    for name in scene.book.strategies:
        cells = "".join(_wish(scene, name, one, colors[name]) for one in scene.symbols)
        story = f"<small>{escape(stories[name])}</small>" if name in stories else ""
        swatch = f'<i class="nt-swatch" style="background:{colors[name]}"></i>'
        rows.append(f"<tr><th>{swatch}{escape(name)}{story}</th>{cells}</tr>")
    return f"<table><tr><td></td>{heads}</tr>{''.join(rows)}</table>"


def _wish(scene: Scene, name: str, one: SymbolScene, color: str) -> str:
    target = scene.book.target(name, one.net.symbol)
    if target is None:
        return "<td>–</td>"
    number = _number(target.quantity, one.instrument)
    why = escape(say("unknown: kept where it is"))
    flag = f" <abbr title='{why}'>?</abbr>" if target.unknown else ""
    bar = _bar(((target.quantity, color),), extent(scene, one.net.symbol))
    return f"<td>{number}{flag}{bar}</td>"


def _sum(scene: Scene, one: SymbolScene) -> str:
    net, instrument = one.net, one.instrument
    colors = strategy_colors(scene.book.strategies)
    parts = tuple((t.quantity, colors[t.strategy]) for t in scene.book.on(net.symbol))
    sums = say("long {long} − short {short}", long=plain(net.long), short=plain(net.short))
    total = say("net {net}", net=minus(quantity(net.net, instrument)))
    inside = say(
        "{offset} {base} stand against each other: offset inside",
        offset=plain(net.offset),
        base=instrument.base,
    )
    offset = inside if net.offset else say("nothing to offset")
    return (
        f'<div class="nt-sum">{_bar(parts, extent(scene, net.symbol))}'
        f"<div>{escape(sums)} = <b>{escape(total)}</b></div>"
        f"<small>{escape(offset)}</small></div>"
    )


def _bar(parts: tuple[tuple[Decimal, str], ...], largest: Decimal) -> str:
    """Stack longs to the right of the middle and shorts to the left of it."""
    half = Decimal(50) / largest if largest else ZERO
    right = left = ZERO
    pieces = []
    for amount, color in parts:
        width = abs(amount) * half
        start = 50 + right if amount > 0 else 50 - left - width
        right += width if amount > 0 else ZERO
        left += width if amount < 0 else ZERO
        if width:
            pieces.append(
                f'<i style="left:{start:.1f}%;width:{width:.1f}%;background:{color}"></i>'
            )
    return f'<div class="nt-bar" aria-hidden="true">{"".join(pieces)}</div>'


def extent(scene: Scene, symbol: str) -> Decimal:
    """Give the largest amount shown of a symbol lately, base units: the scale of its bars."""
    gross = max(
        max(sum(max(w * sign, 0.0) for (_, s), w in m.wishes.items() if s == symbol)
            for sign in (1, -1))
        for m in scene.trail
    )  # fmt: skip
    return Decimal(str(gross))


def _account(scene: Scene) -> str:
    positions = "".join(_position(one) for one in scene.symbols)
    orders = "".join(_order(sent) for sent in scene.sent)
    title, none = escape(say("Latest orders sent")), f"<li>{escape(say('none yet'))}</li>"
    return f'{positions}<h3>{title}</h3><ol class="nt-orders">{orders or none}</ol>'


def _position(one: SymbolScene) -> str:
    held = escape(minus(quantity(one.position, one.instrument)))
    missing = escape(minus(quantity(one.net.net - one.position, one.instrument)))
    state = ("yes", say("✓ the net"))
    if not one.is_on_target:
        state = ("no", say("{missing} to go", missing=missing))
    words = '<span class="nt-{}">{}</span>'.format(*state)
    return f'<div class="nt-held">{escape(say("holds"))} <b>{held}</b> {words}</div>'


def _order(sent: Sent) -> str:
    return (
        f"<li><small>{clock_of(sent.market_seconds)}</small> {escape(_done(sent.report))}</li>"
    )


def _done(report: OrderReport) -> str:
    if report.state is not OrderState.FILLED or report.average_price is None:
        return retell(outcome_of(report))
    base = report.order.symbol.partition("/")[0]
    values = {"filled": plain(report.filled), "base": base, "price": report.average_price}
    if report.order.side.sign > 0:
        return say("bought {filled} {base} at {price:,.2f}", **values)
    return say("sold {filled} {base} at {price:,.2f}", **values)


def meeting_html(meeting: Meeting | None) -> str:
    """Tell the latest changes that met inside, as one sentence."""
    if meeting is None:
        words = escape(say("No wishes have met inside yet."))
        return f'<div class="nt-meeting">{words}</div>'
    base = meeting.instrument.base
    wishes = say(", ").join(
        f"<b>{escape(name)}</b> {_verb(change)} {plain(abs(change))}"
        for name, change in meeting.changes
    )
    met = say("{amount} {base} met inside", amount=plain(meeting.crossed), base=base)
    words = say(
        "{wishes} {base}: {met}, {rest}.",
        wishes=wishes,
        base=escape(base),
        met=f"<b>{escape(met)}</b>",
        rest=escape(_rest(meeting.left, base)),
    )
    since = clock_of(meeting.market_seconds)
    return f'<div class="nt-meeting"><small>{since}</small> {words}</div>'


def _verb(change: Decimal) -> str:
    return say("buys") if change > 0 else say("sells")


def _rest(left: Decimal, base: str) -> str:
    if not left:
        return say("and nothing had to be sent")
    amount = plain(abs(left))
    if left > 0:
        return say("and one order to buy {amount} {base} was left", amount=amount, base=base)
    return say("and one order to sell {amount} {base} was left", amount=amount, base=base)


def minus(text: str) -> str:
    """Write a typeset minus, as wide as the plus."""
    return text.replace("-", "−")


def clock_of(market_seconds: int) -> str:
    """Write market time since the beginning: ``1:05:30``."""
    minutes, seconds = divmod(market_seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def pace_html(scene: Scene | None, speed: int) -> str:
    """Say how fast the market runs, and how long it has by its own time."""
    if scene is None:
        return f'<span class="nt-note">{say("{speed}× real time", speed=speed)}</span>'
    unknown = sum(bool(target.unknown) for target in scene.book)
    flagged = say("; {unknown} unknown", unknown=count(unknown, "target")) if unknown else ""
    since = clock_of(scene.market_seconds)
    words = say(
        "{speed}× real time, market clock {since}{flagged}",
        speed=speed,
        since=since,
        flagged=flagged,
    )
    return f'<span class="nt-note">{words}</span>'


def _number(amount: Decimal, instrument: Instrument) -> str:
    return escape(minus(quantity(amount, instrument)).removesuffix(f" {instrument.base}"))
