"""The life of orders as a picture: one line each, a mark for every change of state."""

from datetime import timedelta

import pandas as pd
import pytest
from makers import BTC, NOW, d

from nettools.charts import timeline_figure, timeline_title

COLUMNS = (
    "time", "client_order_id", "symbol", "position_side", "side", "quantity", "state",
    "filled", "evidence",
)  # fmt: skip


def _changes(*told):
    """Write changes shortly: ``("one", "intent", "0")``, a second apart."""
    rows = [
        (NOW + timedelta(seconds=i), order, BTC, "both", "buy", d("0.7"), state, d(filled),
         "the venue's answer")
        for i, (order, state, filled) in enumerate(told)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)


LIFE = (("one", "intent", "0"), ("one", "acked", "0"), ("one", "filled", "0.7"))


def test_the_title_says_where_the_orders_stand():
    changes = _changes(*LIFE, ("two", "intent", "0"), ("two", "unknown", "0"))
    assert timeline_title(changes) == "2 orders: 1 filled, 1 unknown"
    assert timeline_title(_changes()) == "No orders yet"


def test_an_order_that_is_final_ends_and_one_that_is_not_goes_on_to_the_edge():
    changes = _changes(*LIFE, ("two", "intent", "0"), ("two", "unknown", "0"))
    life = timeline_figure(changes).data[0]
    assert list(life.x) == [1, 3, None, 4, 5.5, None]
    assert list(life.y) == [1, 1, None, 2, 2, None]


def test_every_state_has_a_form_of_its_own_so_that_no_color_is_needed():
    states = ("intent", "sent", "acked", "partial", "filled", "canceled", "expired",
              "rejected", "unknown", "cancel-sent", "cancel-unknown")  # fmt: skip
    marks = timeline_figure(_changes(*[(state, state, "0") for state in states])).data[1:]
    assert [mark.name for mark in marks] == list(states)
    assert len({mark.marker.symbol for mark in marks}) == len(states)


def test_a_mark_tells_what_is_known_and_from_what():
    mark = timeline_figure(_changes(*LIFE)).data[-1]
    assert mark.hovertext == (
        "buy 0.7 BTC: filled, filled 0.7, known from the venue&#x27;s answer",
    )


@pytest.mark.parametrize(("timed", "first"), [(True, "12:00:00"), (False, "1")])
def test_changes_stand_at_their_time_or_are_numbered(timed, first):
    assert timeline_figure(_changes(*LIFE), timed=timed).layout.xaxis.ticktext[0] == first


def test_a_busy_day_is_drawn_in_part_and_stays_light():
    told = [(f"o{i}", state, "0") for i in range(2000) for state in ("intent", "filled")]
    figure = timeline_figure(_changes(*told))
    assert len(figure.layout.yaxis.tickvals) == 20
    assert figure.layout.title.text == "2000 orders: 2000 filled"
    assert len(figure.to_json()) < 20_000


def test_markup_in_a_symbol_is_text():
    changes = _changes(*LIFE).assign(symbol="<b>X</b>/USDT:USDT")
    assert "&lt;b&gt;X" in timeline_figure(changes).layout.yaxis.ticktext[0]
