"""Preview and confirm: what would be sent and why, then one button that names it."""

import asyncio
from contextlib import suppress
from functools import partial

import ipywidgets as ui

from nettools.desk import Desk
from nettools.widgets.frame import View, row
from nettools.widgets.markup import field_html, note_html, plan_html, progress_html, report_html
from nettools.widgets.state import StyleForm
from nettools.widgets.steps import Steps
from nettools.widgets.words import confirm_label, count

QUIET_SECONDS = 0.3
"""No progress is shown for an execution shorter than this."""
_ASK = "Preview first"


def preview_view(desk: Desk, *, confirm_seconds: float = 30.0) -> View:
    """Show the preview and the confirm button.

    Args:
        desk: whose plans.
        confirm_seconds: how long a preview may be confirmed.
    """
    view = View("preview of a desk", desk)
    runner, steps = view.runner, Steps(view.screen, confirm_seconds)
    shown, note, progress = ui.HTML().add_class("nt-plan"), ui.HTML(), ui.HTML()
    preview = runner.command("Preview", steps.preview, busy="Reading…", tooltip="Sends nothing")

    async def send() -> None:
        watching = asyncio.ensure_future(_watch(steps, progress))
        try:
            await steps.confirm()
        finally:
            watching.cancel()
            progress.value = ""

    confirm = runner.command(_ASK, send, busy="Sending…", is_enabled=False)

    def draw(_: object = None) -> None:
        plan, venue = steps.plan, desk.status.venue
        ready = steps.is_armed and plan is not None
        label = confirm_label(plan, venue) if ready and plan is not None else _ASK
        runner.set(confirm, label=label, enabled=ready)
        if steps.report is not None:
            shown.value = report_html(steps.report)
        else:
            shown.value = "" if plan is None else plan_html(plan, venue, desk.estimate)
        note.value = note_html(_note(steps, view))

    steps.observe(draw, ["plan", "report", "is_armed", "note"])
    draw()
    preview.button.add_class("nt-preview")
    confirm.button.add_class("nt-confirm").add_class("nt-main")
    fields, wrong = _style_fields(view)
    buttons = row(*fields, preview.button, confirm.button, progress)
    return view.show("Preview, then confirm", [buttons, wrong, note, shown])


def _note(steps: Steps, view: View) -> str:
    if steps.note:
        return f"{steps.note[:1].upper()}{steps.note[1:]}: preview again."
    if not steps.is_armed:
        return "" if steps.plan or steps.report else "Preview reads the account, sends nothing."
    drafts = len(view.screen.targets.drafts)
    refused = f" Without {count(drafts, 'refused target')}." if drafts else ""
    return f"Good for {steps.seconds:.0f} s, and as long as nothing is changed.{refused}"


async def _watch(steps: Steps, progress: ui.HTML) -> None:
    """Follow an execution that takes longer than a glance."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(QUIET_SECONDS)
        while True:
            progress.value = progress_html(*steps.progress())
            await asyncio.sleep(0.1)


def _style_fields(view: View) -> tuple[list[ui.Widget], ui.HTML]:
    form = view.screen.style
    kind = ui.Dropdown(
        options=("market", "limit"),
        value=form.name,
        description="style",
        layout=ui.Layout(width="130px"),
        style={"description_width": "initial"},
    )
    fields = {
        "slippage_bps": _number("at most past the touch (bps)", str(form.slippage_bps)),
        "offset_bps": _number("behind the best price (bps)", str(form.offset_bps)),
    }
    wrong = ui.HTML()

    def draw(_: object = None) -> None:
        fields["slippage_bps"].layout.display = None if form.name == "market" else "none"
        fields["offset_bps"].layout.display = None if form.name == "limit" else "none"
        name = "slippage_bps" if form.name == "market" else "offset_bps"
        wrong.value = field_html(form.error(name), str(getattr(form, name)), "")

    home = view.screen.home.bring
    for name, field in fields.items():
        field.observe(home(partial(_enter, form, name, field)), "value")
    kind.observe(home(lambda: setattr(form, "name", kind.value)), "value")
    form.observe(draw, ["name", "errors"])
    draw()
    return [kind, *fields.values()], wrong


def _enter(form: StyleForm, name: str, field: ui.Text) -> None:
    form.enter(name, field.value)


def _number(label: str, value: str) -> ui.Text:
    return ui.Text(
        value,
        description=label,
        continuous_update=False,
        layout=ui.Layout(width="230px"),
        style={"description_width": "initial"},
    )
