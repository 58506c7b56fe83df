"""Run the benchmarks and write what they print into both READMEs.

Run ``python benchmarks/all.py`` (all that the README shows; the best part of an hour), or name
some: ``python benchmarks/all.py history deadband``. The README holds each between two marks,
``<!-- python benchmarks/NAME.py -->`` and ``<!-- end -->``; a benchmark that fails leaves its
part as it was, and the exit code says so.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
READMES = [HERE.parent / name for name in ("README.md", "README.zh-CN.md")]
PART = re.compile(
    r"(?P<mark><!-- python benchmarks/(?P<name>\w+)\.py -->\n).*?(?=<!-- end -->)", re.DOTALL
)


def named_in(text: str) -> list[str]:
    """Give the benchmarks that a text shows, in its order."""
    return [found["name"] for found in PART.finditer(text)]


def with_part(text: str, name: str, printed: str) -> str:
    """Give a text in which the part of one benchmark is what it printed."""

    def written(found: re.Match[str]) -> str:
        if found["name"] != name:
            return found.group()
        return f"{found['mark']}```\n{printed.rstrip()}\n```\n"

    return PART.sub(written, text)


def main() -> int:
    """Run what is asked for; gives how many failed."""
    failed = 0
    known = named_in(READMES[0].read_text(encoding="utf-8"))
    for name in sys.argv[1:] or known:
        if name not in known:
            print(f"the README shows no {name}; it shows {', '.join(known)}", file=sys.stderr)
            failed += 1
            continue
        print(f"benchmarks/{name}.py …", flush=True)
        done = subprocess.run(  # noqa: S603 - our own file
            [sys.executable, str(HERE / f"{name}.py")],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        print(done.stdout)
        if done.returncode:
            failed += 1
            continue
        # Read again: a benchmark takes minutes, and somebody may have written meanwhile.
        for readme in READMES:
            text = readme.read_text(encoding="utf-8")
            readme.write_text(with_part(text, name, done.stdout), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
