"""The commands: nettools lab, demo, testnet, record, doctor, journal.

Arguments come in; an exit code goes out. What the trader must know is printed as sentences,
errors of ours to stderr with exit code 1. Each command's module is imported when it runs, so
that ``nettools --help`` is at once there.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from nettools.cli.journal import add_journal, run_journal
from nettools.errors import NettoolsError
from nettools.texts import LANGUAGES, VARIABLE, retell

PORTS = range(65536)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives 0, or 1 for a refusal of ours or something left to do."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.command is None:
        parser.print_help()
        return 2
    try:
        return _run(chosen)
    except NettoolsError as error:
        sys.stderr.write(f"nettools {chosen.command}: {retell(str(error))}\n")
        return 1
    except KeyboardInterrupt:
        return 130 if chosen.command == "doctor" else 0  # Ctrl-C is how the others end


def _run(chosen: argparse.Namespace) -> int:
    if getattr(chosen, "language", None):
        os.environ[VARIABLE] = chosen.language  # the kernels inherit it
    if chosen.command == "lab":
        from nettools.cli.lab import lab  # noqa: PLC0415 - only what this command needs

        return lab(
            port=chosen.port,
            browser=chosen.browser,
            venue=chosen.venue,
            symbols=chosen.symbols,
            seed=chosen.seed,
        )
    if chosen.command == "demo":
        from nettools.cli.demo import demo  # noqa: PLC0415 - only what this command needs

        return demo(
            port=chosen.port, browser=chosen.browser, seed=chosen.seed, speed=chosen.speed
        )
    if chosen.command == "testnet":
        from nettools.cli.testnet import testnet  # noqa: PLC0415 - only what this command needs

        options = {name: value for name, value in vars(chosen).items() if name != "command"}
        return testnet(**options)
    if chosen.command == "record":
        from nettools.cli.record import record  # noqa: PLC0415 - only what this command needs

        return record(
            venue=chosen.venue,
            symbol=chosen.symbol,
            out=chosen.out,
            seconds=chosen.seconds,
        )
    if chosen.command == "journal":
        return run_journal(chosen)
    from nettools.cli.doctor import doctor  # noqa: PLC0415 - only what this command needs

    return doctor(chosen.venue)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nettools",
        description="Net the targets of many strategies into one exchange account.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    lab = commands.add_parser("lab", help="local testnet + JupyterLab on the desk notebook")
    _add_page(lab)
    _add_dialect(lab)
    lab.add_argument("--seed", type=int, default=7, help="of the market (default: 7)")
    demo = commands.add_parser("demo", help="the stakeholder page, read-only, in a browser")
    _add_page(demo)
    demo.add_argument("--seed", type=int, default=7, help="of the market (default: 7)")
    demo.add_argument(
        "--speed",
        type=int,
        default=30,
        metavar="X",
        help="market seconds per second: 10, 30, 60 or 120 (default: 30)",
    )
    testnet = commands.add_parser("testnet", help="the local exchange alone, until Ctrl-C")
    _add_testnet(testnet)
    _add_record(
        commands.add_parser("record", help="write a testnet's market down, for --replay")
    )
    doctor = commands.add_parser("doctor", help="check keys, clock, mode, filters and fees")
    doctor.add_argument(
        "--venue", default="local", metavar="NAME", help='which venue (default: "local")'
    )
    add_journal(commands)
    return parser


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=0, help="default: a free one")
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="only print the address"
    )
    parser.add_argument(
        "--language",
        choices=tuple(LANGUAGES),
        help="of the screen (default: NETTOOLS_LANGUAGE, else the locale)",
    )


def _add_dialect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--venue",
        default="binance",
        choices=["binance", "bybit"],
        help="whose API the testnet speaks (default: binance)",
    )
    parser.add_argument(
        "--symbols",
        type=int,
        default=5,
        metavar="N",
        help="how many contracts it lists, 1 to 10 (default: 5)",
    )


def _add_testnet(parser: argparse.ArgumentParser) -> None:
    _add_dialect(parser)
    parser.add_argument("--port", type=_port, default=0, help="default: a free one")
    parser.add_argument("--seed", type=int, default=7, help="of the market (default: 7)")
    parser.add_argument("--mode", default="one-way", choices=["one-way", "hedge"])
    parser.add_argument(
        "--replay",
        nargs="+",
        metavar="FILE",
        help="candles to replay (CSV, Parquet, Feather), or one recording of an order book "
        "(nettools record): resting orders then fill only by what the tape trades",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        metavar="X",
        help="market seconds per second; 0 stands still (default: 1)",
    )
    parser.add_argument(
        "--funding-interval",
        type=int,
        default=28_800,
        metavar="SECONDS",
        help="market time between two settlements of funding (default: 28800, 8 hours)",
    )
    parser.add_argument(
        "--latency",
        type=float,
        nargs="+",
        default=[0.0],
        metavar="SECONDS",
        help="an order takes so long to be matched; a second number: and its answer back",
    )


def _add_record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--venue",
        default="local",
        metavar="NAME",
        help="local, local-bybit, binance-demo or bybit-testnet; no keys (default: local)",
    )
    parser.add_argument(
        "--symbol", default="BTC/USDT:USDT", help="unified symbol (default: BTC/USDT:USDT)"
    )
    parser.add_argument(
        "--out", metavar="FILE.gz", help="must not exist (default: symbol and time, here)"
    )
    parser.add_argument(
        "--seconds", type=float, metavar="N", help="stop by itself (default: at Ctrl-C)"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) not in PORTS:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, was {text!r}")
    return int(text)
