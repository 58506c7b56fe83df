"""Chinese for the desk: targets, preview, controls, status."""

TEXTS = {
    "LOCAL testnet": "本地测试网",
    "LOCAL BYBIT testnet": "本地 BYBIT 测试网",
    "IN-MEMORY testnet": "内存测试网",
    "BINANCE DEMO": "BINANCE 模拟盘",
    "BYBIT TESTNET": "BYBIT 测试网",
    "BYBIT DEMO": "BYBIT 模拟盘",
    "{name} testnet": "{name} 测试网",
    "unknown": "未知",
    "never": "从未",
    "not read yet": "尚未读取",
    "{seconds:.0f} s ago": "{seconds:.0f} 秒前",
    "unknown (was {shown})": "未知（此前为 {shown}）",
    "{orders}, {amount},": "{orders}（{amount}）",
    "Send {sends} to {where}": "发送 {sends}至 {where}",
    "Cancel {cancels} on {where}": "在 {where} 撤销 {cancels}",
    "Cancel {cancels}, then send {sends} to {where}": (
        "先撤销 {cancels}，再发送 {sends}至 {where}"
    ),
    "Nothing to plan yet: add a strategy, give it a target, then preview.": (
        "还没有可计划的内容：请添加策略，填写目标仓位，然后预览。"
    ),
    " After the cancel, preview again.": " 撤单之后请重新预览。",
    "On {where}: {what}.{ahead}": "{where}：{what}。{ahead}",
    "Nothing can be sent: {refusals}, see below.": "无法发送：{refusals}，见下方。",
    "Nothing to send: already there.": "无需发送：仓位已达目标。",
    "Nothing to send: every difference is inside the deadband.": (
        "无需发送：所有差额都在死区之内。"
    ),
    "Details": "详情",
    " Last good: {last_good}.": " 上一个有效值：{last_good}。",
    "leg": "持仓腿",
    "unit": "单位",
    "target": "目标仓位",
    "position": "持仓",
    "working": "在途挂单",
    "diff": "差额",
    "deadband": "死区",
    "rounding": "舍入",
    "order": "订单",
    "limit price": "限价",
    "est. fee ({unit})": "预估手续费（{unit}）",
    "est. spread ({unit})": "预估价差成本（{unit}）",
    "Not sent: {refusal}": "未发送：{refusal}",
    "cancel {number}": "撤单 {number} 笔",
    "none": "无",
    " in {number} orders": "，分 {number} 笔",
    "Why this order?": "为什么下这笔单？",
    "Why no order?": "为什么不下单？",
    "At work": "执行中",
    "Done": "已完成",
    "{state}: {fills}, {amount} traded, fees {fees}.": (
        "{state}：{fills}，成交额 {amount}，手续费 {fees}。"
    ),
    "{done} Position now: {after}.": "{done} 当前持仓：{after}。",
    "Not sent to its end: {problem}": "未全部发送：{problem}",
    "orders handed over": "已提交的订单",
    "orders the strategies alone would have sent": "各策略单独交易时会发送的订单",
    "orders sent": "实际发送的订单",
    "orders that netting made unnecessary": "净额合并省去的订单",
    "met inside and never sent ({unit})": "内部对冲、从未发送（{unit}）",
    "traded at the venue ({unit})": "在交易所成交（{unit}）",
    "fees paid ({unit})": "已付手续费（{unit}）",
    "taker fee spared by crossing inside, estimated ({unit})": (
        "内部对冲省下的吃单手续费，估计值（{unit}）"
    ),
    "since the desk was opened": "自交易台打开以来",
    "Sent, and not sent": "已发送与无需发送",
    "Again and again, without asking: plan, and send what closes the difference": (
        "循环自动执行，不再询问：生成计划并发送消除差额的订单"
    ),
    "Run: send {style} orders": "自动运行：发送{style}订单",
    "Resumed: orders may be sent again.": "已恢复：可以重新发送订单。",
    "Resume": "恢复",
    "Allow sending again after a halt": "停机之后重新允许发送",
    "Run": "自动运行",
    "Starting…": "启动中…",
    "Stop": "停止运行",
    "Stopping…": "停止中…",
    "; {orders} canceled": "；已撤销 {orders}",
    "Halted: nothing is sent{what}. Positions stay.": (
        "已停机：不再发送订单{what}。持仓保持不变。"
    ),
    "Halt: stop sending, cancel orders": "停机：停止发送并撤单",
    "Halting…": "停机中…",
    "Nothing more is sent; own working orders are canceled; positions stay": (
        "不再发送任何订单；撤销本交易台的挂单；持仓保持不变"
    ),
    "every (s)": "间隔（秒）",
    "Preview first": "请先预览",
    "Preview": "预览",
    "Reading…": "读取中…",
    "Sends nothing": "不发送任何订单",
    "Sending…": "发送中…",
    "Preview, then confirm": "先预览，再确认",
    "{note}: preview again.": "{note}：请重新预览。",
    "Preview reads the account, sends nothing.": "预览只读取账户，不发送订单。",
    " Without {drafts}.": " 不含 {drafts}。",
    "Good for {seconds:.0f} s, and as long as nothing is changed.{refused}": (
        "{seconds:.0f} 秒内有效，且期间不得有任何改动。{refused}"
    ),
    "correct the marked field first, then preview": "请先更正标出的字段，然后预览",
    "{note}; preview first": "{note}；请先预览",
    "there is no preview yet": "还没有预览",
    "this preview cannot be sent any more": "此预览已不能发送",
    "the preview is older than {seconds:.0f} s": "预览已超过 {seconds:.0f} 秒",
    "the style changed": "下单方式已更改",
    "the targets changed": "目标仓位已更改",
    "the desk is {state}": "交易台{state}",
    "live": "实时",
    "Read the account every other second while this is on a page": (
        "页面显示期间每两秒读取一次账户"
    ),
    "no positions": "无持仓",
    "no positions (unknown)": "无持仓（未知）",
    "balance": "余额",
    "available": "可用",
    "running by itself": "自动运行中",
    "HALTED, sends nothing": "已停机，不发送订单",
    "read {age}{when}": "读取于 {age}{when}",
    "{orders}; Halt cancels them": "{orders}；停机会将其撤销",
    "No journal: what this desk knows ends with it.": "没有日志：交易台关闭后记录即丢失。",
    "nothing written yet": "尚未写入",
    "last written {time}": "最后写入 {time}",
    " Opened again: {recovered}.": " 重新打开：{recovered}。",
    "Journal {path} ({size}, {written}).{found}": "日志 {path}（{size}，{written}）。{found}",
    ", since {since:%H:%M:%S} UTC": "，自 {since:%H:%M:%S} UTC 起",
    "{problem} ({times}{when})": "{problem}（{times}{when}）",
    "active: the target counts · hold: what counts stays where it is · flat: "
    "counts zero. Nothing is sent before you preview and confirm.": (
        "active：目标计入 · hold：保持当前计入的数量 · flat：按零计入。在预览并确认之"
        "前不会发送任何订单。"
    ),
    "Add strategy": "添加策略",
    "Add symbol": "添加交易对",
    "Targets: what each strategy wants to hold": "目标仓位：每个策略希望持有多少",
    "No strategies yet: write a name below, for instance A, and press Add strategy.": (
        "还没有策略：请在下方输入名称（例如 A），然后点击“添加策略”。"
    ),
    "No symbols yet: choose one below and press Add symbol; then type targets.": (
        "还没有交易对：请在下方选择并点击“添加交易对”，然后输入目标仓位。"
    ),
    "strategy": "策略",
    "symbol": "交易对",
    "state": "状态",
    "target of {strategy} on {symbol}, {unit}": "{strategy} 在 {symbol} 上的目标仓位，{unit}",
    "no target": "无目标",
    "state of {name}": "{name} 的状态",
    "Remove": "移除",
    "Remove {name}: what it holds is traded out with the next execution": (
        "移除 {name}：其持有的仓位在下次执行时平掉"
    ),
    "new strategy": "新策略",
    "new symbol": "新交易对",
    "at most past the touch (bps)": "最多越过最优价（基点）",
    "behind the best price (bps)": "落后于最优价（基点）",
    "takes after (s)": "超时后吃单（秒）",
    "takes when the price ran away (bps, empty: never)": "价格偏离后吃单（基点，留空：从不）",
    "rests at least (s)": "至少挂单（秒）",
    "re-quotes at most": "最多重新报价次数",
    "into the spread (ticks)": "深入价差（最小价位）",
    "takes when our side of the touch holds (0.5–1, empty: never)": (
        "本方最优档占比达到时吃单（0.5–1，留空：从不）"
    ),
    "smallest slice (base units, empty: the venue's)": "最小拆单（基础币，留空：按交易所）",
    "style": "下单方式",
    "Netting: what meets inside is not sent": "净额合并：内部对冲的部分无需发送",
    "Two legs: long and short are both held at the venue": "双向：多仓与空仓都在交易所持有",
    "No targets yet: what the strategies want will add up here.": (
        "还没有目标仓位：各策略的目标将在此合并。"
    ),
    "nobody": "无",
    "offset": "内部对冲",
    "held on both": "双向持有",
    "strategies": "策略",
    "long": "多",
    "short": "空",
    "net": "净仓",
    '"{label}" is not possible now': "现在不能“{label}”",
    "Unexpected {kind}: {error}. Look at the status line": (
        "意外错误 {kind}：{error}。请查看状态栏"
    ),
    "this page is shared, so the desk on {venue} is for looking at only; trade "
    "from a notebook of your own": (
        "此页面是共享的，{venue} 上的交易台仅供查看；请在您自己的笔记本中交易"
    ),
    "As it was": "历史回看",
    "Incidents": "异常事件",
    "Orders": "订单",
    "Smart orders": "智能订单",
    "Drills": "演练",
    "What happened": "发生了什么",
    "The testnet was wiped: begin the books of this account anew; the old ones "
    "stay in the journal, and positions that are there are asked about": (
        "测试网已被清空：为此账户重新建账；旧账保留在日志中，现有持仓将逐一询问"
    ),
    "Begin new books": "重新建账",
    "Confirm: begin new books": "确认：重新建账",
    "what is shown is as of {seen}": "显示内容截至 {seen}",
    "what the account holds now; it is not flat because it cannot be read": (
        "账户当前的持仓；读取失败不等于空仓"
    ),
    "nothing: it is read again, and nothing is planned before": (
        "无需操作：会重新读取，读取之前不做任何计划"
    ),
    "{number} incidents, the newest first:": "{number} 个异常事件，最新的在前：",
    "and {more}": "以及 {more}",
    "Nothing is wrong.": "一切正常。",
    "over: {what} ({when})": "已结束：{what}（{when}）",
    "since {since}": "自 {since} 起",
    "{times} {since}, last {last}": "{times}，{since}，最近一次 {last}",
    "; ": "；",
    ", ": "，",
    ":": "：",
    "Known": "已知",
    "Not known": "未知项",
    "To do": "处理办法",
}
