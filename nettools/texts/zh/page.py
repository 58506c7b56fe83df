"""Chinese for the prose of the stakeholder page, line by line, with its Markdown."""

LINES = {
    "# Three strategies, one account": "# 三个策略，一个账户",
    "> Each says what it wants to hold. nettools adds the wishes up, lets opposite ones meet "
    "inside, and sends only the difference.": (
        "> 每个策略说出想持有多少。nettools 把意愿加总，让方向相反的意愿在内部对冲，"
        "只发送差额。"
    ),
    "## How to read it": "## 如何阅读",
    "The exchange is a program on this computer and the money is not real. `nettools demo` "
    "runs one market and one desk, and every page shows the same. The buttons move that "
    "market. Nothing here changes what is traded, unless the owner unlocks a page with the "
    "code in the terminal.": (
        "这里的交易所是本机上的一个程序，资金不是真的。`nettools demo` 运行一个市场和一个"
        "交易台，所有页面显示的内容相同。按钮控制这个市场的启停与快慢。除非主持人用终端里的"
        "代码解锁某个页面，这里的任何操作都不会改变交易内容。"
    ),
    "**Step 1** is what the three strategies want right now. They do not know of each other, "
    "and often disagree.": (
        "**第 1 步**：三个策略此刻各自想要什么。它们互不知情，方向常常相反。"
    ),
    "**Step 2** is the sum. What one wants long and another wants short is *offset*: nobody "
    "has to hold it twice.": (
        "**第 2 步**：加总。一个想做多、另一个想做空的部分在*内部对冲*，不必在两边各持有一份。"
    ),
    "**Step 3** is all the exchange ever sees: one position, and an order when the sum "
    "changes.": "**第 3 步**：交易所看到的全部，只有一个持仓，以及总和变化时的一笔订单。",
    "When one strategy sells while another buys, the two **meet inside**. That trade is never "
    "sent, so it pays neither fee nor spread. The fees saved are counted against an un-netted "
    "twin, which sends each strategy's changes alone at the prices of the same moment; the "
    "fees paid are the real ones of this account.": (
        "一个策略卖出而另一个买入时，两者**在内部对冲**。这笔交易从不发送，因此既不付手续费，"
        "也不付价差。节省的手续费是与未做净额合并的对照账户相比得出的：对照账户按同一时刻的"
        "价格单独发送每个策略的变化；实付手续费则是本账户真实支付的。"
    ),
    "## What to notice": "## 看点",
    "- Fewer orders go out than the strategies wish for, and each closes the whole "
    "difference.": ("- 实际发送的订单少于策略想要的订单，每一笔都补足全部差额。"),
    "- The position is the net target after every order: the ✓ in step 3, and in the picture "
    "the dark line inside its grey shadow.": (
        "- 每笔订单之后，持仓都等于净目标：见第 3 步的 ✓，以及图中始终位于灰色"
        "阴影之内的深色线。"
    ),
    "- The strategies are simple on purpose and are not meant to earn anything. What is shown "
    "is what netting does with their wishes.": (
        "- 这些策略有意做得简单，并不以盈利为目的。这里展示的是净额合并如何处理它们的意愿。"
    ),
}
"""Lines, by the English."""
