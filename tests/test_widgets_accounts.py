"""Whose is what, on the screen without a browser: accounts, proof, PnL, saving, postings."""

import json

import ipywidgets as ui
import plotly.graph_objects as go
import pytest
from lossy import Clock
from makers import BTC, ETH, d, set_three
from onscreen import classed, click, every, settled, text
from reaching import until

import nettools as nt
from nettools import widgets
from nettools.desk.proof import dated
from nettools.model import Order, PositionMode, Side
from nettools.reconcile import Proof
from nettools.twin import Saving
from nettools.widgets import accounts_markup, parts, pnl
from nettools.widgets.accounting import cents, saving_words
from nettools.widgets.books_markup import postings_html, proof_html


@pytest.fixture(autouse=True)
def _drawn_at_once(monkeypatch):
    monkeypatch.setattr(pnl, "FASTEST_SECONDS", 0.0)


def _rows(html):
    """Read a table back: a list of cells per row, markup gone."""
    rows = html.replace("</td>", "|").replace("</th>", "|").split("</tr>")
    cells = [[cell.rpartition(">")[2] for cell in row.split("|")[:-1]] for row in rows]
    return [row for row in cells if row]


def _row(html, name, leg=BTC):
    return next(row for row in _rows(html) if row[:2] == [name, leg])


def _by_hand(venue, quantity, side=Side.SELL):
    order = Order(client_order_id="hand", symbol=BTC, side=side, quantity=d(quantity))
    venue.engine.place(order, venue._clock())


async def _show(desk, view):
    await desk.refresh()
    await settled(view)


async def test_the_accounts_of_a_leg_add_up_to_what_the_venue_holds(desk):
    set_three(desk)
    view = widgets.accounts_view(desk)
    await desk.tick()
    await settled(view)
    table = classed(view, "nt-accounts").value
    assert _row(table, "A")[2:6] == ["+1", "+1", "0", "100,001.21"]
    assert _row(table, "C")[2:5] == ["-0.8", "-0.8", "0"]
    assert _row(table, "(residual)")[2:5] == ["0", "0", "0"]
    together, held = _row(table, "together"), _row(table, "venue")
    assert together[2:5] == ["+0.7", "+0.7", "0"]
    assert held[3] == "+0.7"
    assert together[8] == "35.00", "the fee the account paid"


async def test_money_in_the_table_names_its_unit_and_stands_on_the_right(desk):
    set_three(desk)
    await desk.tick()
    table = classed(widgets.account_table(desk), "nt-accounts").value
    assert "realized (USDT)" in table
    assert "virtual (BTC)" in table
    assert 'text-align:right">+1<' in table


async def test_with_two_symbols_each_leg_has_its_sum_and_money_a_sum_over_all(desk):
    set_three(desk)
    desk.set_target("A", ETH, "2")
    await desk.tick()
    table = classed(widgets.account_table(desk), "nt-accounts").value
    assert _row(table, "together")[2:5] == ["BTC", "+0.7", "+0.7"]
    assert _row(table, "together", ETH)[2:5] == ["ETH", "+2", "+2"]
    assert _rows(table)[-1][0] == "all legs"


async def test_hedge_mode_shows_an_account_on_each_leg(venue):
    venue.engine.set_mode(PositionMode.HEDGE)
    async with await nt.Desk.open(venue, mode="hedge", clock=venue._clock) as desk:
        set_three(desk)
        await desk.tick()
        table = classed(widgets.account_table(desk), "nt-accounts").value
        assert _row(table, "together", f"{BTC} LONG")[3] == "+1.5"
        assert _row(table, "C", f"{BTC} SHORT")[3] == "-0.8"


async def test_a_target_that_could_not_be_traded_is_pending(desk):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    table = classed(widgets.account_table(desk), "nt-accounts").value
    assert _row(table, "A")[2:5] == ["+0.5", "0", "+0.5"]


async def test_a_long_table_is_cut_and_says_so(desk, monkeypatch):
    monkeypatch.setattr(accounts_markup, "MOST_ACCOUNTS", 2)
    set_three(desk)
    await desk.tick()
    table = classed(widgets.account_table(desk), "nt-accounts").value
    assert "Showing 2 of 3 accounts" in table
    assert _row(table, "together")[3] == "+0.7", "sums are over all of them"


async def test_an_empty_desk_says_what_gets_an_account(desk):
    assert "No accounts yet" in text(widgets.accounts_view(desk))


