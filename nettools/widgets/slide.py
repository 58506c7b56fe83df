"""A slider that a keyboard and a screen reader can use: the browser's own, with its label.

The sliders of ipywidgets have no name that a screen reader could read. This one sends its
value when it is let go, or with every step when asked to.
"""

from typing import Any

import anywidget
from traitlets import Bool, Float, TraitError, Unicode, validate

_MODULE = """
let made = 0;
function render({ model, el }) {
  const label = document.createElement("label");
  const range = document.createElement("input");
  const shown = document.createElement("output");
  range.type = "range";
  range.id = `nt-slide-${++made}`;
  label.htmlFor = shown.htmlFor = range.id;
  el.classList.add("nt-slide");
  range.dataset.lmSuppressShortcuts = "true";  // else JupyterLab takes the arrow keys
  el.append(label, range, shown);
  let held = false;
  const say = () => {
    const unit = model.get("unit");
    shown.textContent = Number(range.value).toLocaleString("en-US") + (unit ? ` ${unit}` : "");
    range.setAttribute("aria-valuetext", shown.textContent);
  };
  const draw = () => {
    label.textContent = model.get("description");
    for (const name of ["min", "max", "step"]) range[name] = model.get(name);
    range.disabled = model.get("disabled");
    if (!held) range.value = model.get("value");
    say();
  };
  const send = () => { model.set("value", Number(range.value)); model.save_changes(); };
  range.addEventListener("input", () => {
    held = true; say(); if (model.get("continuous_update")) send();
  });
  range.addEventListener("change", () => { held = false; send(); });
  const names = ["value", "min", "max", "step", "unit", "description", "disabled"];
  for (const name of names) model.on(`change:${name}`, draw);
  draw();
  return () => { for (const name of names) model.off(`change:${name}`, draw); };
}
export default { render };
"""


class Slide(anywidget.AnyWidget):
    """A number between two others, chosen by sliding, by arrow keys, Page Up, Home and End.

    A value beyond its ends is brought to the nearer end.
    """

    _esm = _MODULE
    description = Unicode().tag(sync=True)
    """What it sets, in words; read out by a screen reader."""
    unit = Unicode().tag(sync=True)
    """Stands behind the number."""
    min = Float(0.0).tag(sync=True)
    max = Float(100.0).tag(sync=True)
    step = Float(1.0).tag(sync=True)
    value = Float(0.0).tag(sync=True)
    disabled = Bool(default_value=False).tag(sync=True)
    continuous_update = Bool(default_value=False).tag(sync=True)
    """Send every step, not only where it is let go."""

    @validate("value")
    def _between(self, proposal: dict[str, Any]) -> float:
        value = float(proposal["value"])
        if value != value:  # noqa: PLR0124 - only NaN differs from itself
            raise TraitError("a slider's value must be a number")
        return min(max(value, self.min), self.max)

    def __repr__(self) -> str:
        return f"Slide({self.description!r}, {self.value:g})"
