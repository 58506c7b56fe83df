"""Run the notebooks and store their outputs, clean: python tests/store_outputs.py [FILE …]

Each notebook runs from top to bottom in a fresh kernel, in its own folder and without this
user's testnets. Stored are counts in order and what a reader sees; left out are widget state,
times, paths of this machine (a traceback shrinks to its sentence) and the live form of widgets,
so that a page without a kernel shows their text.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
LIVE = "application/vnd.jupyter.widget-view+json"
LONGEST_CELL_SECONDS = 60


def store(path: Path) -> None:
    """Run one notebook and write it back."""
    notebook = nbformat.read(path, as_version=4)
    here = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(
        notebook, timeout=LONGEST_CELL_SECONDS, kernel_name="python3", resources=here,
        store_widget_state=False,
    )  # fmt: skip
    client.execute()
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        for output in cell.get("outputs", []):
            _clean(output)
    nbformat.write(notebook, path)


def _clean(output: dict) -> None:
    if output["output_type"] == "error":
        sentence = f"{output['ename']}: {output['evalue']}"
        output["traceback"] = [re.sub(r"\x1b\[[\d;]*m", "", sentence)]
    if set(output.get("data", {})) > {LIVE}:
        del output["data"][LIVE]


def main() -> None:
    """Store the notebooks named on the command line, or all."""
    paths = [Path(name).resolve() for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb"))
    for name in [name for name in os.environ if name.startswith("NETTOOLS_")]:
        del os.environ[name]
    subprocess.run([sys.executable, "-m", "ruff", "format", *map(str, paths)], check=True)
    with tempfile.TemporaryDirectory() as own:
        os.environ["XDG_RUNTIME_DIR"] = own
        for path in paths:
            store(path)
            print(f"{path.name}: {path.stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
