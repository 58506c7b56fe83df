"""The local exchange: a server on this machine that speaks a venue's own API.

``start`` gives a private one, ``connect`` this user's shared one, ``attach`` the one that
variables name. The engine and the market inside are pure and deterministic; the server is a
child process, so a busy or restarted notebook never stalls it.
"""

from nettools.testnet.handle import Testnet, attach, connect, start

__all__ = ["Testnet", "attach", "connect", "start"]
