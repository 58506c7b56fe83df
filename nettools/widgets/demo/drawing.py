"""Everything a stakeholder page shows, as HTML by the name of its part.

A scene and the run's own state come in. Whoever runs the demo draws it once, and every page
shows the same.
"""

from nettools.widgets.demo.chart import picture_html
from nettools.widgets.demo.outcome import both_html, legend_html, proved_html, saved_html
from nettools.widgets.demo.parts import (
    counters_html,
    flow_html,
    meeting_html,
    pace_html,
    waiting_html,
)
from nettools.widgets.demo.scene import Scene
from nettools.widgets.markup import alert_html, note_html

UNIT = "USDT"
PARTS = (
    "problems",
    "saved",
    "counters",
    "proved",
    "flow",
    "meeting",
    "picture",
    "both",
    "legend",
)
"""From top to bottom; the pace stands in the bar above them."""


def draw(
    scene: Scene | None, *, state: str, speed: int, problem: str, by_hand: str = ""
) -> dict[str, str]:
    """Draw all parts, and the pace; without a scene most are empty.

    Args:
        scene: the moment, None before the first.
        state: of the run.
        speed: market seconds per second.
        problem: what went wrong, empty when nothing did.
        by_hand: what the owner has set, a sentence; empty when nothing.
    """
    notes = (by_hand, *(() if scene is None else scene.notes))
    alert = alert_html(problem) if problem else ""
    shown = {
        "pace": pace_html(scene, speed),
        "problems": alert + "".join(note_html(note) for note in notes),
        "legend": legend_html(),
    }
    if scene is None:
        return {**dict.fromkeys(PARTS, ""), **shown, "flow": waiting_html(state)}
    return {
        **shown,
        "saved": saved_html(scene.saving, scene.activity, UNIT),
        "counters": counters_html(scene.activity, UNIT),
        "proved": proved_html(scene.proofs, scene.breaks, UNIT),
        "flow": flow_html(scene),
        "meeting": meeting_html(scene.meeting),
        "picture": picture_html(scene),
        "both": both_html(scene, UNIT),
    }
