"""A recording that nobody recorded: seeded lines in the format of Binance's public streams.

Its book is one market, told twice: as depth updates every 100 ms and as the touch at every
change. Whoever rebuilds it from the former must find the latter.
"""

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

START = 1_723_161_255_000_000_000
REAL = Path(__file__).parents[2] / "shared" / "data" / "binance_usdm_l2" / "btcusdt_20240808.gz"
"""A recording of Binance itself, where it is present."""


def price(ticks: int) -> str:
    """Write a price as the venue does, ticks of 0.1."""
    return f"{ticks // 10}.{ticks % 10}0"


def quantity(lots: int) -> str:
    """Write a quantity as the venue does, lots of 0.001."""
    return f"{lots // 1000}.{lots % 1000:03d}"


class Taping:
    """Writes what it is told, each line with a time a millisecond later unless told.

    Args:
        symbol: in the venue's word.
    """

    def __init__(self, symbol: str = "BTCUSDT") -> None:
        self.lines: list[str] = []
        self.time = START
        self.update = 1_000
        self._before = self.update
        self._symbol = symbol

    def wait(self, seconds: float) -> "Taping":
        """Let time pass."""
        self.time += int(seconds * 1e9)
        return self

    def snapshot(self, bids: dict[int, int], asks: dict[int, int]) -> "Taping":
        """Write the answer of GET depth."""
        self._write(
            {
                "lastUpdateId": self.update,
                "E": self.time // 10**6,
                "T": self.time // 10**6,
                "bids": [[price(p), quantity(n)] for p, n in sorted(bids.items())[::-1]],
                "asks": [[price(p), quantity(n)] for p, n in sorted(asks.items())],
            }
        )
        return self

    def depth(
        self,
        bids: dict[int, int] | None = None,
        asks: dict[int, int] | None = None,
        *,
        changes: int = 1,
    ) -> "Taping":
        """Write an update of levels; zero lots: gone."""
        first, self.update = self.update + 1, self.update + changes
        sides = {
            key: [[price(p), quantity(n)] for p, n in (side or {}).items()]
            for key, side in (("b", bids), ("a", asks))
        }
        chain = {"U": first, "u": self.update, "pu": self._before}
        self._before = self.update
        self._event("depth@0ms", "depthUpdate", **chain, **sides)
        return self

    def trade(self, taker: str, ticks: int, lots: int) -> "Taping":
        """Write a trade of a taker, "buy" or "sell"."""
        facts = {"t": len(self.lines), "p": price(ticks), "q": quantity(lots)}
        self._event("trade", "trade", **facts, X="MARKET", m=taker == "sell")
        return self

    def touch(self, bid: tuple[int, int], ask: tuple[int, int]) -> "Taping":
        """Write the best prices with their lots."""
        facts = {"b": price(bid[0]), "B": quantity(bid[1])}
        facts |= {"a": price(ask[0]), "A": quantity(ask[1])}
        self._event("bookTicker", "bookTicker", u=self.update, **facts)
        return self

    def _event(self, stream: str, kind: str, **facts: Any) -> None:
        stamp = self.time // 10**6
        data = {"e": kind, "E": stamp, "T": stamp, "s": self._symbol} | facts
        self._write({"stream": f"{self._symbol.lower()}@{stream}", "data": data})

    def _write(self, row: dict[str, Any]) -> None:
        self.lines.append(f"{self.time} {json.dumps(row, separators=(',', ':'))}\n")
        self.time += 10**6

    def save(self, path: Path) -> Path:
        """Write the file, gzipped when its name says so."""
        text = "".join(self.lines).encode()
        path.write_bytes(gzip.compress(text, 1) if path.suffix == ".gz" else text)
        return path


class _Wild(Taping):
    """A market of many small steps."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rng = Random(seed)  # noqa: S311 - numbers for a test
        self.sides = [
            {600_000 - n: self.rng.randint(1, 3_000) for n in range(1, 40)},
            {600_000 + n: self.rng.randint(1, 3_000) for n in range(1, 40)},
        ]
        self.changed: list[dict[int, int]] = [{}, {}]

    def best(self, side: int) -> int:
        return max(self.sides[0]) if side == 0 else min(self.sides[1])

    def put(self, side: int, ticks: int, lots: int) -> None:
        self.changed[side][ticks] = lots
        if lots:
            self.sides[side][ticks] = lots
        else:
            self.sides[side].pop(ticks, None)

    def sweep(self, side: int) -> None:
        wanted = int(self.rng.expovariate(1 / 1_500)) + 1
        while wanted and len(self.sides[side]) > 5:
            ticks = self.best(side)
            taken = min(wanted, self.sides[side][ticks])
            wanted -= taken
            self.put(side, ticks, self.sides[side][ticks] - taken)
            self.trade("sell" if side == 0 else "buy", ticks, taken)

    def quote(self, side: int) -> None:
        sign = 1 if side == 0 else -1
        spread = self.best(1) - self.best(0)
        ticks = self.best(side) - sign * self.rng.randint(-2, 30)
        if spread > 3 and self.rng.random() < 0.6:
            ticks = self.best(side) + sign * self.rng.randint(1, spread - 1)
        if (self.best(1 - side) - ticks) * sign > 0:
            self.put(side, ticks, max(0, self.rng.randint(-800, 3_000)))
        if len(self.sides[side]) < 30:
            for n in range(1, 40):
                self.put(side, self.best(side) - sign * n, self.rng.randint(1, 3_000))

    def touch_now(self) -> None:
        best = [(self.best(side), self.sides[side][self.best(side)]) for side in (0, 1)]
        self.touch(best[0], best[1])

    def flush(self) -> None:
        ahead = self.update - self._before
        self.update = self._before
        self.depth(*self.changed, changes=max(1, ahead))
        self.changed = [{}, {}]


def wild(seed: int, seconds: float = 20.0) -> Taping:
    """Make a recording of so many seconds; same seed, same lines."""
    market = _Wild(seed)
    end, flushed, is_shown = market.time + int(seconds * 1e9), market.time, False
    while market.time < end:
        market.wait(market.rng.uniform(0.001, 0.02))
        side = market.rng.randint(0, 1)
        if market.rng.random() < 0.3:
            market.sweep(side)
        else:
            market.quote(side)
        market.update += market.rng.randint(1, 9)
        market.touch_now()
        if market.time - flushed > 10**8:
            flushed = market.time
            if not is_shown and market.time - START > 5 * 10**8:
                market.snapshot(*market.sides)  # in the middle of an update, as it comes
                is_shown = True
            market.flush()
    return market
