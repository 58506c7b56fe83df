"""Chinese for the sentences of the core: each template to its Chinese.

A gap keeps its name; its kind (``word``, ``told``, ``n``) stands only in the English.
"""

from nettools.texts.zh.told import command, desk, entry, journal, plan, smart, venue

SENTENCES = {
    **entry.SENTENCES,
    **plan.SENTENCES,
    **smart.SENTENCES,
    **desk.SENTENCES,
    **venue.SENTENCES,
    **journal.SENTENCES,
    **command.SENTENCES,
}
"""Sentences, by the English."""