async def test_the_proof_is_green_in_words_and_red_the_moment_it_fails(desk, venue):
    set_three(desk)
    await desk.tick()
    view = widgets.proof_view(desk)
    assert "<b>Books prove:</b> strategies + residual = venue on 1 leg, exactly" in text(view)
    _by_hand(venue, "0.1")
    venue._clock.go_on(5)
    venue.fault = "late fills"
    await _show(desk, view)
    assert 'role="alert" class="nt-proof nt-proof-bad"' in text(view)
    assert (
        f"position on {BTC} is off by -0.1 BTC (books +0.7, venue +0.6), since 12:00:05 UTC"
    ) in text(view)
    venue.fault = ""
    await _show(desk, view)
    assert "strategies + residual + 1 open break = venue on 1 leg" in text(view)


def test_a_proof_that_goes_on_failing_keeps_its_beginning():
    clock = Clock()
    wrong = Proof(name="money", expected=d("1"), found=d("2"))
    first = dated([wrong], (), clock.now)
    clock.go_on(60)
    assert dated([wrong], first, clock.now) == first
    assert "money is off by +1 USDT (books +1, venue +2), since 12:00:00 UTC" in proof_html(
        first, (), "USDT"
    )
    right = Proof(name="money", expected=d("2"), found=d("2"))
    again = dated([wrong], dated([right], first, clock.now), clock.now)
    assert again[0].since == clock.now


def test_before_the_first_read_nothing_is_proved():
    assert "Not proved yet" in proof_html((), (), "USDT")


async def test_a_tab_is_made_when_it_is_opened_and_sleeps_when_it_is_left(desk):
    set_three(desk)
    view = widgets.accounts_view(desk)
    tabs = classed(view, "nt-tabs")
    assert not any(isinstance(part, go.FigureWidget) for part in every(view))
    tabs.selected_index = 1
    assert any(isinstance(part, go.FigureWidget) for part in every(view))
    await desk.tick()
    await settled(view)
    assert "No accounts yet" not in classed(view, "nt-pnl-words").value
    assert "100,001" not in classed(view, "nt-accounts").value, "asleep"
    tabs.selected_index = 0
    assert "100,001" in classed(view, "nt-accounts").value


async def test_the_lines_of_the_strategies_add_up_to_the_account(desk, venue):
    set_three(desk)
    view = widgets.pnl_view(desk)
    await desk.tick()
    venue.advance(60)
    await _show(desk, view)
    figure = next(part for part in every(view) if isinstance(part, go.FigureWidget))
    last = {line.name: line.y[-1] for line in figure.data}
    assert list(last) == ["(account)", "A", "B", "C", "(residual)", "(together)"]
    mine = sum(last[name] for name in ("A", "B", "C", "(residual)"))
    assert mine == pytest.approx(last["(account)"], abs=1e-6)
    assert classed(view, "nt-pnl-words").value.count("gap 0") == 1
    assert "gap 0" in figure.layout.title.text


async def test_the_lines_are_brought_up_to_date_in_place(desk, venue):
    set_three(desk)
    view = widgets.pnl_view(desk)
    figure = next(part for part in every(view) if isinstance(part, go.FigureWidget))
    await desk.tick()
    venue.advance(60)
    await _show(desk, view)
    again = next(part for part in every(view) if isinstance(part, go.FigureWidget))
    assert again is figure
    assert figure._config["showSendToCloud"] is False


async def test_what_netting_saved_is_a_waterfall_and_adds_up(desk):
    set_three(desk)
    view = widgets.saving_view(desk)
    assert "saved nothing and cost nothing" in text(view)
    await desk.tick()
    await settled(view)
    bars = next(part for part in every(view) if isinstance(part, go.FigureWidget)).data[0]
    assert sum(bars.y[:-1]) == pytest.approx(bars.y[-1])
    assert bars.measure[-1] == "total"
    assert "Netting saved" in classed(view, "nt-saving-words").value
    table = _rows(text(view))
    assert ["together", cents(desk.saving().total)] in table
    shares = desk.saving_by_strategy("marginal")
    assert next(row[2] for row in table if row[0] == "A" and len(row) == 3) == cents(
        shares.get("A")
    )


