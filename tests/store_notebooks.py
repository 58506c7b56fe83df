"""Run notebooks and store what they show: python tests/store_notebooks.py [FILE …]

Formats the code, runs every cell from the top in a fresh kernel, and writes the outputs into
the file: no widget state, no times, no paths of this machine (tracebacks keep their sentence
only). Without files it does all notebooks. What is stored is what nbval compares.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
LIVE = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def store(path: Path) -> None:
    """Run one notebook and write it back with its outputs."""
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=60,
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    notebook["metadata"] = METADATA
    for cell in notebook["cells"]:
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k == "tags"}
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                output["traceback"] = [f"{output['ename']}: {output['evalue']}"]
            if set(output.get("data", {})) > {LIVE}:
                del output["data"][LIVE]  # a page without a kernel then shows the text instead
    nbformat.write(notebook, path)


def main() -> None:
    """Store the notebooks named on the command line, or all."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        for name in [name for name in os.environ if name.startswith("NETTOOLS_")]:
            del os.environ[name]
        for name in ("IPYTHONDIR", "XDG_RUNTIME_DIR"):  # none of this user's
            os.environ[name] = scratch
        for path in map(Path, sys.argv[1:] or sorted(FOLDER.glob("*.ipynb"))):
            store(path.resolve())
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
