"""A key that halts, from anywhere on the page that shows the desk.

Alt+Shift+H: neither JupyterLab nor a browser uses it. The page hears it first, even while a
field or the notebook's editor has the focus.
"""

import anywidget

HALT_KEY = "Alt+Shift+H"

_MODULE = """
function render({ model, el }) {
  el.style.display = "none";
  const hear = event => {
    if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
    if (event.code !== "KeyH" || event.repeat) return;
    event.preventDefault();
    event.stopPropagation();
    model.send({ do: "halt" });
  };
  document.addEventListener("keydown", hear, true);
  return () => document.removeEventListener("keydown", hear, true);
}
export default { render };
"""


class HaltKey(anywidget.AnyWidget):
    """Tells of the key by a message; ``on_msg`` hears it."""

    _esm = _MODULE

    def __repr__(self) -> str:
        return f"HaltKey({HALT_KEY})"
