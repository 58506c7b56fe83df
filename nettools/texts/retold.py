"""Sentences of the core, said again in the reader's language where they are shown.

An English sentence comes in, as an error, a plan or an incident made it; the same sentence
goes out in the reader's language. A template of the catalogue names the gaps of a sentence:
``{what}`` passes as it is, ``{side:word}`` is a value of the core, ``{why:told}`` is again a
sentence of the core, ``{count:n}`` holds only for a number and ``{id:name}`` for one word.
Law: what fills a gap comes through to the last letter, and a sentence without an entry stays
English.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from string import Formatter

LONGEST = 2000
"""A longer text is no sentence of ours; characters."""
MOST_JOINTS = 24
"""A text of more parts is shown as it is."""
JOINT = "; "
"""Between two sentences that were put together."""
_JOINT = "\N{FULLWIDTH SEMICOLON}"
_ENDS = (*".…!?。", "\N{FULLWIDTH EXCLAMATION MARK}", "\N{FULLWIDTH QUESTION MARK}")
_NUMBER = re.compile(r"[+\-−]?[\d.,]+(e[+\-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A sentence with named gaps, and how it is said."""

    literals: tuple[str, ...]
    """What stands before, between and behind the gaps; one more than there are gaps."""
    gaps: tuple[tuple[str, str], ...]
    """Each gap's name and kind: nothing, ``word``, ``told``, ``n`` or ``name``."""
    spoken: str
    """In the other language, with the same names."""

    @property
    def weight(self) -> tuple[bool, int]:
        """Whether it begins with a word of its own, and how many letters are its own.

        The heaviest that fits is the one that was meant: what begins with a gap may be about
        a whole sentence that has a better beginning.
        """
        return bool(self.literals[0]), sum(map(len, self.literals))

    def read(self, sentence: str) -> dict[str, str] | None:
        """Give what fills the gaps; None if the sentence was not made from this one.

        Each piece is taken where it first stands, which finds a way whenever there is one and
        never takes longer than the sentence is long.
        """
        first, *between, last = self.literals
        end = len(sentence) - len(last)
        if not sentence.startswith(first) or not sentence.endswith(last) or end <= len(first):
            return None
        found, begin = {}, len(first)
        for (name, kind), piece in zip(self.gaps, (*between, None), strict=True):
            stop = end if piece is None else sentence.find(piece, begin + 1, end)
            if stop <= begin:
                return None
            filled = sentence[begin:stop]
            if not _fits(filled, kind):
                return None
            found[name] = filled
            begin = stop + len(piece or "")
        return found


def _fits(filled: str, kind: str) -> bool:
    if kind == "n":
        return _NUMBER.fullmatch(filled) is not None
    if kind == "name":
        return " " not in filled
    return kind == "told" or JOINT not in filled  # else it is the next sentence


def template_of(text: str, spoken: str) -> Template:
    """Read a template: ``{name}`` or ``{name:kind}`` is a gap."""
    literals, gaps = [""], []
    for literal, name, kind, _ in Formatter().parse(text):
        literals[-1] += literal
        if name is not None:
            gaps.append((name, kind or ""))
            literals.append("")
    return Template(literals=tuple(literals), gaps=tuple(gaps), spoken=spoken)


class Retold:
    """A catalogue of sentences.

    Args:
        sentences: each template to how it is said.
        values: values of the core, for gaps that hold a word.
    """

    def __init__(self, sentences: Mapping[str, str], values: Mapping[str, str]) -> None:
        made = [template_of(text, spoken) for text, spoken in sentences.items()]
        self._values = values
        self._plain = {t.literals[0]: t.spoken.format() for t in made if not t.gaps}
        self._open = sorted((t for t in made if t.gaps), key=lambda t: t.weight, reverse=True)
        self.tell = lru_cache(maxsize=4096)(self._tell)

    def _tell(self, sentence: str) -> str:
        if len(sentence) > LONGEST:
            return sentence
        return self._whole(sentence) or self._parts(sentence)

    def _whole(self, sentence: str) -> str:
        if sentence in self._plain:
            return self._plain[sentence]
        for template in self._open:
            if (found := template.read(sentence)) is not None:
                kinds = dict(template.gaps)
                return template.spoken.format(
                    **{name: self._say(text, kinds[name]) for name, text in found.items()}
                )
        return ""

    def _say(self, text: str, kind: str) -> str:
        how: Mapping[str, Callable[[str], str]] = {"told": self.tell, "word": self._word}
        return how[kind](text) if kind in how else text

    def _word(self, text: str) -> str:
        return self._values.get(text, text)

    def _parts(self, sentence: str) -> str:
        """Tell sentences side by side: the longest beginning that is known, then the rest."""
        joints = [found.start() for found in re.finditer(JOINT, sentence)]
        if len(joints) > MOST_JOINTS:
            return sentence
        for joint in reversed(joints):
            if known := self._whole(sentence[:joint]):
                return f"{known}{_JOINT}{self._tell(sentence[joint + len(JOINT) :])}"
        return sentence


@cache
def chinese() -> Retold:
    """Give the Chinese catalogue, compiled once."""
    from nettools.texts.zh import VALUES  # noqa: PLC0415 - read only where it is spoken
    from nettools.texts.zh.told import SENTENCES  # noqa: PLC0415 - the same

    return Retold(SENTENCES, VALUES)


def ended(text: str) -> str:
    """End a sentence with the full stop of its language, unless it has an end."""
    if text.endswith(_ENDS):
        return text
    return f"{text}。" if re.search("[一-鿿]", text) else f"{text}."
