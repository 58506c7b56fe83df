"""A heartbeat between the page and the kernel, each way.

The page tells every other second that somebody has it open; when a page is closed nothing
else would tell. The kernel tells of every step; the page itself says how old the last one is,
so a kernel that died cannot go on looking alive.
"""

import anywidget
from traitlets import Float, Int, Unicode

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
    line.textContent = late ? `no news for ${age} s; the demo may have ended`
      : state === "lost" ? "demo not reached" : state !== "running" ? state
      : age < 2 ? "live, updated just now"
      : `live, updated ${age} s ago`;
  };
  const hear = () => { heard = Date.now(); say(); };
  model.on("change:steps", hear);
  model.on("change:state", hear);
  const beat = () => { say(); model.set("beat", Date.now()); model.save_changes(); };
  const timer = setInterval(beat, 2000);
  beat();
  return () => clearInterval(timer);
}
export default { render };
"""


class Pulse(anywidget.AnyWidget):
    """Says in the page how fresh it is, and in the kernel that somebody looks."""

    _esm = _MODULE
    beat = Float(0.0).tag(sync=True)
    """Set by the page every other second: its own clock, milliseconds."""
    steps = Int(0).tag(sync=True)
    """Set by the kernel with every step."""
    state = Unicode("closed").tag(sync=True)
    """Set by the kernel: ``opening``, ``running``, ``paused``, ``closed`` or ``lost``."""

    def __repr__(self) -> str:
        return f"Pulse({self.state})"
