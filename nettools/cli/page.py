"""The notebook of the stakeholder page, as a copy in the reader's language.

A notebook comes in; its copy goes out, with a title and its prose said line by line. Law: the
code of a cell is never changed.
"""

import json
from pathlib import Path

from nettools.texts import line, say


def write_page(notebook: Path, folder: Path) -> Path:
    """Write a copy of the notebook for the page into ``folder``, and give its path.

    The page's title is the first heading; ``waiting`` is what it says until it is there.
    """
    page = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in page["cells"]:
        if cell["cell_type"] == "markdown":
            lines = "".join(cell["source"]).split("\n")
            cell["source"] = "\n".join(map(line, lines))
    headings = (cell["source"] for cell in page["cells"] if cell["cell_type"] == "markdown")
    title = next((text.split("\n")[0].lstrip("# ") for text in headings), "nettools")
    page["metadata"] |= {"title": title, "waiting": say("Opening a market on this computer…")}
    copy = folder / notebook.name
    copy.write_text(json.dumps(page), encoding="utf-8")
    return copy
