"""Chinese for orders at work: what became of each, and why a smart order did what it did."""

_MAY_BE_LIVE = "; it may be live and counts in full until the venue shows what became of it"
_NOT_CLEAR = "；它可能仍然有效，在交易所给出结果之前按全部数量计入"

SENTENCES = {
    "{side:word} {quantity:n} {unit}: {state:word}, filled {filled:n}": (
        "{side} {quantity} {unit}：{state}，已成交 {filled}"
    ),
    "{side:word} {quantity:n} {unit}: {state:word}, filled {filled:n} at {price:n}": (
        "{side} {quantity} {unit}：{state}，已成交 {filled}，均价 {price}"
    ),
    "{side:word} {quantity:n} {unit}: {state:word}, filled {filled:n} ({why:told})": (
        "{side} {quantity} {unit}：{state}，已成交 {filled}（{why}）"
    ),
    "{side:word} {quantity:n} {unit}: {state:word}, filled {filled:n} at {price:n} "
    "({why:told})": (
        "{side} {quantity} {unit}：{state}，已成交 {filled}，均价 {price}（{why}）"
    ),
    "{order:told}" + _MAY_BE_LIVE: "{order}" + _NOT_CLEAR,
    "{order:told}" + _MAY_BE_LIVE + " ({why:told})": "{order}" + _NOT_CLEAR + "（{why}）",
    "rest: {reason:told}": "挂单：{reason}",
    "re-quote: {reason:told}": "重新报价：{reason}",
    "take: {reason:told}": "吃单：{reason}",
    "stop: {reason:told}": "停止：{reason}",
    "wait: {reason:told}": "等待：{reason}",
    "wait": "等待",
    "rest": "挂单",
    "re-quote": "重新报价",
    "take": "吃单",
    "stop": "停止",
    "nothing new": "没有变化",
    "first quote": "首次报价",
    "best price moved": "最优价已变动",
    "next quote": "下一次报价",
    "timeout": "超时",
    "adverse move": "价格不利变动",
    "book imbalance": "盘口失衡",
    "too many re-quotes": "重新报价次数过多",
    "post-only refused": "只做挂单被拒绝",
    "target changed sign": "目标仓位改变方向",
    "target changed": "目标仓位已更改",
    "remainder below the smallest order": "剩余量低于最小下单量",
    "no good data": "没有可用的行情",
    "filled": "已成交",
    "taken; the rest returns to the next diff": "已吃单；其余计入下一次差额",
    "halted": "已停机",
    "refused by the venue": "被交易所拒绝",
    "the leg is frozen": "该持仓腿已冻结",
    "an own order is in the way": "被自己的订单挡住",
    "nothing could be sent": "无法发送",
    "the desk was closed": "交易台已关闭",
    "the position moved": "持仓已变化",
    "waits for its turn": "等待轮到",
    "we asked for a cancel": "已请求撤单",
    "never arrived: the venue said so {answers:n} times": "从未到达：交易所已确认 {answers} 次",
    "the stream": "推送",
    "the venue's trades": "交易所成交记录",
    "the open orders": "未成交订单列表",
    "the venue's answer": "交易所回报",
    "the venue knows no such id": "交易所没有此编号",
    "nothing left this machine": "没有任何内容离开本机",
    "nothing was sent: {why:told}": "未发送任何订单：{why}",
    "looked up": "查询",
    "looked up again": "再次查询",
    "never sent": "从未发送",
    "taken up": "接续处理",
    "the desk ended before its outcome was known": "结果确定之前交易台已结束",
}