def test_a_saving_below_zero_is_called_a_cost():
    waited = Saving(delay=d("-5.1"), maker_instead_of_taker=d("1.9"))
    assert saving_words(waited, "USDT") == (
        "Netting cost 3.20 USDT so far: mostly delay -5.10, although maker instead of taker "
        "+1.90."
    )
    assert saving_words(Saving(delay=d("-2")), "USDT") == (
        "Netting cost 2.00 USDT so far: mostly delay -2.00."
    )


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("-0.004", "0.00"), ("1234.5", "+1,234.50"), ("-3.2", "-3.20"), (None, "–")],
)
def test_money_is_written_with_its_sign_and_never_minus_zero(amount, shown):
    assert cents(None if amount is None else d(amount)) == shown


async def test_one_strategys_postings_are_newest_first_and_counted(desk, venue):
    set_three(desk)
    await desk.tick()
    venue._clock.go_on(60)
    desk.set_state("C", "flat")
    await desk.tick()
    view = widgets.postings_view(desk)
    assert "newest first" in text(view)
    choice = classed(view, "nt-account-choice")
    assert [name for name, _ in choice.options] == ["all accounts", "A", "B", "C"]
    choice.value = "C"
    rows = _rows(classed(view, "nt-postings").value)[1:]
    assert {row[1] for row in rows} == {"C"}
    assert [row[3] for row in rows][-1] == "cross"
    assert rows[0][0] == "06-02 12:01:00"
    assert rows[-1][4] == "-0.8 BTC"


async def test_of_many_postings_the_newest_are_shown(desk):
    set_three(desk)
    await desk.tick()
    shown, total = desk.newest_postings(most=2)
    assert f"Showing 2 of {total}, newest first" in postings_html(
        shown, total, desk.instruments
    )
    assert [p.source for p in shown] == list(desk.postings()["source"])[:-3:-1]


async def test_a_strategy_that_was_removed_can_still_be_looked_up(desk):
    set_three(desk)
    await desk.tick()
    desk.remove_strategy("A")
    await desk.tick()
    view = widgets.postings_view(desk)
    choice = classed(view, "nt-account-choice")
    choice.value = "A"
    assert "cross" in classed(view, "nt-postings").value


async def test_the_whole_desk_shows_proof_and_accounts(desk):
    view = widgets.desk_view(desk)
    assert "Not proved yet" not in text(view)
    assert text(view).count("Books prove") == 1
    assert "Whose is what" in text(view)


async def test_the_books_print_the_same_words_each_time(desk):
    assert repr(widgets.accounts_view(desk)) == "accounts of a desk (one-way)"
    assert repr(widgets.pnl_view(desk)) == "PnL of a desk (one-way)"


async def test_every_field_and_button_of_the_books_has_a_label(desk):
    view = widgets.accounts_view(desk)
    tabs = classed(view, "nt-tabs")
    for index in range(4):
        tabs.selected_index = index
    fields = [w for w in every(view) if isinstance(w, ui.Button | ui.Dropdown)]
    assert all(field.description for field in fields)


async def test_a_redraw_of_an_unchanged_desk_sends_nothing(desk):
    set_three(desk)
    await desk.tick()
    view = widgets.accounts_view(desk)
    before = json.dumps([w.value for w in every(view) if isinstance(w, ui.HTML)])
    sent = []
    for part in every(view):
        if isinstance(part, ui.HTML):
            part.observe(sent.append, "value")
    view.screen.look()
    await settled(view)
    assert sent == []
    assert json.dumps([w.value for w in every(view) if isinstance(w, ui.HTML)]) == before


async def test_a_page_for_looking_only_repairs_nothing(desk, venue, monkeypatch):
    monkeypatch.setattr("nettools.widgets.screen.HERE", ())
    monkeypatch.setenv("JUPYTERHUB_USER", "somebody")
    _by_hand(venue, "0.1")
    await desk.refresh()
    desk.add_strategy("A")
    view = widgets.breaks_view(desk)
    await settled(view)
    await click(view, "Adopt")
    assert "for looking at only" in text(view)
    assert len(desk.breaks()) == 1


async def test_a_table_of_many_rows_waits_a_moment_and_is_drawn_once_for_all_that_happened(
    desk, monkeypatch
):
    monkeypatch.setattr(parts, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(parts, "LARGE_SECONDS", 0.02)
    set_three(desk)
    await desk.tick()
    view = widgets.account_table(desk)
    table, drawn = classed(view, "nt-accounts"), []
    table.observe(drawn.append, "value")
    for target in ("1", "2", "3"):
        desk.set_target("A", BTC, target)
        view.screen.look()
    assert not drawn
    await until(table, "value", lambda html: _row(html, "A")[2] == "+3")
    assert len(drawn) == 1
