"""Chinese for incidents and states of the desk: what is known, what is not, what to do."""

SENTENCES = {
    "{leg} differs by {difference:n}: {cause:told}": "{leg} 相差 {difference}：{cause}",
    "the books say {expected:n}, the venue {found:n}": ("账簿为 {expected}，交易所为 {found}"),
    "which trades made the difference": "差额由哪些成交造成",
    "adopt, assign, leave it alone as a baseline, or flatten it": (
        "接管、归入剩余账户、作为基线保留，或平仓"
    ),
    "no execution explains it: a position from before, or a missed fill": (
        "没有成交能解释：此前已有的持仓，或漏记的成交"
    ),
    "liquidated by the venue": "被交易所强平",
    "closed by the venue's ADL": "被交易所自动减仓（ADL）",
    "settled by the venue": "由交易所结算",
    "traded by hand or by another program": "手工交易或其他程序的交易",
    "{cause:told}: 1 execution at {prices}": "{cause}：1 笔成交，价格 {prices}",
    "{cause:told}: {count:n} executions at {prices}": "{cause}：{count} 笔成交，价格 {prices}",
    "{cause:told}, which explains {part:n} of {whole:n}": "{cause}，可解释 {whole} 中的 {part}",
    "{leg}: expected {expected:n} {unit}, the venue holds {found:n} {base}, difference "
    "{difference:n} {name}; {cause:told}": (
        "{leg}：预期 {expected} {unit}，交易所持有 {found} {base}，差额 {difference} "
        "{name}；{cause}"
    ),
    "the venue refuses to grow {leg}: {why:told}": "交易所拒绝在 {leg} 上加仓：{why}",
    "the venue refuses to reduce {leg}: {why:told}": "交易所拒绝在 {leg} 上减仓：{why}",
    "no such order exists; none to buy is sent before {time} unless target, position, rules "
    "or money change, and what reduces it still goes": (
        "该订单不存在；{time} 之前不再发送买单，除非目标仓位、持仓、规则或资金变化；减仓"
        "仍可发送"
    ),
    "no such order exists; none to sell is sent before {time} unless target, position, rules "
    "or money change, and what reduces it still goes": (
        "该订单不存在；{time} 之前不再发送卖单，除非目标仓位、持仓、规则或资金变化；减仓"
        "仍可发送"
    ),
    "no such order exists; none to buy is sent before {time} unless target, position, rules "
    "or money change, and what grows it still goes": (
        "该订单不存在；{time} 之前不再发送买单，除非目标仓位、持仓、规则或资金变化；加仓"
        "仍可发送"
    ),
    "no such order exists; none to sell is sent before {time} unless target, position, rules "
    "or money change, and what grows it still goes": (
        "该订单不存在；{time} 之前不再发送卖单，除非目标仓位、持仓、规则或资金变化；加仓"
        "仍可发送"
    ),
    "look at the venue's text and change the target": "请查看交易所的说明并更改目标仓位",
    "{strategy} did not say what it wants: {reason:told}": (
        "{strategy} 没有给出目标仓位：{reason}"
    ),
    "what counts for it is in the table of accounts, the other strategies go on": (
        "其计入的数量见账户表；其他策略继续运行"
    ),
    "what it wants now": "它现在的目标仓位",
    "look after {strategy}, or put it on hold or flat": (
        "请检查 {strategy}，或将其状态设为 hold 或 flat"
    ),
    "halted by hand": "手动停机",
    "resumed by hand": "手动恢复",
    "own orders and fills are still followed": "仍会跟踪自己的订单与成交",
    "look, then resume": "请检查，然后恢复",
    "the desk slept for {seconds:n} s, or its clock jumped": (
        "交易台休眠了 {seconds} 秒，或时钟发生跳变"
    ),
    "nothing was sent meanwhile": "期间未发送任何订单",
    "what happened on the account": "账户上发生了什么",
    "nothing: it is read before the next step": "无需操作：下一步之前会重新读取",
    "the account was last read at {time}": "账户最后读取于 {time}",
    "what has happened on it since": "此后账户上发生了什么",
    "nothing: the loop tries again": "无需操作：循环会重试",
    "look again": "请重新查看",
    "{side:word} {quantity:n} {unit} ({order})": "{side} {quantity} {unit}（{order}）",
    "trades of {order:told} are missing": "{order}的成交明细缺失",
    "it is {state:word}, {filled:n} {unit} filled": "状态为{state}，已成交 {filled} {unit}",
    "at what price and fee": "成交价与手续费",
    "nothing: the trades are asked for again": "无需操作：会再次查询成交",
    "no clear answer about {order:told}": "没有明确的回报：{order}",
    "no clear answer about {order:told}: {why:told}": "没有明确的回报：{order}：{why}",
    "no clear answer about a cancel of {order:told}": "撤单没有明确的回报：{order}",
    "no clear answer about a cancel of {order:told}: {why:told}": (
        "撤单没有明确的回报：{order}：{why}"
    ),
    "it counts in full, and nothing is sent in its place": ("按全部数量计入，且不发送替代订单"),
    "whether the venue has it, and what of it is filled": "交易所是否有此订单，以及成交了多少",
    "nothing: it is looked up until the venue shows it, or surely does not know it": (
        "无需操作：会持续查询，直到交易所给出结果，或确定没有此订单"
    ),
    "the stream is down: {why:told}": "推送已中断：{why}",
    "the stream is down since {time}, the account is read instead: {why:told}": (
        "推送自 {time} 起中断，改为定时读取账户：{why}"
    ),
    "the account is read instead": "改为定时读取账户",
    "nothing: it connects again by itself": "无需操作：会自动重新连接",
    "the venue takes no requests until {time}": "{time} 之前交易所不接受请求",
    "nothing is asked or sent before": "在此之前不查询也不发送",
    "what happens on the account meanwhile": "期间账户上发生了什么",
    "wait; other programs on this address count as well": (
        "请等待；同一地址上的其他程序也计入限额"
    ),
    "nothing is sent, the old books are kept": "不发送订单，保留旧账簿",
    "look at the account, then desk.begin_epoch()": "请检查账户，然后执行 desk.begin_epoch()",
    "the venue no longer knows our trade {trade} of {time} nor its order: the testnet was "
    "probably reset": (
        "交易所已查不到我们在 {time} 的成交 {trade} 及其订单：测试网可能已被重置"
    ),
    "the venue no longer knows our trade {trade} of {time} nor its order: the testnet was "
    "probably reset. Nothing is sent; look at the account, then begin its books anew with "
    "desk.begin_epoch() (the old ones stay in the journal)": (
        "交易所已查不到我们在 {time} 的成交 {trade} 及其订单：测试网可能已被重置。不发送"
        "订单；请检查账户，然后用 desk.begin_epoch() 重新建账（旧账保留在日志中）"
    ),
    "the venue still knows our newest trades, so it was not reset and the books are kept; "
    "differences are repaired one by one": (
        "交易所仍能查到我们最新的成交，因此并未重置，账簿保持不变；差异请逐项修复"
    ),
    "confirmed: the testnet was reset": "已确认：测试网已被重置",
    "the account was {switched:told}": "账户已{switched}",
    "switched from {before:word} to {after:word} mode at the opening": (
        "在打开时由{before}切换为{after}模式"
    ),
    "the account was switched to {found:word} mode past this desk, so it is halted; switch it "
    'back to {mode:word} and resume, or open the desk again with mode="{name}"': (
        "账户被绕过本交易台切换为{found}模式，因此已停机；请切换回{mode}并恢复，或以 "
        'mode="{name}" 重新打开交易台'
    ),
    'the account is in {found:word} mode and the desk was opened with mode="{name}"': (
        '账户处于{found}模式，而交易台以 mode="{name}" 打开'
    ),
    "{number:n} resting order on the account, not sent by this desk": (
        "账户上有 {number} 笔挂单不是本交易台发送的"
    ),
    "{number:n} resting orders on the account, not sent by this desk": (
        "账户上有 {number} 笔挂单不是本交易台发送的"
    ),
    "{strategy} on {symbol} is unknown: {why:told}": (
        "{strategy} 在 {symbol} 上的目标仓位未知：{why}"
    ),
    "stale: said last at {time}, counts {seconds:n} s": (
        "已过期：最后一次给出于 {time}，有效 {seconds} 秒"
    ),
    "order {order} is unknown and counts in full: {why:told}": (
        "订单 {order} 结果未知，按全部数量计入：{why}"
    ),
    "the venue was asked too often": "对交易所的请求过于频繁",
    "halted on an unexpected {kind}: {error:told}": "因意外错误 {kind} 停机：{error}",
    "paused on an unexpected {kind}: {error:told}": "因意外错误 {kind} 暂停：{error}",
    "an unexpected {kind}": "意外错误 {kind}",
    "the account has not been read yet, so nothing is known": "尚未读取账户，因此没有数据",
    "the desk is closed": "交易台已关闭",
    "open it again with Desk.open": "请用 Desk.open 重新打开",
    "the desk is halted and sends nothing": "交易台已停机，不发送订单",
    "resume it first": "请先恢复",
    "nobody looked for a while, so the market was closed; press Start": (
        "一段时间无人观看，市场已关闭；请点击“开始”"
    ),
    "the private market has ended; press Start for a new one": (
        "市场已结束；请点击“开始”开启新的市场"
    ),
    "the books were not begun; open the desk with Desk.open": (
        "尚未建账；请用 Desk.open 打开交易台"
    ),
    "there is no break on {leg}; open breaks: {others}": (
        "{leg} 上没有差异；未处理的差异：{others}"
    ),
    "the break on {leg} must be as it was shown, {shown:n}, was {found:n}": (
        "{leg} 上的差异必须与显示的 {shown} 一致，现为 {found}"
    ),
    "no strategy is named {strategy} to adopt it; there is {known}": (
        "没有名为 {strategy} 的策略可接管；现有 {known}"
    ),
    "{strategy} is on {state} and cannot want what it adopts; make it active first, or assign "
    "it": "{strategy} 的状态为 {state}，不能接管；请先设为 active，或归入剩余账户",
    "{strategy} wants {wanted:n} and one target cannot also hold {difference:n} on {leg}": (
        "{strategy} 的目标仓位为 {wanted}，不能同时在 {leg} 上持有 {difference}"
    ),
    "choose another strategy, or assign it": "请选择其他策略，或归入剩余账户",
    "the venue holds what the books say": "交易所持仓与账簿一致",
    "resolved {orders:told}, booked {fills:told}, {breaks:told}": (
        "已查明{orders}，入账{fills}，{breaks}"
    ),
    "resolved {orders:told} of {all:n}, booked {fills:told}, {breaks:told}": (
        "{all} 笔中已查明{orders}，入账{fills}，{breaks}"
    ),
    "no open orders": " 0 笔未完成订单",
    "{number:n} open order": " {number} 笔未完成订单",
    "{number:n} open orders": " {number} 笔未完成订单",
    "no fills": " 0 笔成交",
    "{number:n} fill": " {number} 笔成交",
    "{number:n} fills": " {number} 笔成交",
    "no breaks": "没有差异",
    "{number:n} break": "{number} 项差异",
    "{number:n} breaks": "{number} 项差异",
    "money": "资金",
    "position on {leg}": "{leg} 的持仓",
}
