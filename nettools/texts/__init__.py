"""The words of the screen: English comes in, the reader's language goes out.

English is the key, as in gettext: a view says ``say("{count} sent", count=3)`` and reads as it
looks, a text without a translation stays English instead of becoming a hole, and no English
text can change by being looked up. The Chinese catalogue is the one other place; tests hold
both to the same texts and the same values by name. Numbers, symbols, units and the names a
user gave pass through unchanged. Law: the language changes words, never what is done.

Sentences made left of here (errors, plans, incidents) are English values: one sentence in a
log, a journal and the documentation. Only where a reader sees them, ``retell`` says them in
the reader's language.
"""

import os

from nettools.errors import InvalidInput
from nettools.texts.retold import chinese, ended
from nettools.texts.zh import COUNTED, TEXTS, VALUES
from nettools.texts.zh.page import LINES

__all__ = [
    "LANGUAGES",
    "VARIABLE",
    "account",
    "checked",
    "count",
    "ended",
    "language",
    "later",
    "line",
    "retell",
    "say",
    "say_each",
    "word",
]

LANGUAGES = {"en": "English", "zh": "中文"}
"""What there is, each by its own name."""
VARIABLE = "NETTOOLS_LANGUAGE"
"""The environment variable that chooses; without it the locale does."""
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")


def checked(name: str) -> str:
    """Give a language that there is.

    Raises:
        InvalidInput: there is no such language; the sentence names those there are.
    """
    known = name.strip().lower()
    if known not in LANGUAGES:
        there = " or ".join(f"{code} ({own})" for code, own in LANGUAGES.items())
        raise InvalidInput(f"language must be {there}, was {name[:40]!r}")
    return known


def language() -> str:
    """Give the language to speak: the variable's, else the locale's.

    Raises:
        InvalidInput: the variable names a language that there is not.
    """
    if wanted := os.environ.get(VARIABLE):
        return checked(wanted)
    locale = next(filter(None, map(os.environ.get, _LOCALE)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def say(text: str, /, **values: object) -> str:
    """Say a text of the screen in the reader's language.

    Args:
        text: the English text, with named places such as ``{unit}`` for the values.
        values: what goes into the places; format them in the text: ``{amount:,.2f}``.
    """
    spoken = TEXTS.get(text, text) if language() == "zh" else text
    return spoken.format(**values) if values else spoken


def retell(sentence: str) -> str:
    """Say a sentence that the core made, such as an error's, in the reader's language."""
    return chinese().tell(sentence) if sentence and language() == "zh" else sentence


def line(prose: str) -> str:
    """Say a line of the stakeholder page's prose, with its Markdown."""
    return LINES.get(prose, prose) if language() == "zh" else prose


def say_each(*texts: str) -> tuple[str, ...]:
    """Say several texts, such as the headers of a table."""
    return tuple(map(say, texts))


def later(text: str) -> str:
    """Mark a text that ``say`` is given later, such as a constant of a module."""
    return text


def count(number: int, noun: str) -> str:
    """Count things: ``1 order``, ``2 orders``."""
    if language() == "zh" and noun in COUNTED:
        return f"{number} {COUNTED[noun]}"
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def word(value: str) -> str:
    """Say a value of the core, such as a side, a mode or a state, in the reader's language."""
    return VALUES.get(value, value) if language() == "zh" else value


def account(name: str) -> str:
    """Say whose account it is: a strategy's as it is named, one of ours as the reader says it.

    Ours stand in brackets, which no strategy's name has.
    """
    return word(name) if name.startswith("(") else name
