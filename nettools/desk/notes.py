"""Things worth knowing about a desk that are no problem, one line each."""

from nettools.desk.watch import AccountWatch
from nettools.model import OrderState
from nettools.targets import TargetBook


def notes_on(watch: AccountWatch, book: TargetBook) -> tuple[str, ...]:
    """Name unknown targets and orders, foreign orders, a switched mode, a broken stream."""
    notes = [f"{t.strategy} on {t.symbol} is unknown: {t.unknown}" for t in book if t.unknown]
    if watch.account.switched:
        notes.append(f"the account was {watch.account.switched}")
    if watch.feed.note:
        notes.append(watch.feed.note)
    if watch.view is not None and watch.view.foreign_orders:
        count = watch.view.foreign_orders
        orders = "order" if count == 1 else "orders"
        notes.append(f"{count} resting {orders} on the account, not sent by this desk")
    notes += [
        f"order {r.order.client_order_id} is unknown and counts in full: {r.message}"
        for r in watch.router.working
        if r.state is OrderState.UNKNOWN
    ]
    return tuple(notes)
