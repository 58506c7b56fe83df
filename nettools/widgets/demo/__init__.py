"""The stakeholder page: three live strategies, one account, and what netting spared.

``demo_page`` opens it; ``DemoRun`` is what runs behind it: a private testnet, a desk, the
strategies. It sends nothing anywhere but to the testnet it has started itself.
"""

from nettools.widgets.demo.run import DemoRun
from nettools.widgets.demo.view import DemoPage, demo_page

__all__ = ["DemoPage", "DemoRun", "demo_page"]
