"""A button that hands a file to the browser; it is made when it is asked for."""

from collections.abc import Callable

import anywidget
from traitlets import Unicode

from nettools.errors import NettoolsError

_MODULE = """
function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "jupyter-button nt-download";
  const name = () => {
    button.textContent = model.get("description");
    button.title = model.get("tooltip");
  };
  const hear = ({ name, kind, text }) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: kind }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  let waits = false;  // a page that did not ask gets no file
  const take = message => { if (waits) { waits = false; hear(message); } };
  button.addEventListener("click", () => { waits = true; model.send({ do: "make" }); });
  model.on("msg:custom", take);
  model.on("change:description", name);
  name();
  el.append(button);
  return () => { model.off("msg:custom", take); model.off("change:description", name); };
}
export default { render };
"""
Made = tuple[str, str, str]
"""A file: its name, its media type, its text."""


class Download(anywidget.AnyWidget):
    """A button whose click makes a file and hands it to the browser.

    Args:
        description: what the button says.
        tooltip: what it will do.
        make: gives the file; runs on the views' loop.
        bring: runs an action on that loop.
        refuse: is told the sentence when the file cannot be made.
    """

    _esm = _MODULE
    description = Unicode().tag(sync=True)
    tooltip = Unicode().tag(sync=True)

    def __init__(
        self,
        description: str,
        tooltip: str,
        *,
        make: Callable[[], Made],
        bring: Callable[[Callable[[], object]], Callable[..., None]],
        refuse: Callable[[str], object],
    ) -> None:
        super().__init__(description=description, tooltip=tooltip)
        self._make, self._refuse = make, refuse
        self.on_msg(bring(self._hand_over))

    def _hand_over(self) -> None:
        try:
            name, kind, text = self._make()
        except NettoolsError as error:
            self._refuse(str(error))
        else:
            self._refuse("")
            self.send({"name": name, "kind": kind, "text": text})

    def __repr__(self) -> str:
        return f"Download({self.description!r})"
