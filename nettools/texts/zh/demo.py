"""Chinese for the stakeholder page."""

TEXTS = {
    "play money": "模拟资金",
    "of the demo's own market, for all viewers; sends nothing": (
        "演示自身的市场，对所有观众有效；不发送订单"
    ),
    "no news for {age} s; the demo may have ended": "{age} 秒没有消息；演示可能已结束",
    "demo not reached": "无法连接演示",
    "live, updated just now": "实时，刚刚更新",
    "live, updated {age} s ago": "实时，{age} 秒前更新",
    "opening": "正在打开",
    "paused": "已暂停",
    "closed": "已关闭",
    "Start": "开始",
    "Pause": "暂停",
    "One moment…": "请稍候…",
    "Slower": "更慢",
    "Faster": "更快",
    "Start or pause {own}": "开始或暂停{own}",
    "Lower the speed {own}": "降低速度：{own}",
    "Raise the speed {own}": "提高速度：{own}",
    "Mean reversion": "均值回归",
    "Breakout": "突破",
    "Hedge": "套期保值",
    "sells highs, buys lows": "高卖低买",
    "goes with a strong move": "顺势追随强劲行情",
    "protects coins held elsewhere": "为别处持有的币对冲",
    "Opening a market on this computer…": "正在本机上开启市场…",
    "Nothing has happened yet. Press {start}: a market opens on this computer, "
    "and the three strategies begin.": (
        "还没有任何动作。请点击{start}：本机上将开启一个市场，三个策略随之运行。"
    ),
    "orders the strategies wanted": "策略想要的订单",
    "orders really sent": "实际发送的订单",
    "orders netting made unnecessary": "净额合并省去的订单",
    "{unit} met inside, never sent": "{unit} 内部对冲，从未发送",
    "Each strategy says what it wants to hold": "每个策略说出想持有多少",
    "nettools adds the wishes up": "nettools 把意愿加总",
    "The exchange sees one account": "交易所只看到一个账户",
    "unknown: kept where it is": "未知：保持不变",
    "long {long} − short {short}": "多 {long} − 空 {short}",
    "net {net}": "净仓 {net}",
    "{offset} {base} stand against each other: offset inside": (
        "{offset} {base} 方向相反：在内部对冲"
    ),
    "nothing to offset": "没有可对冲的部分",
    "Latest orders sent": "最近发送的订单",
    "none yet": "暂无",
    "✓ the net": "✓ 等于净仓",
    "{missing} to go": "还差 {missing}",
    "holds": "持有",
    "bought {filled} {base} at {price:,.2f}": "买入 {filled} {base}，价格 {price:,.2f}",
    "sold {filled} {base} at {price:,.2f}": "卖出 {filled} {base}，价格 {price:,.2f}",
    "No wishes have met inside yet.": "还没有意愿在内部对冲。",
    "buys": "买入",
    "sells": "卖出",
    "{amount} {base} met inside": "{amount} {base} 内部对冲",
    "{wishes} {base}: {met}, {rest}.": "{wishes} {base}：{met}，{rest}。",
    "and nothing had to be sent": "无需发送任何订单",
    "and one order to buy {amount} {base} was left": "只剩一笔买入 {amount} {base} 的订单",
    "and one order to sell {amount} {base} was left": "只剩一笔卖出 {amount} {base} 的订单",
    "{speed}× real time": "{speed}× 实时",
    "; {unknown} unknown": "；{unknown}未知",
    "{speed}× real time, market clock {since}{flagged}": (
        "{speed}× 实时，市场时钟 {since}{flagged}"
    ),
    "net target": "净目标",
    "position on the exchange": "交易所持仓",
    "{base}: wishes, net target and position over the last minutes of market time": (
        "{base}：最近几分钟市场时间内的意愿、净目标与持仓"
    ),
    "Strategies often want opposites. What meets inside is never sent: no fee, no spread.": (
        "各策略的意愿常常相反。内部对冲的部分从不发送：没有手续费，没有价差。"
    ),
    "The un-netted twin trades each strategy's changes alone, at the prices of "
    "that moment.": "未做净额合并的对照账户按当时价格单独交易每个策略的变化。",
    "In the picture the dark line (net target) stays inside its grey shadow "
    "(position).": "图中深色线（净目标）始终在灰色阴影（持仓）之内。",
    "The proof line: after every read, all accounts add up to what the exchange "
    "holds.": "核对行：每次读取之后，所有账户之和等于交易所的持仓。",
    "After about an hour the demo begins again with a new market, and counts "
    "from zero.": "大约一小时后，演示以新的市场重新开始，并从零计数。",
    "What to notice": "看点",
    "{unit} fees saved against the un-netted twin; {paid} really paid": (
        "{unit} 手续费节省（与未做净额合并的对照账户相比）；实付 {paid}"
    ),
    "In all": "合计",
    "fees {fees}, spread {spread}, the rest {rest} (what prices did between "
    "decision and fill, deadband, funding; may be negative).": (
        "手续费 {fees}，价差 {spread}，其余 {rest}（决策到成交之间的价格变动、死区、"
        "资金费；可能为负）。"
    ),
    "fees paid, {unit}": "已付手续费，{unit}",
    "spread paid, {unit}": "已付价差，{unit}",
    "initial margin now, {unit}": "当前初始保证金，{unit}",
    "holds now, {base}": "当前持仓，{base}",
    "One-way or hedge: the same targets in both modes": (
        "单向持仓还是双向持仓：两种模式下的相同目标"
    ),
    "Two accounts that are only computed, from the same targets and touches; the "
    "account above is one-way. Hedge keeps longs and shorts apart, so it trades "
    "and holds both.": (
        "两个仅作计算的账户，使用相同的目标与最优价；上方的账户为单向持仓。双向持仓把"
        "多与空分开，因此两边都交易、都持有。"
    ),
    "For the owner: the code that stands in the terminal of `nettools demo` "
    "unlocks this page, once. Everybody else can look, start, pause and change "
    "the speed.": (
        "供主持人使用：`nettools demo` 终端中的一次性代码可解锁此页面。其他人可以观看"
        "、开始、暂停和改变速度。"
    ),
    "Unlocked until this page is loaded again. The target you set replaces the "
    "hedge's own on this symbol, is netted like any other, and every viewer sees "
    "it.": (
        "已解锁，直到重新加载此页面。您设定的目标会取代对冲策略在此交易对上的目标，像"
        "其他目标一样做净额合并，所有观众都能看到。"
    ),
    "Owner's code": "主持人代码",
    "Hedge's target": "套期保值的目标",
    "Unlock": "解锁",
    "Use the code up on this page": "在此页面使用该代码",
    "Set target": "设定目标",
    "Replace the hedge's own target": "取代对冲策略自己的目标",
    "Give it back": "交还",
    "Let the hedge decide again": "让对冲策略重新决定",
    "this page cannot reach the demo and tries again every second; if the "
    "command has ended, start `nettools demo` again": (
        "此页面无法连接演示，每秒重试一次；如果命令已结束，请重新启动 `nettools demo`"
    ),
    "The owner has set {name}'s target to {quantity:+} {base} by hand.": (
        "主持人已手动将 {name} 的目标设为 {quantity:+} {base}。"
    ),
}
