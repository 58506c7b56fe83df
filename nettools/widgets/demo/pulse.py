"""A heartbeat between the page and the kernel, each way.

The page tells every other second that somebody has it open; when a page is closed nothing
else would tell. The kernel tells of every step; the page itself says how old the last one is,
so a kernel that died cannot go on looking alive.
"""

import anywidget
from traitlets import Dict, Float, Int, Unicode

from nettools.texts import later, say

_MODULE = """
function render({ model, el }) {
  const line = document.createElement("span");
  line.setAttribute("role", "timer");
  line.className = "nt-pulse";
  el.appendChild(line);
  let heard = Date.now();
  const say = () => {
    const state = model.get("state");
    const age = Math.round((Date.now() - heard) / 1000);
    const late = (state === "running" || state === "paused") && age > 10;
    line.classList.toggle("nt-late", late || state === "lost");
    line.classList.toggle("nt-alive", state === "running" && !late);
    const words = model.get("words");
    const word = late ? "late" : state !== "running" ? state : age < 2 ? "now" : "live";
    line.textContent = (words[word] ?? state).replace("{age}", age);
  };
  const hear = () => { heard = Date.now(); say(); };
  model.on("change:steps", hear);
  model.on("change:state", hear);
  const reached = () => {
    const manager = model.widget_manager;
    if (!manager || !("kernel" in manager)) return true;
    const kernel = manager.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status !== "dead";
  };
  const beat = () => {
    say();
    if (!reached()) return;
    model.set("beat", Date.now());
    model.save_changes();
  };
  const timer = setInterval(beat, 2000);
  beat();
  return () => clearInterval(timer);
}
export default { render };
"""

_WORDS = {
    "late": later("no news for {age} s; the demo may have ended"),
    "lost": later("demo not reached"),
    "now": later("live, updated just now"),
    "live": later("live, updated {age} s ago"),
    "opening": later("opening"),
    "paused": later("paused"),
    "closed": later("closed"),
}
"""What the page says of the demo, by what it knows."""


class Pulse(anywidget.AnyWidget):
    """Says in the page how fresh it is, and in the kernel that somebody looks."""

    _esm = _MODULE
    beat = Float(0.0).tag(sync=True)
    """Set by the page every other second: its own clock, milliseconds."""
    steps = Int(0).tag(sync=True)
    """Set by the kernel with every step."""
    state = Unicode("closed").tag(sync=True)
    """Set by the kernel: ``opening``, ``running``, ``paused``, ``closed`` or ``lost``."""

    words = Dict().tag(sync=True)
    """What the page says, as ``_WORDS``; the page puts the seconds in place of ``{age}``."""

    def __init__(self) -> None:
        words = {name: say(text, age="{age}") for name, text in _WORDS.items()}
        super().__init__(words=words)

    def __repr__(self) -> str:
        return f"Pulse({self.state})"
