"""Chinese for what happened: orders, incidents, studies, drills."""

TEXTS = {
    "all symbols": "全部交易对",
    "filled": "已成交",
    "known from": "获知途径",
    "says": "交易所说明",
    "No orders yet: execute a plan, and each of its orders is here.": (
        "还没有订单：执行计划后，每笔订单都会列在这里。"
    ),
    "Showing {shown} of {total:,} changes, newest first.": (
        "显示 {total:,} 次变化中的 {shown} 次，最新的在前。"
    ),
    "This desk was opened without a journal, so its past is not kept.": (
        "此交易台打开时没有日志，因此不保留历史。"
    ),
    "This is the end of the journal: now. Move the slider back to see the desk as it was.": (
        "这是日志的末尾：现在。向回拖动滑块可查看交易台当时的样子。"
    ),
    "Every step of the journal is one position of the slider; the arrow keys go "
    "one row back or on, Page Up and Page Down further, Home and End to the "
    "first and the last.": (
        "日志的每一步对应滑块的一个位置；方向键前后移动一行，Page Up 与 Page Down 移"
        "动更多，Home 与 End 到首行与末行。"
    ),
    "row of the journal": "日志行",
    "Earlier": "更早",
    "One row back": "后退一行",
    "Later": "更晚",
    "One row on": "前进一行",
    "Now": "现在",
    "To the end, and along with what is written": "到末尾，并随写入继续",
    "{now} It has {rows:,.0f} rows.": "{now}共 {rows:,.0f} 行。",
    "As it was at {when} UTC": "{when} UTC 时的样子",
    ", row {row:,} of {size:,}: {kind}, {what}.{halted} For looking at only.": (
        "，第 {row:,} 行，共 {size:,} 行：{kind}，{what}。{halted}仅供查看。"
    ),
    " Halted: {why}.": " 已停机：{why}。",
    "virtual positions": "虚拟持仓",
    "base units": "基础币数量",
    "orders that may still execute": "仍可能成交的订单",
    "breaks": "差异",
    "what differs": "差异内容",
    "{name}: none": "{name}：无",
    "Showing {shown} of {total:,}.": "显示 {total:,} 条中的 {shown} 条。",
    "the newest": "最新一笔",
    "Smart orders at work": "执行中的智能订单",
    "at work": "执行中",
    "done": "已完成",
    "rests at": "挂单价",
    "queue ahead": "前方排队量",
    "re-quotes": "重新报价",
    "time": "时间",
    "last switch": "最近切换",
    "what and why": "动作与原因",
    "bid": "买价",
    "ask": "卖价",
    "None: execute a plan in the smart style, and it is minded here.": (
        "无：以智能方式执行计划后，将在此跟踪。"
    ),
    "nothing rests": "无挂单",
    "{elapsed:.0f} s of {timeout} s": "{elapsed:.0f} 秒 / {timeout} 秒",
    "No smart order yet: execute a plan in the smart style.": (
        "还没有智能订单：请以智能方式执行计划。"
    ),
    "ended: {why}": "已结束：{why}",
    "Beyond the mid at the decision; positive is a cost. market move: what the "
    "market did while we waited. at once: the twin that takes all of it at the "
    "decision. gained: at once − total. unknown: no quote was seen for it, which "
    "is not zero.": (
        "以决策时的中间价为基准；正数为成本。市场变动：等待期间行情的变化。立即：在决"
        "策时全部吃单的对照。收益：立即 − 合计。未知：没有看到对应报价，并不等于零。"
    ),
    "Nothing was executed yet; what each order cost will be shown here.": (
        "尚未执行；每笔订单的成本将显示在这里。"
    ),
    "; of {lost} it is unknown": "；其中 {lost} 未知",
    "What {orders} cost is not known yet.": "{orders} 的成本尚不可知。",
    "{orders} cost {total} {unit}; taking at once would have cost {at_once}{left}.": (
        "{orders} 成本为 {total} {unit}；若立即吃单则为 {at_once}{left}。"
    ),
    "decided (UTC)": "决策时间（UTC）",
    "bps": "基点",
    "maker": "挂单占比",
    "filled in": "成交用时",
    "{side} {filled} of {quantity}": "{side} {filled} / {quantity}",
    "Showing {shown} of {total:,}, newest first, in {unit}.": (
        "显示 {total:,} 条中的 {shown} 条，最新的在前，单位 {unit}。"
    ),
    "orders": "订单",
    "{liquidity}, {seconds} s later": "{liquidity}，{seconds} 秒后",
    "markout (bps)": "成交后价格变动（基点）",
    "fills": "成交",
    "mean": "均值",
    "95 % range": "95 % 区间",
    "{low} to {high}": "{low} 至 {high}",
    "to the target": "至目标",
    "to the edge": "至边缘",
    "A larger deadband trades less and strays further. The star is the "
    "recommended setting; full marks are efficient: no other is at once cheaper "
    "and nearer.": (
        "死区越大，交易越少、偏离越远。星号为推荐设置；实心标记为有效点：没有其他设置"
        "既更便宜又更接近。"
    ),
    "step size": "数量步长",
    "Choose a deadband": "选择死区",
    "looked at": "当前查看",
    "trades": "交易次数",
    "turnover ({unit})": "成交额（{unit}）",
    "spread ({unit})": "价差成本（{unit}）",
    "tracking error ({unit} a bar)": "跟踪误差（每根 K 线 {unit}）",
    "strays, of the PnL's own swing": "偏离，占盈亏自身波动",
    "{deadband} to the {way}": "{deadband}，至{way}",
    "looked at, beside the recommended: {reason}": "当前查看，与推荐设置对比：{reason}",
    "Two accounts that are only computed: each starts flat when this view is "
    "made, trades the targets of every executed plan at the touch, and holds "
    "margin for each leg, as the local testnet does. A real venue may ask less "
    "for two legs that hedge each other.": (
        "两个仅作计算的账户：视图创建时均为空仓，按最优价交易每个已执行计划的目标，并"
        "像本地测试网一样为每条持仓腿占用保证金。真实交易所对互相对冲的两条腿可能收取"
        "较少的保证金。"
    ),
    "Nothing to compare yet: execute a plan, and both modes trade its targets here.": (
        "还没有可比较的内容：执行计划后，两种模式会在此交易其目标。"
    ),
    "One-way or hedge: the same targets, side by side": (
        "单向持仓还是双向持仓：相同目标并排对比"
    ),
    "This desk is in {mode} mode. To change it, set every target to 0, execute, "
    'close the desk, and open it with mode="{other}" and switch_mode=True: the '
    "account is switched only while it has no positions and no orders.": (
        "此交易台处于{mode}模式。若要更改，请将所有目标设为 0，执行，关闭交易台，再以"
        ' mode="{other}" 和 switch_mode=True 打开：只有在没有持仓和订单时才能切换账户'
        "。"
    ),
    "nothing was sent: {why}": "未发送任何订单：{why}",
    "{sent} sent, the exchange has {there}; it filled {traded} {base}, the desk knows of "
    "{booked} {base}": (
        "已发送 {sent}，交易所有 {there} 笔；交易所成交 {traded} {base}，交易台已知 "
        "{booked} {base}"
    ),
    "{said}: they differ; look at breaks and orders above": (
        "{said}：两者不一致；请查看上方的差异与订单"
    ),
    "{said}. Nothing lost, nothing doubled.": "{said}。没有遗漏，没有重复。",
    "The exchange took the order and its answer was lost. The desk called it unknown, counted "
    "it in full and looked it up: {end}": (
        "交易所接受了订单，但回报丢失。交易台将其标为未知，按全部数量计入并查询：{end}"
    ),
    "The fill came {spent:.1f} s after the order was sent; until then the order counted in "
    "full, so no second one was sent: {end}": (
        "订单发送 {spent:.1f} 秒后才成交；在此之前按全部数量计入，因此没有发送第二笔：{end}"
    ),
    "Fills were told twice and booked once: {end}": "成交被告知两次，只入账一次：{end}",
    "{size} {base} was bought past the desk. It is a break on {leg}, {cause}: nothing is sent "
    "there until you repair it above.": (
        "有人绕过交易台买入 {size} {base}。它是 {leg} 上的差异，{cause}：在您于上方修复之前"
        "，不会在该处发送订单。"
    ),
    "{cut} cut, and an order sent into the silence. The account was read instead; the stream "
    "is {state} again: {end}": (
        "切断 {cut}，并在没有推送时发送一笔订单。期间改为读取账户；推送恢复为{state}：{end}"
    ),
    "fault {number} did not stop the plan; look at the orders": (
        "故障 {number} 没有阻止计划；请查看订单"
    ),
    "The positions could not be read, so nothing was planned and nothing sent "
    '("{refused}"). Read again, the account is what it was: {shown}.': (
        "无法读取持仓，因此没有计划，也没有发送（“{refused}”）。重新读取，账户与此前相同："
        "{shown}。"
    ),
    "the order did not reach the exchange; look above": "订单没有到达交易所；请查看上方",
    "unknown ({why})": "未知（{why}）",
    "No drill was run yet.": "尚未进行演练。",
    "The exchange is well again; {count} faults were set.": (
        "交易所已恢复正常；此前设置了 {count} 个故障。"
    ),
    "Clear all faults": "清除所有故障",
    "Clearing…": "清除中…",
    "{drill}: running…": "{drill}：进行中…",
    "{drill} did not end as it should.": "{drill} 未按预期结束。",
    "Running…": "进行中…",
    "{does} Look for {look_for}.": "{does}请留意：{look_for}。",
    "Kill the kernel": "终止内核",
    "Confirm: kill it now": "确认：立即终止",
    "Killing…": "终止中…",
    "Each drill trades a little on a strategy of its own, named {strategy}, "
    "while all other targets count as they stand. What it says in the end is "
    "compared with what the exchange itself has.": (
        "每次演练都在名为 {strategy} 的独立策略上进行少量交易，其他目标照常计入。演练"
        "结束时的结论会与交易所自身的记录比对。"
    ),
    "The kernel ends at once, while the exchange has an order whose answer is "
    "still on its way. Start it again, run all cells, and read what the desk "
    "resolved; the exchange goes on.": (
        "内核会立即结束，而交易所有一笔订单的回报仍在途中。重新启动内核，运行所有单元"
        "格，查看交易台如何查明；交易所继续运行。"
    ),
    "To be killed the desk needs an exchange that goes on without this notebook "
    "(nettools lab, or nt.testnet.connect()).": (
        "要终止交易台，需要一个不依赖此笔记本的交易所（nettools lab，或 "
        "nt.testnet.connect()）。"
    ),
    "Lost answer": "回报丢失",
    "The exchange takes an order and its answer never comes.": (
        "交易所接受了订单，但回报始终没有到达。"
    ),
    "in Orders the mark unknown, and filled after it; one order, not two": (
        "“订单”中先标记为“未知”，随后为“完全成交”；是一笔订单，不是两笔"
    ),
    "Late fill": "延迟成交",
    "The next order is open and unfilled for {seconds} s, then fills.": (
        "下一笔订单挂出后 {seconds} 秒内不成交，随后成交。"
    ),
    "the working order in the status line; no second order meanwhile": (
        "状态栏中的在途订单；期间没有第二笔订单"
    ),
    "Duplicate fill": "重复成交回报",
    "Fills are told twice, in the history and over the stream.": (
        "成交在历史记录和推送中被告知两次。"
    ),
    "in Postings one fill for each execution": "“分录”中每次成交只有一条",
    "Manual trade": "手工交易",
    "Somebody buys a little on the exchange's own page, past the desk.": (
        "有人绕过交易台，在交易所页面上少量买入。"
    ),
    "a break with its cause, and four repairs": "一个带原因的差异，以及四种修复方式",
    "Stream gap": "推送中断",
    "Every stream is cut without goodbye, and an order is sent.": (
        "所有推送连接被突然切断，同时发送一笔订单。"
    ),
    "the stream down, then live, in the status line": "状态栏中推送先中断，后恢复",
    "Failed read": "读取失败",
    "The positions cannot be read while a plan is asked for.": "请求计划时无法读取持仓。",
    "no order, and a position that is unknown rather than 0": "没有订单，持仓为未知而不是 0",
}
