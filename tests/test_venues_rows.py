"""Every field of every row that is read, dropped or spoiled: never zero and never a crash."""

import contextlib

import pytest
import test_venues_binance
import test_venues_bybit
from hypothesis import given
from hypothesis import strategies as st

from nettools.errors import InvalidInput
from nettools.venues.rows import Malformed

VENUES = {"binance": test_venues_binance, "bybit": test_venues_bybit}
READERS = {
    f"{venue} {name}": (*reader, module.NEEDED[name])
    for venue, module in VENUES.items()
    for name, reader in module.READERS.items()
}
FIELDS = sorted({field for row, _, _ in READERS.values() for field in row})
ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS), inner),
    max_leaves=12,
)
JUNK = (None, "", "x", "NaN", "Infinity", "-1e999", "<img>", [], {}, [1], True, 1e308, -1, "0")


@pytest.mark.parametrize("name", READERS)
def test_a_missing_field_is_malformed_and_never_zero(name):
    row, read, needed = READERS[name]
    read(row)
    for field in needed:
        with pytest.raises((Malformed, InvalidInput)):
            read({key: value for key, value in row.items() if key != field})


@pytest.mark.parametrize("name", READERS)
def test_junk_in_a_field_is_malformed_or_harmless_and_never_a_crash(name):
    row, read, _ = READERS[name]
    for field in row:
        for junk in JUNK:
            with contextlib.suppress(Malformed, InvalidInput):
                read({**row, field: junk})


@pytest.mark.parametrize("name", READERS)
@given(answer=ANSWERS)
def test_no_answer_at_all_crashes_a_reader(name, answer):
    _, read, _ = READERS[name]
    with contextlib.suppress(Malformed, InvalidInput):
        read(answer)
