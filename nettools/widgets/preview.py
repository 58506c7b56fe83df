"""Preview and confirm: what would be sent and why, then one button that names it."""

import asyncio
from contextlib import suppress

import ipywidgets as ui

from nettools.desk import Desk
from nettools.texts import count, say
from nettools.widgets.frame import View, row
from nettools.widgets.markup import note_html, plan_html, progress_html, report_html
from nettools.widgets.steps import Steps
from nettools.widgets.style import style_fields
from nettools.widgets.words import confirm_label

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
    preview = runner.command(
        say("Preview"), steps.preview, busy=say("Reading…"), tooltip=say("Sends nothing")
    )

    async def send() -> None:
        watching = asyncio.ensure_future(_watch(steps, progress))
        try:
            await steps.confirm()
        finally:
            watching.cancel()
            progress.value = ""

    confirm = runner.command(say(_ASK), send, busy=say("Sending…"), is_enabled=False)

    def draw(_: object = None) -> None:
        plan, venue = steps.plan, desk.status.venue
        ready = steps.is_armed and plan is not None
        label = confirm_label(plan, venue) if ready and plan is not None else say(_ASK)
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
    kind, fields, wrong = style_fields(view)
    buttons = row(kind, *fields, preview.button, confirm.button, progress)
    return view.show(say("Preview, then confirm"), [buttons, wrong, note, shown])


def _note(steps: Steps, view: View) -> str:
    if steps.note:
        return say("{note}: preview again.", note=steps.note[:1].upper() + steps.note[1:])
    if not steps.is_armed:
        return (
            ""
            if steps.plan or steps.report
            else say("Preview reads the account, sends nothing.")
        )
    drafts = len(view.screen.targets.drafts)
    refused = (
        say(" Without {drafts}.", drafts=count(drafts, "refused target")) if drafts else ""
    )
    return say(
        "Good for {seconds:.0f} s, and as long as nothing is changed.{refused}",
        seconds=steps.seconds,
        refused=refused,
    )


async def _watch(steps: Steps, progress: ui.HTML) -> None:
    """Follow an execution that takes longer than a glance."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(QUIET_SECONDS)
        while True:
            progress.value = progress_html(*steps.progress())
            await asyncio.sleep(0.1)
